/* Pictures: hands a graph in the DOT language to graphviz, if that is installed. */
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/cli.h"

extern char **environ;

/* Runs dot with `in` as its standard input; its wait status, or -1 with errno. */
static int run_dot(int in, const char *output)
{
    char *argv[] = {"dot", "-Tsvg", output ? "-o" : NULL, (char *)output, NULL};
    posix_spawn_file_actions_t actions;
    pid_t pid;
    int status = -1, err = posix_spawn_file_actions_init(&actions);
    if (err == 0) {
        err = posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
        if (err == 0)
            err = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
        posix_spawn_file_actions_destroy(&actions);
    }
    if (err != 0) {
        errno = err;
        return -1;
    }
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return status;
}

bool svg_write(const char *path, const char *dot)
{
    FILE *f = tmpfile();
    bool good = f && fputs(dot, f) >= 0 && fflush(f) == 0 && lseek(fileno(f), 0, SEEK_SET) == 0;
    if (!good) {
        complain("cannot write a temporary file: %s", strerror(errno));
    } else {
        fflush(stdout);
        int status = run_dot(fileno(f), path);
        good = status == 0;
        if (status < 0 && errno == ENOENT)
            complain(
                "`dot` is not installed, which draws the SVG; hint: install graphviz, or leave out "
                "--svg to get the graph in the DOT language");
        else if (status < 0)
            complain("cannot run `dot`: %s", strerror(errno));
        else if (!good)
            complain("`dot` failed; hint: without --svg you get what it was given");
    }
    if (f)
        fclose(f);
    return good;
}
