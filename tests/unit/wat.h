/* Modules for tests, from text: wat2wasm (wabt) makes the binary when the test runs. */
#ifndef TESTS_UNIT_WAT_H
#define TESTS_UNIT_WAT_H

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
    uint8_t *bytes = malloc(1 << 20);
    *n = bytes ? fread(bytes, 1, 1 << 20, f) : 0;
    fclose(f);
    unlink(command);
    return bytes;
}

#endif
