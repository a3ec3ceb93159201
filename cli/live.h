/* What `singula inspect --running` and `singula top` print of a running system. */
#ifndef CLI_LIVE_H
#define CLI_LIVE_H

#include "cli/control.h"

/* A process number among the arguments, or none: 0; false after a complaint. */
bool live_pid(const char *command, const struct opts *o, int *pid);
/* "1.5 MiB", "12.3 ms": at most 15 characters. */
void live_bytes(char buf[16], uint64_t bytes);
void live_time(char buf[16], uint64_t ns);
/* A member of an object: 0 or "" if it is not there. */
int64_t live_int(const json_t *object, const char *key);
const char *live_text(const json_t *object, const char *key);

/* The SIPs of an answer by id, for who looks up many: they are part of `system`. Complains, and is
 * empty, when memory is short. To be closed in any case. */
struct live_index {
    struct live_sip {
        int64_t id;
        const json_t *sip;
    } * sips;
    size_t n;
};
struct live_index live_index_open(const json_t *system);
const json_t *live_index_find(const struct live_index *x, int64_t id); /* NULL: there is none */
void live_index_close(struct live_index *x);

/* Everything, as text; pages one by one if `map` is in it. */
void live_print(const json_t *system, FILE *out);
/* Who is connected to whom, in the DOT language. */
void live_graph(const json_t *system, FILE *out);

/* Does the terminal's library know the type in TERM? */
bool terminal_is_known(void);

#endif
