/* The whole way: chunks of functions through LLVM on several threads, objects into an image. */
#include "runtime/compiler/codegen_int.h"
#include "runtime/compiler/object.h"

#include <llvm-c/Analysis.h>
#include <llvm-c/Error.h>
#include <llvm-c/Support.h>
#include <llvm-c/Target.h>
#include <llvm-c/Transforms/PassBuilder.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK_MIN = 8 << 10, CHUNK_MAX = 32 << 10, CHUNKS_PER_THREAD = 6, THREADS_MAX = 64 };

struct part {
    uint32_t first, end; /* defined functions */
    uint64_t bytes;
    LLVMMemoryBufferRef object;
};

/* One compilation, shared by its threads. */
struct job {
    const struct vview *view;
    const struct compile_options *opt;
    struct part *parts, **order; /* as the functions come; as they are compiled */
    uint32_t nparts;
    uint64_t total;
    pthread_mutex_t lock; /* of what follows */
    uint32_t next;
    uint64_t done;
    enum status st;
    struct diag *why;
};

/* ---- the machine ---- */

static void initialize(void)
{
    static const char *const options[] = {
        "singula",
        /* A counter of 32 bits that is widened to 64 reaches memory through masks, whose strides
         * the vectoriser does not see; as it is, it sees them, behind a check that nothing wraps.
         */
        "-indvars-widen-indvars=0",
        /* Where clang's code for a data-dependent minimum selects, the converter would branch: its
         * guess of what is predictable is wrong too often. */
        "-x86-cmov-converter=0",
        /* Merged tails would merge calls that are to keep their places, `nomerge` or not. */
        "-enable-tail-merge=0",
        /* Where variables are is of no use here, for there are line tables only; the newer of the
         * two passes that follow them works out all registers' contents nevertheless. */
        "-experimental-debug-variable-locations=false",
        /* The processor orders instructions itself. */
        "-disable-post-ra",
        /* Splitting live ranges costs the square of a large function's size otherwise. */
        "-grow-region-complexity-budget=100",
        /* So does the search of what a load may have read; bounds of the same kind. */
        "-memdep-block-number-limit=50",
        "-memdep-block-scan-limit=50",
        "-slp-schedule-budget=2000",
        /* Loads are not moved to where they are not always executed (keep.c). */
        "-instcombine-code-sinking=0",
        "-disable-machine-sink",
        /* Values that could live in mask registers are too few to look for. */
        "-disable-x86-domain-reassignment",
    };
    LLVMParseCommandLineOptions(ARRAY_LEN(options), options, NULL);
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
}

static LLVMTargetMachineRef open_machine(void)
{
    LLVMTargetRef target;
    char *error = NULL, *triple = LLVMGetDefaultTargetTriple();
    LLVMTargetMachineRef tm = NULL;
    if (LLVMGetTargetFromTriple(triple, &target, &error) == 0) {
        char *cpu = LLVMGetHostCPUName(), *features = LLVMGetHostCPUFeatures();
        /* the next level takes 4% longer and gains nothing on the mean of the bench's kernels */
        tm = LLVMCreateTargetMachine(target, triple, cpu, features, LLVMCodeGenLevelDefault,
                                     LLVMRelocPIC, LLVMCodeModelSmall);
        LLVMDisposeMessage(cpu);
        LLVMDisposeMessage(features);
    }
    LLVMDisposeMessage(error);
    LLVMDisposeMessage(triple);
    return tm;
}

/* ---- one part ---- */

/* Functions only: no pass may change what another part relies on, nor move code from one function
 * to another (a backtrace has the frames of the guest). */
static const char first[] = "function(mem2reg)";
/* Modules come from optimising compilers as a rule: each simplification runs once before the loop
 * passes and once after them, not after every pass that could leave something for it. Stores to
 * guest memory are seen by everybody, so dead ones are not looked for. */
static const char before_vectors[] =
    "function("
    "early-cse<memssa>,simplifycfg,instcombine<no-verify-fixpoint>,jump-threading,simplifycfg,"
    "reassociate,constraint-elimination,"
    "loop-mssa(loop-instsimplify,loop-simplifycfg,licm<allowspeculation>,loop-rotate,"
    "licm<allowspeculation>,simple-loop-unswitch<nontrivial;trivial>),"
    "loop(indvars,loop-deletion,loop-unroll-full),"
    "loop-mssa(simple-loop-unswitch<no-nontrivial;trivial>),"
    "gvn,bdce,instcombine<no-verify-fixpoint>,adce,simplifycfg,"
    "loop-mssa(loop-rotate,licm<allowspeculation>))";
static const char vectors_and_after[] =
    "function("
    "loop-vectorize,loop-load-elim,"
    "slp-vectorizer,vector-combine,instcombine<no-verify-fixpoint>,loop-unroll<O3>,"
    "loop-mssa(licm<allowspeculation>),loop-sink,instsimplify,div-rem-pairs,simplifycfg)";
/* Instead of both, for functions whose every loop calls: what becomes of such a loop is not worth
 * the other third of the time. */
static const char without_loops[] =
    "function("
    "early-cse<memssa>,simplifycfg,instcombine<no-verify-fixpoint>,jump-threading,simplifycfg,"
    "loop-mssa(loop-rotate,licm<allowspeculation>),"
    "gvn,instcombine<no-verify-fixpoint>,simplifycfg)";

static bool run_passes(LLVMModuleRef mod, LLVMTargetMachineRef tm, const char *passes,
                       struct diag *why)
{
    LLVMPassBuilderOptionsRef o = LLVMCreatePassBuilderOptions();
    LLVMErrorRef e = LLVMRunPasses(mod, passes, tm, o);
    LLVMDisposePassBuilderOptions(o);
    if (!e)
        return true;
    char *text = LLVMGetErrorMessage(e);
    diag_set(why, E_COMPILER, "LLVM: %s", text);
    LLVMDisposeErrorMessage(text);
    return false;
}

/* LLVM takes what it is given; wrong IR is found here in builds with internal checks. */
static bool is_well_formed(LLVMModuleRef mod, struct diag *why)
{
    char *error = NULL;
    if (CHECK_LEVEL == 0 || !LLVMVerifyModule(mod, LLVMReturnStatusAction, &error)) {
        LLVMDisposeMessage(error);
        return true;
    }
    diag_set(why, E_COMPILER, "LLVM: %s", error);
    LLVMDisposeMessage(error);
    return false;
}

/* The entry code of every type that a defined function has. */
static void make_entries(struct chunk *c)
{
    const struct vview *v = c->view;
    uint8_t *made = calloc(v->ntypes + 1, 1);
    if (!made) {
        c->failed = true;
        return;
    }
    for (uint32_t i = 0; i < v->ndefined; i++) {
        uint32_t t = v->types[v->funcs[i].type].canonical;
        if (!made[t])
            chunk_entry(c, t);
        made[t] = 1;
    }
    free(made);
}

static bool stopped(const struct job *j)
{
    return j->opt->stop && atomic_load_explicit(j->opt->stop, memory_order_relaxed);
}

/* Passes for those of a part's functions that have loops without calls, or for the others. LLVM's
 * passes leave a function alone that is optnone; code is generated without that. */
static bool run_on(struct chunk *c, const struct part *p, bool loops, const char *passes,
                   LLVMTargetMachineRef tm, struct diag *why)
{
    unsigned kind = LLVMGetEnumAttributeKind(c->optnone);
    for (uint32_t i = p->first; i < p->end; i++)
        if (c->loops[i] != loops)
            LLVMAddAttributeAtIndex(c->funcs[i], ON_FUNCTION, c->optnone);
    bool ok = run_passes(c->mod, tm, passes, why);
    for (uint32_t i = p->first; i < p->end; i++)
        LLVMRemoveEnumAttributeAtIndex(c->funcs[i], ON_FUNCTION, kind);
    return ok;
}

static void release(struct chunk *c, const struct part *p, bool loops)
{
    for (uint32_t i = p->first; i < p->end; i++)
        if (c->loops[i] == loops)
            keep_release(c, c->funcs[i]);
}

static bool optimize(struct job *j, struct chunk *c, const struct part *p, LLVMTargetMachineRef tm,
                     struct diag *why)
{
    bool exact = access_mode(j->view, j->opt->mode) == MEMORY_COMPACT; /* loads are checked */
    if (!run_passes(c->mod, tm, first, why))
        return false;
    if (!exact)
        keep_pin(c);
    if (!run_on(c, p, true, before_vectors, tm, why) ||
        !run_on(c, p, false, without_loops, tm, why))
        return false;
    if (!exact)
        release(c, p, true);
    if (!run_on(c, p, true, vectors_and_after, tm, why))
        return false;
    if (!exact)
        release(c, p, false);
    for (uint32_t i = p->first; i < p->end && !exact; i++)
        keep_width(c, c->funcs[i]);
    return true;
}

static enum status compile_part(struct job *j, struct part *p, LLVMTargetMachineRef tm,
                                struct gen *g, struct diag *why)
{
    struct chunk c;
    enum status st = chunk_open(&c, j->view, j->opt, tm) ? OK : E_NOMEM;
    for (uint32_t i = p->first; st == OK && i < p->end && !c.failed; i++)
        (void)chunk_func(&c, i); /* LLVM keeps this order; the image wants it */
    for (uint32_t i = p->first; st == OK && i < p->end && !c.failed; i++)
        gen_function(g, &c, i);
    if (st == OK && p == j->parts)
        make_entries(&c);
    LLVMDIBuilderFinalize(c.di);
    if (c.failed)
        st = E_NOMEM;
    if (st == OK && !is_well_formed(c.mod, why))
        st = E_COMPILER;
    if (st == OK && stopped(j))
        st = E_UNFINISHED;
    if (st == OK && !optimize(j, &c, p, tm, why))
        st = E_COMPILER;
    if (c.failed)
        st = E_NOMEM;
    char *error = NULL;
    if (st == OK && stopped(j))
        st = E_UNFINISHED;
    if (st == OK &&
        LLVMTargetMachineEmitToMemoryBuffer(tm, c.mod, LLVMObjectFile, &error, &p->object)) {
        diag_set(why, E_COMPILER, "LLVM: %s", error);
        LLVMDisposeMessage(error);
        st = E_COMPILER;
    }
    chunk_close(&c);
    return st;
}

/* ---- threads ---- */

static void *work(void *arg)
{
    struct job *j = arg;
    LLVMTargetMachineRef tm = open_machine();
    struct gen g = {0};
    struct diag why = {0};
    pthread_mutex_lock(&j->lock);
    while (j->st == OK && j->next < j->nparts) {
        struct part *p = j->order[j->next++];
        pthread_mutex_unlock(&j->lock);
        enum status st = !tm          ? E_NOMEM
                         : stopped(j) ? E_UNFINISHED
                                      : compile_part(j, p, tm, &g, &why);
        pthread_mutex_lock(&j->lock);
        if (st != OK && j->st == OK) {
            j->st = st;
            *j->why = why;
        }
        j->done += p->bytes;
        if (j->opt->progress)
            j->opt->progress(j->opt->ctx, j->done, j->total);
    }
    pthread_mutex_unlock(&j->lock);
    gen_free(&g);
    if (tm)
        LLVMDisposeTargetMachine(tm);
    return NULL;
}

static uint32_t thread_count(const struct job *j)
{
    long n = j->opt->threads ? (long)j->opt->threads : sysconf(_SC_NPROCESSORS_ONLN);
    if (n > THREADS_MAX)
        n = THREADS_MAX;
    return n < 1 ? 1 : (uint32_t)n;
}

static void run_job(struct job *j, uint32_t nthreads)
{
    pthread_t threads[THREADS_MAX];
    uint32_t n = 0;
    while (n + 1 < nthreads && n + 1 < j->nparts && pthread_create(&threads[n], NULL, work, j) == 0)
        n++;
    (void)work(j); /* this thread, too: with it alone everything gets done */
    while (n > 0)
        pthread_join(threads[--n], NULL);
}

static int larger_first(const void *a, const void *b)
{
    const struct part *x = *(struct part *const *)a, *y = *(struct part *const *)b;
    return x->bytes != y->bytes ? (x->bytes < y->bytes ? 1 : -1) : x < y ? -1 : x > y;
}

/* Neighbours together, parts of about the same size. The largest are compiled first, lest the last
 * keep one thread busy and the others idle. */
static bool make_parts(struct job *j, uint32_t nthreads)
{
    const struct vview *v = j->view;
    for (uint32_t i = 0; i < v->ndefined; i++)
        j->total += v->funcs[i].ncode;
    uint64_t size = j->total / ((uint64_t)nthreads * CHUNKS_PER_THREAD);
    size = size < CHUNK_MIN ? CHUNK_MIN : size > CHUNK_MAX ? CHUNK_MAX : size;
    uint64_t most = j->total / size + v->ndefined / 1000 + 2;
    j->parts = calloc(most, sizeof *j->parts);
    j->order = calloc(most, sizeof(struct part *));
    if (!j->parts || !j->order)
        return false;
    struct part *p = j->parts;
    for (uint32_t i = 0; i < v->ndefined; i++) {
        if (p->bytes >= size) {
            p++;
            p->first = i;
        }
        p->bytes += v->funcs[i].ncode;
        p->end = i + 1;
    }
    j->nparts = (uint32_t)(p - j->parts) + 1;
    for (uint32_t k = 0; k < j->nparts; k++)
        j->order[k] = &j->parts[k];
    qsort(j->order, j->nparts, sizeof(struct part *), larger_first);
    return true;
}

static enum status link_parts(struct job *j, const struct image_key *key, struct image_bytes *out,
                              struct diag *why)
{
    struct object *objs = calloc(j->nparts, sizeof *objs);
    if (!objs)
        return E_NOMEM;
    for (uint32_t i = 0; i < j->nparts; i++)
        objs[i] = (struct object){(const void *)LLVMGetBufferStart(j->parts[i].object),
                                  LLVMGetBufferSize(j->parts[i].object)};
    enum status st = image_link(key, j->view, objs, j->nparts, out, why);
    free(objs);
    return st;
}

enum status compiler_compile(const struct verified_module *m, const struct image_key *key,
                             const struct compile_options *o, struct image_bytes *out,
                             struct diag *why)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    check(pthread_once(&once, initialize) == 0);
    struct job j = {.view = verified_view(m), .opt = o, .why = why};
    check(pthread_mutex_init(&j.lock, NULL) == 0);
    uint32_t nthreads = thread_count(&j);
    if (make_parts(&j, nthreads))
        run_job(&j, nthreads);
    else
        j.st = E_NOMEM;
    if (j.st == OK)
        j.st = link_parts(&j, key, out, why);
    for (uint32_t i = 0; i < j.nparts; i++)
        if (j.parts[i].object)
            LLVMDisposeMemoryBuffer(j.parts[i].object);
    free(j.parts);
    free(j.order);
    pthread_mutex_destroy(&j.lock);
    return j.st;
}

const char *compiler_identity(void)
{
    return image_compiler;
}
