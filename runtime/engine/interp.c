#include "runtime/engine/instance.h"

static enum status load(struct region *r, const struct verified_module *m, enum memory_mode mode,
                        struct code_module **out, struct diag *why)
{
    (void)r, (void)m, (void)mode, (void)out, (void)why;
    BUG("not yet");
}
static void unload(struct code_module *c)
{
    (void)c;
}
static enum run_result run(struct sip *s)
{
    (void)s;
    BUG("not yet");
}

const struct engine interp_engine = {"interp", load, unload, run};

enum status exec_call(struct sip *s, struct instance *inst, uint32_t func, const uint64_t *args)
{
    (void)s, (void)inst, (void)func, (void)args;
    BUG("not yet");
}
const uint64_t *exec_results(const struct sip *s)
{
    (void)s;
    return NULL;
}
uint32_t exec_backtrace(const struct sip *s, struct frame_info *frames, uint32_t max)
{
    (void)s, (void)frames, (void)max;
    return 0;
}
