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

uint32_t wasi_errno_of(int64_t result)
{
    return result < 0 ? errno_to_wasi((int)-result) : WASI_SUCCESS;
}

int errno_result(long result)
{
    return result < 0 ? -errno : (int)result;
}
