/* The seeded bugs: seed_bugs.py makes the table from bugs.txt. Bug n is row n - 1. */
#ifndef TESTS_SOUNDNESS_SEEDED_H
#define TESTS_SOUNDNESS_SEEDED_H

#include <stdbool.h>

enum { BUGS_MAX = 400 };

struct seeded_row {
    const char *name, *title, *file;
    const char *equivalent; /* why no program can show it; "" for all others */
    unsigned placed;        /* 0: its text is not in the sources any more */
};
extern const struct seeded_row seeded_table[];
extern const unsigned seeded_n;

/* Which ones are active; 0: none. */
extern unsigned seeded_bug, seeded_also;

/* A bug of the checker of certificates: seen only where it is asked about something false. */
static inline bool seeded_of_checker(unsigned n)
{
    return seeded_table[n - 1].file[0] == 'c';
}

/* What gave a bug away, from the strongest to the weakest. */
enum killer {
    ALIVE,
    BY_ACCEPTING,  /* a case of the catalogue that must be refused is accepted */
    BY_CHECKER,    /* the checker does not confirm what the fixpoint found for a case */
    BY_FORGERY,    /* a certificate that says something false of a case is believed */
    BY_REFUSING,   /* a case that must be accepted is refused */
    BY_CRASH,      /* the verifier crashes on a case, or does not end */
    BY_PLACE,      /* a case is refused, but with another code or at another place */
    BY_UNIT_TEST,  /* a unit test fails */
    BY_RUN,        /* a random program is accepted that breaks a rule when it runs */
    BY_RUN_CHECKER /* the checker does not confirm what the fixpoint found for a random program */
};
struct kill {
    enum killer by;
    char what[140]; /* the case, the trap, the test */
};

/* ---- the catalogue as a killer (seeded_cases.c) ---- */

struct cases;
/* Reads the modules of an index made by tests/reject/convert.py. NULL: cannot be read, or the
 * verifier without a bug does not do with one what its file says. */
struct cases *cases_read(const char *index);
void cases_free(struct cases *c);
/* Asks the verifier with each bug of `bugs` (0-terminated) about all cases, until one gives it
 * away; kills[n] says how. A bug of the checker also gets what the fixpoint with each of the other
 * bugs finds, as far as the checker objects to it, and certificates of other modules. */
void cases_kill(struct cases *c, const unsigned *bugs, struct kill *kills);

/* ---- unit tests as killers (seeded_unit.c) ---- */

/* Does the test pass without a bug? */
bool unit_works(const char *program);
void unit_kill(const char *program, unsigned n, struct kill *k);

#endif
