/* A library of C functions of many signatures, for the test of bindings. */
#include <math.h>
#include <stdint.h>

#define EXPORT __attribute__((visibility("default")))

EXPORT int32_t sample_answer(void);
EXPORT void sample_store(int32_t v);
EXPORT int32_t sample_stored(void);
EXPORT int64_t sample_mixed(int32_t a, double b, int64_t c, float d);
EXPORT float sample_half(float v);
EXPORT double sample_hypot(double a, double b);
EXPORT int8_t sample_i8(int8_t a, int8_t b);
EXPORT uint8_t sample_u8(uint8_t a, uint8_t b);
EXPORT int16_t sample_i16(int16_t a);
EXPORT uint16_t sample_u16(uint16_t a);
EXPORT uint32_t sample_u32(uint32_t a);
EXPORT uint64_t sample_u64(uint64_t a);
/* Mixtures of integers and floating-point numbers, that end with whichever there are more of; what
 * they return says where each parameter has arrived. */
#define D(x) ((double)(x))
#define MIX_LIST(MIX)                                                                              \
    MIX(i2d3, (double a, int64_t b, float c, int32_t d, double e),                                 \
        a + 2 * D(b) + 3 * D(c) + 4 * D(d) + 5 * e)                                                \
    MIX(i4, (int32_t a, int64_t b, uint32_t c, int64_t d), D(a) + 2 * D(b) + 3 * D(c) + 4 * D(d))  \
    MIX(d1, (float a), D(a))                                                                       \
    MIX(d3, (float a, double b, float c), D(a) + 2 * b + 3 * D(c))                                 \
    MIX(i6d8,                                                                                      \
        (int64_t a, double b, int32_t c, float d, int64_t e, double f, int64_t g, float h,         \
         int32_t i, double j, int64_t k, double l, float m, double n),                             \
        D(a) + 2 * b + 3 * D(c) + 4 * D(d) + 5 * D(e) + 6 * f + 7 * D(g) + 8 * D(h) + 9 * D(i) +   \
            10 * j + 11 * D(k) + 12 * l + 13 * D(m) + 14 * n)                                      \
    MIX(i7, (int64_t a, int64_t b, int64_t c, int64_t d, int64_t e, int64_t f, int64_t g),         \
        D(a) + 2 * D(b) + 3 * D(c) + 4 * D(d) + 5 * D(e) + 6 * D(f) + 7 * D(g))
#define MIX(name, params, sum)                                                                     \
    EXPORT double sample_d_##name params;                                                          \
    EXPORT int32_t sample_i_##name params;                                                         \
    EXPORT float sample_f_##name params;                                                           \
    EXPORT int8_t sample_b_##name params;
MIX_LIST(MIX)
#undef MIX
EXPORT double sample_many(int32_t a, double b, int32_t c, double d, int64_t e, float f, int32_t g,
                          double h, int64_t i, float j, int32_t k, double l, int64_t m, float n,
                          int32_t o, double p, int64_t q, float r, int32_t s, double t, int64_t u,
                          float v, int32_t w, double x, int64_t y, float z, int32_t a2, double b2,
                          int64_t c2, float d2, int32_t e2, double f2);

static int32_t stored;

int32_t sample_answer(void)
{
    return 42;
}

void sample_store(int32_t v)
{
    stored = v;
}

int32_t sample_stored(void)
{
    return stored;
}

int64_t sample_mixed(int32_t a, double b, int64_t c, float d)
{
    return a + (int64_t)b * 10 + c * 100 + (int64_t)(double)d * 1000;
}

float sample_half(float v)
{
    return v / 2;
}

double sample_hypot(double a, double b)
{
    return sqrt(a * a + b * b);
}

int8_t sample_i8(int8_t a, int8_t b)
{
    return (int8_t)(a + b);
}

uint8_t sample_u8(uint8_t a, uint8_t b)
{
    return (uint8_t)(a + b);
}

int16_t sample_i16(int16_t a)
{
    return (int16_t)-a;
}

uint16_t sample_u16(uint16_t a)
{
    return (uint16_t)~a;
}

uint32_t sample_u32(uint32_t a)
{
    return ~a;
}

uint64_t sample_u64(uint64_t a)
{
    return ~a;
}

double sample_many(int32_t a, double b, int32_t c, double d, int64_t e, float f, int32_t g,
                   double h, int64_t i, float j, int32_t k, double l, int64_t m, float n, int32_t o,
                   double p, int64_t q, float r, int32_t s, double t, int64_t u, float v, int32_t w,
                   double x, int64_t y, float z, int32_t a2, double b2, int64_t c2, float d2,
                   int32_t e2, double f2)
{
    const double values[] = {a,         b,         c,  d,  (double)e,  (double)f,  g,  h,
                             (double)i, (double)j, k,  l,  (double)m,  (double)n,  o,  p,
                             (double)q, (double)r, s,  t,  (double)u,  (double)v,  w,  x,
                             (double)y, (double)z, a2, b2, (double)c2, (double)d2, e2, f2};
    double sum = 0;
    for (int place = 0; place < 32; place++)
        sum += values[place] * (place + 1);
    return sum;
}

#define MIX(name, params, sum)                                                                     \
    double sample_d_##name params                                                                  \
    {                                                                                              \
        return (double)(sum);                                                                      \
    }                                                                                              \
    int32_t sample_i_##name params                                                                 \
    {                                                                                              \
        return (int32_t)(sum);                                                                     \
    }                                                                                              \
    float sample_f_##name params                                                                   \
    {                                                                                              \
        return (float)(sum);                                                                       \
    }                                                                                              \
    int8_t sample_b_##name params                                                                  \
    {                                                                                              \
        return (int8_t)(int32_t)(sum);                                                             \
    }
MIX_LIST(MIX)
