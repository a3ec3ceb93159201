/* Breaks a rule of ownership that today only the monitor knows: it writes to a frame that it has
 * sent. The module is accepted; the SIP is stopped in the act, and its peer keeps the frame as it
 * was sent. The static ownership check will refuse it. */
#include <stdio.h>

#include "bad.h"

int main(void)
{
    Camera_exp server = Camera_channel();
    Camera_imp client = Camera_exp_peer(server);
    Frame frame = Frame_new(16);
    Camera_exp_send_Picture(server, frame);
    printf("cheat: the frame is sent; writing to it all the same\n");
    fflush(stdout);
    Frame_seq_set(frame, 666);
    printf("cheat: got away with it\n");
    Camera_imp_abandon(client);
    Camera_exp_abandon(server);
    return 0;
}
