/* singula top: a running system, live in the terminal. */
#include "cli/live.h"
#include "cli/text.h"

#include <curses.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

enum { OPT_INTERVAL = OPT_LONG, OPT_ONCE };

static const struct opt_def options[] = {
    {OPT_INTERVAL, "interval", "TIME", "between two looks (default 1s)"},
    {OPT_ONCE, "once", NULL, "two looks, then the table as text"},
    {0, NULL, NULL, NULL},
};

enum order { BY_CPU, BY_PAGES, BY_BLOCKS, BY_NAME, ORDERS };
static const char *const order_names[ORDERS] = {"CPU", "pages", "blocks", "name"};

struct row {
    int64_t id, pages, blocks, block_bytes, queued, cpu_ns;
    const char *name, *state;
    double percent; /* of one processor, since the last look */
};

struct table {
    struct row *rows;
    size_t n;
    enum order order;
};

static int compare(const void *x, const void *y, void *order)
{
    const struct row *a = x, *b = y;
    int by_name = strcmp(a->name, b->name);
    switch (*(enum order *)order) {
    case BY_CPU:
        if (a->percent != b->percent)
            return a->percent < b->percent ? 1 : -1;
        if (a->cpu_ns != b->cpu_ns)
            return a->cpu_ns < b->cpu_ns ? 1 : -1;
        break;
    case BY_PAGES:
        if (a->pages != b->pages)
            return a->pages < b->pages ? 1 : -1;
        break;
    case BY_BLOCKS:
        if (a->block_bytes != b->block_bytes)
            return a->block_bytes < b->block_bytes ? 1 : -1;
        break;
    case BY_NAME:
    case ORDERS:
        break;
    }
    return by_name ? by_name : a->id < b->id ? -1 : 1;
}

/* Fills the table with `now`, to which its texts belong; `before` (may be NULL) is the last look.
 */
static bool fill(struct table *t, const json_t *now, const json_t *before)
{
    size_t i;
    json_t *s;
    const json_t *sips = json_object_get(now, "sips");
    void *p = realloc(t->rows, (json_array_size(sips) + 1) * sizeof *t->rows);
    if (!p)
        return false;
    struct live_index then = live_index_open(before);
    t->rows = p;
    t->n = 0;
    double passed = (double)(live_int(now, "now_ns") - live_int(before, "now_ns"));
    json_array_foreach(sips, i, s)
    {
        const json_t *was = live_index_find(&then, live_int(s, "id"));
        int64_t cpu = live_int(s, "cpu_ns"), past = was ? live_int(was, "cpu_ns") : cpu;
        t->rows[t->n++] = (struct row){
            .id = live_int(s, "id"),
            .pages = live_int(s, "pages"),
            .blocks = live_int(s, "blocks"),
            .block_bytes = live_int(s, "block_bytes"),
            .queued = live_int(s, "queued"),
            .cpu_ns = cpu,
            .name = live_text(s, "name"),
            .state = live_text(s, "state"),
            .percent = passed > 0 && cpu > past ? 100 * (double)(cpu - past) / passed : 0,
        };
    }
    live_index_close(&then);
    qsort_r(t->rows, t->n, sizeof *t->rows, compare, &t->order);
    return true;
}

static void heading(const json_t *now, char *line, size_t size)
{
    char pages[16], heap[16];
    const json_t *h = json_object_get(now, "heap");
    live_bytes(pages, (uint64_t)live_int(json_object_get(now, "pages"), "committed") * 4096);
    live_bytes(heap, (uint64_t)live_int(h, "bytes"));
    snprintf(line, size, "system %d: %zu SIPs, %zu channels, pages %s, exchange heap %s",
             (int)live_int(now, "pid"), json_array_size(json_object_get(now, "sips")),
             json_array_size(json_object_get(now, "channels")), pages, heap);
}

enum { NAME_BYTES = 80, LINE_BYTES = 300 };

static const char columns[] =
    "   id name                 state                    CPU%        CPU      pages objects  in "
    "blocks queued";

static void row_text(const struct row *r, char *line, size_t size)
{
    char cpu[16], pages[16], bytes[16];
    live_time(cpu, (uint64_t)r->cpu_ns);
    live_bytes(pages, (uint64_t)r->pages * 4096);
    live_bytes(bytes, (uint64_t)r->block_bytes);
    int left, fits = text_fit(r->name, 20, &left);
    if (fits > NAME_BYTES) /* many signs without width */
        fits = NAME_BYTES;
    snprintf(line, size, "%5d %.*s%*s %-22.22s %6.1f %10s %10s %7d %10s %6d", (int)r->id, fits,
             r->name, left, "", r->state, r->percent, cpu, pages, (int)r->blocks, bytes,
             (int)r->queued);
}

static void print(const struct table *t, const json_t *now)
{
    char line[LINE_BYTES];
    heading(now, line, sizeof line);
    printf("%s\n%s\n", line, columns);
    for (size_t i = 0; i < t->n; i++) {
        row_text(&t->rows[i], line, sizeof line);
        printf("%s\n", line);
    }
}

static void draw(const struct table *t, const json_t *now, size_t from)
{
    char line[LINE_BYTES];
    int left;
    erase();
    heading(now, line, sizeof line);
    mvaddnstr(0, 0, line, COLS);
    snprintf(line, sizeof line, "sorted by %s: c CPU, p pages, b blocks, n name; arrows; q quits",
             order_names[t->order]);
    mvaddnstr(1, 0, line, COLS);
    attron(A_REVERSE);
    mvprintw(2, 0, "%-*.*s", COLS, COLS, columns);
    attroff(A_REVERSE);
    for (size_t i = from; i < t->n && 3 + (int)(i - from) < LINES; i++) {
        row_text(&t->rows[i], line, sizeof line);
        mvaddnstr(3 + (int)(i - from), 0, line, text_fit(line, COLS, &left));
    }
    refresh();
}

/* What a key changes; false: quit. */
static bool key(int k, struct table *t, size_t *from)
{
    static const char keys[] = "cpbn";
    const char *order = k > 0 && k < 128 ? strchr(keys, k) : NULL;
    if (k == 'q')
        return false;
    if (order)
        t->order = (enum order)(order - keys);
    else if (k == KEY_DOWN && *from + 1 < t->n)
        ++*from;
    else if (k == KEY_UP && *from)
        --*from;
    return true;
}

/* Until q, or the system ends. */
static int watch(int pid, uint64_t interval_ns)
{
    struct table t = {0};
    json_t *before = NULL, *now = NULL;
    size_t from = 0;
    /* initscr() would end the program, and newterm() leaks where the terminal is unknown. */
    SCREEN *screen = terminal_is_known() ? newterm(NULL, stdout, stdin) : NULL;
    if (!screen) {
        const char *term = getenv("TERM");
        complain("top: a terminal %s%s is not known here; --once prints the table as text",
                 term ? "of the type " : "without TERM", term ? term : "");
        return EXIT_USAGE;
    }
    (void)cbreak();
    (void)noecho();
    (void)keypad(stdscr, true);
    (void)curs_set(0);
    timeout((int)(interval_ns / 1000000));
    bool ok;
    for (bool go = true; go;) {
        json_decref(before);
        before = now;
        now = control_ask(pid, "inspect");
        ok = now && fill(&t, now, before);
        if (!ok)
            break;
        draw(&t, now, from);
        go = key(getch(), &t, &from);
    }
    (void)endwin();
    delscreen(screen);
    if (!ok) /* what was said before is gone with the screen */
        complain("top: the system does not answer any more");
    json_decref(before);
    json_decref(now);
    free(t.rows);
    return ok ? EXIT_OK : EXIT_REFUSED;
}

static int once(int pid, uint64_t interval_ns)
{
    struct table t = {0};
    json_t *before = control_ask(pid, "inspect");
    if (!before)
        return EXIT_USAGE;
    usleep((useconds_t)(interval_ns / 1000));
    json_t *now = control_ask(pid, "inspect");
    bool ok = now && fill(&t, now, before);
    if (ok)
        print(&t, now);
    json_decref(before);
    json_decref(now);
    free(t.rows);
    return ok ? EXIT_OK : EXIT_REFUSED;
}

static int top_run(const struct command *self, int argc, char **argv)
{
    uint64_t interval_ns = 1000000000;
    bool text = false;
    struct opts o;
    int pid;
    text_begin();
    opts_begin(&o, self, argc, argv);
    for (int c; (c = opts_next(&o)) != OPT_END;) {
        if (c == OPT_STOP)
            return o.status;
        text |= c == OPT_ONCE;
        if (c == OPT_INTERVAL && !opts_duration("--interval", o.value, &interval_ns))
            return EXIT_USAGE;
    }
    if (!live_pid("top", &o, &pid))
        return EXIT_USAGE;
    if (interval_ns < 10000000 || interval_ns > 60000000000) {
        complain("--interval: between 10ms and 1m");
        return EXIT_USAGE;
    }
    if (!text && (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))) {
        complain("top: this is no terminal; --once prints the table as text");
        return EXIT_USAGE;
    }
    json_t *first = text ? NULL : control_ask(pid, "inspect"); /* complains on a whole screen */
    if (!text && !first)
        return EXIT_USAGE;
    json_decref(first);
    return text ? once(pid, interval_ns) : watch(pid, interval_ns);
}

const struct command top_command = {
    "top",
    "[OPTIONS] [PID]",
    "Shows live what the SIPs of a running system use.",
    options,
    "PID is the process number of `singula up`, needed if several run. Keys: c, p, b, n sort by\n"
    "CPU time, pages, blocks, name; arrows move; q quits.\n"
    "\n"
    "exit status: 0 done, 1 the system ended, 2 nothing runs, or wrong usage\n"
    "\n"
    "examples:\n"
    "  singula top\n"
    "  singula top --once --interval=200ms\n",
    top_run,
};
