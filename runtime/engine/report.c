/* Trap reports: who, what, where, and how it came there.
 *
 *   camera (SIP 3): MEM_OOB: out of bounds memory access
 *     4 bytes at 0x10000; the memory has 65536
 *     #0 func[12] $serve +0x3f (byte 0x1c2)
 *     ... 9,950 more frames ...
 *     #9973 func[3] $_start +0x10 (byte 0x90)
 *
 * `+` counts from the function's first instruction, `byte` from the beginning of the module. A
 * report is bounded however deep the stack was. How many frames there are, and which are the
 * outermost, only a walk over all of them tells: that is done in pieces.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "runtime/engine/instance.h"
#include "runtime/engine/spawn.h"

enum {
    FRAMES_INNER = 12,
    FRAMES_OUTER = 6,
    FRAMES_PRINTED = FRAMES_INNER + FRAMES_OUTER,
    NAME_SHOWN = 200
};

/* How far it has come. */
struct report {
    struct frame_at at; /* the last one found */
    uint32_t n;         /* found so far */
    struct frame_at inner[FRAMES_INNER];
    struct frame_at outer[FRAMES_OUTER]; /* the last ones; number i is at i % FRAMES_OUTER */
};

/* With a comma every three digits. */
static void print_count(struct strbuf *b, uint32_t n)
{
    if (n >= 1000) {
        print_count(b, n / 1000);
        strbuf_printf(b, ",%03u", n % 1000);
    } else {
        strbuf_printf(b, "%u", n);
    }
}

static void print_seconds(struct strbuf *b, uint64_t ns)
{
    strbuf_printf(b, "%" PRIu64 ".%03u s", ns / 1000000000, (unsigned)(ns / 1000000 % 1000));
}

static void print_frame(struct strbuf *b, const struct sip *s, uint32_t number,
                        const struct frame_at *at)
{
    const struct frame_info f = exec_frame(s, at);
    const struct vview *v = f.inst->view;
    struct vname name = verified_func_name(f.inst->module, f.func);
    strbuf_printf(b, "  #%u func[%u]", number, f.func);
    if (name.len) {
        strbuf_puts(b, " $");
        strbuf_put_visible(b, name.s, name.len < NAME_SHOWN ? name.len : NAME_SHOWN);
    }
    uint32_t imported = v->nimported[EXT_FUNC];
    if (f.func >= imported)
        strbuf_printf(b, " +0x%x (byte 0x%x)", f.offset - v->funcs[f.func - imported].code_offset,
                      f.offset);
    strbuf_puts(b, "\n");
}

static void print_backtrace(struct strbuf *b, const struct sip *s, const struct report *r)
{
    uint32_t outer = r->n <= FRAMES_INNER     ? 0
                     : r->n <= FRAMES_PRINTED ? r->n - FRAMES_INNER
                                              : FRAMES_OUTER;
    for (uint32_t i = 0; i < r->n - outer && i < FRAMES_INNER; i++)
        print_frame(b, s, i, &r->inner[i]);
    if (r->n > FRAMES_PRINTED) {
        strbuf_puts(b, "  ... ");
        print_count(b, r->n - FRAMES_PRINTED);
        strbuf_puts(b, " more frames ...\n");
    }
    for (uint32_t i = r->n - outer; i < r->n; i++)
        print_frame(b, s, i, &r->outer[i % FRAMES_OUTER]);
}

/* What the limit was, for the ends that come from outside the guest's code. */
static void print_limits(struct strbuf *b, const struct sip *s)
{
    const struct proc *p = &s->proc;
    if (p->trap == TRAP_TIMEOUT) {
        strbuf_puts(b, "  ended ");
        print_seconds(b, sched_now_ns(s->rt->sched) - s->spawned_ns);
        strbuf_puts(b, " after it was spawned; allowed were ");
        print_seconds(b, s->timeout_ns);
        strbuf_puts(b, "\n");
    } else if (p->trap == TRAP_CPU_QUOTA) {
        strbuf_puts(b, "  used ");
        print_seconds(b, p->cpu_ns);
        strbuf_puts(b, " of CPU time; allowed were ");
        print_seconds(b, p->max_cpu_ns);
        strbuf_puts(b, "\n");
    } else if (p->trap == TRAP_OUT_OF_PAGES) {
        strbuf_printf(b, "  owns %u pages of 4 KiB; allowed are %u\n", p->npages, p->max_pages);
    } else if (p->trap == TRAP_STACK_OVERFLOW) {
        strbuf_printf(b, "  the stack has %u KiB\n", s->max_stack_pages * 4);
    }
}

/* The verifier has proved that the SIP cannot break a rule of the monitor. */
static bool refutes_proof(const struct sip *s)
{
    bool proved = s->ninsts > 0;
    for (uint32_t i = 0; i < s->ninsts; i++)
        proved = proved && s->insts[i]->view->proved;
    return proved && trap_is_monitors(s->proc.trap);
}

static void print(struct strbuf *b, const struct sip *s, const struct report *r)
{
    enum trap t = s->proc.trap;
    strbuf_printf(b, "%s (SIP %u): %s: %s\n", s->proc.name, s->proc.id, trap_name(t),
                  trap_phrase(t));
    if (s->trap_text.len) {
        strbuf_puts(b, "  ");
        strbuf_put_visible(b, s->trap_text.s, s->trap_text.len);
        strbuf_puts(b, "\n");
    } else {
        print_limits(b, s);
    }
    print_backtrace(b, s, r);
    if (refutes_proof(s))
        strbuf_puts(b,
                    "  the verifier had proved that this cannot happen: it is a bug of Singula; "
                    "please report it with the module\n");
}

/* Up to so many frames further; false: there are more. */
static bool walk(const struct sip *s, struct report *r, uint32_t nframes)
{
    for (; nframes; nframes--, r->n++) {
        if (!exec_walk(s, &r->at))
            return true;
        if (r->n < FRAMES_INNER)
            r->inner[r->n] = r->at;
        r->outer[r->n % FRAMES_OUTER] = r->at;
    }
    return false;
}

bool report_some(struct sip *s, uint32_t nframes)
{
    static const struct report none;
    struct report *r = s->reporting;
    if (s->calling && !r)
        r = s->reporting = calloc(1, sizeof *r);
    if (r && !walk(s, r, nframes))
        return false;
    struct strbuf b = {0};
    print(&b, s, r ? r : &none); /* without memory for it, without the backtrace */
    free(r);
    s->reporting = NULL;
    strbuf_clear(&s->report);
    s->report = b;
    return true;
}
