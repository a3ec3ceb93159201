/* Options for systems whose idle SIPs leave memory: --swap=FOLDER and what goes with it. */
#include "cli/cli.h"

bool swap_option(int option, const char *text, struct singula_config *cfg)
{
    switch (option) {
    case OPT_SWAP_SIZE:
        return opts_size("--swap-size", text, &cfg->swap_bytes);
    case OPT_SWAP_IDLE:
        return opts_duration("--swap-idle", text, &cfg->swap_idle_ns);
    case OPT_SWAP_MEMORY:
        return opts_size("--swap-memory", text, &cfg->swap_memory_bytes);
    default:
        cfg->swap_folder = text;
        return true;
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
