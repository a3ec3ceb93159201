/* Modules for tests, from text: wat2wasm (wabt) makes the binary when the test runs. */
#ifndef TESTS_UNIT_WAT_H
#define TESTS_UNIT_WAT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* False: the tests cannot run here (exit with 77). */
static inline bool wat_available(void)
{
    return system("wat2wasm --version >/dev/null 2>&1") == 0;
}

/* The binary of a text, malloc'ed; ends the process if the text is not valid. */
static inline uint8_t *wat_binary(const char *text, size_t *n)
{
    char in[] = "/tmp/singula-wat-XXXXXX", command[160];
    int fd = mkstemp(in);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
    if (!f || fputs(text, f) < 0 || fclose(f) != 0)
        abort();
    snprintf(command, sizeof command, "wat2wasm --no-check --debug-names %s -o %s.wasm", in, in);
    int failed = system(command);
    unlink(in);
    snprintf(command, sizeof command, "%s.wasm", in);
    f = failed ? NULL : fopen(command, "rb");
    if (!f) {
        fprintf(stderr, "wat2wasm refuses:\n%s\n", text);
        exit(1);
    }
    uint8_t *bytes = malloc(8 << 20);
    *n = bytes ? fread(bytes, 1, 8 << 20, f) : 0;
    fclose(f);
    unlink(command);
    return bytes;
}

/* The same with the text of contracts in its custom section (less than 16 KiB; NULL: none). */
static inline uint8_t *wat_binary_contract(const char *text, const char *contract, size_t *n)
{
    static const char name[] = "singula.contract";
    size_t k = contract ? strlen(contract) : 0, size = sizeof name + k;
    uint8_t *bytes = wat_binary(text, n);
    if (!contract)
        return bytes;
    bytes = realloc(bytes, *n + 3 + size);
    if (!bytes || size >= 1 << 14)
        abort();
    uint8_t *p = bytes + *n;
    *p++ = 0;
    *p++ = (uint8_t)(size & 0x7f) | 0x80;
    *p++ = (uint8_t)(size >> 7);
    *p++ = sizeof name - 1;
    memcpy(p, name, sizeof name - 1);
    memcpy(p + sizeof name - 1, contract, k);
    *n += 3 + size;
    return bytes;
}

#endif
