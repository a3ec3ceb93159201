#include "cli/live.h"
#include "cli/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

bool live_pid(const char *command, const struct opts *o, int *pid)
{
    uint64_t n = 0;
    if (o->argc - o->first > 1) {
        complain("%s: give at most one process number (see singula %s --help)", command, command);
        return false;
    }
    if (o->argc - o->first == 1 && !opts_count("PID", o->argv[o->first], 1, INT32_MAX, &n))
        return false;
    *pid = (int)n;
    return true;
}

void live_bytes(char buf[16], uint64_t bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    double v = (double)bytes;
    unsigned u = 0;
    for (; v >= 1024 && u < 4; u++)
        v /= 1024;
    snprintf(buf, 16, u && v < 100 ? "%.1f %s" : "%.0f %s", v, units[u]);
}

void live_time(char buf[16], uint64_t ns)
{
    double s = (double)ns / 1e9;
    if (s < 1e-3)
        snprintf(buf, 16, "%.0f us", s * 1e6);
    else if (s < 1)
        snprintf(buf, 16, "%.1f ms", s * 1e3);
    else if (s < 100)
        snprintf(buf, 16, "%.2f s", s);
    else
        snprintf(buf, 16, "%.0f s", s);
}

int64_t live_int(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

const char *live_text(const json_t *object, const char *key)
{
    const char *s = json_string_value(json_object_get(object, key));
    return s ? s : "";
}

/* ---- SIPs by id ---- */

static int by_id(const void *a, const void *b)
{
    const struct live_sip *x = a, *y = b;
    return x->id < y->id ? -1 : x->id > y->id;
}

struct live_index live_index_open(const json_t *system)
{
    const json_t *all = json_object_get(system, "sips");
    json_t *s;
    size_t i, n = json_array_size(all);
    struct live_index x = {malloc((n + 1) * sizeof *x.sips), 0};
    json_array_foreach(all, i, s)
    {
        if (x.sips)
            x.sips[x.n++] = (struct live_sip){live_int(s, "id"), s};
    }
    if (x.sips)
        qsort(x.sips, x.n, sizeof *x.sips, by_id);
    else
        complain("out of memory: SIPs stay without their names");
    return x;
}

const json_t *live_index_find(const struct live_index *x, int64_t id)
{
    const struct live_sip key = {id, NULL};
    const struct live_sip *s = x->n ? bsearch(&key, x->sips, x->n, sizeof *x->sips, by_id) : NULL;
    return s ? s->sip : NULL;
}

void live_index_close(struct live_index *x)
{
    free(x->sips);
    *x = (struct live_index){0};
}

/* ---- text ---- */

enum { NAME_COLUMNS = 20 };

static void print_sips(const json_t *system, FILE *out)
{
    size_t i;
    json_t *s;
    fprintf(out, "%5s %-20s %-22s %8s %10s %10s %7s %10s %7s\n", "id", "name", "state", "memory",
            "CPU", "pages", "objects", "in blocks", "queued");
    json_array_foreach(json_object_get(system, "sips"), i, s)
    {
        char cpu[16], pages[16], bytes[16], state[40];
        const char *name = live_text(s, "name");
        live_time(cpu, (uint64_t)live_int(s, "cpu_ns"));
        snprintf(state, sizeof state, "%s%s", live_text(s, "state"),
                 live_int(s, "swapped_pages") ? " (swapped)" : "");
        live_bytes(pages, (uint64_t)live_int(s, "pages") * 4096);
        live_bytes(bytes, (uint64_t)live_int(s, "block_bytes"));
        fprintf(out, "%5" PRId64 " %s%*s %-22s %8s %10s %10s %7" PRId64 " %10s %7" PRId64 "\n",
                live_int(s, "id"), name, text_pad(name, NAME_COLUMNS), "", state,
                live_text(s, "memory"), cpu, pages, live_int(s, "blocks"), bytes,
                live_int(s, "queued"));
    }
}

/* "server" of a SIP's id. */
static const char *name_of(const struct live_index *sips, const json_t *id)
{
    const json_t *s = json_is_integer(id) ? live_index_find(sips, json_integer_value(id)) : NULL;
    return s ? live_text(s, "name") : NULL;
}

/* What an end is that no SIP owns. */
static const char *of_nobody(const json_t *end)
{
    return json_is_true(json_object_get(end, "closed")) ? "closed"
           : json_is_true(json_object_get(end, "held")) ? "driver"
                                                        : "in a queue";
}

static void print_end(const struct live_index *sips, const json_t *end, const char *role, FILE *out)
{
    const json_t *owner = json_object_get(end, "owner");
    const char *name = name_of(sips, owner), *state = live_text(end, "state");
    fprintf(out, "%s ", role);
    if (json_is_true(json_object_get(end, "closed"))) {
        fprintf(out, "closed");
        return;
    }
    if (name)
        fprintf(out, "%s[%" PRId64 "]", name, (int64_t)json_integer_value(owner));
    else
        fputs(of_nobody(end), out);
    fprintf(out, "%s%s%s%s, %" PRId64 " of %" PRId64 " queued",
            json_is_true(json_object_get(end, "held")) ? " (held)" : "",
            json_is_true(json_object_get(end, "waiting")) ? " waits" : "", *state ? " in " : "",
            state, live_int(end, "queued"), live_int(end, "bound"));
}

static void print_channels(const json_t *system, const struct live_index *sips, FILE *out)
{
    size_t i;
    json_t *c;
    const json_t *all = json_object_get(system, "channels");
    if (json_array_size(all))
        fprintf(out, "channels:\n");
    json_array_foreach(all, i, c)
    {
        fprintf(out, "  %s: ", live_text(c, "contract"));
        print_end(sips, json_object_get(c, "imp"), "imp", out);
        fprintf(out, "; ");
        print_end(sips, json_object_get(c, "exp"), "exp", out);
        fprintf(out, "\n");
    }
}

static void print_names(const json_t *system, const struct live_index *sips, FILE *out)
{
    size_t i;
    json_t *n;
    const json_t *all = json_object_get(system, "names");
    if (json_array_size(all))
        fprintf(out, "names:\n");
    json_array_foreach(all, i, n)
    {
        const char *owner = name_of(sips, json_object_get(n, "owner"));
        fprintf(out, "  %s: %s, by %s, %" PRId64 " waiting to be accepted\n", live_text(n, "name"),
                live_text(n, "contract"), owner ? owner : "a driver", live_int(n, "waiting"));
    }
}

static void print_map(const json_t *system, const struct live_index *sips, FILE *out)
{
    size_t i;
    json_t *u;
    const json_t *all = json_object_get(system, "map");
    if (all)
        fprintf(out, "pages:\n  %-22s %10s  %-7s %-6s %s\n", "first..last", "committed", "zone",
                "rights", "use");
    json_array_foreach(all, i, u)
    {
        char range[48];
        int64_t first = live_int(u, "first");
        const char *sip = name_of(sips, json_object_get(u, "sip"));
        snprintf(range, sizeof range, "%" PRId64 "..%" PRId64, first,
                 first + live_int(u, "pages") - 1);
        fprintf(out, "  %-22s %10" PRId64 "  %-7s %-6s %s%s%s\n", range, live_int(u, "committed"),
                live_text(u, "zone"), live_text(u, "rights"), live_text(u, "use"), sip ? " " : "",
                sip ? sip : "");
    }
}

void live_print(const json_t *system, FILE *out)
{
    char pages[16], kept[16], heap[16];
    struct live_index sips = live_index_open(system);
    const json_t *p = json_object_get(system, "pages"), *h = json_object_get(system, "heap");
    live_bytes(pages, (uint64_t)live_int(p, "committed") * 4096);
    live_bytes(kept, (uint64_t)live_int(p, "free_kept") * 4096);
    live_bytes(heap, (uint64_t)live_int(h, "bytes"));
    fprintf(out,
            "system %" PRId64 ": engine %s, monitor %s, %zu SIPs, pages %s in use and %s kept for "
            "reuse, exchange heap %s in %" PRId64 " blocks, %" PRId64 " endpoints, %" PRId64
            " sets\n",
            live_int(system, "pid"), live_text(system, "engine"),
            json_is_true(json_object_get(system, "monitor")) ? "on" : "off",
            json_array_size(json_object_get(system, "sips")), pages, kept, heap,
            live_int(h, "blocks"), live_int(h, "endpoints"), live_int(h, "sets"));
    print_sips(system, out);
    print_channels(system, &sips, out);
    print_names(system, &sips, out);
    print_map(system, &sips, out);
    live_index_close(&sips);
}

/* ---- graph ---- */

/* The node of an end: its SIP, or a point of its own. */
static void node(const json_t *end, size_t channel, const char *role, FILE *out)
{
    const json_t *owner = json_object_get(end, "owner");
    if (json_is_integer(owner))
        fprintf(out, "sip%" PRId64, (int64_t)json_integer_value(owner));
    else
        fprintf(out, "%s%zu", role, channel);
}

static void loose_end(const json_t *end, size_t channel, const char *role, FILE *out)
{
    if (!json_is_integer(json_object_get(end, "owner")))
        fprintf(out, "  %s%zu [shape=plaintext, label=\"%s\"];\n", role, channel, of_nobody(end));
}

static void quoted(const char *text, FILE *out)
{
    for (; *text; text++)
        fprintf(out, *text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
}

void live_graph(const json_t *system, FILE *out)
{
    size_t i;
    json_t *s, *c;
    fprintf(out, "digraph system {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];\n"
                 "  edge [fontname=\"sans-serif\", fontsize=10];\n");
    json_array_foreach(json_object_get(system, "sips"), i, s)
    {
        fprintf(out, "  sip%" PRId64 " [label=\"", live_int(s, "id"));
        quoted(live_text(s, "name"), out);
        fprintf(out, "\\n%s\"];\n", live_text(s, "state"));
    }
    json_array_foreach(json_object_get(system, "channels"), i, c)
    {
        const json_t *imp = json_object_get(c, "imp"), *exp = json_object_get(c, "exp");
        loose_end(imp, i, "imp", out);
        loose_end(exp, i, "exp", out);
        fprintf(out, "  ");
        node(imp, i, "imp", out);
        fprintf(out, " -> ");
        node(exp, i, "exp", out);
        fprintf(out, " [label=\"%s\\n%" PRId64 " / %" PRId64 " queued\"];\n",
                live_text(c, "contract"), live_int(imp, "queued"), live_int(exp, "queued"));
    }
    fprintf(out, "}\n");
}
