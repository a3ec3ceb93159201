/* A small world for tests of channels/: region, scheduler, heap, names, and types made from
 * contract text. */
#ifndef TESTS_CHANNELS_FIXTURE_H
#define TESTS_CHANNELS_FIXTURE_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "channels/monitor.h"
#include "tests/suite.h"

static const char world_text[] = "block Text { bytes: u8[]; }\n"
                                 "block Frame { seq: u64; title: Text!; pixels: u8[]; }\n"
                                 "block Tree { key: i64; left: Tree; right: Tree; }\n"
                                 "block Words { words: u64[]; }\n"
                                 "block Ticket { who: u32; reply: exp Camera:Opening; }\n"
                                 "block Pair { one: frozen Pair; two: frozen Pair; }\n"
                                 "contract Camera {\n"
                                 "  in message Open(u32 width, u32 height);\n"
                                 "  in message Close();\n"
                                 "  out message Picture(i64 time, Frame frame);\n"
                                 "  out message Refused(i32 why);\n"
                                 "  state Start: Open? -> Opening;\n"
                                 "  state Opening: one { Picture! -> Ready; Refused! -> Start; }\n"
                                 "  state Ready: one { Close? -> end; Open? -> Opening; }\n"
                                 "}\n"
                                 "contract Desk {\n"
                                 "  in message Hand(Ticket ticket);\n"
                                 "  in message Give(u8 kind, imp Camera:Start camera);\n"
                                 "  out message Ok();\n"
                                 "  state Idle: one { Hand? -> Busy; Give? -> Busy; end; }\n"
                                 "  state Busy: Ok! -> Idle;\n"
                                 "}\n"
                                 "contract Stream capacity 4 {\n"
                                 "  in message Item(u64 n, Text text);\n"
                                 "  in message Done();\n"
                                 "  state Flow: one { Item? -> Flow; Done? -> end; }\n"
                                 "}\n"
                                 "contract Wide capacity 4 {\n"
                                 "  in message Six(u64 a, u64 b, u64 c, u64 d, u64 e, u64 f);\n"
                                 "  state Open: one { Six? -> Open; end; }\n"
                                 "}\n"
                                 "contract Narrow capacity 4 {\n"
                                 "  in message Byte(u8 b);\n"
                                 "  in message None();\n"
                                 "  state Open: one { Byte? -> Open; None? -> Open; end; }\n"
                                 "}\n"
                                 "contract Lens {\n"
                                 "  out message Fill(imp Drawer:Shut drawer);\n"
                                 "  in message Thanks();\n"
                                 "  state Empty: Fill! -> Full;\n"
                                 "  state Full: one { Thanks? -> end; end; }\n"
                                 "}\n"
                                 "contract Drawer {\n"
                                 "  out message PutLens(exp Lens:Full lens);\n"
                                 "  in message Thanks();\n"
                                 "  state Shut: PutLens! -> Open;\n"
                                 "  state Open: Thanks? -> end;\n"
                                 "}\n"
                                 "contract Depot {\n"
                                 "  in message Store(exp Lens:Empty lens);\n"
                                 "  out message Stored();\n"
                                 "  state Open: one { Store? -> Busy; end; }\n"
                                 "  state Busy: Stored! -> Open;\n"
                                 "}\n"
                                 "contract Press {\n"
                                 "  in message Print(frozen Tree tree);\n"
                                 "  out message Printed();\n"
                                 "  state Idle: one { Print? -> Busy; end; }\n"
                                 "  state Busy: Printed! -> Idle;\n"
                                 "}\n"
                                 "contract Rally {\n"
                                 "  in message Ping(Text text);\n"
                                 "  out message Pong(Text text);\n"
                                 "  out message Missed(Text text);\n"
                                 "  state Idle: one { Ping? -> Busy; end; }\n"
                                 "  state Busy: one { Pong! -> Idle; Missed! -> Idle; }\n"
                                 "}\n";

enum { OPEN, CLOSE, PICTURE, REFUSED }; /* Camera */
enum { HAND, GIVE, OKAY };              /* Desk */
enum { ITEM, DONE };                    /* Stream */
enum { FILL };                          /* Lens */
enum { PUT_LENS };                      /* Drawer */
enum { STORE, STORED };                 /* Depot */
enum { PRINT, PRINTED };                /* Press */
enum { PING, PONG, MISSED };            /* Rally */
enum { SEQ, TITLE, PIXELS };            /* fields of Frame */
enum { KEY, LEFT, RIGHT };              /* fields of Tree */
enum { WHO, REPLY };                    /* fields of Ticket */

struct world {
    struct region *region;
    struct sched *sched;
    struct types *types;
    struct xheap *heap;
    struct names *names;
    struct arena arena;
    const struct contract_set *set;
    const struct xtype *text, *frame, *tree, *words, *ticket;
    const struct xcontract *camera, *desk, *stream, *lens, *drawer, *depot, *press, *rally;
};

static inline const struct xtype *world_block(struct world *w, const char *name)
{
    const struct xtype *t;
    ck_assert(types_block(w->types, w->set, contract_find_block(w->set, name, strlen(name)), &t) ==
              OK);
    return t;
}

static inline const struct xcontract *world_contract(struct world *w, const char *name)
{
    const struct xcontract *c;
    ck_assert(types_contract(w->types, w->set, contract_find_contract(w->set, name, strlen(name)),
                             &c) == OK);
    return c;
}

static inline void world_open_with(struct world *w, const struct xheap_config *cfg,
                                   const struct sched_config *sc)
{
    struct region_config rc = {
        .compact_bytes = UINT64_C(1) << 33, .windows = 1, .shared = cfg && cfg->shared};
    struct diag why;
    diag_clear(&why);
    memset(w, 0, sizeof *w);
    ck_assert(region_create(&rc, &w->region, &why) == OK);
    ck_assert(sched_create(sc, &w->sched, &why) == OK);
    ck_assert(types_create(&w->types) == OK);
    ck_assert_msg(xheap_create(w->region, cfg, &w->heap, &why) == OK, "%s", why.detail);
    ck_assert(names_create(w->heap, &w->names) == OK);
    ck_assert_msg(contract_parse(&w->arena, world_text, sizeof world_text - 1, &w->set, &why) == OK,
                  "%s %s (line %u)", status_name(why.code), why.detail, why.line);
    w->text = world_block(w, "Text");
    w->frame = world_block(w, "Frame");
    w->tree = world_block(w, "Tree");
    w->words = world_block(w, "Words");
    w->ticket = world_block(w, "Ticket");
    w->camera = world_contract(w, "Camera");
    w->desk = world_contract(w, "Desk");
    w->stream = world_contract(w, "Stream");
    w->lens = world_contract(w, "Lens");
    w->drawer = world_contract(w, "Drawer");
    w->depot = world_contract(w, "Depot");
    w->press = world_contract(w, "Press");
    w->rally = world_contract(w, "Rally");
}

#define WORLD_NO_SLICE UINT64_C(1000000000000)

/* On one worker no slice ends: what a script sees depends on nothing but the script. */
static inline void world_open_for(struct world *w, const struct xheap_config *cfg, uint32_t workers)
{
    struct sched_config sc = {.workers = workers, .slice_ns = workers == 1 ? WORLD_NO_SLICE : 0};
    world_open_with(w, cfg, &sc);
}

static inline void world_open(struct world *w, const struct xheap_config *cfg)
{
    world_open_for(w, cfg, 1);
}

/* INV-6, INV-7 and the pages below hold now. */
static inline void world_audit(const struct world *w)
{
    struct diag why;
    diag_clear(&why);
    ck_assert_msg(xheap_audit(w->heap, &why) == OK, "%s", why.detail);
    ck_assert_msg(names_audit(w->names, &why) == OK, "%s", why.detail);
    ck_assert_msg(region_audit(w->region, &why) == OK, "%s", why.detail);
}

/* Nothing may be left but what the heap keeps for itself. */
static inline void world_close(struct world *w)
{
    struct xheap_stats s;
    world_audit(w);
    xheap_stats(w->heap, &s);
    ck_assert_uint_eq(s.blocks + s.endpoints + s.listeners + s.sets, 0);
    ck_assert_uint_eq(s.bytes, 0);
    names_destroy(w->names);
    xheap_destroy(w->heap);
    types_destroy(w->types);
    sched_destroy(w->sched);
    struct region_stats rs;
    region_stats(w->region, &rs);
    ck_assert_uint_eq(rs.committed, 0);
    region_destroy(w->region);
    arena_clear(&w->arena);
}

static inline void account_open(struct world *w, struct xaccount *a)
{
    *a = (struct xaccount){0};
    ck_assert(xaccount_open(w->heap, a, NULL) == OK);
}

/* A block that must be had. */
static inline struct xobj *block(struct world *w, struct xaccount *a, const struct xtype *t,
                                 uint32_t n)
{
    struct xobj *o = xblock_alloc(w->heap, a, t, n);
    if (!o) /* Check writes every assertion it passes to a file; this one is passed millions of
               times */
        ck_abort_msg("no block of %u elements", n);
    return o;
}

/* A Frame that may be sent: with its title. */
static inline struct xobj *frame(struct world *w, struct xaccount *a, uint32_t pixels)
{
    struct xobj *f = block(w, a, w->frame, pixels);
    xobj_to_field(w->heap, block(w, a, w->text, 5), f, TITLE);
    return f;
}

struct pair {
    struct endpoint *imp, *exp;
};

/* Both ends of a new channel, owned by the account. */
static inline struct pair channel(struct world *w, struct xaccount *a, const struct xcontract *c)
{
    struct xobj *exp = channel_create(w->heap, a, c);
    ck_assert_ptr_nonnull(exp);
    struct xobj *imp = channel_peer(w->heap, exp->endpoint);
    ck_assert_ptr_nonnull(imp);
    return (struct pair){imp->endpoint, exp->endpoint};
}

static inline void send_now(struct world *w, struct endpoint *e, uint32_t tag, const void *scalars,
                            struct xobj *ref)
{
    struct monitor_why why;
    ck_assert_msg(monitor_send(e, tag, &why) == TRAP_NONE, "%s", why.text);
    ck_assert(endpoint_send(w->heap, e, tag, scalars, ref, NULL) == XDONE);
    monitor_sent(e, tag);
}

static inline struct xmessage recv_now(struct world *w, struct endpoint *e, uint32_t tag,
                                       struct xaccount *a)
{
    struct monitor_why why;
    struct xmessage m;
    enum trap t;
    ck_assert_msg(monitor_recv(e, tag, &why) == TRAP_NONE, "%s", why.text);
    ck_assert(endpoint_recv(w->heap, e, tag, a, NULL, &m, &t) == XDONE);
    monitor_received(e, tag);
    return m;
}

/* Runs the suites of a test executable; its exit code. */
static inline int world_main(const char *name, const TTest *const *tests, size_t n)
{
    Suite *s = suite_create(name);
    for (size_t i = 0; i < n; i++) {
        TCase *c = tcase_create(tests[i]->name);
        tcase_set_timeout(c, 0);
        tcase_add_test(c, tests[i]);
        suite_add_tcase(s, c);
    }
    return run_suite(s, name);
}

#endif
