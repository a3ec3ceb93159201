#include "runtime/wasi/wasi.h"

enum status wasi_attach(struct sip *s, const struct wasi_config *cfg, struct diag *why)
{
    (void)s, (void)cfg, (void)why;
    BUG("not yet");
}

void wasi_teardown(struct sip *s)
{
    (void)s;
}

enum status wasi_link(void *ctx, const struct vimport *imp, const struct functype *type,
                      struct extern_ref *out, struct diag *why)
{
    (void)ctx, (void)imp, (void)type, (void)out, (void)why;
    return E_UNLINKABLE_UNKNOWN;
}

const struct hostcall_row *wasi_rows(uint32_t *n)
{
    *n = 0;
    return 0;
}
