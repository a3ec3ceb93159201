/* Gives way a million times. */
#include <stdint.h>

__attribute__((import_module("wasi_snapshot_preview1"), import_name("sched_yield"))) int32_t
give_way(void);

__attribute__((export_name("_start"))) void yield_main(void)
{
    for (uint32_t i = 0; i < 1000000; i++)
        give_way();
}
