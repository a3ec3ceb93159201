/* What is open by WASI and by the driver counts together: opens the file FILE by WASI as often as
 * it can, then asks the driver; closes one, and asks again. usage: both FILE */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <singula/file.h>

static const char *name;

/* How an open that failed did, the channel being closed. */
static int refused(File_imp f)
{
    struct File_Failed e;
    Bytes_free(File_imp_recv_Failed(f, &e));
    File_imp_close(f);
    return (int)e.error;
}

/* The errno of an open by the driver; while that has it open, *wasi is the errno of one by WASI. */
static int by_driver(int *wasi)
{
    struct File_Opened o;
    uint32_t n = (uint32_t)strlen(name);
    File_imp f = File_imp_connect("file", 4);
    if (singula_is_null(f))
        return -1;
    Bytes path = Bytes_new(n);
    Bytes_data_write(path, 0, name, n);
    File_imp_send_Open(f, 1, path);
    if (File_imp_next(f) == FILE_TAG_Failed)
        return refused(f);
    Bytes_free(File_imp_recv_Opened(f, &o));
    *wasi = open(name, O_RDONLY) < 0 ? errno : 0;
    File_imp_send_Close(f);
    File_imp_close(f);
    return 0;
}

int main(int argc, char **argv)
{
    int last = -1, fd, wasi = 0, first, second;
    if (argc < 2)
        return 2;
    name = argv[1];
    while ((fd = open(name, O_RDONLY)) >= 0)
        last = fd;
    int all = errno;
    first = by_driver(&wasi);
    close(last);
    second = by_driver(&wasi);
    printf("both: %s, %s, %s, %s\n", strerror(all), strerror(first), strerror(second),
           strerror(wasi));
    return 0;
}
