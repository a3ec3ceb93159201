/* What systems find outside: files to change, a pipe to read from, clients on the network. */
#ifndef TESTS_STRESS_OUTSIDE_H
#define TESTS_STRESS_OUTSIDE_H

#include "cli/plan.h"

/* Once, before the manifest is used: its folders are there, with a hundred files if they were not;
 * port 8080 of its grants and arguments becomes one that is free, of as many digits. */
void outside_adapt(const char *manifest, struct manifest *m);
/* Before a run: folders that may be written are empty; where a SIP may have a console, its standard
 * input is a pipe with some KiB in it; where the network is granted, clients come as long as the
 * run goes on. */
void outside_begin(const char *manifest, const struct manifest *m);
/* ... and after it. */
void outside_end(void);
/* What a SIP of that name has for standard input; -1: nothing. */
int outside_input(const char *name);
/* Operations of the last run may end later than their SIPs. */
bool outside_is_slow(void);

#endif
