/* Source lines of refusals, found by a process of its own: libdw reads the debug information of
 * modules that nobody has verified, and all that a crash or a loop of it may cost is the lines. */
#include "cli/cli.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CPU_SECONDS = 5 };

static bool read_all(int fd, void *buf, size_t n)
{
    for (size_t got = 0; got < n;) {
        ssize_t r = read(fd, (char *)buf + got, n - got);
        if (r > 0)
            got += (size_t)r;
        else if (r == 0 || errno != EINTR)
            return false;
    }
    return true;
}

static void write_all(int fd, const void *buf, size_t n)
{
    for (size_t done = 0; done < n;) {
        ssize_t r = write(fd, (const char *)buf + done, n - done);
        if (r > 0)
            done += (size_t)r;
        else if (errno != EINTR)
            return;
    }
}

/* Nothing but a line number and text: whatever the child says can be shown. */
static void take_place(char *source, size_t size, uint32_t *line, const char *from,
                       uint32_t from_line)
{
    if (!from_line || !memchr(from, 0, size))
        return;
    memcpy(source, from, size);
    *line = from_line;
}

static void take_places(struct singula_diag *to, const struct singula_diag *from)
{
    take_place(to->source, sizeof to->source, &to->source_line, from->source, from->source_line);
    for (uint32_t i = 0; i < to->nnotes; i++)
        take_place(to->notes[i].source, sizeof to->notes[i].source, &to->notes[i].source_line,
                   from->notes[i].source, from->notes[i].source_line);
}

/* A path below the current folder is shown as one that begins there. */
static void shorten(char *source, const char *here)
{
    size_t n = strlen(here);
    if (n > 1 && strncmp(source, here, n) == 0 && source[n] == '/')
        memmove(source, source + n + 1, strlen(source + n + 1) + 1);
}

void locate_lines(const uint8_t *bytes, size_t n, struct singula_diag *diags, uint32_t ndiags)
{
    int fd[2], status;
    char here[4096];
    size_t size = ndiags * sizeof *diags;
    struct singula_diag *found = calloc(ndiags ? ndiags : 1, sizeof *found);
    if (!found || !ndiags || pipe(fd) != 0) {
        free(found);
        return;
    }
    pid_t child = fork();
    if (child == 0) {
        struct rlimit cpu = {CPU_SECONDS, CPU_SECONDS}, core = {0, 0};
        setrlimit(RLIMIT_CPU, &cpu);
        setrlimit(RLIMIT_CORE, &core);
        alarm(4 * CPU_SECONDS);
        close(fd[0]);
        if (singula_diag_locate(bytes, n, diags, ndiags))
            write_all(fd[1], diags, size);
        _exit(0);
    }
    close(fd[1]);
    bool good = child > 0 && read_all(fd[0], found, size);
    close(fd[0]);
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    for (uint32_t i = 0; good && i < ndiags; i++) {
        take_places(&diags[i], &found[i]);
        if (!getcwd(here, sizeof here))
            continue;
        shorten(diags[i].source, here);
        for (uint32_t k = 0; k < diags[i].nnotes; k++)
            shorten(diags[i].notes[k].source, here);
    }
    free(found);
}

/* Places in a report: "(byte 0x1c2)". */
#define PLACE "(byte 0x"
enum { PLACES = 20 };

static uint32_t find_places(const char *report, struct singula_diag *places)
{
    uint32_t n = 0;
    for (const char *p = report; n < PLACES && (p = strstr(p, PLACE)); p += strlen(PLACE))
        places[n++] =
            (struct singula_diag){.offset = (uint32_t)strtoul(p + strlen(PLACE), NULL, 16)};
    return n;
}

void locate_report(const char *file, const char *report, FILE *out)
{
    struct singula_diag *places = calloc(PLACES, sizeof *places);
    uint32_t n = places ? find_places(report, places) : 0;
    uint8_t *bytes;
    size_t nbytes;
    if (n && access(file, R_OK) == 0 && files_read(file, &bytes, &nbytes)) {
        locate_lines(bytes, nbytes, places, n);
        free(bytes);
    }
    for (uint32_t i = 0; i < n; i++) {
        const char *place = strstr(report, PLACE) + 1;
        fwrite(report, 1, (size_t)(place - report), out);
        if (places[i].source_line)
            fprintf(out, "%s:%u, ", places[i].source, places[i].source_line);
        report = place;
    }
    fputs(report, out);
    free(places);
}
