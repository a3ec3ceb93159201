/* What the subcommands share: the option parser, messages, reading files and quantities.
 *
 * One file per subcommand, each exporting one `struct command`; main.c lists them. Everything here
 * speaks to the runtime through include/singula.h only.
 *
 * Exit codes: 0 done, 1 refused or failed, 2 cannot read or wrong usage; `run` has its own (see
 * singula run --help).
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stdio.h>
#include <stdlib.h>

#include "include/singula.h"

enum { EXIT_OK = 0, EXIT_REFUSED = 1, EXIT_USAGE = 2 };

/* ---- options: opts.c ---- */

/* One option. `id` is its short letter or a number from OPT_LONG up (no short form). */
struct opt_def {
    int id;
    const char *name; /* without the dashes; NULL ends the table */
    const char *arg;  /* what its value is called in --help; NULL: it takes none */
    const char *help;
};

enum { OPT_END = -1, OPT_STOP = -2, OPT_LONG = 256 };

/* Of every command that runs guests. */
enum { OPT_MONITOR = 512, OPT_NO_MONITOR };
#define MONITOR_OPTIONS                                                                            \
    {OPT_MONITOR, "monitor", NULL, "check every operation again while it runs (default: debug)"},  \
    {                                                                                              \
        OPT_NO_MONITOR, "no-monitor", NULL, "check nothing that is proved (default: release)"      \
    }
/* SINGULA_MONITOR_ON or _OFF for these two; else `now`. */
static inline int opts_monitor(int option, int now)
{
    return option == OPT_MONITOR      ? SINGULA_MONITOR_ON
           : option == OPT_NO_MONITOR ? SINGULA_MONITOR_OFF
                                      : now;
}

/* trace.c: how processes are scheduled; runs that can be repeated. */
enum { OPT_SEED = OPT_NO_MONITOR + 1, OPT_TRACE, OPT_WORKERS };
#define SEED_OPTIONS                                                                               \
    {OPT_WORKERS, "workers", "N",                                                                  \
     "threads that run processes (default: run 1, up all processors)"},                            \
        {OPT_SEED, "seed", "N",                                                                    \
         "a run that can be repeated: one worker, chance and time follow N"},                      \
    {                                                                                              \
        OPT_TRACE, "trace", "FILE", "with --seed: write what the scheduler does, line by line"     \
    }
/* Takes one of these. Complains. */
bool trace_option(int option, const char *text, struct singula_config *cfg);
/* For how many threads this program has processors; at most SINGULA_WORKERS_MAX. */
uint32_t trace_processors(void);
/* Whether the options together make sense, and the trace can be written. Complains. */
bool trace_usable(struct singula_config *cfg);
/* The file, if there is one, is complete. Complains. */
bool trace_close(struct singula_config *cfg);

/* swap.c */
enum { OPT_SWAP = OPT_WORKERS + 1, OPT_SWAP_SIZE, OPT_SWAP_IDLE, OPT_SWAP_MEMORY };
#define SWAP_OPTIONS                                                                               \
    {OPT_SWAP, "swap", "FOLDER", "pages of idle SIPs go to a file there, and come back"},          \
        {OPT_SWAP_SIZE, "swap-size", "SIZE", "of that file, at most (default 64G)"},               \
        {OPT_SWAP_IDLE, "swap-idle", "TIME", "who has not run for so long goes (default 10s)"},    \
    {                                                                                              \
        OPT_SWAP_MEMORY, "swap-memory", "SIZE", "idle ones go sooner while more than this is used" \
    }
/* Takes one of these. Complains. */
bool swap_option(int option, const char *text, struct singula_config *cfg);
bool swap_usable(const struct singula_config *cfg); /* as trace_usable() */

struct command {
    const char *name;    /* "verify"; with a space for commands of commands: "contract check" */
    const char *usage;   /* what follows the name: "FILE..." */
    const char *summary; /* one line */
    const struct opt_def *options;
    const char *details; /* exit codes and examples, after the options in --help */
    int (*run)(const struct command *self, int argc, char **argv);
};

extern const struct command verify_command, run_command, up_command, inspect_command,
    contract_command, cc_command, compile_command, bench_command, top_command, kill_command;

struct opts {
    const struct command *cmd;
    int argc;
    char **argv;
    const char *value; /* of the option that opts_next() returned */
    int first;         /* after OPT_END: index of the first argument that is no option */
    int status;        /* after OPT_STOP: what the command must return */
};

void opts_begin(struct opts *o, const struct command *cmd, int argc, char **argv);
/* The next option's id; OPT_END; or OPT_STOP after --help, or after a mistake that has been
 * reported. `--` ends the options; options may stand among the arguments. */
int opts_next(struct opts *o);
void opts_help(const struct command *cmd);

/* The one of `names` (NULL-terminated) that is most like `word`, or NULL if none is near. */
const char *opts_nearest(const char *word, const char *const *names);
/* Index of `word` in `names`; else complains, naming option and possible values, and returns -1. */
int opts_choice(const char *option, const char *word, const char *const *names);

/* SINGULA_ENGINE_..., SINGULA_OPT_...; -1 after a complaint about --engine or --opt. */
int opts_engine(const char *word);
int opts_level(const char *word);

/* What quotas can be: OPTS_LIMITS says it. */
#define OPTS_LIMITS                                                                                \
    "Sizes: memory 4K to 16T, stack 4K to 2G, block_bytes 1 to 16T, a swap file 1M to 8T.\n"
#define MEMORY_LIMITS      UINT64_C(4) << 10, UINT64_C(16) << 40
#define STACK_LIMITS       UINT64_C(4) << 10, UINT64_C(2) << 30
#define BLOCK_BYTES_LIMITS UINT64_C(1), UINT64_C(16) << 40
#define SWAP_LIMITS        UINT64_C(1) << 20, UINT64_C(8) << 40

/* "64K", "1.5M", "2G" (powers of 1024), plain bytes; "500ms", "1.5s", "2m", plain seconds; counts
 * from min to max. A size is at least one byte. False (after a complaint
 * that names `option`) if it is none. */
bool opts_size(const char *option, const char *text, uint64_t *out);
/* A size from min to max bytes. */
bool opts_size_within(const char *option, const char *text, uint64_t min, uint64_t max,
                      uint64_t *out);
bool opts_duration(const char *option, const char *text, uint64_t *out_ns);
/* The same, for what 0 would mean no limit of. */
bool opts_time_limit(const char *option, const char *text, uint64_t *out_ns);
bool opts_count(const char *option, const char *text, uint64_t min, uint64_t max, uint64_t *out);

/* exact.c: gives the linked module at `path` a memory of as many bytes as it needs; an exit status.
 */
int exact_memory(const char *path);

/* guest/singula_guest.h, which `cc` puts in front of guests wherever the command is installed. */
extern const char guest_header[];
/* docs/CODES.md */
extern const char codes_page[];

/* ---- messages and files: files.c ---- */

/* Frees what is const to its readers. */
static inline void drop(const void *p)
{
    free((void *)(uintptr_t)p);
}

/* "singula: ..." on stderr, one line. */
void complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* A refusal in full on stderr. */
void complain_diag(const char *file, const struct singula_diag *why);

/* The whole file in memory (caller frees; one more byte, NUL, follows it). Complains and returns
 * false if it cannot. */
bool files_read(const char *path, uint8_t **bytes, size_t *n);
/* A program that PATH has, or, if `what` begins with a slash, a file that can be read. */
bool files_installed(const char *what);
/* Writing `output` (or NULL) leaves `input` as it is. Complains. */
bool files_apart(const char *output, const char *input);
/* Writes text to the file, or to stdout if path is NULL. Complains and returns false if it cannot.
 */
bool files_write(const char *path, const char *text);
/* The file has that text, or what it had. Complains. */
bool files_replace(const char *path, const char *text);
bool files_write_bytes(const char *path, const void *bytes, size_t n);
/* A graph in the DOT language as SVG, in a file or (NULL) on the standard output. Complains. */
bool svg_write(const char *path, const char *dot);
/* "dir/camera.contract" -> "camera.h"; allocated. */
char *files_header_name(const char *path);
/* Whether a system with that monitor (SINGULA_MONITOR_...) checks. */
bool files_monitored(int monitor);
/* Reads and verifies for a system with that monitor (SINGULA_MONITOR_...); complains. EXIT_OK,
 * EXIT_REFUSED or EXIT_USAGE. */
int files_verify(const char *path, int monitor, struct singula_module **out);
/* "HOST[::GUEST][:ro]" -> *out; the strings are allocated. False (after a complaint) if it is not
 * that. */
bool files_parse_dir(const char *text, struct singula_dir *out);

/* ---- source lines: locate.c ---- */

/* Fills in what the debug information of the module says about the places of its refusals. */
void locate_lines(const uint8_t *bytes, size_t n, struct singula_diag *diags, uint32_t ndiags);
/* Prints the report on a SIP that ended, with the source lines of its frames where the module in
 * `file` tells them. */
void locate_report(const char *file, const char *report, FILE *out);

/* ---- Ctrl-C: interrupt.c ---- */

/* From now on SIGINT and SIGTERM stop that system (singula_stop()); NULL: they do what they did
 * before. */
void interrupt_stops(struct singula_system *sys);
/* They also write to that eventfd; -1: to none. */
void interrupt_rings(int fd);
/* The signal that came, or 0. */
int interrupt_signal(void);

#endif
