/* Has a byte written, asks for BYTES to be written and goes. usage: leaves BYTES */
#include <stdlib.h>

#include <singula/console.h>

int main(int argc, char **argv)
{
    uint32_t n = argc > 1 ? (uint32_t)atoi(argv[1]) : 1;
    Console_imp c = Console_imp_connect("console", 7);
    if (singula_is_null(c))
        return 1;
    struct Console_Done d;
    Console_imp_send_Write(c, 1, Bytes_new(1));
    Bytes_free(Console_imp_recv_Done(c, &d)); /* the driver knows the channel */
    Bytes b = Bytes_new(n);
    if (singula_is_null(b)) {
        Console_imp_close(c);
        return 2;
    }
    Console_imp_send_Write(c, n, b);
    Console_imp_abandon(c);
    return 0;
}
