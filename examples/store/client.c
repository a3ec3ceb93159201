/* Clients of the store: one that writes, one that watches a name until the other changes it.
 *
 *   client writer | watcher
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "store.h"

enum { MANY = 80, BYTES = 1000 };
enum { WAITS = 160, LONGEST = 6 }; /* of 1 ms, 2 ms, up to 64 ms: ten seconds */

static const char name[] = "store";

static Text text_of(const char *s)
{
    uint32_t n = (uint32_t)strlen(s);
    Text text = Text_new(n);
    Text_bytes_write(text, 0, s, n);
    return text;
}

static Value value_of(const char *s, uint8_t fill)
{
    static uint8_t bytes[BYTES];
    memset(bytes, fill, sizeof bytes);
    Value value = Value_new(sizeof bytes);
    Value_bytes_write(value, 0, bytes, sizeof bytes);
    Value_name_put(value, text_of(s));
    return value;
}

/* The version, 0 if it was refused. */
static uint64_t put(Store_imp store, const char *s, uint8_t fill)
{
    struct Store_Stored stored;
    Store_imp_send_Put(store, value_of(s, fill));
    switch (Store_imp_next(store)) {
    case STORE_TAG_Stored:
        Store_imp_recv_Stored(store, &stored);
        return stored.version;
    case STORE_TAG_Refused:
        Value_free(Store_imp_recv_Refused(store));
        return 0;
    default:
        fprintf(stderr, "client: the store is gone\n");
        exit(1);
    }
}

/* A share of the value, or null. */
static Value_frozen get(Store_imp store, const char *s)
{
    Store_imp_send_Get(store, text_of(s));
    if (Store_imp_next(store) == STORE_TAG_Found)
        return Store_imp_recv_Found(store);
    Store_imp_recv_Missing(store);
    return singula_null();
}

static void print(const char *who, const char *s, Value_frozen value)
{
    if (singula_is_null(value)) {
        printf("%s: there is no %s\n", who, s);
        return;
    }
    Text_frozen its = Value_name_share(value);
    printf("%s: %s, a name of %u bytes, begins with %u and has %u bytes\n", who, s,
           Text_bytes_len(its), Value_bytes_get(value, 0), Value_bytes_len(value));
    Text_free(its);
    Value_free(value);
}

/* Changes the first byte; readers keep what they have. */
static void poke(Store_imp store, const char *s, uint8_t byte)
{
    struct Store_Stored stored;
    Value_frozen before = get(store, s);
    Store_imp_send_Poke(store, 0, byte, text_of(s));
    if (Store_imp_next(store) == STORE_TAG_Stored)
        Store_imp_recv_Stored(store, &stored);
    else
        Store_imp_recv_Missing(store);
    print("writer, before", s, before);
    print("writer, after", s, get(store, s));
}

static struct Store_Counts count(Store_imp store)
{
    struct Store_Counts counts;
    Store_imp_call_Count_Counts(store, &counts);
    return counts;
}

static void drop(Store_imp store, const char *s)
{
    struct Store_Dropped dropped;
    Store_imp_call_Drop_Dropped(store, text_of(s), &dropped);
    printf("writer: %s dropped, %u values are left\n", s, dropped.values);
}

/* Has patience, not for ever: the watcher may have died. */
static bool await_watcher(Store_imp store)
{
    for (int i = 0; i < WAITS; i++) {
        if (count(store).watching)
            return true;
        struct timespec moment = {.tv_nsec = 1000000L << (i < LONGEST ? i : LONGEST)};
        nanosleep(&moment, NULL);
    }
    return false;
}

static void write_all(Store_imp store)
{
    char s[32];
    for (unsigned i = 0; i < MANY; i++) {
        snprintf(s, sizeof s, "value %u", i);
        put(store, s, (uint8_t)i);
    }
    if (put(store, "", 0) == 0)
        printf("writer: a value without a name came back\n");
    print("writer", "value 0", get(store, "value 0"));
    print("writer", "value 79", get(store, "value 79"));
    poke(store, "value 79", 200);
    poke(store, "nothing", 1);
    drop(store, "value 79");
    print("writer", "value 79", get(store, "value 79"));
    bool watched = await_watcher(store);
    printf("writer: %s watches\n", watched ? "somebody" : "nobody");
    put(store, "news", 42);
}

/* Waits for the next version of a value. */
static void watch(Store_imp store, const char *s, uint32_t milliseconds)
{
    Store_imp_send_Watch(store, milliseconds, text_of(s));
    int tag;
    while ((tag = Store_imp_wait(store, 10000000)) == SINGULA_NONE)
        ; /* something else could be done here */
    if (tag == STORE_TAG_Found)
        print("watcher", s, Store_imp_recv_Found(store));
    else {
        Store_imp_recv_Missing(store);
        print("watcher", s, singula_null());
    }
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    Store_imp store = Store_imp_connect(name, sizeof name - 1);
    if (singula_is_null(store)) {
        fprintf(stderr, "client: nobody publishes %s\n", name);
        return 1;
    }
    if (argc > 1 && strcmp(argv[1], "watcher") == 0) {
        watch(store, "news", 20000);
        watch(store, "weather", 5);
    } else {
        write_all(store);
        Store_imp_send_Halt(store);
    }
    Store_imp_close(store);
    return 0;
}
