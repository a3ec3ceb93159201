/* Options: one table per command gives parsing, --help and the suggestion for a misspelt one. */
#include "cli/cli.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPTS_MAX = 40, WORD_MAX = 40 };

void opts_begin(struct opts *o, const struct command *cmd, int argc, char **argv)
{
    *o = (struct opts){.cmd = cmd, .argc = argc, .argv = argv};
    optind = 0; /* GNU: start over */
    opterr = 0;
}

static void print_option(const struct opt_def *d)
{
    char left[64];
    int n = d->id < OPT_LONG ? snprintf(left, sizeof left, "-%c, --%s", d->id, d->name)
                             : snprintf(left, sizeof left, "    --%s", d->name);
    if (d->arg)
        snprintf(left + n, sizeof left - (size_t)n, "=%s", d->arg);
    printf("  %-30s %s\n", left, d->help);
}

void opts_help(const struct command *cmd)
{
    printf("usage: singula %s %s\n\n%s\n", cmd->name, cmd->usage, cmd->summary);
    printf("\noptions:\n");
    for (const struct opt_def *d = cmd->options; d && d->name; d++)
        print_option(d);
    print_option(&(struct opt_def){'h', "help", NULL, "print this help"});
    if (cmd->details)
        printf("\n%s", cmd->details);
}

/* Levenshtein distance, over words cut to WORD_MAX. */
static unsigned distance(const char *a, const char *b)
{
    size_t na = strnlen(a, WORD_MAX), nb = strnlen(b, WORD_MAX);
    unsigned row[WORD_MAX + 1];
    for (size_t j = 0; j <= nb; j++)
        row[j] = (unsigned)j;
    for (size_t i = 1; i <= na; i++) {
        unsigned diagonal = row[0];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= nb; j++) {
            unsigned best = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            best = row[j] + 1 < best ? row[j] + 1 : best;
            row[j] = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
        }
    }
    return row[nb];
}

const char *opts_nearest(const char *word, const char *const *names)
{
    const char *best = NULL;
    unsigned least = (unsigned)strnlen(word, WORD_MAX) / 2 + 1;
    for (; *names; names++) {
        unsigned d = strncmp(word, *names, strlen(word)) == 0 ? 0 : distance(word, *names);
        if (d < least) {
            least = d;
            best = *names;
        }
    }
    return best;
}

static int mistake(struct opts *o, int status)
{
    o->status = status;
    return OPT_STOP;
}

static int unknown_option(struct opts *o)
{
    const char *names[OPTS_MAX + 2] = {"help"};
    uint32_t n = 1;
    for (const struct opt_def *d = o->cmd->options; d && d->name; d++)
        names[n++] = d->name;
    /* getopt stands behind the argument for a long option, but inside a group of short ones */
    const char *arg = o->argv[optind - 1];
    if (optopt && strncmp(arg, "--", 2) != 0) {
        complain("%s: unknown option -%c (see singula %s --help)", o->cmd->name, optopt,
                 o->cmd->name);
        return mistake(o, EXIT_USAGE);
    }
    if (optopt) { /* a known long option got a value that it does not take */
        complain("%s: option %.*s takes no value", o->cmd->name, (int)strcspn(arg, "="), arg);
        return mistake(o, EXIT_USAGE);
    }
    char word[WORD_MAX + 1];
    snprintf(word, sizeof word, "%.*s", (int)strcspn(arg + 2, "="), arg + 2);
    const char *near = opts_nearest(word, names);
    complain("%s: unknown option --%s%s%s%s (see singula %s --help)", o->cmd->name, word,
             near ? ", did you mean --" : "", near ? near : "", near ? "?" : "", o->cmd->name);
    return mistake(o, EXIT_USAGE);
}

int opts_next(struct opts *o)
{
    struct option longs[OPTS_MAX + 2];
    char shorts[2 * OPTS_MAX + 4] = ":h"; /* ':': a missing value is told apart */
    size_t nshort = 2, n = 0;
    for (const struct opt_def *d = o->cmd->options; d && d->name && n < OPTS_MAX; d++) {
        longs[n++] =
            (struct option){d->name, d->arg ? required_argument : no_argument, NULL, d->id};
        if (d->id < OPT_LONG) {
            shorts[nshort++] = (char)d->id;
            if (d->arg)
                shorts[nshort++] = ':';
        }
    }
    longs[n++] = (struct option){"help", no_argument, NULL, 'h'};
    longs[n] = (struct option){0};
    optopt = 0;
    int c = getopt_long(o->argc, o->argv, shorts, longs, NULL);
    o->value = optarg;
    o->first = optind;
    switch (c) {
    case -1:
        return OPT_END;
    case 'h':
        opts_help(o->cmd);
        return mistake(o, EXIT_OK);
    case ':':
        complain("%s: option %s needs a value (see singula %s --help)", o->cmd->name,
                 o->argv[optind - 1], o->cmd->name);
        return mistake(o, EXIT_USAGE);
    case '?':
        return unknown_option(o);
    default:
        return c;
    }
}

int opts_choice(const char *option, const char *word, const char *const *names)
{
    char list[200] = "";
    for (int i = 0; names[i]; i++) {
        if (strcmp(word, names[i]) == 0)
            return i;
        size_t n = strlen(list);
        snprintf(list + n, sizeof list - n, "%s%s", i ? ", " : "", names[i]);
    }
    complain("%s: \"%s\" is not one of %s", option, word, list);
    return -1;
}

int opts_engine(const char *word)
{
    static const char *const names[] = {"interp", "native", "auto", NULL}; /* from 1 up */
    int i = opts_choice("--engine", word, names);
    return i < 0 ? i : i + SINGULA_ENGINE_INTERP;
}

int opts_level(const char *word)
{
    static const char *const names[] = {"full", "fast", NULL};
    return opts_choice("--opt", word, names);
}

/* A number and a unit of the table; units[0] is that of a number without one. */
struct unit {
    const char *name;
    double factor;
};

/* Decimal digits, with a point perhaps; not all that strtod() would take. */
static size_t number_length(const char *text)
{
    static const char digits[] = "0123456789";
    size_t whole = strspn(text, digits);
    size_t part = text[whole] == '.' ? strspn(text + whole + 1, digits) : 0;
    return part ? whole + 1 + part : whole;
}

static bool quantity(const char *text, const struct unit *units, uint64_t *out)
{
    char *end;
    double v = strtod(text, &end);
    if (end == text || end != text + number_length(text) || !isfinite(v))
        return false;
    if (*end == 0) {
        v *= units[0].factor;
    } else {
        const struct unit *u = units;
        while (u->name && strcasecmp(u->name, end) != 0)
            u++;
        if (!u->name)
            return false;
        v *= u->factor;
    }
    if (v >= 9.2e18)
        return false;
    *out = (uint64_t)v;
    return true;
}

bool opts_size(const char *option, const char *text, uint64_t *out)
{
    static const struct unit units[] = {
        {"B", 1},        {"K", 0x1p10},   {"M", 0x1p20}, {"G", 0x1p30},   {"KiB", 0x1p10},
        {"MiB", 0x1p20}, {"GiB", 0x1p30}, {"T", 0x1p40}, {"TiB", 0x1p40}, {NULL, 0}};
    if (quantity(text, units, out) && *out > 0)
        return true;
    complain("%s: \"%s\" is not a size (examples: 65536, 64K, 16M, 1G)", option, text);
    return false;
}

/* "64K" of a size that is a power of two. */
static void size_text(char buf[32], uint64_t bytes)
{
    static const char units[] = "\0KMGT";
    unsigned u = 0;
    for (; bytes >= 1024 && bytes % 1024 == 0 && u < 4; u++)
        bytes /= 1024;
    snprintf(buf, 32, u ? "%llu%c" : "%llu", (unsigned long long)bytes, units[u]);
}

bool opts_size_within(const char *option, const char *text, uint64_t min, uint64_t max,
                      uint64_t *out)
{
    char least[32], most[32];
    if (!opts_size(option, text, out))
        return false;
    if (*out >= min && *out <= max)
        return true;
    size_text(least, min);
    size_text(most, max);
    complain("%s: %s is not from %s to %s", option, text, least, most);
    return false;
}

bool opts_duration(const char *option, const char *text, uint64_t *out_ns)
{
    static const struct unit units[] = {{"s", 1e9},  {"ms", 1e6},   {"us", 1e3}, {"ns", 1},
                                        {"m", 60e9}, {"h", 3600e9}, {NULL, 0}};
    if (quantity(text, units, out_ns))
        return true;
    complain("%s: \"%s\" is not a time (examples: 2, 1.5s, 500ms, 1m)", option, text);
    return false;
}

bool opts_time_limit(const char *option, const char *text, uint64_t *out_ns)
{
    if (!opts_duration(option, text, out_ns))
        return false;
    if (*out_ns == 0)
        complain("%s: \"%s\" is no time at all (left out, there is no limit)", option, text);
    return *out_ns > 0;
}

bool opts_count(const char *option, const char *text, uint64_t min, uint64_t max, uint64_t *out)
{
    char *end;
    errno = 0;
    unsigned long long v = strtoull(text, &end, 10);
    if (*text >= '0' && *text <= '9' && *end == 0 && errno != ERANGE && v >= min && v <= max) {
        *out = v;
        return true;
    }
    complain("%s: \"%s\" is not a number from %llu to %llu", option, text, (unsigned long long)min,
             (unsigned long long)max);
    return false;
}
