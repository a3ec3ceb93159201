/* The guest of `singula bench alloc`: allocates n blocks of `size` bytes, writes to each and ends
 * it. */
#include "alloc.h" /* made from alloc.contract */

#define EXPORT(name) __attribute__((export_name(name)))
enum { TOGETHER = 64 }; /* as in bench/alloc.c */

/* One lives at a time. */
EXPORT("single") uint32_t single(uint32_t n, uint32_t size)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < n; i++) {
        Buffer b = Buffer_new(size);
        Buffer_bytes_store_i32(b, size - 4, (int32_t)i);
        sum += (uint32_t)Buffer_bytes_load_i32(b, size - 4);
        Buffer_free(b);
    }
    return sum;
}

/* TOGETHER of them live, then all end. */
EXPORT("batch") uint32_t batch(uint32_t n, uint32_t size)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < n; i += TOGETHER) {
        for (uint32_t k = 0; k < TOGETHER; k++) {
            Buffer b = Buffer_new(size);
            Buffer_bytes_store_i32(b, size - 4, (int32_t)(i + k));
            Buffer_free(Buffer_slot_swap(k, b));
        }
        for (uint32_t k = 0; k < TOGETHER; k++) {
            Buffer b = Buffer_slot_swap(k, singula_null());
            if (singula_is_null(b))
                __builtin_trap();
            sum += (uint32_t)Buffer_bytes_load_i32(b, size - 4);
            Buffer_free(b);
        }
    }
    return sum;
}
