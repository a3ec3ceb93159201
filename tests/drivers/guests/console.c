/* Copies standard input to standard output in blocks, and says on standard error how much it was.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <singula/console.h>

enum { BLOCK = 10000 };

int main(void)
{
    char text[40];
    struct Console_Done d;
    unsigned long total = 0;
    Console_imp c = Console_imp_connect("console", 7);
    if (singula_is_null(c)) {
        printf("console: no console\n");
        return 1;
    }
    Bytes b = Bytes_new(BLOCK);
    for (;;) {
        Console_imp_send_Read(c, BLOCK, b);
        b = Console_imp_recv_Done(c, &d);
        if (d.error || !d.n)
            break;
        total += d.n;
        Console_imp_send_Write(c, d.n, b);
        b = Console_imp_recv_Done(c, &d);
        if (d.error)
            break;
    }
    uint32_t n = (uint32_t)snprintf(text, sizeof text, "console: %lu bytes\n", total);
    Bytes_data_write(b, 0, text, n);
    Console_imp_send_Complain(c, n, b);
    Bytes_free(Console_imp_recv_Done(c, &d));
    Console_imp_close(c);
    return d.error != 0;
}
