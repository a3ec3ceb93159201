/* Breaks a rule of ownership: it writes to a frame that it has sent. WebAssembly's types have
 * nothing against it; the ownership pass of the verifier refuses the module. */
#include <stdio.h>

#include "bad.h"

int main(void)
{
    Camera_exp server = Camera_channel();
    if (singula_is_null(server))
        return 1;
    Camera_imp client = Camera_exp_peer(server);
    Frame frame = Frame_new(16);
    Camera_exp_send_Picture(server, frame);
    printf("cheat: the frame is sent; writing to it all the same\n");
    fflush(stdout);
    Frame_seq_set(frame, 666);
    printf("cheat: got away with it\n");
    Camera_exp_close(server);
    if (!singula_is_null(client))
        Camera_imp_abandon(client);
    return 0;
}
