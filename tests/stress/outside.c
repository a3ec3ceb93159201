#include "tests/stress/outside.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { INPUT_BYTES = 25000, PORTS = 8080, PORTS_END = 9999, FILES = 100, PAGE_BYTES = 100000 };

static struct {
    int reserved; /* bound to the port, so that nobody else takes it; 0: no port is granted */
    int port;
    char console[64]; /* the name of the SIP that has one */
    int input;        /* 0: none */
    pthread_t client;
    bool has_client;
    _Atomic bool over;
} out;

/* ---- folders ---- */

static void empty(const char *folder)
{
    char path[1500];
    DIR *d = opendir(folder);
    for (struct dirent *e; d && (e = readdir(d));) {
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        if (e->d_name[0] != '.' && unlink(path))
            rmdir(path);
    }
    if (d)
        closedir(d);
}

static void prepare_folder(const char *manifest, const char *spec)
{
    char path[1000], file[1200];
    size_t dir = strrchr(manifest, '/') ? (size_t)(strrchr(manifest, '/') - manifest) + 1 : 0;
    snprintf(path, sizeof path, "%.*s%.*s", (int)dir, manifest, (int)strcspn(spec, ":"), spec);
    bool is_new = mkdir(path, 0777) == 0, may_write = !strstr(spec, ":ro");
    if (may_write)
        empty(path);
    for (int i = 0; is_new && !may_write && i < FILES; i++) {
        snprintf(file, sizeof file, i ? "%s/%d" : "%s/file", path, i);
        int fd = open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0666);
        if (fd >= 0 && (i || ftruncate(fd, PAGE_BYTES) == 0))
            close(fd);
    }
}

static void prepare_folders(const char *manifest, const struct manifest *m)
{
    for (unsigned i = 0; i < m->processes_count; i++)
        for (unsigned k = 0; k < m->processes[i].dirs_count; k++)
            prepare_folder(manifest, m->processes[i].dirs[k]);
}

/* ---- the network ---- */

static int bound(int port)
{
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons((uint16_t)port),
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
    if (fd >= 0 && (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) ||
                    bind(fd, (struct sockaddr *)&a, sizeof a))) {
        close(fd);
        fd = -1;
    }
    return fd;
}

/* By chance: others look for one at the same time. */
static void reserve_port(void)
{
    int fd = -1;
    for (out.port = PORTS + (int)getpid() % 1000; fd < 0 && out.port < PORTS_END;)
        fd = bound(++out.port);
    out.reserved = fd < 0 ? 0 : fd;
}

static void replace(char **list, unsigned n)
{
    char digits[12];
    snprintf(digits, sizeof digits, "%d", out.port);
    for (unsigned i = 0; i < n; i++) {
        char *at = strstr(list[i], "8080");
        if (at)
            memcpy(at, digits, 4);
    }
}

void outside_adapt(const char *manifest, struct manifest *m)
{
    prepare_folders(manifest, m);
    if (out.reserved)
        close(out.reserved);
    out.reserved = 0;
    out.console[0] = 0;
    for (unsigned i = 0; i < m->processes_count; i++) {
        struct process *p = &m->processes[i];
        if (plan_lists(p->connect, p->connect_count, "console"))
            snprintf(out.console, sizeof out.console, "%s", p->name);
        if (!p->grants.network_count)
            continue;
        if (!out.reserved)
            reserve_port();
        replace(p->args, p->args_count);
        replace(p->grants.network, p->grants.network_count);
    }
}

/* Asks for a page, and reads until nothing more comes. */
static void visit(void)
{
    static const char request[] = "GET /file HTTP/1.0\r\n\r\n";
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons((uint16_t)out.port),
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    char bytes[4096];
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    if (connect(fd, (struct sockaddr *)&a, sizeof a) == 0 &&
        send(fd, request, sizeof request - 1, MSG_NOSIGNAL) > 0 && shutdown(fd, SHUT_WR) == 0)
        while (read(fd, bytes, sizeof bytes) > 0)
            ;
    close(fd);
}

static void *visits(void *arg)
{
    (void)arg;
    while (!atomic_load(&out.over)) {
        visit();
        usleep(500);
    }
    return NULL;
}

/* ---- runs ---- */

static void fill_input(void)
{
    static char bytes[INPUT_BYTES];
    int ends[2];
    if (pipe2(ends, O_CLOEXEC))
        return;
    memset(bytes, 'x', sizeof bytes);
    if (write(ends[1], bytes, sizeof bytes) < 0)
        perror("pipe");
    close(ends[1]);
    out.input = ends[0];
}

void outside_begin(const char *manifest, const struct manifest *m)
{
    if (m)
        prepare_folders(manifest, m);
    if (m && out.console[0])
        fill_input();
    atomic_store(&out.over, false);
    out.has_client = m && out.reserved && pthread_create(&out.client, NULL, visits, NULL) == 0;
}

void outside_end(void)
{
    atomic_store(&out.over, true);
    if (out.has_client)
        pthread_join(out.client, NULL);
    if (out.input)
        close(out.input);
    out.input = 0;
}

int outside_input(const char *name)
{
    return out.input && strcmp(name, out.console) == 0 ? out.input : -1;
}

bool outside_is_slow(void)
{
    return out.has_client || out.input;
}
