/* The manifest of `singula up`: which SIPs a system has and what each may use.
 *
 *   engine: native                   # interp, native or auto (default); for all of them
 *   processes:
 *     - name: server
 *       module: server.wasm          # beside the manifest
 *       args: [--verbose]
 *       env: [LANG=C]
 *       dirs: ["data::/data:ro"]     # HOST[::GUEST][:ro], HOST beside the manifest, GUEST once
 *       memory: compact              # or guard
 *       publish: [camera]            # names it may listen on ...
 *       connect: [disk]              # ... and connect to; it reaches nothing else
 *       clocks: [realtime, monotonic]  # it can read; without, none
 *       after: [disk]                # is started after that one
 *       grants:                      # what drivers do for it (docs/DRIVERS.md)
 *         modules: [worker]          # other processes: it may start them, ...
 *         children: 10               # so many at once
 *         network: ["connect 127.0.0.1:80", "listen *:8080"]
 *       quotas: {memory: 16M, stack: 64K, blocks: 100, block_bytes: 4M, cpu: 2s, timeout: 10s}
 *       restart: on-failure          # never (default), on-failure, always
 *       max_restarts: 5              # default: no limit; 0: none
 *       worker: 2                    # no other runs it (--workers); default: any does
 *       priority: background         # runs when nothing else is ready; default: normal
 *       service: true                # may still wait for clients when everybody else has ended
 */
#ifndef CLI_MANIFEST_H
#define CLI_MANIFEST_H

#include "cli/cli.h"

enum priority { PRIORITY_NORMAL, PRIORITY_BACKGROUND };
enum restart { RESTART_NEVER, RESTART_ON_FAILURE, RESTART_ALWAYS };

struct quotas {
    char *memory, *stack, *blocks, *block_bytes, *cpu, *timeout; /* NULL: default */
};

/* What a process may ask of drivers beside what `connect` and `dirs` say. */
struct grants {
    char **modules; /* other processes: it may start them, they are not started otherwise */
    char **network;
    unsigned modules_count, network_count;
    char *children; /* how many may live at once */
};

/* One entry as it stands in the file. Lists are counted, not NULL-terminated. Numbers are texts,
 * NULL if not given: plan_prepare() reads them. */
struct process {
    char *name, *module, *entry;
    char **args, **env, **dirs, **publish, **connect, **clocks, **after;
    unsigned args_count, env_count, dirs_count, publish_count, connect_count, clocks_count,
        after_count;
    int memory;
    enum restart restart;
    char *max_restarts, *worker;
    enum priority priority;
    bool service;
    struct quotas quotas;
    struct grants grants;
};

struct manifest {
    int engine; /* SINGULA_ENGINE_... */
    struct process *processes;
    unsigned processes_count;
    /* manifest_load() */
    const char *path;
    uint8_t *text; /* of the file: one that is a pipe can be read but once */
    size_t text_bytes;
};

/* Reads and checks a manifest; complains with file, line and column. `path` stays as long as the
 * manifest. Frees with manifest_free(). */
struct manifest *manifest_load(const char *path);
void manifest_free(struct manifest *m);
/* Complains about a value: "FILE:LINE:COLUMN: key: message". */
void manifest_complain(const struct manifest *m, unsigned process, const char *key, const char *fmt,
                       ...) __attribute__((format(printf, 4, 5)));

#endif
