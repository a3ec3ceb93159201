/* What is done with names beneath a directory, and with open files but for their bytes, as a record
 * that any thread can carry out: these system calls may block. Every name goes through the sandbox
 * (INV-20); calls that take a name get one without slashes, in a directory that the sandbox opened.
 */
#ifndef RUNTIME_WASI_PATHJOB_H
#define RUNTIME_WASI_PATHJOB_H

#include <sys/stat.h>

#include "runtime/kernel/aio.h"
#include "runtime/wasi/sandbox.h"

enum pathjob_kind {
    PATHJOB_OPEN,    /* with `flags` of open(2) and mode 0666; the result is a descriptor, `stat`
                        is the file's */
    PATHJOB_LOOK,    /* `stat` */
    PATHJOB_ENTRIES, /* of directory `dir` itself, from position `at` on, into `buffer`: struct
                        pathjob_entry; the result is how many bytes */
    PATHJOB_LIST,    /* the same, of a directory by its path */
    PATHJOB_MAKE_DIRECTORY,
    PATHJOB_REMOVE_DIRECTORY,
    PATHJOB_UNLINK,
    PATHJOB_RENAME,   /* to other_path beneath `other` */
    PATHJOB_LINK,     /* a hard link there */
    PATHJOB_SYMLINK,  /* that contains other_path */
    PATHJOB_READLINK, /* into `buffer` */
    PATHJOB_TIMES,    /* sets `times` */
    /* the rest: with the open file `dir` itself */
    PATHJOB_STAT,     /* `stat` */
    PATHJOB_RESIZE,   /* to `at` bytes */
    PATHJOB_TOUCH,    /* sets `times` */
    PATHJOB_ALLOCATE, /* `length` bytes from `at` on */
    PATHJOB_ADVISE,   /* the same, posix_fadvise(2) with `flags` */
    PATHJOB_CLOSE,    /* which is no descriptor after that */
};

/* What getdents64(2) writes; `type` is known, also where the file system does not say it. */
struct pathjob_entry {
    uint64_t ino;
    int64_t next;
    uint16_t bytes;
    uint8_t type;
    char name[];
};

/* A zeroed one with what its kind needs set. Descriptors and bytes must stay until it was done. */
struct pathjob {
    struct aio_op op; /* op.call is pathjob_call() */
    enum pathjob_kind kind;
    enum sandbox_way way;
    int dir, other;
    const char *path, *other_path;
    int flags;
    bool follow; /* a final link: LOOK, LINK, TIMES */
    uint64_t at, length;
    void *buffer;
    uint32_t room;
    struct timespec times[2];
    struct stat stat;
};

/* Not negative, or a negative errno. */
int64_t pathjob_do(struct pathjob *j);
/* Closes descriptors for nobody who waits: on a thread, or here if `a` is NULL. */
void pathjob_close(struct aio *a, const int *fds, uint32_t n);
/* The same as pathjob_do() for an operation that is a pathjob's `op`. */
int64_t pathjob_call(struct aio_op *op);

#endif
