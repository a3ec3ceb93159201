/* Numbers and layouts of wasi_snapshot_preview1, as its witx text fixes them. Structs are laid out
 * by offsets: a guest's memory is little-endian and unaligned. */
#ifndef RUNTIME_WASI_WASI_ABI_H
#define RUNTIME_WASI_WASI_ABI_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

#include "base/check.h"

enum wasi_errno {
    WASI_SUCCESS = 0,
#define ERRNO(name, number) WASI_E##name = (number),
#include "runtime/wasi/errno.def"
#undef ERRNO
    WASI_ENOTCAPABLE = 76,
};

/* Rights, by bit number. */
enum {
    RIGHT_FD_DATASYNC = 1u << 0,
    RIGHT_FD_READ = 1u << 1,
    RIGHT_FD_SEEK = 1u << 2,
    RIGHT_FD_FDSTAT_SET_FLAGS = 1u << 3,
    RIGHT_FD_SYNC = 1u << 4,
    RIGHT_FD_TELL = 1u << 5,
    RIGHT_FD_WRITE = 1u << 6,
    RIGHT_FD_ADVISE = 1u << 7,
    RIGHT_FD_ALLOCATE = 1u << 8,
    RIGHT_PATH_CREATE_DIRECTORY = 1u << 9,
    RIGHT_PATH_CREATE_FILE = 1u << 10,
    RIGHT_PATH_LINK_SOURCE = 1u << 11,
    RIGHT_PATH_LINK_TARGET = 1u << 12,
    RIGHT_PATH_OPEN = 1u << 13,
    RIGHT_FD_READDIR = 1u << 14,
    RIGHT_PATH_READLINK = 1u << 15,
    RIGHT_PATH_RENAME_SOURCE = 1u << 16,
    RIGHT_PATH_RENAME_TARGET = 1u << 17,
    RIGHT_PATH_FILESTAT_GET = 1u << 18,
    RIGHT_PATH_FILESTAT_SET_SIZE = 1u << 19,
    RIGHT_PATH_FILESTAT_SET_TIMES = 1u << 20,
    RIGHT_FD_FILESTAT_GET = 1u << 21,
    RIGHT_FD_FILESTAT_SET_SIZE = 1u << 22,
    RIGHT_FD_FILESTAT_SET_TIMES = 1u << 23,
    RIGHT_PATH_SYMLINK = 1u << 24,
    RIGHT_PATH_REMOVE_DIRECTORY = 1u << 25,
    RIGHT_PATH_UNLINK_FILE = 1u << 26,
    RIGHT_POLL_FD_READWRITE = 1u << 27,
    RIGHT_SOCK_SHUTDOWN = 1u << 28,
    RIGHT_SOCK_ACCEPT = 1u << 29,
    RIGHTS_ALL = (1u << 30) - 1,
    /* what needs the host file to be open for writing */
    RIGHTS_WRITING = RIGHT_FD_WRITE | RIGHT_FD_ALLOCATE | RIGHT_FD_FILESTAT_SET_SIZE,
};

enum {
    FDFLAG_APPEND = 1,
    FDFLAG_DSYNC = 2,
    FDFLAG_NONBLOCK = 4,
    FDFLAG_RSYNC = 8,
    FDFLAG_SYNC = 16,
    FDFLAGS_ALL = 31
};
enum { OFLAG_CREAT = 1, OFLAG_DIRECTORY = 2, OFLAG_EXCL = 4, OFLAG_TRUNC = 8, OFLAGS_ALL = 15 };
enum {
    FSTFLAG_ATIM = 1,
    FSTFLAG_ATIM_NOW = 2,
    FSTFLAG_MTIM = 4,
    FSTFLAG_MTIM_NOW = 8,
    FSTFLAGS_ALL = 15
};
enum { LOOKUP_FOLLOW = 1 };
enum { WHENCE_SET, WHENCE_CUR, WHENCE_END };
enum { WASI_CLOCK_REALTIME, WASI_CLOCK_MONOTONIC, WASI_CLOCK_PROCESS, WASI_CLOCK_THREAD };
enum { EVENT_CLOCK, EVENT_FD_READ, EVENT_FD_WRITE };
enum { EVENT_HANGUP = 1, SUBCLOCK_ABSTIME = 1 };
enum { RIFLAG_PEEK = 1, RIFLAG_WAITALL = 2, ROFLAG_TRUNCATED = 1, SDFLAG_RD = 1, SDFLAG_WR = 2 };

enum wasi_filetype {
    FILETYPE_UNKNOWN,
    FILETYPE_BLOCK_DEVICE,
    FILETYPE_CHARACTER_DEVICE,
    FILETYPE_DIRECTORY,
    FILETYPE_REGULAR_FILE,
    FILETYPE_SOCKET_DGRAM,
    FILETYPE_SOCKET_STREAM,
    FILETYPE_SYMBOLIC_LINK,
};

enum {
    IOVEC_BYTES = 8,
    PRESTAT_BYTES = 8,
    FDSTAT_BYTES = 24,
    FILESTAT_BYTES = 64,
    DIRENT_BYTES = 24,
    SUBSCRIPTION_BYTES = 48,
    EVENT_BYTES = 32
};

static inline void put_u16(uint8_t *p, uint16_t v)
{
    v = htole16(v);
    memcpy(p, &v, sizeof v);
}

static inline void put_u32(uint8_t *p, uint32_t v)
{
    v = htole32(v);
    memcpy(p, &v, sizeof v);
}

static inline void put_u64(uint8_t *p, uint64_t v)
{
    v = htole64(v);
    memcpy(p, &v, sizeof v);
}

static inline uint16_t get_u16(const uint8_t *p)
{
    uint16_t v;
    memcpy(&v, p, sizeof v);
    return le16toh(v);
}

static inline uint32_t get_u32(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return le32toh(v);
}

static inline uint64_t get_u64(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return le64toh(v);
}

#endif
