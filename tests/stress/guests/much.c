/* SIPs that own more than is given back in one piece when they end: much server CLIENTS | much
 * client BLOCKS. A client fills slots, gives half as many blocks in two chains to the server, and
 * ends with all that it has; the server keeps the chains, and ends when so many clients have come.
 */
#include <stdlib.h>
#include <string.h>

#include "much.h"

static void keep(unsigned i, Link link)
{
    Link_free(Link_slot_swap(i, link));
}

static Link chain(unsigned n)
{
    Link first = Link_new(1);
    for (unsigned i = 1; i < n; i++) {
        Link link = Link_new(1);
        Link_value_set(link, i);
        Link_next_put(link, first);
        first = link;
    }
    return first;
}

static int server(unsigned clients)
{
    unsigned kept = 0;
    Give_listener listener = Give_exp_listen("much", 4);
    if (singula_is_null(listener))
        return 1;
    for (unsigned i = 0; i < clients; i++) {
        Give_exp ep = Give_listener_accept(listener);
        if (singula_is_null(ep))
            break;
        while (Give_exp_next(ep) == GIVE_TAG_Take)
            keep(kept++ % 8192, Give_exp_recv_Take(ep));
        Give_exp_close(ep);
    }
    Give_listener_close(listener);
    return 0;
}

static int client(unsigned n)
{
    Give_imp ep = Give_imp_connect("much", 4);
    if (singula_is_null(ep))
        return 1;
    for (unsigned i = 0; i < n && i < 8192; i++)
        keep(i, Link_new(i % 64));
    Give_imp_send_Take(ep, chain(n / 4));
    Give_imp_send_Take(ep, chain(n / 4));
    Give_imp_close(ep);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    unsigned n = (unsigned)atoi(argv[2]);
    return strcmp(argv[1], "server") == 0 ? server(n) : client(n);
}
