#include "tests/spec/causes.h"

#include <stdio.h>
#include <string.h>

/* Where the reference interpreter names another cause than a decoder that keeps within section and
 * body sizes. Each is one command of one script. */
static const struct {
    const char *script;
    uint32_t line;
    enum status code;
    const char *why;
} alternatives[] = {
    {"binary", 417, WASM_UNEXPECTED_END_OF_FUNCTION,
     "the reference reads on past the body's declared size"},
    {"binary", 454, WASM_UNEXPECTED_END_OF_FUNCTION,
     "likewise, and finds the end outside the section"},
    {"binary", 1631, WASM_UNEXPECTED_END_OF_FUNCTION,
     "the reference takes the next section's id for a length"},
    {"binary-leb128", 347, WASM_UNEXPECTED_END_OF_FUNCTION,
     "the reference reads on past the section's declared size"},
    {"binary", 1816, WASM_UNKNOWN_TYPE,
     "the reference decodes the whole body before it looks up a block type"},
};

bool causes_match(const struct vec_script *s, const struct vec_command *c, const struct diag *why)
{
    char said[512];
    snprintf(said, sizeof said, "%s %s", status_phrase(why->code), why->detail);
    if (strncmp(said, c->text, strlen(c->text)) == 0)
        return true;
    for (size_t i = 0; i < ARRAY_LEN(alternatives); i++)
        if (strcmp(alternatives[i].script, s->name) == 0 && alternatives[i].line == c->line)
            return alternatives[i].code == why->code;
    return false;
}
