/* A guest that would make a reference out of a number. No C compiler emits that, so forge.py turns
 * the null reference below into the integer 16 in the compiled module. Ordinary WebAssembly typing
 * then refuses it before any of it runs. */
#include "bad.h"

int main(void)
{
    Frame_free(singula_null());
    return 0;
}
