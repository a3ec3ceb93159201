#include "cli/control.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { FOLDER_PATH = 4096 };

/* ---- the folder ---- */

/* The folder of the sockets. 0, or why there is none: EPERM means that it is not what it must be,
 * ours alone. */
static int folder(char path[FOLDER_PATH], bool make)
{
    const char *run = getenv("XDG_RUNTIME_DIR");
    struct stat st;
    int n = run && run[0] == '/'
                ? snprintf(path, FOLDER_PATH, "%s/singula", run)
                : snprintf(path, FOLDER_PATH, "/tmp/singula-%u", (unsigned)geteuid());
    if (n < 0 || (size_t)n + sizeof "/4194304" > sizeof((struct sockaddr_un *)0)->sun_path)
        return ENAMETOOLONG;
    if (make && mkdir(path, 0700) != 0 && errno != EEXIST)
        return errno;
    if (lstat(path, &st) != 0)
        return errno;
    return S_ISDIR(st.st_mode) && st.st_uid == geteuid() && !(st.st_mode & (S_IRWXG | S_IRWXO))
               ? 0
               : EPERM;
}

static const char *reason(int err)
{
    return err == EPERM          ? "it is not a folder of yours alone (chmod 700)"
           : err == ENAMETOOLONG ? "too long for a socket's address"
                                 : strerror(err);
}

static bool address(struct sockaddr_un *a, const char *dir, int pid)
{
    *a = (struct sockaddr_un){.sun_family = AF_UNIX};
    return (size_t)snprintf(a->sun_path, sizeof a->sun_path, "%s/%d", dir, pid) <
           sizeof a->sun_path;
}

static void limit_time(int fd, int seconds)
{
    struct timeval t = {.tv_sec = seconds};
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t);
}

/* ---- the thread ---- */

/* One line; false: none came. */
static bool read_line(int fd, char line[CONTROL_LINE])
{
    size_t n = 0;
    while (n + 1 < CONTROL_LINE) {
        ssize_t got = recv(fd, line + n, 1, 0);
        if (got != 1 || line[n] == '\n')
            break;
        n++;
    }
    line[n] = 0;
    return n > 0;
}

static void write_all(int fd, const char *text)
{
    for (size_t n = strlen(text); n;) {
        ssize_t put = send(fd, text, n, MSG_NOSIGNAL);
        if (put <= 0)
            return;
        text += put;
        n -= (size_t)put;
    }
}

/* Hands the request over and waits for the answer; NULL: the system ends. */
static char *ask_worker(struct control *c, const char *line)
{
    pthread_mutex_lock(&c->lock);
    snprintf(c->request, sizeof c->request, "%s", line);
    pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->lock);
    singula_stop(c->sys);
    if (c->bell >= 0)
        (void)eventfd_write(c->bell, 1);
    pthread_mutex_lock(&c->lock);
    while (!c->answer && !c->closing)
        pthread_cond_wait(&c->changed, &c->lock);
    char *answer = c->answer;
    c->answer = NULL;
    pthread_mutex_unlock(&c->lock);
    return answer;
}

static bool is_ours(int fd)
{
    struct ucred who;
    socklen_t n = sizeof who;
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) == 0 && who.uid == geteuid();
}

static bool closing(struct control *c)
{
    pthread_mutex_lock(&c->lock);
    bool yes = c->closing;
    pthread_mutex_unlock(&c->lock);
    return yes;
}

static void *listen_on(void *arg)
{
    struct control *c = arg;
    for (;;) {
        char line[CONTROL_LINE];
        int fd = accept4(c->fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0 && (errno == EINTR || errno == ECONNABORTED))
            continue;
        if (fd < 0 && !closing(c) &&
            (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)) {
            nanosleep(&(struct timespec){.tv_nsec = 100000000},
                      NULL); /* there will be some again */
            continue;
        }
        if (fd < 0)
            return NULL; /* control_close() */
        limit_time(fd, 2);
        char *answer = is_ours(fd) && read_line(fd, line) ? ask_worker(c, line) : NULL;
        if (answer)
            write_all(fd, answer);
        free(answer);
        close(fd);
    }
}

/* ---- the worker ---- */

static int listening(struct control *c)
{
    char dir[FOLDER_PATH];
    struct sockaddr_un a;
    int fd = -1, err = folder(dir, true);
    if (err == 0 && address(&a, dir, (int)getpid())) {
        snprintf(c->path, sizeof c->path, "%s", a.sun_path);
        (void)unlink(c->path); /* of a process that had our number and was killed */
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) != 0 || listen(fd, 8) != 0)
            err = errno;
    }
    if (err == 0)
        return fd;
    complain("inspect, top and kill will not find this system: %s: %s", dir, reason(err));
    if (fd >= 0)
        close(fd);
    return -1;
}

void control_open(struct control *c, struct singula_system *sys,
                  uint32_t (*kill)(void *ctx, const char *name, uint32_t *given_up), void *ctx)
{
    sigset_t all, before;
    *c = (struct control){.sys = sys, .kill = kill, .ctx = ctx};
    c->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    interrupt_rings(c->bell);
    pthread_cond_init(&c->changed, NULL);
    pthread_mutex_init(&c->lock, NULL);
    c->fd = listening(c);
    if (c->fd < 0)
        return;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are for the worker */
    if (pthread_create(&c->thread, NULL, listen_on, c) != 0) {
        close(c->fd);
        (void)unlink(c->path);
        c->fd = -1;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static char *error_json(const char *what, const char *text)
{
    json_t *j = json_pack("{s:s}", what, text);
    char *out = j ? json_dumps(j, JSON_COMPACT) : NULL;
    json_decref(j);
    return out;
}

static char *answer_to(const struct control *c, const char *request)
{
    char *text = NULL;
    struct singula_diag why = {0};
    if (strcmp(request, "inspect") == 0 || strcmp(request, "inspect map") == 0) {
        if (singula_system_inspect(c->sys, request[7] != 0, &text) != 0)
            return error_json("error", "out of memory");
        return text;
    }
    if (strcmp(request, "audit") == 0)
        return error_json("audit", singula_audit(c->sys, &why) == 0 ? "ok" : why.detail);
    if (strncmp(request, "kill ", 5) == 0) {
        uint32_t given_up = 0, killed = c->kill(c->ctx, request + 5, &given_up);
        json_t *j = json_pack("{s:i, s:i}", "killed", (int)killed, "given_up", (int)given_up);
        text = j ? json_dumps(j, JSON_COMPACT) : NULL;
        json_decref(j);
        return text;
    }
    return error_json("error", "this version does not know that request");
}

void control_serve(struct control *c)
{
    if (c->fd < 0)
        return;
    pthread_mutex_lock(&c->lock);
    if (c->request[0]) {
        c->answer = answer_to(c, c->request);
        if (!c->answer)
            c->answer = strdup("{\"error\":\"out of memory\"}");
        c->request[0] = 0;
        pthread_cond_broadcast(&c->changed);
    }
    pthread_mutex_unlock(&c->lock);
}

void control_sleep(struct control *c, uint64_t until_ns)
{
    /* A bell that was rung before stays rung: nothing is missed between a look and the sleep. */
    enum { NO_BELL_MS = 100, MOST_MS = 1 << 30 };
    struct pollfd p = {.fd = c->bell, .events = POLLIN};
    uint64_t now = singula_now_ns(c->sys), most = c->bell >= 0 ? MOST_MS : NO_BELL_MS;
    uint64_t ms = until_ns > now ? (until_ns - now + 999999) / 1000000 : 0;
    eventfd_t rung;
    if (poll(&p, 1, (int)(ms < most ? ms : most)) > 0)
        (void)eventfd_read(c->bell, &rung);
}

void control_close(struct control *c)
{
    if (c->fd >= 0) {
        pthread_mutex_lock(&c->lock);
        c->closing = true;
        pthread_cond_broadcast(&c->changed);
        pthread_mutex_unlock(&c->lock);
        (void)shutdown(c->fd, SHUT_RDWR);
        pthread_join(c->thread, NULL);
        close(c->fd);
        (void)unlink(c->path);
        c->fd = -1;
    }
    interrupt_rings(-1);
    if (c->bell >= 0)
        close(c->bell);
    free(c->answer);
    c->answer = NULL;
    pthread_mutex_destroy(&c->lock);
    pthread_cond_destroy(&c->changed);
}

/* ---- asking ---- */

static int connect_to(const char *dir, int pid)
{
    struct sockaddr_un a;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && address(&a, dir, pid) && connect(fd, (struct sockaddr *)&a, sizeof a) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

/* What a system left that was killed. */
static void forget_dead(const char *dir, int pid)
{
    struct sockaddr_un a;
    if (kill(pid, 0) != 0 && errno == ESRCH && address(&a, dir, pid))
        (void)unlink(a.sun_path);
}

/* A connection to the only system that answers; complains if there is none or more than one. */
static int connect_only(const char *dir)
{
    char found[200] = "";
    int only = -1, n = 0;
    DIR *d = opendir(dir);
    for (struct dirent *e; d && (e = readdir(d));) {
        int pid = atoi(e->d_name), fd = pid > 0 ? connect_to(dir, pid) : -1;
        if (fd < 0) {
            if (pid > 0)
                forget_dead(dir, pid);
            continue;
        }
        size_t at = strlen(found);
        snprintf(found + at, sizeof found - at, " %d", pid);
        if (n++)
            close(fd);
        else
            only = fd;
    }
    if (d)
        closedir(d);
    if (n == 1)
        return only;
    if (only >= 0)
        close(only);
    if (n)
        complain("several systems are running, say which by its process number:%s", found);
    else
        complain("no system is running (`singula up` starts one)");
    return -1;
}

static char *read_all(int fd)
{
    size_t n = 0, cap = 0;
    char *text = NULL;
    for (;;) {
        if (n + 1 >= cap) {
            void *p = realloc(text, cap = cap * 2 + 65536);
            if (!p)
                break;
            text = p;
        }
        ssize_t got = recv(fd, text + n, cap - n - 1, 0);
        if (got <= 0)
            break;
        n += (size_t)got;
    }
    if (text)
        text[n] = 0;
    return text;
}

json_t *control_ask(int pid, const char *request)
{
    char dir[FOLDER_PATH];
    json_error_t error;
    int err = folder(dir, false);
    int fd = err ? -1 : pid ? connect_to(dir, pid) : connect_only(dir);
    if (fd < 0) {
        if (err && err != ENOENT)
            complain("no system can be found: %s: %s", dir, reason(err));
        else if (pid)
            complain("no system of yours has process number %d", pid);
        else if (err)
            complain("no system is running (`singula up` starts one)");
        return NULL;
    }
    limit_time(fd, 10);
    write_all(fd, request);
    write_all(fd, "\n");
    char *text = read_all(fd);
    close(fd);
    json_t *j = text ? json_loads(text, 0, &error) : NULL;
    const char *said = j ? json_string_value(json_object_get(j, "error")) : NULL;
    if (!j)
        complain(text && *text ? "the system's answer cannot be read"
                               : "the system does not answer: it may be ending");
    else if (said)
        complain("%s", said);
    free(text);
    if (said) {
        json_decref(j);
        return NULL;
    }
    return j;
}
