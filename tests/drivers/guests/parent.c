/* Starts children in many ways and says how they ended. usage: parent */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <singula/process.h>

static int wrong;

static void expect(const char *what, long got, long want)
{
    if (got == want)
        return;
    printf("parent: %s: %ld, not %ld\n", what, got, want);
    wrong = 1;
}

/* `n` bytes of words, each with a zero byte after it; null, and the errno in *error: it was
 * refused. */
static Process_imp start(const char *words, uint32_t n, uint32_t *error)
{
    Process_imp child = singula_null();
    *error = 0;
    Processes_imp list = Processes_imp_connect("process", 7);
    if (singula_is_null(list)) {
        *error = 1000;
        return child;
    }
    Bytes b = Bytes_new(n);
    Bytes_data_write(b, 0, words, n);
    Processes_imp_send_Start(list, b);
    if (Processes_imp_next(list) == PROCESSES_TAG_Started) {
        child = Processes_imp_recv_Started(list);
        Processes_imp_close(list);
        return child;
    }
    struct Processes_Failed f = {0};
    if (Processes_imp_next(list) == PROCESSES_TAG_Failed) {
        Processes_imp_recv_Failed(list, &f);
        Processes_imp_close(list);
    } else {
        Processes_imp_abandon(list);
    }
    *error = f.error;
    return child;
}

static void waits(const char *words, uint32_t n, uint32_t how, int exit_code)
{
    uint32_t error;
    struct Process_Ended e;
    Process_imp child = start(words, n, &error);
    if (singula_is_null(child)) {
        expect(words, (long)error, 0);
        return;
    }
    Process_imp_send_Wait(child);
    Process_imp_recv_Ended(child, &e);
    Process_imp_close(child);
    expect(words, (long)e.how, (long)how);
    expect("exit code", e.exit_code, exit_code);
}

static void stops(const char *words, uint32_t n)
{
    uint32_t error;
    struct Process_Ended e;
    Process_imp child = start(words, n, &error);
    if (singula_is_null(child)) {
        expect(words, (long)error, 0);
        return;
    }
    Process_imp_send_Stop(child);
    Process_imp_recv_Ended(child, &e);
    Process_imp_close(child);
    expect("a stopped one", (long)e.how, 1);
}

/* Gives up a child that would go on for ever. */
static void abandons(const char *words, uint32_t n)
{
    uint32_t error;
    Process_imp child = start(words, n, &error);
    if (singula_is_null(child))
        expect(words, (long)error, 0);
    else
        Process_imp_abandon(child);
}

static void detaches(const char *words, uint32_t n)
{
    uint32_t error;
    Process_imp child = start(words, n, &error);
    if (singula_is_null(child)) {
        expect(words, (long)error, 0);
        return;
    }
    Process_imp_send_Detach(child);
    Process_imp_close(child);
}

static void is_refused(const char *words, uint32_t n, uint32_t want)
{
    uint32_t error;
    Process_imp child = start(words, n, &error);
    if (singula_is_null(child)) {
        expect(words, (long)error, (long)want);
    } else {
        expect(words, 0, (long)want);
        Process_imp_abandon(child);
    }
}

/* Arguments that nobody would take. */
static void is_too_long(void)
{
    static char words[(1 << 20) + 1] = "child\0say";
    memset(words + 10, 'x', sizeof words - 11);
    is_refused(words, sizeof words, E2BIG);
}

#define W(text) text, sizeof(text)

int main(void)
{
    for (int i = 0; i < 20; i++) {
        waits(W("child\0exit\0"
                "7"),
              0, 7);
        waits(W("child\0exit\0"
                "0"),
              0, 0);
        waits(W("child\0trap"), 2, 0);
        stops(W("child\0spin"));
        abandons(W("child\0spin"));
    }
    waits(W("short\0spin"), 3, 0);
    detaches(W("child\0say\0"
               "detached"));
    waits(W("child\0say\0"
            "waited for"),
          0, 0);
    is_refused(W("parent"), ENOENT);
    is_refused("child", 5, EINVAL);
    is_too_long();
    if (!wrong)
        printf("parent: all right\n");
    return wrong;
}
