/* What the programs of the soundness tests live in: one contract text, its operations, a runtime
 * with the monitor, and native peers that keep to the contracts but close when they like. */
#ifndef TESTS_SOUNDNESS_WORLD_H
#define TESTS_SOUNDNESS_WORLD_H

#include "channels/names.h"
#include "contract/xops.h"
#include "runtime/engine/instance.h"
#include "runtime/engine/spawn.h"
#include "tests/soundness/prog.h"
#include "verifier/verify.h"

/* An import that programs may call. */
struct world_op {
    char module[32], name[40];
    struct xop xop; /* set NULL: a host function of the test */
    struct xop_type type;
};

/* The test's own: choose () -> i32; show (externref) -> i32; make () -> externref; limit (), from
 * where on the quota may be exhausted. */
enum { OP_CHOOSE, OP_SHOW, OP_MAKE, OP_LIMIT, OP_OWN_N };

/* What happened in one run wherever something could happen, in order; decisions_next() goes on to a
 * run in which something else does, until all have been. Beyond `max` decisions the first
 * possibility is taken. */
struct decisions {
    uint32_t n, at, max; /* max: up to DECISIONS_MAX */
    uint8_t value[32], possible[32];
};
bool decisions_next(struct decisions *d);

/* Where the name under which the native side publishes contract c, and the one that it looks for,
 * stand in a program's memory. */
#define NAME_AT(c)   (16 * (c))
#define LISTEN_AT(c) (256 + 16 * (c))
#define NAME_LEN     1u
#define SCRATCH_AT   1024u

struct world {
    struct arena arena;
    const struct contract_set *set;
    const char *text;
    struct world_op *op;
    uint32_t nops, leaky; /* leaky: makes a block of nothing */
    struct runtime rt;
    struct xaccount native; /* of the peers */
    const struct xcontract *contract[16];
    const struct xtype *block[16];
    struct hostcall own[OP_OWN_N];
    /* the run */
    struct rng rng;           /* of choose() and the peers */
    struct decisions *decide; /* NULL; else they decide instead */
    bool quiet;               /* the peers do nothing */
    uint32_t chosen;          /* calls of choose() */
};

/* `text`: other declarations than the usual ones, or NULL. */
void world_open(struct world *w, const char *text);
void world_close(struct world *w);
/* The number of an operation, by module ("singula/A" without the prefix) and name. */
uint32_t world_find(const struct world *w, const char *module, const char *name);

/* J_REFUSED: an ordinary module, for which the ownership pass has found no proof. */
enum judgement { J_INVALID, J_REFUSED, J_ACCEPTED };
/* *m: the module if it is accepted, owned by the caller; else NULL. */
enum judgement world_judge(const uint8_t *bytes, size_t n, struct verified_module **m,
                           struct diag *why);
/* The same, with this certificate instead of the analysis. */
enum judgement world_judge_by(const uint8_t *bytes, size_t n, const struct strbuf *certificate,
                              struct verified_module **m, struct diag *why);
/* The certificate of an accepted module. */
bool world_certificate(const uint8_t *bytes, size_t n, struct strbuf *out);
/* The module without a proof; NULL if it is not even an ordinary one. */
struct verified_module *world_unproved(const uint8_t *bytes, size_t n);

/* A module that can be run again and again. */
struct guest {
    struct world *w;
    const struct verified_module *m;
    struct code_module *code;
    struct sip *sip;
    struct instance *inst;
    uint32_t entry;
};
/* False: it cannot be instantiated. */
bool guest_open(struct guest *g, struct world *w, const struct verified_module *m);
void guest_close(struct guest *g);

enum outcome {
    OUT_DONE,     /* returned, owning nothing */
    OUT_TRAP,     /* trapped for a reason that accepted modules may have */
    OUT_STUCK,    /* waits for what nobody will do */
    OUT_LONG,     /* cut short */
    OUT_VIOLATION /* a rule was broken: `trap` */
};
struct run_report {
    enum outcome outcome;
    enum trap trap; /* TRAP_MON_LEAK: objects were left when `main` returned */
};
/* One run of main(). The choices are w->rng's, or w->decide's. */
struct run_report guest_run(struct guest *g);
/* Proves the exchange heap; prints what is wrong. */
bool world_audit(struct world *w);

/* The peers do something, or nothing. True if something changed (peer.c). */
bool peers_act(struct world *w);
uint32_t world_decide(struct world *w, uint32_t possible);
/* The native side gives back what it has, but its listeners. */
void peers_clear(struct world *w);
void peers_listen(struct world *w);

#endif
