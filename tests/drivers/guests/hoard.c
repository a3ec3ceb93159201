/* Opens the file FILE as often as it can, says how often, and waits. usage: hoard FILE */
#include <stdio.h>
#include <string.h>

#include <singula/file.h>
#include <singula/timer.h>

static void wait_for_long(void)
{
    struct Timer_Fired f;
    Timer_imp t = Timer_imp_connect("timer", 5);
    if (singula_is_null(t))
        return;
    Timer_imp_send_After(t, 100000000000);
    Timer_imp_recv_Fired(t, &f);
    Timer_imp_close(t);
}

/* Holds one and opens the next. */
__attribute__((noinline)) static void hoard(const char *name, uint32_t n, int held)
{
    struct File_Opened o;
    File_imp f = File_imp_connect("file", 4);
    if (singula_is_null(f))
        return;
    Bytes path = Bytes_new(n);
    Bytes_data_write(path, 0, name, n);
    File_imp_send_Open(f, 1, path);
    if (File_imp_next(f) == FILE_TAG_Opened) {
        Bytes_free(File_imp_recv_Opened(f, &o));
        hoard(name, n, held + 1);
        File_imp_close(f);
        return;
    }
    fprintf(stderr, "hoard: %d\n", held);
    wait_for_long();
    File_imp_abandon(f);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        hoard(argv[1], (uint32_t)strlen(argv[1]), 0);
    return 0;
}
