/* Options for systems whose idle SIPs leave memory: --swap=FOLDER and what goes with it. */
#include "cli/cli.h"

/* 0 would mean the default. */
static bool idle(const char *text, uint64_t *ns)
{
    if (!opts_duration("--swap-idle", text, ns))
        return false;
    if (*ns == 0)
        complain("--swap-idle: \"%s\" is no time at all", text);
    return *ns > 0;
}

bool swap_option(int option, const char *text, struct singula_config *cfg)
{
    switch (option) {
    case OPT_SWAP_SIZE:
        return opts_size_within("--swap-size", text, SWAP_LIMITS, &cfg->swap_bytes);
    case OPT_SWAP_IDLE:
        return idle(text, &cfg->swap_idle_ns);
    case OPT_SWAP_MEMORY:
        return opts_size_within("--swap-memory", text, MEMORY_LIMITS, &cfg->swap_memory_bytes);
    default:
        if (!*text)
            complain("--swap: give a FOLDER");
        cfg->swap_folder = text;
        return *text;
    }
}

bool swap_usable(const struct singula_config *cfg)
{
    if (cfg->swap_folder && cfg->seed)
        complain("--swap: cannot be used with --seed: files answer when they like");
    else if (!cfg->swap_folder && (cfg->swap_bytes || cfg->swap_idle_ns || cfg->swap_memory_bytes))
        complain("--swap-size, --swap-idle and --swap-memory: need --swap=FOLDER");
    else
        return true;
    return false;
}
