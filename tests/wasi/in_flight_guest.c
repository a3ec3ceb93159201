/* A program that reads its standard input, a regular file, at several places, and sleeps after each
 * time; exits with 0 if all was right. Its argument says where it begins. */
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { READS = 10, BLOCK = 4096, STEP = 40961, FILE_BYTES = 500000 };

static uint8_t bytes[BLOCK];

static int is_right(long at)
{
    if (pread(0, bytes, BLOCK, at) != BLOCK)
        return 0;
    for (int i = 0; i < BLOCK; i++)
        if (bytes[i] != (uint8_t)((at + i) * 31 % 251))
            return 0;
    return 1;
}

int main(int argc, char **argv)
{
    const struct timespec nap = {.tv_nsec = 1000000};
    long at = argc > 1 ? atol(argv[1]) : 0;
    for (int i = 0; i < READS; i++, at += STEP)
        if (!is_right(at % (FILE_BYTES - BLOCK)) || nanosleep(&nap, NULL) != 0)
            return 1;
    return 0;
}
