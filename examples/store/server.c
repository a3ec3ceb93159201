/* The store. Values lie frozen in slots; what is known of them for searching lies in memory. All
 * clients' ends are in one wait set, except those of clients that watch a name: these travel with
 * their Waiter on a list until the name changes or the time is over. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "store.h"

enum { SLOTS = 64, NAME_MAX_BYTES = 48, EACH_NS = 5000000 };
enum { WHAT_STORED = 1, WHAT_DROPPED, WHAT_EVICTED, WHAT_POKED };

static const char door_name[] = "door", journal_name[] = "journal";

/* ---- the index: in memory, one entry for each slot ---- */

static struct entry {
    bool used;
    uint32_t length;
    char name[NAME_MAX_BYTES];
    uint64_t version, last_use;
} entries[SLOTS];

static uint64_t requests, uses, versions;
static uint32_t sessions, watching;
static bool halting;

struct name {
    uint32_t length;
    char text[NAME_MAX_BYTES];
};

static struct name name_of(Text text)
{
    struct name n = {.length = Text_bytes_len(text)};
    if (n.length > NAME_MAX_BYTES)
        n.length = NAME_MAX_BYTES;
    Text_bytes_read(text, 0, n.text, n.length);
    return n;
}

static bool same(const struct name *n, const struct entry *e)
{
    return e->used && e->length == n->length && memcmp(e->name, n->text, n->length) == 0;
}

/* The slot of a name, or -1. */
static int find(const struct name *n)
{
    for (int i = 0; i < SLOTS; i++)
        if (same(n, &entries[i])) {
            entries[i].last_use = ++uses;
            return i;
        }
    return -1;
}

static int free_slot(void)
{
    for (int i = 0; i < SLOTS; i++)
        if (!entries[i].used)
            return i;
    return -1;
}

static int oldest(void)
{
    int found = 0;
    for (int i = 1; i < SLOTS; i++)
        if (entries[i].last_use < entries[found].last_use)
            found = i;
    return found;
}

static uint32_t values(void)
{
    uint32_t n = 0;
    for (int i = 0; i < SLOTS; i++)
        n += entries[i].used;
    return n;
}

/* ---- the journal: there may be none ---- */

static void note(Journal_imp journal, uint32_t what, const struct name *n)
{
    if (singula_is_null(journal))
        return;
    Text text = Text_alloc(n->length);
    if (singula_is_null(text))
        return; /* no room is no reason to stop */
    Text_bytes_write(text, 0, n->text, n->length);
    Journal_imp_send_Line(journal, what, text);
}

/* ---- values in slots ---- */

/* A share of the value in a slot, or null. */
static Value_frozen share_of(int slot)
{
    if (slot < 0)
        return singula_null();
    Value_frozen kept = Value_frozen_slot_swap((uint32_t)slot, singula_null());
    if (singula_is_null(kept))
        return kept;
    Value_frozen share = Value_share(kept);
    Value_free(Value_frozen_slot_swap((uint32_t)slot, kept));
    return share;
}

static void drop(int slot)
{
    entries[slot].used = false;
    Value_free(Value_frozen_slot_swap((uint32_t)slot, singula_null()));
}

/* Stores a value under its name; its version. */
static uint64_t keep(int slot, Value value, const struct name *n)
{
    struct entry *e = &entries[slot];
    e->used = true;
    e->length = n->length;
    memcpy(e->name, n->text, n->length);
    e->version = ++versions;
    e->last_use = ++uses;
    Value_version_set(value, e->version);
    Value_free(Value_frozen_slot_swap((uint32_t)slot, Value_freeze(value)));
    return e->version;
}

static struct name name_of_value(Value value)
{
    Text text = Value_name_take(value);
    struct name n = name_of(text);
    Value_name_put(value, text);
    return n;
}

/* ---- those who wait ---- */

static int64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static bool waits_for(Waiter waiter, const struct name *n)
{
    Text text = Waiter_name_take(waiter);
    struct name its = name_of(text);
    Waiter_name_put(waiter, text);
    return its.length == n->length && memcmp(its.text, n->text, n->length) == 0;
}

/* Tells all who watch this name, and lets them go back to the set; the list of the others. */
static Waiter wake(Waiter list, Store_set clients, const struct name *n, int slot)
{
    Waiter others = singula_null();
    while (!singula_is_null(list)) {
        Waiter rest = Waiter_next_take(list);
        if (waits_for(list, n)) {
            Store_exp client = Waiter_door_take(list);
            Value_frozen value = share_of(slot);
            if (singula_is_null(value))
                Store_exp_send_Missing(client);
            else
                Store_exp_send_Found(client, value);
            Store_set_exp_Ready_add(clients, client, Waiter_session_get(list));
            Waiter_free(list);
            watching--;
        } else {
            if (!singula_is_null(others))
                Waiter_next_put(list, others);
            others = list;
        }
        list = rest;
    }
    return others;
}

/* Sends away those whose time is over. */
static Waiter expire(Waiter list, Store_set clients)
{
    Waiter others = singula_null();
    int64_t time = now();
    while (!singula_is_null(list)) {
        Waiter rest = Waiter_next_take(list);
        if (Waiter_until_get(list) > time) {
            if (!singula_is_null(others))
                Waiter_next_put(list, others);
            others = list;
        } else {
            Store_exp client = Waiter_door_take(list);
            Store_exp_send_Missing(client);
            Store_set_exp_Ready_add(clients, client, Waiter_session_get(list));
            Waiter_free(list);
            watching--;
        }
        list = rest;
    }
    return others;
}

/* ---- requests: each has the endpoint in Ready before and after ---- */

static Waiter put(Store_exp client, Store_set clients, Waiter waiting, Journal_imp journal)
{
    Value value = Store_exp_recv_Put(client);
    struct name n = name_of_value(value);
    if (n.length == 0) { /* a value without a name goes back */
        Store_exp_send_Refused(client, value);
        return waiting;
    }
    int slot = find(&n);
    if (slot < 0)
        slot = free_slot();
    if (slot < 0) {
        slot = oldest();
        struct name gone = {.length = entries[slot].length};
        memcpy(gone.text, entries[slot].name, gone.length);
        drop(slot);
        note(journal, WHAT_EVICTED, &gone);
    }
    Store_exp_send_Stored(client, keep(slot, value, &n));
    note(journal, WHAT_STORED, &n);
    return wake(waiting, clients, &n, slot);
}

static void get(Store_exp client)
{
    Text text = Store_exp_recv_Get(client);
    struct name n = name_of(text);
    Text_free(text);
    Value_frozen value = share_of(find(&n));
    if (singula_is_null(value))
        Store_exp_send_Missing(client);
    else
        Store_exp_send_Found(client, value);
}

/* Thaws the value, changes it, and freezes it again: readers keep the version that they have. */
static Waiter poke(Store_exp client, Store_set clients, Waiter waiting, Journal_imp journal)
{
    struct Store_Poke what;
    Text text = Store_exp_recv_Poke(client, &what);
    struct name n = name_of(text);
    Text_free(text);
    int slot = find(&n);
    Value_frozen kept = singula_null();
    if (slot >= 0)
        kept = Value_frozen_slot_swap((uint32_t)slot, singula_null());
    if (singula_is_null(kept)) {
        Store_exp_send_Missing(client);
        return waiting;
    }
    Value value = Value_thaw(kept);
    if (singula_is_null(value)) { /* no room for a copy: it is lost */
        entries[slot].used = false;
        Store_exp_send_Missing(client);
        return waiting;
    }
    if (what.at < Value_bytes_len(value))
        Value_bytes_set(value, what.at, what.byte);
    Store_exp_send_Stored(client, keep(slot, value, &n));
    note(journal, WHAT_POKED, &n);
    return wake(waiting, clients, &n, slot);
}

static Waiter drop_named(Store_exp client, Store_set clients, Waiter waiting, Journal_imp journal)
{
    Text text = Store_exp_recv_Drop(client);
    struct name n = name_of(text);
    Text_free(text);
    int slot = find(&n);
    if (slot >= 0) {
        drop(slot);
        note(journal, WHAT_DROPPED, &n);
    }
    Store_exp_send_Dropped(client, values());
    return wake(waiting, clients, &n, -1);
}

/* The client's end goes on the list. */
static Waiter watch(Store_exp client, int64_t session, Waiter waiting)
{
    struct Store_Watch what;
    Text text = Store_exp_recv_Watch(client, &what);
    Waiter waiter = Waiter_new();
    Waiter_session_set(waiter, session);
    Waiter_until_set(waiter, now() + (int64_t)what.milliseconds * 1000000);
    Waiter_name_put(waiter, text);
    Waiter_door_put(waiter, client);
    if (!singula_is_null(waiting))
        Waiter_next_put(waiter, waiting);
    watching++;
    return waiter;
}

/* One request of one client; the list of those who wait. */
static Waiter serve(Store_exp client, int64_t session, Store_set clients, Waiter waiting,
                    Journal_imp journal)
{
    requests++;
    switch (Store_exp_next(client)) {
    case STORE_TAG_Put:
        waiting = put(client, clients, waiting, journal);
        break;
    case STORE_TAG_Get:
        get(client);
        break;
    case STORE_TAG_Poke:
        waiting = poke(client, clients, waiting, journal);
        break;
    case STORE_TAG_Drop:
        waiting = drop_named(client, clients, waiting, journal);
        break;
    case STORE_TAG_Watch:
        return watch(client, session, waiting);
    case STORE_TAG_Count:
        Store_exp_recv_Count(client);
        Store_exp_send_Counts(client, values(), sessions, watching, requests);
        break;
    case STORE_TAG_Halt:
        Store_exp_recv_Halt(client);
        halting = true;
        sessions--;
        Store_exp_close(client);
        return waiting;
    default:
        requests--;
        sessions--;
        Store_exp_close(client);
        return waiting;
    }
    Store_set_exp_Ready_add(clients, client, session);
    return waiting;
}

/* ---- the loop ---- */

/* Takes in the clients that the porter has sent; if there are none at all, waits for one. False: it
 * is gone. */
static bool let_in(Door_exp door, Store_set clients)
{
    static int64_t next_session = 1;
    int tag;
    while ((tag = Door_exp_wait(door, sessions || halting ? 0 : SINGULA_FOREVER)) ==
           DOOR_TAG_Enter) {
        Store_exp client = Door_exp_recv_Enter(door);
        Store_set_exp_Ready_add(clients, client, next_session++);
        sessions++;
    }
    return tag != SINGULA_CLOSED;
}

static void run(Door_exp door, Store_set clients, Journal_imp journal)
{
    Waiter waiting = singula_null();
    while ((let_in(door, clients) && !halting) || sessions > 0) {
        if (sessions == watching) { /* nobody in the set, in which to wait would take no time */
            struct timespec moment = {.tv_nsec = EACH_NS};
            nanosleep(&moment, NULL);
        } else {
            int64_t session = 0;
            Store_exp client = Store_set_exp_Ready_wait(clients, EACH_NS, &session);
            if (!singula_is_null(client))
                waiting = serve(client, session, clients, waiting, journal);
        }
        if (watching > 0)
            waiting = expire(waiting, clients);
    }
    Waiter_free(waiting);
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    Store_set clients = Store_set_exp_Ready_new();
    if (singula_is_null(clients))
        return 1;
    Door_listener listener = Door_exp_listen(door_name, sizeof door_name - 1);
    if (singula_is_null(listener)) {
        fprintf(stderr, "store: cannot publish %s\n", door_name);
        Store_set_exp_Ready_free(clients);
        return 1;
    }
    Journal_imp journal = Journal_imp_connect(journal_name, sizeof journal_name - 1);
    Door_exp door = Door_listener_accept(listener);
    Door_listener_close(listener);
    if (!singula_is_null(door)) {
        run(door, clients, journal);
        Door_exp_close(door);
    }
    printf("store: %llu requests, %u values are left\n", (unsigned long long)requests, values());
    if (!singula_is_null(journal))
        Journal_imp_close(journal);
    Store_set_exp_Ready_free(clients);
    return 0;
}
