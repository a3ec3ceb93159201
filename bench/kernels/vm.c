#include "bench/kernels/kernels.h"

/* A stack machine with eight registers; its program computes a Collatz-like sequence and a running
 * sum. */
enum op { PUSH, GET, SET, ADD, SUB, MUL, SHR, AND, JZ, JMP, HALT };

struct insn {
    uint8_t op;
    int32_t arg;
};

/* r0: rounds left, r1: x, r2: sum */
static const struct insn program[] = {
    {GET, 0}, {JZ, 28},  {GET, 1}, {PUSH, 1}, {AND, 0},  {JZ, 12},  {GET, 1}, {PUSH, 3},
    {MUL, 0}, {PUSH, 1}, {ADD, 0}, {JMP, 15}, {GET, 1},  {PUSH, 1}, {SHR, 0}, {SET, 1},
    {GET, 2}, {GET, 1},  {ADD, 0}, {SET, 2},  {GET, 1},  {PUSH, 7}, {ADD, 0}, {SET, 1},
    {GET, 0}, {PUSH, 1}, {SUB, 0}, {JMP, 29}, {HALT, 0}, {SET, 0},  {JMP, 0},
};

static uint32_t run(const struct insn *code, uint32_t rounds)
{
    uint32_t stack[16], r[8] = {rounds, 27}, sp = 0, a;
    for (uint32_t pc = 0;;) {
        struct insn i = code[pc++];
        switch (i.op) {
        case PUSH:
            stack[sp++] = (uint32_t)i.arg;
            break;
        case GET:
            stack[sp++] = r[i.arg];
            break;
        case SET:
            r[i.arg] = stack[--sp];
            break;
        case ADD:
            a = stack[--sp];
            stack[sp - 1] += a;
            break;
        case SUB:
            a = stack[--sp];
            stack[sp - 1] -= a;
            break;
        case MUL:
            a = stack[--sp];
            stack[sp - 1] *= a;
            break;
        case SHR:
            a = stack[--sp];
            stack[sp - 1] >>= a & 31;
            break;
        case AND:
            a = stack[--sp];
            stack[sp - 1] &= a;
            break;
        case JZ:
            if (stack[--sp] == 0)
                pc = (uint32_t)i.arg;
            break;
        case JMP:
            pc = (uint32_t)i.arg;
            break;
        default:
            return r[2];
        }
    }
}

uint64_t kernel_vm(uint32_t n)
{
    return run(program, n);
}
