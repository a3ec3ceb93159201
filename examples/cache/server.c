/* Cache server: keeps frozen pages in slots and serves as many clients as its argument says through
 * one set, whoever is ready first. A page that is asked for is shared, not copied. */
#include <stdio.h>
#include <stdlib.h>

#include "cache.h"

enum { SLOTS = 64 };

static const char name[] = "cache";

/* Keeps a page, ending the one before it. */
static void keep(Page_frozen page)
{
    Page_free(Page_frozen_slot_swap((uint32_t)(Page_key_get(page) % SLOTS), page));
}

static void look_up(Cache_exp client)
{
    struct Cache_Get get;
    Cache_exp_recv_Get(client, &get);
    Page_frozen page = Page_frozen_slot_swap((uint32_t)(get.key % SLOTS), singula_null());
    if (singula_is_null(page)) {
        Cache_exp_send_Missing(client);
        return;
    }
    if (Page_key_get(page) == get.key)
        Cache_exp_send_Found(client, Page_share(page));
    else
        Cache_exp_send_Missing(client);
    keep(page);
}

/* Until the last client has gone; how many requests there were. */
static int serve(Cache_set clients)
{
    for (int requests = 0;; requests++) {
        int64_t number;
        Cache_exp client = Cache_set_exp_Idle_wait(clients, SINGULA_FOREVER, &number);
        if (singula_is_null(client))
            return requests;
        switch (Cache_exp_next(client)) {
        case CACHE_TAG_Get:
            look_up(client);
            Cache_set_exp_Idle_add(clients, client, number);
            break;
        case CACHE_TAG_Put:
            keep(Cache_exp_recv_Put(client));
            Cache_exp_send_Stored(client);
            Cache_set_exp_Idle_add(clients, client, number);
            break;
        default:
            printf("cache: client %d has gone\n", (int)number);
            Cache_exp_close(client);
            break;
        }
    }
}

/* How many slots hold a page; empties them. */
static int count(void)
{
    int n = 0;
    for (uint32_t i = 0; i < SLOTS; i++) {
        Page_frozen page = Page_frozen_slot_swap(i, singula_null());
        n += !singula_is_null(page);
        Page_free(page);
    }
    return n;
}

int main(int argc, char **argv)
{
    int expected = argc > 1 ? atoi(argv[1]) : 1;
    Cache_listener listener = Cache_exp_listen(name, sizeof name - 1);
    Cache_set clients = Cache_set_exp_Idle_new();
    if (singula_is_null(listener) || singula_is_null(clients)) {
        fprintf(stderr, "cache: cannot begin\n");
        exit(1);
    }
    for (int i = 0; i < expected; i++) {
        Cache_exp client = Cache_listener_accept(listener);
        if (!singula_is_null(client))
            Cache_set_exp_Idle_add(clients, client, i);
    }
    Cache_listener_close(listener);
    int requests = serve(clients);
    Cache_set_exp_Idle_free(clients);
    printf("cache: %s requests, %d pages kept\n", requests < 99 ? "too few" : "enough", count());
    return 0;
}
