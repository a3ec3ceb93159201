/* Unit tests of the verifier as killers of seeded bugs: each is a program (seeded_env.c). */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/soundness/seeded.h"

enum { UNIT_SECONDS = 20 };

/* True if the test passes. */
static bool passes(const char *program, unsigned bug)
{
    char number[16];
    int status;
    snprintf(number, sizeof number, "%u", bug);
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        int nowhere = open("/dev/null", O_WRONLY);
        dup2(nowhere, 1);
        dup2(nowhere, 2);
        setenv("SEEDED_BUG", number, 1);
        setenv("CK_FORK", "no", 1); /* one process: the limit ends it */
        (void)setrlimit(RLIMIT_CPU, &(struct rlimit){UNIT_SECONDS, UNIT_SECONDS});
        execl(program, program, (char *)NULL);
        _exit(127);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        abort();
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool unit_works(const char *program)
{
    return passes(program, 0);
}

void unit_kill(const char *program, unsigned n, struct kill *k)
{
    const char *base = strrchr(program, '/');
    if (passes(program, n))
        return;
    k->by = BY_UNIT_TEST;
    snprintf(k->what, sizeof k->what, "%.100s", base ? base + 1 : program);
}
