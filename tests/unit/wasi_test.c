/* WASI without an engine: the table, wild pointers, arguments, descriptors, rights, files. */
#include <sys/resource.h>

#include "tests/unit/wasi_handmade.h"

/* ---- the table ---- */

START_TEST(test_table)
{
    uint32_t n;
    const struct hostcall_row *rows = wasi_rows(&n);
    ck_assert_uint_eq(n, 46); /* functions of the snapshot, sock_accept included */
    for (uint32_t i = 0; i < n; i++) {
        ck_assert(hostcall_type_valid(rows[i].type));
        const struct hostcall *h = find(rows[i].name);
        ck_assert_str_eq(h->name, rows[i].name);
        ck_assert_str_eq(h->module, "wasi_snapshot_preview1");
        for (uint32_t j = 0; j < i; j++)
            ck_assert_str_ne(rows[i].name, rows[j].name);
    }
}
END_TEST

START_TEST(test_link_refusals)
{
    uint8_t i32 = VT_I32, i64 = VT_I64;
    struct extern_ref x;
    struct diag why;
    struct functype good = {.params = &i32, .results = &i32, .nparams = 1, .nresults = 1};
    struct functype bad = {.params = &i64, .results = &i32, .nparams = 1, .nresults = 1};
    struct vimport imp = {
        .module = {"wasi_snapshot_preview1", 22}, .name = {"fd_close", 8}, .kind = EXT_FUNC};
    diag_clear(&why);
    ck_assert_int_eq(wasi_link(NULL, &imp, &good, &x, &why), OK);
    ck_assert_int_eq(wasi_link(NULL, &imp, &bad, &x, &why), E_UNLINKABLE_TYPE);
    ck_assert_str_eq(why.want, "(i32) -> i32");
    ck_assert_str_eq(why.found, "(i64) -> i32");
    imp.kind = EXT_GLOBAL;
    ck_assert_int_eq(wasi_link(NULL, &imp, NULL, &x, NULL), E_UNLINKABLE_TYPE);
    imp.kind = EXT_FUNC;
    imp.name = (struct vname){"fd_clos", 7};
    ck_assert_int_eq(wasi_link(NULL, &imp, &good, &x, NULL), E_UNLINKABLE_UNKNOWN);
    imp.module = (struct vname){"env", 3};
    ck_assert_int_eq(wasi_link(NULL, &imp, &good, &x, NULL), E_UNLINKABLE_UNKNOWN);
}
END_TEST

/* Every function whose arguments hold a pointer traps when all its i32 arguments are wild. */
START_TEST(test_wild)
{
    static const char *const no_pointer[] = {"proc_exit",
                                             "proc_raise",
                                             "sched_yield",
                                             "fd_advise",
                                             "fd_allocate",
                                             "fd_close",
                                             "fd_datasync",
                                             "fd_fdstat_set_flags",
                                             "fd_fdstat_set_rights",
                                             "fd_filestat_set_size",
                                             "fd_filestat_set_times",
                                             "fd_renumber",
                                             "fd_sync",
                                             "sock_shutdown"};
    uint32_t n, trapped = 0;
    const struct hostcall_row *rows = wasi_rows(&n);
    attach(NULL, false);
    for (uint32_t i = 0; i < n; i++) {
        bool pointer = true;
        for (size_t j = 0; j < ARRAY_LEN(no_pointer); j++)
            pointer &= strcmp(rows[i].name, no_pointer[j]) != 0;
        for (int k = 0; k < 16; k++)
            g.slots[k] = WILD;
        strbuf_clear(&g.sip.trap_text);
        int r = call_slots(rows[i].name);
        ck_assert_msg((r == -1) == pointer, "%s: %d", rows[i].name, r);
        if (r == -1) {
            trapped++;
            ck_assert_int_eq(g.sip.proc.trap, TRAP_BAD_POINTER);
            ck_assert_msg(strstr(strbuf_text(&g.sip.trap_text), rows[i].name) != NULL, "%s",
                          strbuf_text(&g.sip.trap_text));
        }
    }
    ck_assert_uint_eq(trapped, n - ARRAY_LEN(no_pointer));
    /* a good array with a wild buffer; a length whose product with the element size overflows 32
     * bits */
    put_iov(0, BUF_AT, 4);
    put_iov(1, WILD, 16);
    ck_assert_int_eq(CALL("fd_write", 1, IOV_AT, 2, OUT_AT), -1);
    ck_assert_int_eq(CALL("fd_write", 1, IOV_AT, 0x20000001, OUT_AT), -1);
    ck_assert_int_eq(CALL("poll_oneoff", IOV_AT, OUT_AT, 0x08000001, OUT_AT), -1);
    /* the last byte is inside, one more is not; nothing at the very end is inside */
    put_iov(0, MEMORY - 1, 1);
    ck_assert_int_eq(CALL("fd_write", 77, IOV_AT, 1, OUT_AT), WASI_EBADF);
    put_iov(0, MEMORY, 0);
    ck_assert_int_eq(CALL("fd_write", 77, IOV_AT, 1, OUT_AT), WASI_EBADF);
    put_iov(0, MEMORY, 1);
    ck_assert_int_eq(CALL("fd_write", 77, IOV_AT, 1, OUT_AT), -1);
    ck_assert_int_eq(CALL("fd_write", 77, IOV_AT, 1, MEMORY - 3), -1);
    ck_assert_int_eq(CALL("fd_write", 77, IOV_AT, WASI_MAX_IOVS + 1, OUT_AT), WASI_EINVAL);
}
END_TEST

/* ---- birth ---- */

START_TEST(test_strings)
{
    attach(NULL, false);
    ck_assert_int_eq(CALL("args_sizes_get", OUT_AT, OUT_AT + 4), 0);
    ck_assert_uint_eq(out_u32(), 3);
    ck_assert_uint_eq(get_u32(g.bytes + OUT_AT + 4), 10);
    ck_assert_int_eq(CALL("args_get", OUT_AT, BUF_AT), 0);
    ck_assert_mem_eq(g.bytes + BUF_AT, "prog\0one\0\0", 10);
    ck_assert_uint_eq(get_u32(g.bytes + OUT_AT), BUF_AT);
    ck_assert_uint_eq(get_u32(g.bytes + OUT_AT + 4), BUF_AT + 5);
    ck_assert_uint_eq(get_u32(g.bytes + OUT_AT + 8), BUF_AT + 9);
    ck_assert_int_eq(CALL("args_get", OUT_AT, MEMORY - 9), -1);
    ck_assert_int_eq(CALL("environ_sizes_get", OUT_AT, OUT_AT + 4), 0);
    ck_assert_uint_eq(out_u32(), 2);
    ck_assert_int_eq(CALL("environ_get", OUT_AT, BUF_AT), 0);
    ck_assert_str_eq((char *)g.bytes + get_u32(g.bytes + OUT_AT + 4), "LONG=value");
}
END_TEST

START_TEST(test_preopen)
{
    int before = host_fds();
    attach(NULL, false);
    ck_assert_int_eq(host_fds(), before + 1);
    for (uint32_t fd = 0; fd < 3; fd++)
        ck_assert_int_eq(CALL("fd_prestat_get", fd, OUT_AT), WASI_EBADF); /* closed streams */
    ck_assert_int_eq(CALL("fd_prestat_get", 3, OUT_AT), 0);
    ck_assert_uint_eq(get_u32(g.bytes + OUT_AT), 0);
    ck_assert_uint_eq(get_u32(g.bytes + OUT_AT + 4), 5);
    ck_assert_int_eq(CALL("fd_prestat_dir_name", 3, BUF_AT, 4), WASI_ENAMETOOLONG);
    ck_assert_int_eq(CALL("fd_prestat_dir_name", 3, BUF_AT, 5), 0);
    ck_assert_mem_eq(g.bytes + BUF_AT, "/data", 5);
    ck_assert_int_eq(CALL("fd_prestat_get", 4, OUT_AT), WASI_EBADF);
    /* what the guest opens takes the lowest number, even a stream's */
    ck_assert_int_eq(open_at(3, "file", 0, RIGHT_FD_READ, 0), 0);
    ck_assert_int_eq(open_at(3, "file", 0, RIGHT_FD_READ, 0), 1);
    ck_assert_int_eq(CALL("fd_prestat_get", 1, OUT_AT), WASI_EBADF);
    wasi_teardown(&g.sip);
    strbuf_clear(&g.sip.trap_text);
    ck_assert_int_eq(host_fds(), before);
}
END_TEST

START_TEST(test_attach_refusal)
{
    struct wasi_dir dirs[] = {{top, "/", false}, {"/nowhere/at/all", "/x", false}};
    struct wasi_config cfg = {.dirs = dirs, .ndirs = 2, .stdio = {-1, -1, -1}};
    struct diag why;
    int before = host_fds();
    diag_clear(&why);
    ck_assert_int_eq(wasi_attach(&g.sip, &cfg, &why), E_IO);
    ck_assert(strstr(why.detail, "/nowhere/at/all") && strstr(why.detail, "No such file"));
    ck_assert_ptr_null(g.sip.wasi);
    ck_assert_int_eq(host_fds(), before);
    char *big = malloc(WASI_MAX_ARGS + 1);
    memset(big, 'x', WASI_MAX_ARGS);
    big[WASI_MAX_ARGS] = '\0';
    cfg = (struct wasi_config){.args = (const char *const[]){big, NULL}, .stdio = {-1, -1, -1}};
    ck_assert_int_eq(wasi_attach(&g.sip, &cfg, NULL), E_ARGUMENT);
    free(big);
}
END_TEST

/* ---- files ---- */

static const uint32_t RW = RIGHT_FD_READ | RIGHT_FD_WRITE | RIGHT_FD_SEEK | RIGHT_FD_TELL |
                           RIGHT_FD_FILESTAT_GET | RIGHT_FD_FILESTAT_SET_SIZE |
                           RIGHT_FD_FDSTAT_SET_FLAGS;

START_TEST(test_read_write)
{
    attach(NULL, false);
    int fd = open_at(3, "new", OFLAG_CREAT | OFLAG_EXCL, RW, 0);
    ck_assert_int_eq(fd, 0);
    ck_assert_int_eq(write_text(fd, "hello, world"), 0);
    ck_assert_int_eq(CALL("fd_seek", 0, 7, WHENCE_SET, OUT_AT), 0);
    put_iov(0, BUF_AT + 100, 2);
    put_iov(1, BUF_AT + 200, 100);
    ck_assert_int_eq(CALL("fd_read", 0, IOV_AT, 2, OUT_AT), 0);
    ck_assert_uint_eq(out_u32(), 5);
    ck_assert_mem_eq(g.bytes + BUF_AT + 100, "wo", 2);
    ck_assert_mem_eq(g.bytes + BUF_AT + 200, "rld", 3);
    ck_assert_int_eq(CALL("fd_tell", 0, OUT_AT), 0);
    ck_assert_uint_eq(out_u32(), 12);
    ck_assert_int_eq(CALL("fd_seek", 0, (uint64_t)-1, WHENCE_SET, OUT_AT), WASI_EINVAL);
    ck_assert_int_eq(CALL("fd_seek", 0, 0, 3, OUT_AT), WASI_EINVAL);
    put_iov(0, BUF_AT, 5);
    memcpy(g.bytes + BUF_AT, "HELLO", 5);
    ck_assert_int_eq(CALL("fd_pwrite", 0, IOV_AT, 1, 0, OUT_AT), 0);
    ck_assert_int_eq(CALL("fd_pread", 0, IOV_AT, 1, 3, OUT_AT), 0);
    ck_assert_mem_eq(g.bytes + BUF_AT, "LO, w", 5);
    ck_assert_int_eq(CALL("fd_pread", 0, IOV_AT, 1, UINT64_MAX, OUT_AT), WASI_EINVAL);
    ck_assert_int_eq(CALL("fd_filestat_set_size", 0, 3), 0);
    ck_assert_int_eq(CALL("fd_filestat_get", 0, OUT_AT), 0);
    ck_assert_uint_eq(g.bytes[OUT_AT + 16], FILETYPE_REGULAR_FILE);
    ck_assert_uint_eq(get_u64(g.bytes + OUT_AT + 32), 3);
    ck_assert_int_eq(CALL("fd_close", 0), 0);
    ck_assert_int_eq(CALL("fd_close", 0), WASI_EBADF);
    ck_assert_int_eq(open_at(3, "new", OFLAG_CREAT | OFLAG_EXCL, RW, 0), -WASI_EEXIST);
}
END_TEST

START_TEST(test_append)
{
    attach(NULL, false);
    int fd = open_at(3, "file", 0, RW, FDFLAG_APPEND);
    ck_assert_int_eq(fd, 0);
    ck_assert_int_eq(write_text(fd, "+1"), 0);
    ck_assert_int_eq(CALL("fd_fdstat_set_flags", 0, 0), 0);
    ck_assert_int_eq(CALL("fd_seek", 0, 0, WHENCE_SET, OUT_AT), 0);
    ck_assert_int_eq(write_text(fd, "IN"), 0);
    ck_assert_int_eq(CALL("fd_fdstat_set_flags", 0, FDFLAG_SYNC), WASI_ENOTSUP);
    ck_assert_int_eq(CALL("fd_fdstat_set_flags", 0, 1u << 9), WASI_EINVAL);
    put_iov(0, BUF_AT, 20);
    ck_assert_int_eq(CALL("fd_pread", 0, IOV_AT, 1, 0, OUT_AT), 0);
    ck_assert_uint_eq(out_u32(), 8);
    ck_assert_mem_eq(g.bytes + BUF_AT, "INside+1", 8);
}
END_TEST

START_TEST(test_rights)
{
    attach(NULL, false);
    int r = open_at(3, "file", 0, RIGHT_FD_READ | RIGHT_FD_SEEK, 0);
    int w = open_at(3, "file", 0, RIGHT_FD_WRITE, 0);
    ck_assert_int_eq(write_text(r, "x"), WASI_EBADF); /* never open for it */
    put_iov(0, BUF_AT, 1);
    ck_assert_int_eq(CALL("fd_read", (uint32_t)w, IOV_AT, 1, OUT_AT), WASI_EBADF);
    ck_assert_int_eq(CALL("fd_filestat_get", (uint32_t)r, OUT_AT), WASI_ENOTCAPABLE);
    ck_assert_int_eq(CALL("fd_fdstat_set_rights", (uint32_t)r, RIGHT_FD_READ | RIGHT_FD_SYNC, 0),
                     WASI_ENOTCAPABLE);
    ck_assert_int_eq(CALL("fd_fdstat_set_rights", (uint32_t)r, 0, 0), 0);
    ck_assert_int_eq(CALL("fd_read", (uint32_t)r, IOV_AT, 1, OUT_AT),
                     WASI_ENOTCAPABLE); /* given up */
    ck_assert_int_eq(CALL("fd_seek", (uint32_t)r, 0, WHENCE_END, OUT_AT), WASI_ENOTCAPABLE);
    ck_assert_int_eq(CALL("fd_fdstat_get", (uint32_t)w, OUT_AT), 0);
    ck_assert_uint_eq(get_u64(g.bytes + OUT_AT + 8), RIGHT_FD_WRITE);
    ck_assert_uint_eq(get_u64(g.bytes + OUT_AT + 16), 0);
    /* a directory hands on no more than it has */
    ck_assert_int_eq(CALL("fd_fdstat_set_rights", 3, RIGHT_PATH_OPEN, RIGHT_FD_READ), 0);
    ck_assert_int_eq(open_at(3, "file", 0, RIGHT_FD_WRITE, 0), -WASI_ENOTCAPABLE);
    put_path(PATH_AT, "file");
    ck_assert_int_eq(
        CALL("path_open", 3, 0, PATH_AT, 4, 0, RIGHT_FD_READ, RIGHT_FD_READ, 0, OUT_AT), 0);
    ck_assert_int_eq(CALL("path_unlink_file", 3, PATH_AT, 4), WASI_ENOTCAPABLE);
}
END_TEST

START_TEST(test_read_only)
{
    attach(NULL, true);
    ck_assert_int_eq(open_at(3, "file", 0, RIGHT_FD_READ, 0), 0);
    ck_assert_int_eq(open_at(3, "file", 0, RIGHT_FD_READ | RIGHT_FD_WRITE, 0), -WASI_EROFS);
    ck_assert_int_eq(open_at(3, "file", OFLAG_TRUNC, RIGHT_FD_READ, 0), -WASI_EROFS);
    ck_assert_int_eq(open_at(3, "new", OFLAG_CREAT, RIGHT_FD_READ, 0), -WASI_EROFS);
    int sub = open_at(3, "sub", OFLAG_DIRECTORY, RIGHTS_ALL, 0);
    ck_assert_int_eq(sub, 1);
    put_path(PATH_AT, "leaf");
    put_path(PATH2_AT, "leaf2");
    ck_assert_int_eq(CALL("path_unlink_file", 1, PATH_AT, 4), WASI_EROFS);
    ck_assert_int_eq(CALL("path_remove_directory", 1, PATH_AT, 4), WASI_EROFS);
    ck_assert_int_eq(CALL("path_create_directory", 1, PATH2_AT, 5), WASI_EROFS);
    ck_assert_int_eq(CALL("path_rename", 1, PATH_AT, 4, 1, PATH2_AT, 5), WASI_EROFS);
    ck_assert_int_eq(CALL("path_link", 1, 0, PATH_AT, 4, 1, PATH2_AT, 5), WASI_EROFS);
    ck_assert_int_eq(CALL("path_symlink", PATH_AT, 4, 1, PATH2_AT, 5), WASI_EROFS);
    ck_assert_int_eq(CALL("path_filestat_set_times", 1, 0, PATH_AT, 4, 0, 0, FSTFLAG_ATIM),
                     WASI_EROFS);
    ck_assert_int_eq(CALL("fd_filestat_set_times", 1, 0, 0, FSTFLAG_ATIM), WASI_EROFS);
    ck_assert_int_eq(CALL("path_filestat_get", 1, 0, PATH_AT, 4, OUT_AT), 0);
}
END_TEST

START_TEST(test_numbers)
{
    attach(NULL, false);
    int before = host_fds();
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(open_at(3, "file", 0, RIGHT_FD_READ, 0), i);
    ck_assert_int_eq(open_at(3, "sub", OFLAG_DIRECTORY, RIGHTS_ALL, 0), 4);
    ck_assert_int_eq(CALL("fd_close", 1), 0);
    ck_assert_int_eq(open_at(4, "leaf", 0, RIGHT_FD_READ | RIGHT_FD_FILESTAT_GET, 0), 1);
    ck_assert_int_eq(CALL("fd_renumber", 1, 0), 0);
    ck_assert_int_eq(CALL("fd_close", 1), WASI_EBADF);
    ck_assert_int_eq(CALL("fd_filestat_get", 0, OUT_AT), 0);
    ck_assert_uint_eq(get_u64(g.bytes + OUT_AT + 32), 4);
    ck_assert_int_eq(CALL("fd_renumber", 0, 0), 0);
    ck_assert_int_eq(CALL("fd_renumber", 0, 900), WASI_EBADF);
    ck_assert_int_eq(CALL("fd_renumber", 900, 0), WASI_EBADF);
    ck_assert_int_eq(CALL("fd_renumber", 0, UINT32_MAX), WASI_EBADF);
    ck_assert_int_eq(host_fds(), before + 3); /* 0, 2 and 4 */
    ck_assert_int_eq(CALL("fd_read", 3, IOV_AT, 0, OUT_AT), WASI_EISDIR);
    ck_assert_int_eq(CALL("fd_seek", 3, 0, WHENCE_CUR, OUT_AT), WASI_EBADF);
    ck_assert_int_eq(CALL("fd_readdir", 0, BUF_AT, 100, 0, OUT_AT), WASI_ENOTDIR);
    put_path(PATH_AT, "x");
    ck_assert_int_eq(CALL("path_unlink_file", 0, PATH_AT, 1), WASI_ENOTDIR);
}
END_TEST

START_TEST(test_too_many)
{
    int last = 0, n = 0;
    attach(NULL, false);
    while ((last = open_at(3, "file", 0, RIGHT_FD_READ, 0)) >= 0)
        n++;
    /* the SIP's own limit, or that of the test's process */
    ck_assert(last == -WASI_EMFILE);
    ck_assert_int_gt(n, 100);
    ck_assert_int_eq(CALL("fd_close", 50), 0);
    ck_assert_int_eq(open_at(3, "file", 0, RIGHT_FD_READ, 0), 50);
}
END_TEST

/* One SIP cannot open all that the process may open. */
START_TEST(test_fair_share)
{
    struct rlimit l;
    int last = 0, n = 0;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &l), 0);
    l.rlim_cur = 200;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &l), 0);
    attach(NULL, false);
    while ((last = open_at(3, "file", 0, RIGHT_FD_READ, 0)) >= 0)
        n++;
    ck_assert(last == -WASI_EMFILE);
    ck_assert_int_eq(n, 50);
    int host = open("/dev/null", O_RDONLY);
    ck_assert_int_ge(host, 0);
    close(host);
}
END_TEST

START_TEST(test_paths)
{
    attach(NULL, false);
    put_path(PATH_AT, "sub/leaf");
    put_path(PATH2_AT, "moved");
    ck_assert_int_eq(CALL("path_rename", 3, PATH_AT, 8, 3, PATH2_AT, 5), 0);
    ck_assert_int_eq(CALL("path_filestat_get", 3, 0, PATH2_AT, 5, OUT_AT), 0);
    ck_assert_uint_eq(get_u64(g.bytes + OUT_AT + 32), 4);
    ck_assert_int_eq(CALL("path_link", 3, 0, PATH2_AT, 5, 3, PATH_AT, 8), 0);
    ck_assert_int_eq(CALL("path_filestat_get", 3, 0, PATH_AT, 8, OUT_AT), 0);
    ck_assert_uint_eq(get_u64(g.bytes + OUT_AT + 24), 2);
    put_path(PATH_AT, "moved/");
    ck_assert_int_eq(CALL("path_unlink_file", 3, PATH_AT, 6), WASI_ENOTDIR);
    ck_assert_int_eq(CALL("path_rename", 3, PATH_AT, 6, 3, PATH_AT, 5), WASI_ENOTDIR);
    ck_assert_int_eq(CALL("path_unlink_file", 3, PATH_AT, 5), 0);
    ck_assert_int_eq(CALL("path_unlink_file", 3, PATH_AT, 5), WASI_ENOENT);
    put_path(PATH_AT, "dir/");
    ck_assert_int_eq(CALL("path_create_directory", 3, PATH_AT, 4), 0);
    ck_assert_int_eq(CALL("path_unlink_file", 3, PATH_AT, 4), WASI_EISDIR);
    ck_assert_int_eq(CALL("path_unlink_file", 3, PATH_AT, 3), WASI_EISDIR);
    ck_assert_int_eq(CALL("path_remove_directory", 3, PATH_AT, 4), 0);
    put_path(PATH_AT, "sub");
    ck_assert_int_eq(CALL("path_remove_directory", 3, PATH_AT, 3), WASI_ENOTEMPTY);
    put_path(PATH_AT, "leaf");
    put_path(PATH2_AT, "sub/link");
    ck_assert_int_eq(CALL("path_symlink", PATH_AT, 4, 3, PATH2_AT, 8), 0);
    ck_assert_int_eq(CALL("path_readlink", 3, PATH2_AT, 8, BUF_AT, 100, OUT_AT), 0);
    ck_assert_uint_eq(out_u32(), 4);
    ck_assert_mem_eq(g.bytes + BUF_AT, "leaf", 4);
    ck_assert_int_eq(CALL("path_readlink", 3, PATH2_AT, 8, BUF_AT, 2, OUT_AT), 0);
    ck_assert_uint_eq(out_u32(), 2);
    ck_assert_int_eq(CALL("path_filestat_get", 3, LOOKUP_FOLLOW, PATH2_AT, 8, OUT_AT), 0);
    ck_assert_uint_eq(g.bytes[OUT_AT + 16], FILETYPE_REGULAR_FILE);
    ck_assert_int_eq(CALL("path_filestat_get", 3, 0, PATH2_AT, 8, OUT_AT), 0);
    ck_assert_uint_eq(g.bytes[OUT_AT + 16], FILETYPE_SYMBOLIC_LINK);
    ck_assert_int_eq(CALL("path_filestat_get", 3, 2, PATH2_AT, 8, OUT_AT), WASI_EINVAL);
    ck_assert_int_eq(CALL("path_filestat_set_times", 3, LOOKUP_FOLLOW, PATH2_AT, 8, 5000000007,
                          6000000008, FSTFLAG_ATIM | FSTFLAG_MTIM),
                     0);
    ck_assert_int_eq(CALL("path_filestat_get", 3, LOOKUP_FOLLOW, PATH2_AT, 8, OUT_AT), 0);
    ck_assert_uint_eq(get_u64(g.bytes + OUT_AT + 40), 5000000007);
    ck_assert_uint_eq(get_u64(g.bytes + OUT_AT + 48), 6000000008);
    ck_assert_int_eq(
        CALL("path_filestat_set_times", 3, 0, PATH2_AT, 8, 0, 0, FSTFLAG_ATIM | FSTFLAG_ATIM_NOW),
        WASI_EINVAL);
    ck_assert_int_eq(CALL("path_link", 3, LOOKUP_FOLLOW, PATH2_AT, 8, 3, PATH_AT, 4), 0);
    ck_assert_int_eq(CALL("path_filestat_get", 3, 0, PATH_AT, 4, OUT_AT), 0);
    ck_assert_uint_eq(g.bytes[OUT_AT + 16], FILETYPE_REGULAR_FILE); /* the file, not the link */
}
END_TEST

/* Paths that every function must refuse, and what they must leave alone. */
START_TEST(test_path_refusals)
{
    attach(NULL, false);
    put_path(PATH_AT, "../out/secret");
    put_path(PATH2_AT, "file");
    ck_assert_int_eq(open_at(3, "../out/secret", 0, RIGHT_FD_READ, 0), -WASI_EPERM);
    ck_assert_int_eq(CALL("path_unlink_file", 3, PATH_AT, 13), WASI_EPERM);
    ck_assert_int_eq(CALL("path_remove_directory", 3, PATH_AT, 6), WASI_EPERM);
    ck_assert_int_eq(CALL("path_create_directory", 3, PATH_AT, 10), WASI_EPERM);
    ck_assert_int_eq(CALL("path_rename", 3, PATH_AT, 13, 3, PATH2_AT, 4), WASI_EPERM);
    ck_assert_int_eq(CALL("path_rename", 3, PATH2_AT, 4, 3, PATH_AT, 10), WASI_EPERM);
    ck_assert_int_eq(CALL("path_link", 3, 0, PATH_AT, 13, 3, PATH2_AT, 3), WASI_EPERM);
    ck_assert_int_eq(CALL("path_link", 3, 0, PATH2_AT, 4, 3, PATH_AT, 10), WASI_EPERM);
    ck_assert_int_eq(CALL("path_link", 3, 1, PATH_AT, 13, 3, PATH2_AT, 3), WASI_EPERM);
    ck_assert_int_eq(CALL("path_symlink", PATH2_AT, 4, 3, PATH_AT, 10), WASI_EPERM);
    ck_assert_int_eq(CALL("path_readlink", 3, PATH_AT, 13, BUF_AT, 9, OUT_AT), WASI_EPERM);
    ck_assert_int_eq(CALL("path_filestat_get", 3, 0, PATH_AT, 13, OUT_AT), WASI_EPERM);
    ck_assert_int_eq(CALL("path_filestat_get", 3, 0, PATH_AT, 2, OUT_AT), WASI_EPERM);
    ck_assert_int_eq(CALL("path_filestat_set_times", 3, 0, PATH_AT, 13, 0, 0, 1), WASI_EPERM);
    put_path(PATH_AT, "/abs");
    ck_assert_int_eq(CALL("path_symlink", PATH_AT, 4, 3, PATH2_AT, 3), WASI_EPERM);
    ck_assert_int_eq(CALL("path_unlink_file", 3, PATH2_AT, 0), WASI_ENOENT);
    memcpy(g.bytes + PATH_AT, "fi\0le", 5);
    ck_assert_int_eq(CALL("path_unlink_file", 3, PATH_AT, 5), WASI_EINVAL);
    memset(g.bytes + BUF_AT, 'a', SANDBOX_PATH);
    ck_assert_int_eq(CALL("path_unlink_file", 3, BUF_AT, SANDBOX_PATH), WASI_ENAMETOOLONG);
    ck_assert_int_eq(open_at(3, "sub", OFLAG_DIRECTORY | OFLAG_CREAT, 0, 0), -WASI_EINVAL);
    ck_assert_int_eq(open_at(3, "sub", 1u << 9, 0, 0), -WASI_EINVAL);
    char secret[128];
    snprintf(secret, sizeof secret, "%s/out/secret", top);
    ck_assert_int_eq(access(secret, F_OK), 0);
}
END_TEST

START_TEST(test_readdir)
{
    enum { FILES = 200 };
    bool seen[FILES] = {false};
    int dots = 0;
    attach(NULL, false);
    for (int i = 0; i < FILES; i++) {
        char name[64];
        snprintf(name, sizeof name, "in/sub/entry-%d", i);
        write_file(name, "");
    }
    int fd = open_at(3, "sub", OFLAG_DIRECTORY, RIGHTS_ALL, 0);
    uint64_t cookie = 0;
    for (uint32_t used = 300; used == 300;) { /* full: there is more */
        ck_assert_int_eq(CALL("fd_readdir", (uint32_t)fd, BUF_AT, 300, cookie, OUT_AT), 0);
        used = out_u32();
        for (uint32_t at = 0; at + DIRENT_BYTES <= used;) {
            const uint8_t *d = g.bytes + BUF_AT + at;
            uint32_t len = get_u32(d + 16);
            char name[64] = "";
            int n;
            at += DIRENT_BYTES + len;
            if (at > used)
                break;
            memcpy(name, d + DIRENT_BYTES, len);
            cookie = get_u64(d);
            dots += strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
            if (sscanf(name, "entry-%d", &n) == 1) {
                ck_assert(!seen[n]);
                ck_assert_uint_eq(d[20], FILETYPE_REGULAR_FILE);
                seen[n] = true;
            }
        }
    }
    ck_assert_int_eq(dots, 2);
    for (int i = 0; i < FILES; i++)
        ck_assert(seen[i]);
}
END_TEST

START_TEST(test_clocks_and_chance)
{
    attach(NULL, false);
    for (uint32_t id = 0; id < 4; id++) {
        ck_assert_int_eq(CALL("clock_res_get", id, OUT_AT), 0);
        ck_assert_uint_gt(get_u64(g.bytes + OUT_AT), 0);
        ck_assert_int_eq(CALL("clock_time_get", id, 0, OUT_AT), 0);
    }
    ck_assert_int_eq(CALL("clock_res_get", 4, OUT_AT), WASI_EINVAL);
    ck_assert_int_eq(CALL("clock_time_get", 4, 0, OUT_AT), WASI_EINVAL);
    ck_assert_int_eq(CALL("random_get", BUF_AT, 64), 0);
    ck_assert_int_eq(CALL("random_get", BUF_AT + 64, 64), 0);
    ck_assert_mem_ne(g.bytes + BUF_AT, g.bytes + BUF_AT + 64, 64);
    uint8_t *big = calloc(1, 3 * WASI_RANDOM_SLICE + 8);
    g.memory.base = big;
    g.memory.bytes = 3 * WASI_RANDOM_SLICE + 8;
    ck_assert_int_eq(CALL("random_get", 0, 3 * WASI_RANDOM_SLICE), 0);
    ck_assert_uint_eq(g.goes, 3); /* others could run in between */
    for (uint32_t i = 0; i < 3; i++)
        ck_assert_uint_ne(get_u64(big + i * WASI_RANDOM_SLICE) |
                              get_u64(big + (i + 1) * WASI_RANDOM_SLICE - 8),
                          0);
    ck_assert_uint_eq(get_u64(big + 3 * WASI_RANDOM_SLICE), 0);
    free(big);
    g.memory.base = g.bytes;
    ck_assert_int_eq(CALL("sched_yield", 0), 0);
    ck_assert_uint_eq(g.goes, 2);
}
END_TEST

START_TEST(test_ends)
{
    attach(NULL, false);
    ck_assert_int_eq(CALL("proc_exit", 3), -2);
    ck_assert_int_eq(g.sip.proc.exit_code, 3);
    ck_assert_int_eq(CALL("proc_raise", 0), 0);
    ck_assert_int_eq(CALL("proc_raise", 16), 0);
    ck_assert_int_eq(CALL("proc_raise", 18), WASI_ENOSYS);
    ck_assert_int_eq(CALL("proc_raise", 31), WASI_EINVAL);
    ck_assert_int_eq(CALL("proc_raise", 6), -2);
    ck_assert_int_eq(g.sip.proc.exit_code, 134);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {test_table,
                                  test_link_refusals,
                                  test_wild,
                                  test_strings,
                                  test_preopen,
                                  test_attach_refusal,
                                  test_read_write,
                                  test_append,
                                  test_rights,
                                  test_read_only,
                                  test_numbers,
                                  test_too_many,
                                  test_fair_share,
                                  test_paths,
                                  test_path_refusals,
                                  test_readdir,
                                  test_clocks_and_chance,
                                  test_ends};
    return run_tests("wasi", tests, ARRAY_LEN(tests));
}
