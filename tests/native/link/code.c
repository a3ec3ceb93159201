/* Functions as the compiler makes them, in two objects (PART): with jump tables, constants of
 * several sizes, calls within and across objects, helpers, addresses of functions, large frames. */
typedef unsigned long u64;
int f2(int x);
int f3(int x);
void sgn_label(u64 ctx, u64 a, u64 b, u64 c);

#if PART == 0
int f0(int x)
{
    switch (x) {
    case 0:
        return f2(3);
    case 1:
        return f2(x * 7) + 1;
    case 2:
        return 99;
    case 3:
        return f3(x) * 3;
    case 4:
        sgn_label(0, 1, 2, 3);
        return 5;
    case 5:
        return 1234 * f2(7);
    default:
        return 7;
    }
}

double f1(double x)
{
    volatile char room[5000];
    room[0] = 1;
    return x * 3.25 + 1.5 + room[0];
}

void t0(int (*code)(int), u64 *slots)
{
    slots[0] = (unsigned)code((int)slots[0]);
}
#else
/* Refers to the other object's function by address: through a table in a dynamic object. */
int f2(int x)
{
    int (*volatile g)(int) = x & 1 ? f3 : f2;
    return x & 1 ? g(x) + 1000 : g(x + 1) + 1;
}

typedef int four __attribute__((vector_size(16)));
int f3(int x)
{
    four v = {x, x, x, x}, k = {1, 20, 300, 4000};
    v *= k;
    return v[0] + v[1] + v[2] + v[3];
}

void t1(double (*code)(double), double *slots)
{
    slots[0] = code(slots[0]);
}
#endif
