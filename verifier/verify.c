#include "verifier/verify.h"

enum status verify(const uint8_t *bytes, size_t n, const struct verify_options *opt,
                   struct verified_module **out, struct diag *why)
{
    (void)bytes, (void)n, (void)opt, (void)out, (void)why;
    BUG("not yet");
}
const struct vview *verified_view(const struct verified_module *m)
{
    (void)m;
    BUG("not yet");
}
struct vname verified_func_name(const struct verified_module *m, uint32_t func)
{
    (void)m, (void)func;
    BUG("not yet");
}
const struct vexport *verified_export(const struct verified_module *m, const char *name,
                                      enum extern_kind kind)
{
    (void)m, (void)name, (void)kind;
    BUG("not yet");
}
void verified_destroy(struct verified_module *m)
{
    (void)m;
}
const char *valtype_name(uint8_t t)
{
    (void)t;
    BUG("not yet");
}
