#include "bench/kernels/kernels.h"

static uint32_t table[256];
static unsigned char data[65536];

static void make_table(void)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t c = i;
        for (int bit = 0; bit < 8; bit++)
            c = c & 1 ? 0xedb88320 ^ c >> 1 : c >> 1;
        table[i] = c;
    }
    for (uint32_t i = 0; i < sizeof data; i++)
        data[i] = (unsigned char)(i * 7 + i / 250);
}

uint64_t kernel_crc32(uint32_t n)
{
    if (!table[1])
        make_table();
    uint32_t c = 0xffffffff;
    for (uint32_t r = 0; r < n; r++)
        for (uint32_t i = 0; i < sizeof data; i++)
            c = table[(c ^ data[i]) & 255] ^ c >> 8;
    return ~c;
}
