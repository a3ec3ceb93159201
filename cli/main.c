/* singula: finds the subcommand. */
#include "cli/cli.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static const struct command *const commands[] = {
    &verify_command, &run_command,      &up_command, &inspect_command, &top_command,
    &kill_command,   &contract_command, &cc_command, &compile_command, &bench_command,
};
enum { NCOMMANDS = sizeof commands / sizeof commands[0] };

static void print_help(void)
{
    printf(
        "usage: singula COMMAND [OPTIONS] [ARGUMENTS]\n\n"
        "Verifies WebAssembly modules and runs them as software-isolated processes in one address "
        "space.\n\ncommands:\n");
    for (int i = 0; i < NCOMMANDS; i++)
        printf("  %-10s %s\n", commands[i]->name, commands[i]->summary);
    printf("\n`singula COMMAND --help` says more. `singula --version` prints the version.\n");
}

static int unknown_command(const char *word)
{
    const char *names[NCOMMANDS + 1] = {0};
    for (int i = 0; i < NCOMMANDS; i++)
        names[i] = commands[i]->name;
    const char *near = opts_nearest(word, names);
    complain("unknown command %s%s%s%s (see singula --help)", word, near ? ", did you mean " : "",
             near ? near : "", near ? "?" : "");
    return EXIT_USAGE;
}

/* As many descriptors as the system lets us have: SIPs share them (each has a part, wasi.c). */
static void raise_descriptors(void)
{
    struct rlimit l;
    if (getrlimit(RLIMIT_NOFILE, &l) == 0 && l.rlim_cur < l.rlim_max) {
        l.rlim_cur = l.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &l);
    }
}

enum { STACK_USUAL = 8 << 20, STACK_LEAST = 1 << 20 };

/* The compiler's recursion is deep, on this thread and on others, whose stacks have the size of
 * this one's limit as it was when the program began. False after a complaint. */
static bool have_stack(void)
{
    struct rlimit l;
    pthread_attr_t attr;
    if (getrlimit(RLIMIT_STACK, &l) != 0 || l.rlim_cur >= STACK_USUAL)
        return true;
    l.rlim_cur = l.rlim_max < STACK_USUAL ? l.rlim_max : STACK_USUAL;
    if (l.rlim_cur < STACK_LEAST) {
        complain("the stack is limited to %llu KiB, which is too little; say `ulimit -s 8192`",
                 (unsigned long long)l.rlim_cur >> 10);
        return false;
    }
    (void)setrlimit(RLIMIT_STACK, &l);
    if (pthread_attr_init(&attr) == 0) {
        (void)pthread_attr_setstacksize(&attr, STACK_USUAL);
        (void)pthread_setattr_default_np(&attr);
        (void)pthread_attr_destroy(&attr);
    }
    return true;
}

/* Standard streams that are closed are taken, by what can neither be read nor written, so that no
 * descriptor of ours becomes what guests and messages use by these numbers. */
static bool take_standard_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 &&
            open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
            return false;
    return true;
}

/* A command that has done its work has not if nobody can read what it has found out. */
static int finish(int status)
{
    bool written = fflush(stdout) == 0 && !ferror(stdout);
    if (written || status != EXIT_OK)
        return status;
    complain("stdout: not all of it could be written");
    return EXIT_USAGE;
}

static int command(int argc, char **argv)
{
    if (argc < 2) {
        print_help();
        return EXIT_USAGE;
    }
    const char *word = argv[1];
    if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) {
        const char *compiler = singula_compiler();
        printf("singula %s (%s)\n", singula_version(),
               compiler ? compiler : "without LLVM: machine code of level fast only");
        return EXIT_OK;
    }
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0) {
        print_help();
        return EXIT_OK;
    }
    for (int i = 0; i < NCOMMANDS; i++)
        if (strcmp(word, commands[i]->name) == 0)
            return commands[i]->run(commands[i], argc - 1, argv + 1);
    return unknown_command(word);
}

int main(int argc, char **argv)
{
    if (!take_standard_streams() || !have_stack())
        return EXIT_USAGE;
    raise_descriptors();
    /* of a file that becomes too large who writes it hears, and nobody else */
    (void)signal(SIGXFSZ, SIG_IGN);
    return finish(command(argc, argv));
}
