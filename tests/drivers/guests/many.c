/* Ten files and ten timers at once. With an argument: computes until it is ended. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <singula/file.h>
#include <singula/timer.h>

enum { FILES = 10, BLOCK = 4096 };

static int wrong;

/* An open file, or null. */
static File_imp open_data(void)
{
    static const char path[] = "/data/pattern";
    File_imp f = File_imp_connect("file", 4);
    if (singula_is_null(f))
        return singula_null();
    Bytes b = Bytes_new(sizeof path - 1);
    Bytes_data_write(b, 0, path, sizeof path - 1);
    File_imp_send_Open(f, 1, b);
    if (File_imp_next(f) != FILE_TAG_Opened) {
        File_imp_abandon(f);
        return singula_null();
    }
    struct File_Opened o;
    Bytes_free(File_imp_recv_Opened(f, &o));
    return f;
}

static void set_timers(Timer_set timers)
{
    for (int i = 0; i < FILES; i++) {
        Timer_imp t = Timer_imp_connect("timer", 5);
        if (singula_is_null(t)) {
            wrong++;
            continue;
        }
        Timer_imp_send_After(t, 1000000000u + (uint32_t)i * 10000000u);
        Timer_set_imp_Set_add(timers, t, i);
    }
}

/* False: none is left. */
static int one_fired(Timer_set timers)
{
    int64_t key;
    struct Timer_Fired f;
    Timer_imp t = Timer_set_imp_Set_wait(timers, SINGULA_FOREVER, &key);
    if (singula_is_null(t))
        return 0;
    Timer_imp_recv_Fired(t, &f);
    Timer_imp_close(t);
    return 1;
}

static void check(Bytes b, uint32_t n, int64_t offset)
{
    static uint8_t bytes[BLOCK];
    wrong += n != BLOCK;
    Bytes_data_read(b, 0, bytes, BLOCK);
    for (uint32_t i = 0; i < BLOCK; i++)
        wrong += bytes[i] != (uint8_t)((offset + i) * 31 % 251);
}

static void collect_reads(File_set reads)
{
    for (;;) {
        int64_t offset;
        struct File_Done d;
        File_imp f = File_set_imp_Busy_wait(reads, SINGULA_FOREVER, &offset);
        if (singula_is_null(f))
            return;
        Bytes b = File_imp_recv_Done(f, &d);
        check(b, d.n, offset);
        Bytes_free(b);
        File_imp_close(f);
    }
}

int main(int argc, char **argv)
{
    (void)argv;
    if (argc > 1)
        for (volatile int i = 0;; i++)
            ;
    int fired = 0;
    Timer_set timers = Timer_set_imp_Set_new();
    if (singula_is_null(timers))
        return 1;
    File_set reads = File_set_imp_Busy_new();
    if (singula_is_null(reads)) {
        Timer_set_imp_Set_free(timers);
        return 1;
    }
    set_timers(timers);
    for (int i = 0; i < FILES; i++) {
        File_imp f = open_data();
        if (singula_is_null(f)) {
            wrong++;
            continue;
        }
        int64_t offset = (int64_t)i * 40961;
        File_imp_send_Read(f, (uint64_t)offset, BLOCK, Bytes_new(BLOCK));
        File_set_imp_Busy_add(reads, f, offset);
    }
    collect_reads(reads);
    while (one_fired(timers))
        fired++;
    File_set_imp_Busy_free(reads);
    Timer_set_imp_Set_free(timers);
    wrong += fired != FILES;
    return wrong != 0;
}
