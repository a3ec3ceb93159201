/* After the four parts of CoreMark: a linked list that is searched, reversed and sorted, a small
 * integer matrix, a state machine that reads numbers, and a CRC over what they give. */
#include "bench/kernels/kernels.h"

enum { ITEMS = 256, N = 12, TEXT = 512 };

struct item {
    struct item *next;
    int16_t key, value;
};

static struct item items[ITEMS];
static int16_t a[N][N], b[N][N];
static int32_t c[N][N];
static char text[TEXT];

static uint16_t crc_byte(uint16_t crc, uint8_t x)
{
    for (int i = 0; i < 8; i++) {
        uint16_t carry = (x ^ crc) & 1;
        crc = (uint16_t)(crc >> 1);
        x = (uint8_t)(x >> 1);
        if (carry)
            crc ^= 0xa001;
    }
    return crc;
}

static uint16_t crc_word(uint16_t crc, uint32_t x)
{
    for (int i = 0; i < 4; i++)
        crc = crc_byte(crc, (uint8_t)(x >> (8 * i)));
    return crc;
}

/* Merge sort, bottom up, by a comparison that the caller gives. */
static struct item *sort(struct item *list, int (*less)(const struct item *, const struct item *))
{
    for (int size = 1;; size *= 2) {
        struct item *p = list, **tail = &list;
        int merges = 0;
        while (p) {
            struct item *q = p;
            int np = 0, nq = size;
            merges++;
            while (q && np < size) {
                q = q->next;
                np++;
            }
            while (np > 0 || (nq > 0 && q)) {
                bool first = np > 0 && (nq == 0 || !q || !less(q, p));
                struct item *e = first ? p : q;
                *(first ? &p : &q) = e->next;
                *(first ? &np : &nq) -= 1;
                *tail = e;
                tail = &e->next;
            }
            p = q;
        }
        *tail = 0;
        if (merges <= 1)
            return list;
    }
}

static int by_key(const struct item *x, const struct item *y)
{
    return x->key < y->key;
}

static int by_value(const struct item *x, const struct item *y)
{
    return (x->value & 0xff) < (y->value & 0xff);
}

static struct item *reverse(struct item *list)
{
    struct item *done = 0;
    while (list) {
        struct item *next = list->next;
        list->next = done;
        done = list;
        list = next;
    }
    return done;
}

static uint16_t do_list(uint16_t crc, uint32_t round)
{
    struct item *list = 0;
    for (uint32_t i = 0; i < ITEMS; i++) {
        uint32_t x = (i * 193 + round) * 2654435761u;
        items[i] = (struct item){list, (int16_t)(x >> 16), (int16_t)(x >> 8)};
        list = &items[i];
    }
    list = sort(list, by_key);
    for (int16_t k = 0; k < 16; k++) {
        struct item *at = list;
        while (at && (at->value & 0xff) != k * 5)
            at = at->next;
        crc = crc_word(crc, at ? (uint16_t)at->key : 0xffff);
        list = reverse(list);
    }
    list = sort(list, by_value);
    return crc_word(crc, (uint16_t)list->key);
}

static uint16_t do_matrix(uint16_t crc, uint32_t round)
{
    int32_t sum = 0, last = 0;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            a[i][j] = (int16_t)(i * N + j + (int)(round & 63));
            b[i][j] = (int16_t)(a[i][j] + i);
        }
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            c[i][j] = 0;
            for (int k = 0; k < N; k++) {
                int32_t t = a[i][k] * b[k][j];
                c[i][j] += (t >> 2 & 15) * (t >> 5 & 127);
            }
        }
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            sum += c[i][j] > last ? 10 : 1;
            last = c[i][j];
        }
    return crc_word(crc, (uint32_t)sum);
}

enum state { START, SIGN, INT, POINT, FRACTION, EXPONENT, POWER, BAD, STATES };

static enum state next_state(enum state s, char x)
{
    bool digit = x >= '0' && x <= '9', sign = x == '+' || x == '-';
    switch (s) {
    case START:
        return digit ? INT : sign ? SIGN : x == '.' ? POINT : BAD;
    case SIGN:
        return digit ? INT : x == '.' ? POINT : BAD;
    case INT:
        return digit ? INT : x == '.' ? POINT : BAD;
    case POINT:
    case FRACTION:
        return digit ? FRACTION : x == 'e' ? EXPONENT : BAD;
    case EXPONENT:
        return digit || sign ? POWER : BAD;
    case POWER:
        return digit ? POWER : BAD;
    default:
        return BAD;
    }
}

static uint16_t do_states(uint16_t crc, uint32_t round)
{
    static const char *const words[] = {"5012",     "1.5e-7",   "-110.700",
                                        "+0.64400", "T0.3e-1F", "35.54400e3",
                                        ".1234500", "-87",      "1+2"};
    uint32_t seen[STATES] = {0}, at = 0, state = round + 11;
    while (at + 12 < TEXT) {
        for (const char *w = words[next_random(&state) % 9]; *w; w++)
            text[at++] = *w;
        text[at++] = ',';
    }
    text[at] = 0;
    for (const char *p = text; *p; p++) {
        enum state s = START;
        for (; *p != ',' && s != BAD; p++)
            s = next_state(s, *p);
        while (*p != ',')
            p++;
        seen[s]++;
    }
    for (int i = 0; i < STATES; i++)
        crc = crc_word(crc, seen[i]);
    return crc;
}

uint64_t kernel_coremark(uint32_t n)
{
    uint64_t h = 0;
    uint16_t crc = 0;
    for (uint32_t r = 0; r < n; r++) {
        crc = do_list(crc, r);
        crc = do_matrix(crc, r);
        crc = do_states(crc, r);
        h = mix(h, crc);
    }
    return h;
}
