/* Makes, reads, lists, renames and removes files through the driver. usage: files NAME */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <singula/file.h>

enum { READ = 1, WRITE = 2, CREATE = 4, NEW = 8, EMPTY = 16, APPEND = 32 };

static int wrong;

static void expect(const char *what, long got, long want)
{
    if (got == want)
        return;
    printf("files: %s: %ld, not %ld\n", what, got, want);
    wrong = 1;
}

static Bytes bytes_of(const char *s)
{
    uint32_t n = (uint32_t)strlen(s);
    Bytes b = Bytes_new(n);
    Bytes_data_write(b, 0, s, n);
    return b;
}

/* 0 and *size, or the errno. */
static uint32_t open_file(File_imp f, uint32_t how, const char *path, uint64_t *size)
{
    File_imp_send_Open(f, how, bytes_of(path));
    if (File_imp_next(f) == FILE_TAG_Opened) {
        struct File_Opened o;
        Bytes_free(File_imp_recv_Opened(f, &o));
        *size = o.size;
        return 0;
    }
    struct File_Failed e;
    Bytes_free(File_imp_recv_Failed(f, &e));
    return e.error;
}

/* An open in which this must fail; whether it did as it should. */
static void must_fail(uint32_t how, const char *path, uint32_t error)
{
    File_imp f = File_imp_connect("file", 4);
    if (singula_is_null(f))
        return;
    File_imp_send_Open(f, how, bytes_of(path));
    if (File_imp_next(f) == FILE_TAG_Failed) {
        struct File_Failed e;
        Bytes_free(File_imp_recv_Failed(f, &e));
        expect(path, (long)e.error, (long)error);
        File_imp_close(f);
    } else {
        expect(path, 0, (long)error);
        File_imp_abandon(f);
    }
}

static uint32_t look(const char *path, uint64_t *size)
{
    File_imp f = File_imp_connect("file", 4);
    uint32_t kind = 0;
    if (singula_is_null(f))
        return 0;
    File_imp_send_Look(f, bytes_of(path));
    if (File_imp_next(f) == FILE_TAG_Attributes) {
        struct File_Attributes a;
        Bytes_free(File_imp_recv_Attributes(f, &a));
        *size = a.size;
        kind = a.kind;
        File_imp_close(f);
    } else {
        File_imp_abandon(f);
    }
    return kind;
}

/* The errno of a request that is answered by Changed or Failed. */
static uint32_t change(File_imp f)
{
    if (File_imp_next(f) == FILE_TAG_Changed) {
        Bytes_free(File_imp_recv_Changed(f));
        File_imp_close(f);
        return 0;
    }
    struct File_Failed e = {0};
    File_imp_abandon(f);
    return e.error + 1000;
}

static uint32_t make_directory(const char *path)
{
    File_imp f = File_imp_connect("file", 4);
    if (singula_is_null(f))
        return 1;
    File_imp_send_MakeDirectory(f, bytes_of(path));
    return change(f);
}

static uint32_t remove_it(const char *path)
{
    File_imp f = File_imp_connect("file", 4);
    if (singula_is_null(f))
        return 1;
    File_imp_send_Remove(f, bytes_of(path));
    return change(f);
}

static uint32_t rename_it(const char *from, const char *to)
{
    char both[200];
    File_imp f = File_imp_connect("file", 4);
    if (singula_is_null(f))
        return 1;
    snprintf(both, sizeof both, "%s%s", from, to);
    File_imp_send_Rename(f, (uint32_t)strlen(from), bytes_of(both));
    return change(f);
}

/* How many names the directory has but for those with a dot before. */
static int list(const char *path)
{
    char buffer[100];
    int count = 0;
    uint64_t next = 0;
    File_imp f = File_imp_connect("file", 4);
    if (singula_is_null(f))
        return -1;
    for (;;) {
        Bytes b = Bytes_new(sizeof buffer);
        Bytes_data_write(b, 0, path, (uint32_t)strlen(path));
        File_imp_send_List(f, next, (uint32_t)strlen(path), b);
        if (File_imp_next(f) != FILE_TAG_Listed) {
            File_imp_abandon(f);
            return -1;
        }
        struct File_Listed l;
        b = File_imp_recv_Listed(f, &l);
        Bytes_data_read(b, 0, buffer, l.n);
        Bytes_free(b);
        for (uint32_t at = 0; at < l.n; at += (uint32_t)strlen(buffer + at + 1) + 2)
            count += buffer[at + 1] != '.' && buffer[at] == 1;
        next = l.next;
        if (!next)
            break;
    }
    File_imp_close(f);
    return count;
}

/* Writes and reads back a megabyte in blocks, then gives up in the midst of a read. */
static void transfers(const char *path)
{
    enum { BLOCK = 65536, BLOCKS = 16 };
    uint64_t size = 1;
    struct File_Done d;
    struct File_Result r;
    File_imp f = File_imp_connect("file", 4);
    if (singula_is_null(f)) {
        printf("files: no driver\n");
        wrong = 1;
        return;
    }
    File_imp_send_Open(f, READ | WRITE | CREATE | NEW, bytes_of(path));
    if (File_imp_next(f) != FILE_TAG_Opened) {
        wrong = 1;
        File_imp_abandon(f);
        return;
    }
    struct File_Opened o;
    Bytes_free(File_imp_recv_Opened(f, &o));
    size = o.size;
    expect("size of a new file", (long)size, 0);
    Bytes b = Bytes_new(BLOCK);
    for (uint32_t i = 0; i < BLOCKS; i++) {
        Bytes_data_set(b, 0, (uint8_t)i);
        Bytes_data_set(b, BLOCK - 1, (uint8_t)(i * 7));
        File_imp_send_Write(f, (uint64_t)i * BLOCK, BLOCK, b);
        b = File_imp_recv_Done(f, &d);
        expect("written", (long)d.n, BLOCK);
    }
    for (uint32_t i = 0; i < BLOCKS; i++) {
        Bytes_data_set(b, 0, 0xff);
        File_imp_send_Read(f, (uint64_t)i * BLOCK, BLOCK, b);
        b = File_imp_recv_Done(f, &d);
        expect("read", (long)d.n, BLOCK);
        expect("first byte", Bytes_data_get(b, 0), (long)i);
        expect("last byte", Bytes_data_get(b, BLOCK - 1), (long)(uint8_t)(i * 7));
    }
    File_imp_send_Read(f, BLOCKS * BLOCK, BLOCK, b);
    b = File_imp_recv_Done(f, &d);
    expect("read at the end", (long)(d.n + d.error), 0);
    File_imp_send_Read(f, 0, BLOCK + 1, b);
    b = File_imp_recv_Done(f, &d);
    expect("more than the block has", (long)d.error, EINVAL);
    File_imp_send_Resize(f, 100);
    File_imp_recv_Result(f, &r);
    expect("resized", (long)r.size, 100);
    File_imp_send_Sync(f);
    File_imp_recv_Result(f, &r);
    expect("synced", (long)r.error, 0);
    File_imp_send_Read(f, 0, BLOCK, b);
    File_imp_abandon(f);
}

int main(int argc, char **argv)
{
    char path[100], other[100];
    uint64_t size = 0;
    if (argc < 2)
        return 2;
    snprintf(path, sizeof path, "/data/%s", argv[1]);
    snprintf(other, sizeof other, "data/%s.other", argv[1]);
    transfers(path);
    expect("kind", look(path, &size), 1);
    expect("size", (long)size, 100);
    must_fail(READ | WRITE | CREATE | NEW, path, EEXIST);
    must_fail(READ, "/data/../secret", EPERM);
    must_fail(READ, "/secret", ENOENT);
    must_fail(READ, "/data/none", ENOENT);
    must_fail(READ, "/data", EISDIR);
    must_fail(READ, "/data/link", EPERM);
    must_fail(READ | WRITE, "/fixed/file", EROFS);
    must_fail(WRITE | CREATE, "/fixed/new", EROFS);
    must_fail(0, path, EINVAL);
    must_fail(READ | EMPTY, path, EINVAL);
    File_imp f = File_imp_connect("file", 4);
    if (!singula_is_null(f)) {
        expect("a file that may be read", (long)open_file(f, READ, "/fixed/file", &size), 0);
        File_imp_abandon(f);
    }
    expect("rename", (long)rename_it(path, other), 0);
    expect("kind of what is gone", look(path, &size), 0);
    expect("kind of what is there", look(other, &size), 1);
    expect("directory", (long)make_directory(path), 0);
    expect("kind", look(path, &size), 2);
    expect("names", list("/many"), 100);
    expect("remove directory", (long)remove_it(path), 0);
    expect("remove file", (long)remove_it(other), 0);
    if (!wrong)
        printf("files: all right\n");
    return wrong;
}
