/* Arguments and environment arrive as they were given; the exit code leaves as it was returned. */
// run: {"args": []}
// run: {"args": ["one"]}
// run: {"args": ["", "two words", "t\u00e4st", "--", "-x", "a=b"]}
// run: {"args": ["x"], "env": {"ONE": "1", "EMPTY": "", "LONG": "x y z"}}
// run: {"args": ["exit", "0"]}
// run: {"args": ["exit", "7"]}
// run: {"args": ["exit", "255"]}
// run: {"args": ["exit", "256"]}
// run: {"args": ["exit", "-1"]}
// run: {"args": ["_exit", "9"]}
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void first(void)
{
    printf("first handler, run last\n");
}

static void second(void)
{
    printf("second handler\n");
}

int main(int argc, char **argv)
{
    static const char *const names[] = {"ONE", "EMPTY", "LONG", "ABSENT"};
    printf("%d arguments\n", argc - 1);
    for (int i = 1; i < argc; i++)
        printf("[%s]\n", argv[i]);
    printf("ended %d\n", argv[argc] == NULL);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *v = getenv(names[i]);
        printf("%s=%s\n", names[i], v ? v : "(none)");
    }
    setenv("ABSENT", "now here", 1);
    unsetenv("ONE");
    printf("%s %d\n", getenv("ABSENT"), getenv("ONE") == NULL);
    if (argc == 3 && strcmp(argv[1], "_exit") == 0) {
        fflush(stdout);
        _exit(atoi(argv[2]));
    }
    atexit(first);
    atexit(second);
    if (argc == 3 && strcmp(argv[1], "exit") == 0)
        exit(atoi(argv[2]));
    return argc;
}
