/* A guest that declares an operation with a type of its own: a send that gives the frame back. The
 * verifier knows from the contract what `exp.send.Picture` takes, and refuses the module. Built
 * with `singula cc --no-verify`. */
#include "bad.h"

__attribute__((import_module("singula/Camera"), import_name("exp.send.Picture"))) extern Frame
send_and_keep(Camera_exp ep, Frame frame);

int main(void)
{
    Camera_exp ep = Camera_channel();
    Frame frame = send_and_keep(ep, Frame_new(16));
    Frame_free(frame);
    return 0;
}
