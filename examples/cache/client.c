/* Cache client: `fill` makes 32 pages, `read` waits for all of them, `edit` waits for one and puts
 * a new version in its place. Whoever waits has patience, not for ever: others may have died. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cache.h"

enum { PAGES = 32, BYTES = 4000 };
enum { WAITS = 160, LONGEST = 6 }; /* of 1 ms, 2 ms, up to 64 ms: ten seconds */

static const char name[] = "cache";

/* A page that is to be shared: nothing in it changes any more. */
static Page_frozen make(uint64_t key)
{
    Page page = Page_new(BYTES);
    Page_key_set(page, key);
    Page_version_set(page, 1);
    for (uint32_t i = 0; i < BYTES; i++)
        Page_body_set(page, i, (uint8_t)(key + i));
    return Page_freeze(page);
}

static uint32_t sum(Page_frozen page)
{
    static uint8_t bytes[BYTES];
    uint32_t total = 0;
    Page_body_read(page, 0, bytes, BYTES);
    for (uint32_t i = 0; i < BYTES; i++)
        total += bytes[i];
    return total;
}

static void put(Cache_imp cache, Page_frozen page)
{
    Cache_imp_send_Put(cache, page);
    Cache_imp_recv_Stored(cache);
}

/* Asks until somebody has put it there; null if nobody does. */
static Page_frozen get(Cache_imp cache, uint64_t key)
{
    for (int i = 0; i < WAITS; i++) {
        Cache_imp_send_Get(cache, key);
        switch (Cache_imp_next(cache)) {
        case CACHE_TAG_Found:
            return Cache_imp_recv_Found(cache);
        case CACHE_TAG_Missing:
            Cache_imp_recv_Missing(cache);
            break;
        default:
            fprintf(stderr, "client: the cache is gone\n");
            exit(1);
        }
        struct timespec moment = {.tv_nsec = 1000000L << (i < LONGEST ? i : LONGEST)};
        nanosleep(&moment, NULL);
    }
    fprintf(stderr, "client: nobody makes page %llu\n", (unsigned long long)key);
    return singula_null();
}

static void fill(Cache_imp cache)
{
    for (uint64_t key = 0; key < PAGES; key++)
        put(cache, make(key));
    printf("fill: made %d pages\n", PAGES);
}

static bool read_all(Cache_imp cache)
{
    uint32_t total = 0;
    for (uint64_t key = 0; key < PAGES; key++) {
        Page_frozen page = get(cache, key);
        if (singula_is_null(page))
            return false;
        total += sum(page);
        Page_free(page);
    }
    printf("read: %d pages, sum %u\n", PAGES, total);
    return true;
}

/* The cache keeps its share, so what is thawed is a copy. */
static bool edit(Cache_imp cache)
{
    Page_frozen old = get(cache, PAGES - 1);
    if (singula_is_null(old))
        return false;
    Page page = Page_thaw(old);
    if (singula_is_null(page)) {
        printf("edit: no room for a copy\n");
        return false;
    }
    Page_version_set(page, Page_version_get(page) + 1);
    Page_frozen edited = Page_freeze(page);
    put(cache, Page_share(edited));
    Page_frozen again = get(cache, PAGES - 1);
    bool there = false;
    if (!singula_is_null(again)) {
        there = true;
        printf("edit: version %u, the same bytes: %s\n", Page_version_get(again),
               sum(again) == sum(edited) ? "yes" : "no");
        Page_free(again);
    }
    Page_free(edited);
    return there;
}

int main(int argc, char **argv)
{
    const char *role = argc > 1 ? argv[1] : "read";
    Cache_imp cache = Cache_imp_connect(name, sizeof name - 1);
    if (singula_is_null(cache)) {
        fprintf(stderr, "%s: nobody publishes %s\n", role, name);
        return 1;
    }
    bool good = true;
    if (strcmp(role, "fill") == 0)
        fill(cache);
    else if (strcmp(role, "edit") == 0)
        good = edit(cache);
    else
        good = read_all(cache);
    Cache_imp_close(cache);
    return good ? 0 : 1;
}
