/* singula cc: compiles a guest written in C with the flags that clang 19 needs, links and verifies
 * it.
 *
 * clang's optimiser makes `select` instructions and vectors of externref values, which its own back
 * end cannot translate. `-fsanitize=fuzzer-no-link` (cc1 only, so nothing is instrumented) and the
 * two -fno-*vectorize flags keep it from that. They must stand behind -O, so they come last.
 * Sinking is off because it makes one call of two that give away different references, and lifetime
 * markers because at -O1 paths that return early meet the others in a block for them: the verifier
 * would have to know which path was taken. The link is a step of its own without -O: at -O the
 * driver would run whatever wasm-opt is installed on the result. Contracts among the inputs become
 * headers first.
 */
#include "cli/cli.h"

#include <errno.h>
#include <ftw.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static const char *const forced_flags[] = {
    "-Xclang",
    "-fsanitize=fuzzer-no-link",
    "-fno-slp-vectorize",
    "-fno-vectorize",
    "-mllvm",
    "-simplifycfg-sink-common=false",
    "-Xclang",
    "-disable-lifetime-markers",
    NULL,
};

/* What must be installed: a program of PATH, or a file. */
static const struct {
    const char *what, *package;
} needs[] = {
    {"clang-19", "clang-19"},
    {"wasm-ld-19", "lld-19"},
    {"/usr/include/wasm32-wasi/stdio.h", "wasi-libc"},
    {"/usr/lib/llvm-19/lib/clang/19/lib/wasi/libclang_rt.builtins-wasm32.a",
     "libclang-rt-19-dev-wasm32"},
};

static const struct opt_def options[] = {
    {'o', "output", "FILE", "name of the module (default: the first source's, .wasm)"},
    {'c', "compile", NULL, "compile to .o files only"},
    {OPT_LONG, "reactor", NULL, "a library of exports (_initialize) instead of a program (_start)"},
    {OPT_LONG + 2, "exact-memory", NULL, "as many bytes of memory as data and stack have"},
    {OPT_LONG + 1, "no-verify", NULL, "do not verify the result"},
    {'v', "verbose", NULL, "print the commands"},
    {0, NULL, NULL, NULL},
};

/* A growing argument vector, NULL-terminated once it holds something. */
struct words {
    char **v;
    size_t n, cap;
};

struct cc {
    struct words own, compile, link, sources, objects, contracts;
    const char *output;
    char dir[64]; /* temporary: generated headers, objects */
    bool only_compile, reactor, no_verify, exact, verbose;
};

static void add(struct words *w, const char *word)
{
    if (w->cap - w->n < 2) {
        w->cap = w->cap ? 2 * w->cap : 16;
        char **bigger = realloc(w->v, w->cap * sizeof *w->v);
        if (!bigger) {
            complain("out of memory");
            exit(EXIT_USAGE);
        }
        w->v = bigger;
    }
    w->v[w->n] = strdup(word);
    w->v[++w->n] = NULL;
}

static void add_all(struct words *w, const char *const *words)
{
    for (; words && *words; words++)
        add(w, *words);
}

static void clear(struct words *w)
{
    for (size_t i = 0; i < w->n; i++)
        free(w->v[i]);
    free(w->v);
    *w = (struct words){0};
}

/* ---- reading the command line ---- */

/* What the compiler's own options look like; the first match counts. */
static const struct pass {
    const char *prefix;
    bool link;     /* for the link step, else for the compile step */
    bool may_part; /* the value may be the next word */
} passes[] = {
    {"-Wl,", true, false},      {"-isystem", false, true},   {"-include", false, true},
    {"-iquote", false, true},   {"-I", false, true},         {"-D", false, true},
    {"-U", false, true},        {"-W", false, false},        {"-g", false, false},
    {"-O", false, false},       {"-f", false, false},        {"-m", false, false},
    {"-std=", false, false},    {"-pedantic", false, false}, {"-w", false, false},
    {"-l", true, true},         {"-L", true, true},          {"-s", true, false},
    {"-nostdlib", true, false},
};

/* Takes one option for the compiler at argv[i]; the number of words taken, 0 if it is none. */
static int take_pass(struct cc *c, int argc, char **argv, int i)
{
    for (size_t k = 0; k < sizeof passes / sizeof passes[0]; k++) {
        const struct pass *p = &passes[k];
        if (strncmp(argv[i], p->prefix, strlen(p->prefix)) != 0)
            continue;
        add(p->link ? &c->link : &c->compile, argv[i]);
        if (!p->may_part || argv[i][strlen(p->prefix)] || i + 1 == argc)
            return 1;
        add(p->link ? &c->link : &c->compile, argv[i + 1]);
        return 2;
    }
    return 0;
}

static bool has_suffix(const char *s, const char *suffix)
{
    size_t n = strlen(s), m = strlen(suffix);
    return n > m && strcmp(s + n - m, suffix) == 0;
}

static bool take_file(struct cc *c, const char *file)
{
    if (has_suffix(file, ".c"))
        add(&c->sources, file);
    else if (has_suffix(file, ".contract"))
        add(&c->contracts, file);
    else if (has_suffix(file, ".o") || has_suffix(file, ".a"))
        add(&c->objects, file);
    else {
        complain("cc: %s: not a .c, .contract, .o or .a file", file);
        return false;
    }
    return true;
}

/* Splits the command line into the compiler's words and ours; ours go through the option table.
 * -1: --help was printed. */
static int take_line(struct cc *c, const struct command *self, int argc, char **argv)
{
    int status = EXIT_OK;
    add(&c->own, argv[0]);
    for (int i = 1; i < argc;) {
        int n = take_pass(c, argc, argv, i);
        if (n == 0)
            add(&c->own, argv[i]);
        i += n ? n : 1;
    }
    struct opts o;
    opts_begin(&o, self, (int)c->own.n, c->own.v);
    for (int opt; (opt = opts_next(&o)) != OPT_END;) {
        if (opt == OPT_STOP)
            return o.status ? o.status : -1;
        if (opt == 'o')
            c->output = o.value;
        c->only_compile |= opt == 'c';
        c->reactor |= opt == OPT_LONG;
        c->no_verify |= opt == OPT_LONG + 1;
        c->exact |= opt == OPT_LONG + 2;
        c->verbose |= opt == 'v';
    }
    for (size_t i = (size_t)o.first; i < c->own.n; i++)
        if (!take_file(c, c->own.v[i]))
            status = EXIT_USAGE;
    if (status == EXIT_OK && c->sources.n + c->objects.n == 0) {
        complain("cc: no .c or .o FILE given (see singula cc --help)");
        status = EXIT_USAGE;
    }
    if (status == EXIT_OK && c->only_compile && c->output && c->sources.n > 1) {
        complain("cc: -c with -o takes one source");
        status = EXIT_USAGE;
    }
    for (size_t i = (size_t)o.first; i < c->own.n && status == EXIT_OK; i++)
        if (!files_apart(c->output, c->own.v[i]))
            status = EXIT_USAGE;
    return status;
}

/* ---- doing it ---- */

static bool check_needs(void)
{
    char packages[200] = "";
    for (size_t i = 0; i < sizeof needs / sizeof needs[0]; i++) {
        if (files_installed(needs[i].what))
            continue;
        complain("cc: %s is not there", needs[i].what);
        size_t n = strlen(packages);
        snprintf(packages + n, sizeof packages - n, " %s", needs[i].package);
    }
    if (!packages[0])
        return true;
    fprintf(stderr, "  hint: apt-get install%s\n", packages);
    return false;
}

/* Runs a command and waits for it; its exit status, or EXIT_USAGE if it cannot be started. */
static int execute(const struct cc *c, struct words *w)
{
    pid_t pid;
    int status;
    if (c->verbose) {
        for (size_t i = 0; i < w->n; i++)
            fprintf(stderr, "%s%s", w->v[i], i + 1 < w->n ? " " : "\n");
    }
    fflush(NULL);
    int err = posix_spawnp(&pid, w->v[0], NULL, NULL, w->v, environ);
    if (err) {
        complain("cc: cannot run %s: %s", w->v[0], strerror(err));
        return EXIT_USAGE;
    }
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return EXIT_USAGE;
    return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_REFUSED;
}

/* The header `name` in the temporary folder, of a contract's text that was read from `path`. */
static int write_header(const struct cc *c, const char *path, const char *contract, size_t n,
                        const char *name)
{
    struct singula_contracts *set = NULL;
    struct singula_diag why = {0};
    int status = EXIT_USAGE;
    if (singula_contract_parse(contract, n, &set, &why) != 0) {
        complain_diag(path, &why);
        return EXIT_REFUSED;
    }
    char *full = NULL, *text = name ? singula_contract_bindgen(set, name) : NULL;
    if (!text || asprintf(&full, "%s/%s", c->dir, name) < 0)
        complain("cc: out of memory");
    else if (files_write(full, text))
        status = EXIT_OK;
    free(full);
    free(text);
    singula_contract_destroy(set);
    return status;
}

static int make_header(const struct cc *c, const char *path)
{
    uint8_t *bytes;
    size_t n;
    if (!files_read(path, &bytes, &n))
        return EXIT_USAGE;
    char *name = files_header_name(path);
    int status = write_header(c, path, (const char *)bytes, n, name);
    free(name);
    free(bytes);
    return status;
}

/* <singula/NAME.h> for every driver. */
static int make_driver_headers(const struct cc *c)
{
    const char *name, *contract;
    char path[128];
    int status = EXIT_OK;
    snprintf(path, sizeof path, "%s/singula", c->dir);
    if (mkdir(path, 0777) != 0) {
        complain("cc: %s: cannot create: %s", path, strerror(errno));
        return EXIT_USAGE;
    }
    for (uint32_t i = 0; (name = singula_builtin_contract(i, &contract)) && status == EXIT_OK;
         i++) {
        snprintf(path, sizeof path, "singula/%s.h", name);
        status = write_header(c, name, contract, strlen(contract), path);
    }
    return status;
}

/* guest/singula_guest.h for the sources. */
static bool put_guest_header(const struct cc *c)
{
    char path[128];
    snprintf(path, sizeof path, "%s/singula_guest.h", c->dir);
    return files_write(path, guest_header);
}

/* "dir/x.c" -> "x.o" beside us, or numbered in the temporary directory. */
static void object_name(const struct cc *c, size_t i, char *out, size_t size)
{
    const char *source = c->sources.v[i], *slash = strrchr(source, '/');
    const char *base = slash ? slash + 1 : source;
    int n = (int)strlen(base) - 2;
    if (!c->only_compile)
        snprintf(out, size, "%s/%zu-%.*s.o", c->dir, i, n, base);
    else if (c->output)
        snprintf(out, size, "%s", c->output);
    else
        snprintf(out, size, "%.*s.o", n, base);
}

static int compile(struct cc *c)
{
    static const char *const begin[] = {"clang-19", "--target=wasm32-wasi", "-O2", NULL};
    for (size_t i = 0; i < c->sources.n; i++) {
        struct words w = {0};
        char object[1024];
        object_name(c, i, object, sizeof object);
        add_all(&w, begin);
        add_all(&w, (const char *const *)c->compile.v);
        add(&w, "-I");
        add(&w, c->dir);
        add_all(&w, forced_flags);
        add(&w, "-c");
        add(&w, c->sources.v[i]);
        add(&w, "-o");
        add(&w, object);
        int status = execute(c, &w);
        clear(&w);
        if (status != 0)
            return status;
        add(&c->objects, object);
    }
    return EXIT_OK;
}

static bool wants_debug_info(const struct cc *c)
{
    for (size_t i = 0; i < c->compile.n; i++)
        if (strncmp(c->compile.v[i], "-g", 2) == 0 && strcmp(c->compile.v[i], "-g0") != 0)
            return true;
    return false;
}

static int link_module(struct cc *c, const char *output)
{
    static const char *const begin[] = {"clang-19", "--target=wasm32-wasi", NULL};
    struct words w = {0};
    add_all(&w, begin);
    if (c->reactor)
        add(&w, "-mexec-model=reactor");
    if (!wants_debug_info(c)) /* else that of wasi-libc remains, five times the program */
        add(&w, "-Wl,--strip-debug");
    if (c->exact)
        add(&w, "-Wl,--export=__heap_base");
    add_all(&w, (const char *const *)c->objects.v);
    add_all(&w, (const char *const *)c->link.v);
    add(&w, "-o");
    add(&w, output);
    int status = execute(c, &w);
    clear(&w);
    return status;
}

static int verify_output(const char *output)
{
    struct singula_module *m = NULL;
    int status = files_verify(output, SINGULA_MONITOR_OFF, &m);
    singula_module_destroy(m);
    if (status == EXIT_REFUSED)
        unlink(output);
    return status;
}

static int build(struct cc *c)
{
    char *output = NULL;
    const char *tmp = getenv("TMPDIR");
    if (!check_needs())
        return EXIT_USAGE;
    snprintf(c->dir, sizeof c->dir, "%s/singula-cc-XXXXXX", tmp && strlen(tmp) < 40 ? tmp : "/tmp");
    if (!mkdtemp(c->dir)) {
        complain("cc: %s: cannot create: %s", c->dir, strerror(errno));
        c->dir[0] = 0;
        return EXIT_USAGE;
    }
    int status = put_guest_header(c) ? make_driver_headers(c) : EXIT_USAGE;
    for (size_t i = 0; i < c->contracts.n && status == EXIT_OK; i++)
        status = make_header(c, c->contracts.v[i]);
    if (status == EXIT_OK)
        status = compile(c);
    if (status != EXIT_OK || c->only_compile)
        return status;
    const char *first = c->sources.n ? c->sources.v[0] : c->objects.v[0];
    if (asprintf(&output, "%.*s.wasm", (int)strlen(first) - 2, first) < 0)
        return EXIT_USAGE;
    status = link_module(c, c->output ? c->output : output);
    if (status == EXIT_OK && c->exact)
        status = exact_memory(c->output ? c->output : output);
    if (status == EXIT_OK && !c->no_verify)
        status = verify_output(c->output ? c->output : output);
    free(output);
    return status;
}

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st, (void)kind, (void)ftw;
    return remove(path);
}

static int cc_run(const struct command *self, int argc, char **argv)
{
    struct cc c = {0};
    int status = take_line(&c, self, argc, argv);
    if (status == EXIT_OK)
        status = build(&c);
    if (c.dir[0])
        nftw(c.dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    struct words *const all[] = {&c.own, &c.compile, &c.link, &c.sources, &c.objects, &c.contracts};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        clear(all[i]);
    return status < 0 ? EXIT_OK : status;
}

const struct command cc_command = {
    "cc",
    "[OPTIONS] FILE.c... [FILE.contract...] [-o FILE.wasm]",
    "Compiles a guest written in C with the flags that clang 19 needs, links and verifies it.",
    options,
    "-I -D -U -W -O -g -f -m -std= and the like go to the compiler, -l -L -Wl, -s to the linker.\n"
    "Every FILE.contract becomes a header FILE.h that the sources can include; those of the\n"
    "drivers are there as <singula/timer.h> and so on (`singula contract drivers`).\n"
    "\n"
    "--exact-memory is for small guests that do not use malloc(): the stack takes 64 KiB of their\n"
    "memory if -Wl,-z,stack-size=BYTES does not say otherwise. memory.size and memory.grow then\n"
    "count bytes (WebAssembly's proposal custom-page-sizes).\n"
    "\n"
    "exit status: 0 done, 1 a source has a mistake or the result is refused, 2 wrong usage or a\n"
    "tool is missing (Debian: clang-19 lld-19 wasi-libc libclang-rt-19-dev-wasm32)\n"
    "\n"
    "examples:\n"
    "  singula cc hello.c -o hello.wasm\n"
    "  singula cc -Wall -O3 server.c camera.contract -o server.wasm\n",
    cc_run,
};
