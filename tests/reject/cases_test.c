/* Verifies every case of an index made by convert.py, by verify() itself: code, function and offset
 * must be as its file says. usage: cases_test INDEX. check_cli.py does the same through the command
 * line. */
#include "verifier/verify.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint8_t *read_file(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    if (!f || fseek(f, 0, SEEK_END) != 0)
        return NULL;
    *n = (size_t)ftell(f);
    rewind(f);
    uint8_t *bytes = malloc(*n ? *n : 1);
    if (bytes && fread(bytes, 1, *n, f) != *n) {
        free(bytes);
        bytes = NULL;
    }
    fclose(f);
    return bytes;
}

/* "-" means that nothing is expected. */
static bool agrees(const char *expected, uint32_t found)
{
    return strcmp(expected, "-") == 0 || strtoul(expected, NULL, 10) == found;
}

static bool run_case(const char *path, const char *code, const char *func, const char *offset)
{
    size_t n = 0;
    uint8_t *bytes = read_file(path, &n);
    if (!bytes) {
        printf("%s: cannot read\n", path);
        return false;
    }
    struct diag why;
    struct verified_module *m;
    enum status s = verify(bytes, n, NULL, &m, &why);
    verified_destroy(m);
    free(bytes);
    if (strcmp(status_name(s), code) == 0 && agrees(func, why.func) && agrees(offset, why.offset))
        return true;
    char text[2048] = "accepted\n";
    if (s != OK)
        diag_format(&why, "found", text, sizeof text);
    printf("%s: wanted %s func=%s offset=%s\n  %s", path, code, func, offset, text);
    return false;
}

int main(int argc, char **argv)
{
    FILE *f = argc == 2 ? fopen(argv[1], "r") : NULL;
    if (!f) {
        fprintf(stderr, "usage: cases_test INDEX\n");
        return 2;
    }
    char path[1024], code[64], func[16], offset[16], monitor[32], source[1024];
    uint32_t passed = 0, failed = 0;
    while (fscanf(f, "%1023s %63s %15s %15s %31s %1023s", path, code, func, offset, monitor,
                  source) == 6)
        *(run_case(path, code, func, offset) ? &passed : &failed) += 1;
    fclose(f);
    printf("cases_test: %" PRIu32 " passed, %" PRIu32 " failed, 0 skipped\n", passed, failed);
    return failed || !passed;
}
