/* The seeded bugs: seed_bugs.py makes the table from bugs.txt. Bug n is row n - 1. */
#ifndef TESTS_SOUNDNESS_SEEDED_H
#define TESTS_SOUNDNESS_SEEDED_H

struct seeded_row {
    const char *name, *title, *file;
    const char *equivalent; /* why no program can show it; "" for all others */
    unsigned placed;        /* 0: its text is not in the sources any more */
};
extern const struct seeded_row seeded_table[];
extern const unsigned seeded_n;

/* Which ones are active; 0: none. */
extern unsigned seeded_bug, seeded_also;

#endif
