/* Counts what the store says that it did. */
#include <stdint.h>
#include <stdio.h>

#include "store.h"

static const char name[] = "journal";
static const char *const words[] = {"?", "stored", "dropped", "evicted", "poked"};

int main(void)
{
    unsigned counts[sizeof words / sizeof words[0]] = {0};
    struct Journal_Line line;
    Journal_listener listener = Journal_exp_listen(name, sizeof name - 1);
    if (singula_is_null(listener))
        return 1;
    Journal_exp ep = Journal_listener_accept(listener);
    Journal_listener_close(listener);
    if (singula_is_null(ep))
        return 1;
    while (Journal_exp_next(ep) == JOURNAL_TAG_Line) {
        Text_free(Journal_exp_recv_Line(ep, &line));
        counts[line.what < sizeof words / sizeof words[0] ? line.what : 0]++;
    }
    Journal_exp_close(ep);
    for (unsigned i = 1; i < sizeof words / sizeof words[0]; i++)
        printf("journal: %s %u\n", words[i], counts[i]);
    return 0;
}
