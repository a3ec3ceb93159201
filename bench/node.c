/* node (V8) as a child process: a line "KERNEL ARGUMENT" to it, a line "RESULT NANOSECONDS" back.
 *
 * The result is the function's 64 bits, unsigned.
 */
#include "bench/column.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static const char script[] =
    "const fs = require('fs'), line = Buffer.alloc(256);\n"
    "const guest = new WebAssembly.Module(fs.readFileSync(process.argv[1]));\n"
    "const kernels = new WebAssembly.Instance(guest, {}).exports;\n"
    "for (let n; (n = fs.readSync(0, line)) > 0;) {\n"
    "  const [name, arg] = line.toString('ascii', 0, n).split(' ');\n"
    "  const from = process.cpuUsage();\n"
    "  const result = kernels[name](Number(arg));\n"
    "  const { user, system } = process.cpuUsage(from);\n"
    "  fs.writeSync(1, `${BigInt.asUintN(64, result)} ${(user + system) * 1000}\\n`);\n"
    "}\n";

enum { FLAGS_MAX = 4 };

static int spawn_node(struct node *n, const char *const *flags, const char *path, int in, int out)
{
    const char *argv[FLAGS_MAX + 6] = {"node"};
    int at = 1;
    for (int i = 0; i < FLAGS_MAX && flags[i]; i++)
        argv[at++] = flags[i];
    argv[at++] = "-e";
    argv[at++] = script;
    argv[at++] = "--";
    argv[at++] = path;
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, in, 0);
    posix_spawn_file_actions_adddup2(&files, out, 1);
    int error =
        posix_spawnp(&n->pid, "node", &files, NULL, (char *const *)(uintptr_t)argv, environ);
    posix_spawn_file_actions_destroy(&files);
    return error;
}

bool node_open(struct node *n, const char *const *flags, const char *wasm_path)
{
    int in[2] = {-1, -1}, out[2] = {-1, -1};
    int error = pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC) ? errno : 0;
    *n = (struct node){.to = -1, .from = -1};
    if (!error)
        error = spawn_node(n, flags, wasm_path, in[0], out[1]);
    if (error) {
        complain("bench: node: %s", strerror(error));
        n->pid = 0;
        close(in[1]);
        close(out[0]);
    } else {
        n->to = in[1];
        n->from = out[0];
    }
    close(in[0]);
    close(out[1]);
    return !error;
}

static bool read_line(int from, char *line, size_t size)
{
    size_t n = 0;
    while (n + 1 < size) {
        ssize_t got = read(from, line + n, size - 1 - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        n += (size_t)got;
        line[n] = 0;
        if (line[n - 1] == '\n')
            return true;
    }
    return false;
}

bool node_run(struct node *n, const char *kernel, uint32_t arg, uint64_t *result, double *ns)
{
    char line[256];
    int len = snprintf(line, sizeof line, "%s %" PRIu32 "\n", kernel, arg);
    if (write(n->to, line, (size_t)len) == len && read_line(n->from, line, sizeof line) &&
        sscanf(line, "%" SCNu64 " %lf", result, ns) == 2)
        return true;
    complain("bench: node did not answer %s", kernel);
    return false;
}

void node_close(struct node *n)
{
    if (n->pid <= 0)
        return;
    close(n->to); /* its loop ends */
    close(n->from);
    while (waitpid(n->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    *n = (struct node){0};
}
