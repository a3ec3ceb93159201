/* singula compile: makes a native image of a module. */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { COMPILE_OPT = OPT_LONG, COMPILE_MEMORY, COMPILE_KEEP, COMPILE_CLEAR_CACHE };

static const struct opt_def options[] = {
    {'o', "output", "FILE", "the image (default: FILE with .sgn for .wasm)"},
    {COMPILE_OPT, "opt", "LEVEL", "full (default), or fast: slower code, compiled much faster"},
    {COMPILE_MEMORY, "memory", "MODE", "guard (default) or compact: how it will be run"},
    {COMPILE_KEEP, "keep", NULL, "write no file, but what `run` and `up` find in their cache"},
    {COMPILE_CLEAR_CACHE, "clear-cache", NULL, "remove all images that `run` has kept"},
    MONITOR_OPTIONS,
    {0, NULL, NULL, NULL},
};

/* ---- progress ---- */

struct progress {
    bool shown;
    uint64_t began_ms, said_ms;
};

static uint64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* One line that is written over, a few times a second; the last one stays. */
static void show_progress(void *ctx, uint64_t done, uint64_t total)
{
    struct progress *p = ctx;
    uint64_t now = now_ms();
    if (now - p->said_ms < 100 && done < total)
        return;
    p->said_ms = now;
    p->shown = true;
    double mb = (double)done / 1e6, seconds = (double)(now - p->began_ms) / 1e3;
    fprintf(stderr, "\rcompiled %3.0f%% of %.2f MB of functions, %.2f MB/s ",
            total ? 100.0 * (double)done / (double)total : 100.0, (double)total / 1e6,
            seconds > 0 ? mb / seconds : 0.0);
    fflush(stderr);
}

/* ---- the command ---- */

struct compile {
    struct singula_compile_options opt;
    const char *output;
    int monitor;
    bool clear_cache;
};

static bool take(struct compile *c, int option, const char *text)
{
    static const char *const modes[] = {"guard", "compact", NULL};
    switch (option) {
    case 'o':
        c->output = text;
        return true;
    case COMPILE_OPT:
        return (c->opt.opt = opts_level(text)) >= 0;
    case COMPILE_MEMORY:
        c->opt.memory_mode = opts_choice("--memory", text, modes);
        return c->opt.memory_mode >= 0;
    case COMPILE_KEEP:
        c->opt.keep = true;
        return true;
    case COMPILE_CLEAR_CACHE:
        c->clear_cache = true;
        return true;
    default:
        c->monitor = opts_monitor(option, c->monitor);
        return true;
    }
}

/* "dir/hello.wasm" -> "dir/hello.sgn"; allocated. */
static char *image_name(const char *file)
{
    size_t n = strlen(file);
    char *name;
    if (n > 5 && strcmp(file + n - 5, ".wasm") == 0)
        n -= 5;
    return asprintf(&name, "%.*s.sgn", (int)n, file) < 0 ? NULL : name;
}

static int compile_file(struct compile *c, const char *file)
{
    struct singula_module *m;
    struct singula_diag why = {0};
    struct progress p = {.began_ms = now_ms()};
    uint8_t *image;
    size_t n;
    int status = files_verify(file, c->monitor, &m);
    if (status != EXIT_OK)
        return status;
    c->opt.monitor = files_monitored(c->monitor);
    if (isatty(STDERR_FILENO)) {
        c->opt.progress = show_progress;
        c->opt.ctx = &p;
    }
    int bad = singula_compile(m, &c->opt, &image, &n, &why);
    if (p.shown)
        fputc('\n', stderr);
    if (bad) {
        complain_diag(file, &why);
        status = EXIT_REFUSED;
    } else if (c->opt.keep) {
        printf("%s: kept, %zu bytes\n", file, n);
        free(image);
    } else {
        char *name = c->output ? strdup(c->output) : image_name(file);
        if (!name || !files_write_bytes(name, image, n))
            status = EXIT_USAGE;
        else
            printf("%s: %zu bytes\n", name, n);
        free(name);
        free(image);
    }
    singula_module_destroy(m);
    return status;
}

static int run_compile(const struct command *self, int argc, char **argv)
{
    struct compile c = {0};
    struct opts o;
    opts_begin(&o, self, argc, argv);
    for (int option; (option = opts_next(&o)) != OPT_END;) {
        if (option == OPT_STOP)
            return o.status;
        if (!take(&c, option, o.value))
            return EXIT_USAGE;
    }
    if (c.clear_cache) {
        uint64_t nfiles, nbytes;
        singula_cache_clear(&nfiles, &nbytes);
        printf("removed %llu images, %llu bytes\n", (unsigned long long)nfiles,
               (unsigned long long)nbytes);
        if (o.first == argc)
            return EXIT_OK;
    }
    if (c.opt.keep && c.output) {
        complain("compile: --keep writes no file: give --output or --keep");
        return EXIT_USAGE;
    }
    if (o.first + 1 != argc) {
        complain("compile: %s (see singula compile --help)",
                 o.first == argc ? "no FILE given" : "one FILE at a time");
        return EXIT_USAGE;
    }
    if (!files_apart(c.output, argv[o.first]))
        return EXIT_USAGE;
    return compile_file(&c, argv[o.first]);
}

const struct command compile_command = {
    "compile",
    "[OPTIONS] FILE",
    "Makes a native image of a module, which runs without being compiled again.",
    options,
    "The image is for this machine and this version of Singula; `singula run` says so if it is\n"
    "used elsewhere. The module in it is verified again whenever it is loaded, the machine code "
    "is\n"
    "trusted: treat images as you treat programs.\n"
    "\n"
    "exit status: 0 compiled, 1 refused or no compiler, 2 cannot read or write, wrong usage\n"
    "\n"
    "examples:\n"
    "  singula compile hello.wasm && singula run hello.sgn\n"
    "  singula compile --keep tool.wasm            # no run of it waits, or begins slowly\n"
    "  singula compile --opt=fast --memory=compact -o tool.sgn tool.wasm\n",
    run_compile,
};
