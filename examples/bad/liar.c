/* A guest that declares an operation with a type of its own: a send that gives the frame back. The verifier knows from the
 * contract what `exp.send.Picture` takes, and refuses the module. Built with `singula cc --no-verify`. */
#include "bad.h"

__attribute__((import_module("singula/Camera"), import_name("exp.send.Picture")))
extern __externref_t send_and_keep(__externref_t ep, __externref_t frame);

int main(void)
{
    __externref_t ep = Camera_exp_listen("camera", 6);
    __externref_t frame = send_and_keep(ep, Frame_new(16));
    Frame_free(frame);
    return 0;
}
