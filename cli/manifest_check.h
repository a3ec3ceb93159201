/* Whether a text is a manifest: libcyaml, which reads it, says what is wrong in words of its own
 * and seldom where. */
#ifndef CLI_MANIFEST_CHECK_H
#define CLI_MANIFEST_CHECK_H

#include <cyaml/cyaml.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether n bytes are one YAML document of the schema, a mapping. Complains of the first thing that
 * is wrong: "FILE:LINE:COLUMN: key: message". */
bool manifest_check(const char *path, const uint8_t *bytes, size_t n,
                    const cyaml_schema_value_t *top);

#endif
