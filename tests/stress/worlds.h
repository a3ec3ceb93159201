/* Systems to be run again and again: those of manifests, and the cases of tests/trap. */
#ifndef TESTS_STRESS_WORLDS_H
#define TESTS_STRESS_WORLDS_H

#include "cli/plan.h"

enum { MEMBERS_MAX = 16 };

struct world {
    char name[128];
    bool unproved; /* breaks rules: only where the monitor watches */
    bool hosts;    /* needs the functions of module "test" */
    unsigned n;
    struct member {
        const char *name;
        struct singula_module *module;
        struct singula_spawn opt;
        bool first; /* runs until it waits or has ended before the next one is spawned */
    } members[MEMBERS_MAX];
    /* what it is made of */
    struct manifest *manifest;
    struct plan_entry entries[MEMBERS_MAX];
    struct singula_module *shared; /* of a case */
};

/* One for a manifest. False after a complaint. */
bool world_of_manifest(const char *path, int monitor, struct world *out);
/* Calls `use` with the world of each case of a file of tests/trap. False after a complaint. */
bool worlds_of_cases(const char *path, const char *contract, void (*use)(struct world *w));
/* tests/stress/keep.wat */
bool world_of_keep(const char *path, struct world *out);
void world_clear(struct world *w);

#endif
