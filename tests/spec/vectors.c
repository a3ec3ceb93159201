#include "tests/spec/vectors.h"

#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ARCHIVE "wasm-spec-vectors.tar.xz"

_Noreturn static void die(const char *path, const char *what)
{
    fprintf(stderr, "%s: %s\n", path, what);
    exit(2);
}

static bool is_dir(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Unpacks into the build folder; several tests may do so at once, so by rename. */
static bool unpack(const char *archive, char *root, size_t size)
{
    snprintf(root, size, "%s/vectors", SPEC_CACHE);
    if (is_dir(root))
        return true;
    char tmp[512], cmd[2048];
    snprintf(tmp, sizeof tmp, "%s/vectors-XXXXXX", SPEC_CACHE);
    if (!mkdtemp(tmp))
        return false;
    snprintf(cmd, sizeof cmd, "tar -xJf '%s' -C '%s'", archive, tmp);
    if (system(cmd) != 0)
        return false;
    if (rename(tmp, root) != 0 && errno != EEXIST && errno != ENOTEMPTY)
        return false;
    return is_dir(root);
}

static bool find_in(const char *base, const char *subset, char *buf, size_t size)
{
    char root[600];
    snprintf(buf, size, "%s/%s", base, subset);
    if (is_dir(buf))
        return true;
    snprintf(buf, size, "%s/spec-vectors/%s", base, subset);
    if (is_dir(buf))
        return true;
    char archive[600];
    snprintf(archive, sizeof archive, "%s/" ARCHIVE, base);
    if (access(archive, R_OK) != 0 || !unpack(archive, root, sizeof root))
        return false;
    snprintf(buf, size, "%s/spec-vectors/%s", root, subset);
    return is_dir(buf);
}

bool vectors_find(const char *subset, char *buf, size_t size)
{
    const char *env = getenv("SINGULA_SPEC_DIR");
    if (env && find_in(env, subset, buf, size))
        return true;
    if (find_in(SOURCE_ROOT "/../shared/spec", subset, buf, size))
        return true;
    printf("skipped: no specification vectors %s: set SINGULA_SPEC_DIR to the folder of " ARCHIVE
           " or of its unpacked content\n",
           subset);
    return false;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

uint32_t vectors_list(const char *dir, struct arena *a, const char *const **out)
{
    struct dirent **entries;
    int n = scandir(dir, &entries, NULL, NULL);
    if (n < 0)
        die(dir, "cannot read the folder");
    const char **list = ARENA_ARRAY(a, (size_t)n, const char *);
    uint32_t count = 0;
    for (int i = 0; i < n; i++) {
        const char *name = entries[i]->d_name;
        size_t len = strlen(name);
        if (len > 5 && strcmp(name + len - 5, ".json") == 0) {
            char path[1024];
            int k = snprintf(path, sizeof path, "%s/%s", dir, name);
            list[count++] = arena_strndup(a, path, (size_t)k);
        }
        free(entries[i]);
    }
    free(entries);
    qsort(list, count, sizeof *list, by_name);
    *out = list;
    return count;
}

uint8_t *vectors_read(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    struct stat st;
    if (!f || fstat(fileno(f), &st) != 0)
        die(path, "cannot open");
    *n = (size_t)st.st_size;
    uint8_t *bytes = malloc(*n ? *n : 1);
    if (!bytes || fread(bytes, 1, *n, f) != *n)
        die(path, "cannot read");
    fclose(f);
    return bytes;
}

static const char *text_of(struct arena *a, const json_t *obj, const char *key)
{
    const json_t *v = json_object_get(obj, key);
    return json_is_string(v) ? arena_strndup(a, json_string_value(v), json_string_length(v)) : NULL;
}

static uint8_t type_of(const char *name)
{
    static const struct {
        const char *name;
        uint8_t type;
    } types[] = {{"i32", 0x7f}, {"i64", 0x7e},     {"f32", 0x7d},
                 {"f64", 0x7c}, {"funcref", 0x70}, {"externref", 0x6f}};
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (strcmp(types[i].name, name) == 0)
            return types[i].type;
    return 0;
}

static struct vec_value value_of(const json_t *v)
{
    const char *type = json_string_value(json_object_get(v, "type"));
    const char *text = json_string_value(json_object_get(v, "value"));
    struct vec_value out = {.type = type ? type_of(type) : 0, .match = VEC_BITS};
    if (!text) {
        out.match = VEC_REF;
    } else if (strcmp(text, "null") == 0) {
        out.match = VEC_NULL;
    } else if (strcmp(text, "nan:canonical") == 0) {
        out.match = VEC_NAN_CANONICAL;
    } else if (strcmp(text, "nan:arithmetic") == 0) {
        out.match = VEC_NAN_ARITHMETIC;
    } else {
        out.match = out.type == 0x70 || out.type == 0x6f ? VEC_REF : VEC_BITS;
        out.has_bits = true;
        out.bits = text[0] == '-' ? (uint64_t)strtoll(text, NULL, 10) : strtoull(text, NULL, 10);
        if (out.type == 0x7f || out.type == 0x7d)
            out.bits = (uint32_t)out.bits;
    }
    return out;
}

static struct vec_value *values_of(struct arena *a, const json_t *array, uint32_t *n)
{
    *n = (uint32_t)json_array_size(array);
    struct vec_value *v = ARENA_ARRAY(a, *n, struct vec_value);
    for (uint32_t i = 0; i < *n; i++)
        v[i] = value_of(json_array_get(array, i));
    return v;
}

static enum vec_kind kind_of(const char *type)
{
    static const char *const names[VEC_OTHER] = {
        [VEC_MODULE] = "module",
        [VEC_MODULE_DEFINITION] = "module_definition",
        [VEC_REGISTER] = "register",
        [VEC_ACTION] = "action",
        [VEC_ASSERT_RETURN] = "assert_return",
        [VEC_ASSERT_TRAP] = "assert_trap",
        [VEC_ASSERT_EXHAUSTION] = "assert_exhaustion",
        [VEC_ASSERT_INVALID] = "assert_invalid",
        [VEC_ASSERT_MALFORMED] = "assert_malformed",
        [VEC_ASSERT_UNLINKABLE] = "assert_unlinkable",
        [VEC_ASSERT_UNINSTANTIABLE] = "assert_uninstantiable",
    };
    enum vec_kind k = VEC_MODULE;
    while (k < VEC_OTHER && strcmp(names[k], type) != 0)
        k++;
    return k;
}

static void command_of(struct arena *a, const char *dir, const json_t *obj, struct vec_command *c)
{
    c->type_name = text_of(a, obj, "type");
    c->kind = kind_of(c->type_name);
    c->line = (uint32_t)json_integer_value(json_object_get(obj, "line"));
    c->name = text_of(a, obj, "name");
    c->as = text_of(a, obj, "as");
    c->text = text_of(a, obj, "text");
    c->expected = values_of(a, json_object_get(obj, "expected"), &c->nexpected);

    const char *file = text_of(a, obj, "filename");
    if (file) {
        char path[1024];
        int n = snprintf(path, sizeof path, "%s/%s", dir, file);
        c->file = arena_strndup(a, path, (size_t)n);
    }
    const json_t *act = json_object_get(obj, "action");
    if (act) {
        const char *type = json_string_value(json_object_get(act, "type"));
        const json_t *field = json_object_get(act, "field");
        c->action.get = type && strcmp(type, "get") == 0;
        c->action.module = text_of(a, act, "module");
        c->action.field = (struct vec_text){text_of(a, act, "field"), json_string_length(field)};
        c->action.args = values_of(a, json_object_get(act, "args"), &c->action.nargs);
    }
}

void vectors_load(const char *path, struct vec_script *out)
{
    json_error_t err;
    json_t *root = json_load_file(path, JSON_ALLOW_NUL, &err);
    const json_t *commands = json_object_get(root, "commands");
    if (!json_is_array(commands))
        die(path, root ? "has no commands" : err.text);

    *out = (struct vec_script){.ncommands = (uint32_t)json_array_size(commands)};
    const char *slash = strrchr(path, '/');
    size_t ndir = slash ? (size_t)(slash - path) : 0;
    const char *dir = slash ? arena_strndup(&out->arena, path, ndir) : ".";
    const char *base = slash ? slash + 1 : path;
    out->name = arena_strndup(&out->arena, base, strlen(base) - strlen(".json"));
    out->commands = ARENA_ARRAY(&out->arena, out->ncommands, struct vec_command);
    for (uint32_t i = 0; i < out->ncommands; i++)
        command_of(&out->arena, dir, json_array_get(commands, i), &out->commands[i]);
    json_decref(root);
}

void vectors_free(struct vec_script *s)
{
    arena_clear(&s->arena);
}
