#include "bench/cross.h"

#include <stdio.h>
#include <string.h>

static const struct row {
    const char *name, *what;
    enum pattern pattern;
    bool stream, sips;
    uint32_t messages; /* of a batch */
} rows[CROSS_ROWS] = {
    [CROSS_LINE] = {"cache line", "there and back", RALLY, false, false, 8000},
    [CROSS_RALLY] = {"ping-pong", "round trip of a block", RALLY, false, true, 4000},
    [CROSS_NUMBERS] = {"stream", "per message, 8 bytes, one way", NUMBERS, true, true, 50000},
    [CROSS_BLOCKS] = {"blocks", "per block, which comes back", STREAM, true, true, 10000},
};
static const char *const columns[CROSS_COLUMNS] = {"raw ring, two cores", "singula, two cores",
                                                   "singula, one core"};
enum { BLOCK_BYTES = 64, POOL = 16 }; /* as pool_size() of sips.c has it */

static bool has_cell(const struct cross *c, unsigned row, unsigned col)
{
    return col == CROSS_RAW ? c->two : rows[row].sips && c->sips[col].sys;
}

static double run_batch(struct cross *c, unsigned row, unsigned col, uint32_t messages)
{
    struct batch b = {.pattern = rows[row].pattern,
                      .work = WORK_NONE,
                      .size = BLOCK_BYTES,
                      .messages = messages,
                      .warmup = messages / 8 + 32};
    if (col != CROSS_RAW)
        return sips_batch(&c->sips[col], &b);
    return row == CROSS_LINE ? cores_line(c->cores, messages) : cores_ring(c->cores, &b, POOL);
}

/* Batches are short, and many: where other programs run, too, some of them have both cores. */
static bool measure_round(struct cross *c)
{
    for (unsigned row = 0; row < CROSS_ROWS; row++)
        for (unsigned col = 0; col < CROSS_COLUMNS; col++) {
            if (!has_cell(c, row, col))
                continue;
            double ns = run_batch(c, row, col, rows[row].messages);
            if (ns < 0)
                return false;
            samples_add(&c->ns[row][col], ns);
        }
    return true;
}

static bool open_sips(struct cross *c)
{
    return sips_open(&c->sips[CROSS_ONE], c->memory, SINGULA_MONITOR_OFF, c->engine, c->workers,
                     NULL) &&
           (!c->two || sips_open(&c->sips[CROSS_TWO], c->memory, SINGULA_MONITOR_OFF, c->engine,
                                 c->workers < 2 ? 2 : c->workers, c->cores));
}

bool cross_measure(struct cross *c)
{
    if (!open_sips(c))
        return false;
    for (unsigned round = 0; round < c->rounds; round++) {
        bench_progress(round, c->rounds, "two cores");
        if (!measure_round(c))
            return false;
    }
    bench_progress(0, 0, NULL);
    return true;
}

/* ---- printing ---- */

static double value(struct cross *c, unsigned row, unsigned col, double q)
{
    return samples_quantile(&c->ns[row][col], q);
}

static void print_row(struct cross *c, unsigned row, bool rate)
{
    printf("  %-11s %-30s", rate ? "" : rows[row].name,
           rate ? "in millions per second" : rows[row].what);
    for (unsigned col = 0; col < CROSS_COLUMNS; col++) {
        char text[2 * BENCH_TIME], median[BENCH_TIME], best[BENCH_TIME];
        double m = value(c, row, col, 0.5), b = value(c, row, col, 0);
        if (!c->ns[row][col].n)
            snprintf(text, sizeof text, "-");
        else if (rate)
            snprintf(text, sizeof text, "%.1f (%.1f)", 1e3 / m, 1e3 / b);
        else
            snprintf(text, sizeof text, "%s (%s)", bench_time(m, median), bench_time(b, best));
        printf("  %-21s", text);
    }
    if (!rate && c->ns[row][CROSS_TWO].n)
        printf("  %.2fx (%.2fx)", value(c, row, CROSS_TWO, 0.5) / value(c, row, CROSS_RAW, 0.5),
               value(c, row, CROSS_TWO, 0) / value(c, row, CROSS_RAW, 0));
    printf("\n");
}

void cross_print(struct cross *c)
{
    printf("two cores: hand-off between two threads and between two SIPs\n  %-42s", "");
    for (unsigned col = 0; col < CROSS_COLUMNS; col++)
        printf("  %-21s", columns[col]);
    printf("  singula/raw\n");
    for (unsigned row = 0; row < CROSS_ROWS; row++) {
        print_row(c, row, false);
        if (rows[row].stream)
            print_row(c, row, true);
    }
    if (c->two)
        printf(
            "median (best) of %u short interleaved batches; cores %u and %u; blocks of %d bytes\n",
            c->rounds, c->cores[0], c->cores[1], BLOCK_BYTES);
    else
        printf("median (best) of %u batches; there is no second core to use\n", c->rounds);
    printf("raw ring: pointers, without owners, contracts and waiting: its threads spin\n");
}

json_t *cross_json(struct cross *c)
{
    json_t *all = json_object();
    for (unsigned row = 0; row < CROSS_ROWS; row++) {
        json_t *r = json_object();
        for (unsigned col = 0; col < CROSS_COLUMNS; col++)
            if (c->ns[row][col].n)
                json_object_set_new(r, columns[col], samples_json(&c->ns[row][col]));
        json_object_set_new(all, rows[row].name, r);
    }
    return all;
}

void cross_close(struct cross *c)
{
    for (unsigned col = 0; col < CROSS_COLUMNS; col++) {
        if (c->sips[col].sys)
            sips_close(&c->sips[col]);
        for (unsigned row = 0; row < CROSS_ROWS; row++)
            samples_clear(&c->ns[row][col]);
    }
}
