#include "runtime/wasi/wasi_int.h"

#include <errno.h>

enum wasi_errno errno_to_wasi(int host)
{
    switch (host < 0 ? -host : host) {
#define ERRNO(name, number)                                                                        \
    case E##name:                                                                                  \
        return WASI_E##name;
#include "runtime/wasi/errno.def"
#undef ERRNO
    case 0:
        return WASI_SUCCESS;
    default: /* numbers that the snapshot has no name for */
        return WASI_EIO;
    }
}

int errno_result(long result)
{
    return result < 0 ? -errno : (int)result;
}
