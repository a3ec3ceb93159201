/* SIPs that share frozen trees through slots, sets and messages, and are killed at any time:
 * keep_test KEEP.wat [monitor]. The audit runs after every death; in the end nothing is left. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "include/singula.h"
#include "tests/engine_option.h"
#include "tests/stress/keep.h"
#include "tests/unit/wat.h"

enum { CLIENTS = 9, ROUNDS = 400 };

static struct singula_system *sys;
static struct singula_module *keep;
static uint32_t wrong;

static void die(const char *what, const struct singula_diag *why)
{
    char text[2000];
    singula_diag_format(why, what, text, sizeof text);
    printf("%s", text);
    exit(1);
}

static size_t put_leb(uint8_t *out, size_t v)
{
    size_t n = 0;
    for (; v > 0x7f; v >>= 7)
        out[n++] = (uint8_t)(v | 0x80);
    out[n++] = (uint8_t)v;
    return n;
}

/* The guest with its contract. */
static struct singula_module *module(const char *path)
{
    static const char section[] = "singula.contract";
    static char text[1 << 16];
    struct singula_module *m;
    struct singula_diag why = {0};
    FILE *f = fopen(path, "rb");
    size_t n = 0, l = sizeof section - 1, k = sizeof keep_contract - 1;
    if (f)
        n = fread(text, 1, sizeof text - 1, f);
    if (!n) {
        printf("cannot read %s\n", path);
        exit(1);
    }
    fclose(f);
    uint8_t *bytes = wat_binary(text, &n); /* a buffer of 1 MiB */
    bytes[n++] = 0;
    n += put_leb(bytes + n, 1 + l + k);
    bytes[n++] = (uint8_t)l;
    memcpy(bytes + n, section, l);
    memcpy(bytes + n + l, keep_contract, k);
    if (singula_verify(bytes, n + l + k, NULL, &m, &why))
        die(path, &why);
    free(bytes);
    return m;
}

static struct singula_sip *spawn(const char *entry)
{
    static const char *const names[] = {"desk", NULL};
    struct singula_spawn opt = {.name = entry,
                                .entry = entry,
                                .memory_mode = SINGULA_COMPACT,
                                .publish = names,
                                .connect = names};
    struct singula_sip *sip;
    struct singula_diag why = {0};
    if (singula_spawn(sys, keep, &opt, &sip, &why))
        die("spawn", &why);
    return sip;
}

/* It has ended, by itself or killed; anything else is a mistake, as a damaged tree would be. */
static void bury(struct singula_sip *sip)
{
    const char *trap = singula_sip_trap(sip);
    struct singula_diag why = {0};
    if (strcmp(trap, "NONE") != 0 && strcmp(trap, "KILLED") != 0) {
        printf("%s", singula_sip_report(sip));
        wrong++;
    }
    singula_sip_destroy(sip);
    if (singula_audit(sys, &why)) {
        printf("audit: %s\n", why.detail);
        wrong++;
    }
}

static bool ended(struct singula_sip *sip)
{
    enum singula_state state = singula_sip_state(sip);
    return state == SINGULA_EXITED || state == SINGULA_TRAPPED;
}

int main(int argc, char **argv)
{
    struct singula_diag why = {0};
    struct singula_config cfg = {0};
    engine_option(&cfg, &argc, argv);
    cfg.monitor = argc == 3 ? SINGULA_MONITOR_ON : SINGULA_MONITOR_OFF;
    struct singula_sip *server, *client[CLIENTS];
    struct singula_stats left;
    uint32_t random = 1, killed = 0, finished = 0;
    if (argc < 2)
        return 2;
    if (!wat_available()) {
        printf("keep_test: 0 passed, 0 failed, 1 skipped (wat2wasm is not there: install wabt)\n");
        return 77;
    }
    if (singula_system_create(&cfg, &sys, &why))
        die("system", &why);
    keep = module(argv[1]);
    server = spawn("server");
    for (int i = 0; i < CLIENTS; i++)
        client[i] = spawn("client");
    for (int round = 0; round < ROUNDS; round++) {
        random = random * 1103515245 + 12345;
        uint32_t i = (random >> 8) % (CLIENTS + 1), ms = 1 + (random >> 16) % 8;
        struct singula_sip **at = i < CLIENTS ? &client[i] : &server;
        singula_run(sys, NULL, (uint64_t)ms * 250000);
        if (i == CLIENTS && round % 8)
            continue; /* servers live longer */
        if (!ended(*at)) {
            singula_kill(*at);
            singula_run(sys, *at, SINGULA_FOREVER);
            killed++;
        } else {
            finished++;
        }
        bury(*at);
        *at = spawn(i < CLIENTS ? "client" : "server");
    }
    for (int i = 0; i <= CLIENTS; i++) {
        struct singula_sip *sip = i < CLIENTS ? client[i] : server;
        singula_kill(sip);
        singula_run(sys, sip, SINGULA_FOREVER);
        bury(sip);
    }
    singula_stats(sys, &left);
    if (left.blocks + left.endpoints + left.listeners + left.sets + left.block_bytes) {
        printf("left are %llu blocks, %llu bytes\n", (unsigned long long)left.blocks,
               (unsigned long long)left.block_bytes);
        wrong++;
    }
    singula_module_destroy(keep);
    singula_system_destroy(sys);
    printf("    %u SIPs were killed, %u ended by themselves\n", killed, finished);
    printf("keep_test: %d passed, %u failed, 0 skipped\n", wrong == 0, wrong);
    return wrong != 0 || killed == 0;
}
