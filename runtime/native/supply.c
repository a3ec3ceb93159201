#include "runtime/native/supply.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/baseline/baseline.h"

void supply_open(struct supply *s, const struct supply_config *cfg)
{
    *s = (struct supply){.cfg = *cfg};
    if (!cfg->no_cache)
        cache_open(&s->cache, cfg->cache_path, cfg->cache_bytes);
}

void supply_close(struct supply *s)
{
    cache_close(&s->cache);
}

/* ---- the compiler ---- */

enum { FOLDER_MAX = 4096 };
static const char object_name[] = "singula-llvm.so";

struct loaded_compiler {
    __typeof__(&compiler_compile) compile;
    __typeof__(&compiler_identity) identity;
};

const char *supply_compiler(void)
{
    return strstr(image_compiler, "llvm ");
}

/* The folder of the program or library that this is part of; it ends without a slash. */
static void own_folder(char *path, size_t size)
{
    Dl_info us;
    if (dladdr(object_name, &us) && us.dli_fname && strstr(us.dli_fname, "libsingula.so")) {
        snprintf(path, size, "%s", us.dli_fname);
    } else { /* of a program, dladdr() gives argv[0], which need not be its path */
        ssize_t n = readlink("/proc/self/exe", path, size - 1);
        path[n > 0 ? n : 0] = 0;
    }
    char *slash = strrchr(path, '/');
    if (slash)
        *slash = 0;
}

/* Only we ourselves and the system's owner may have written it. */
static bool is_trusted(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
           (st.st_uid == 0 || st.st_uid == geteuid()) && !(st.st_mode & (S_IWGRP | S_IWOTH));
}

/* Finds the compiler: beside the library or program, as in the folder of a build, or installed.
 * The environment variable is for what is neither. */
static bool find_object(char *path, size_t size)
{
    static const char *const beside[] = {"", "/..", "/../..", "/singula"};
    char folder[FOLDER_MAX];
    const char *said = geteuid() == getuid() ? getenv("SINGULA_COMPILER") : NULL;
    if (said) {
        snprintf(path, size, "%s", said);
        return true;
    }
    own_folder(folder, sizeof folder);
    for (size_t i = 0; folder[0] == '/' && i < ARRAY_LEN(beside); i++) {
        snprintf(path, size, "%s%s/%s", folder, beside[i], object_name);
        if (is_trusted(path))
            return true;
    }
    snprintf(path, size, "%s/%s", supply_libdir, object_name);
    return is_trusted(path);
}

/* It stays loaded: unloading LLVM saves nothing that anybody waits for. */
static enum status load_compiler(struct loaded_compiler *out, struct diag *why)
{
    char path[FOLDER_MAX + 64];
    if (!supply_compiler())
        return diag_set(why, E_NO_COMPILER,
                        "this build of Singula is without LLVM, which --opt=full needs");
    if (!find_object(path, sizeof path))
        return diag_set(why, E_NO_COMPILER, "%s is missing; looked for beside Singula and in %s",
                        object_name, supply_libdir);
    void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!object)
        return diag_set(why, E_NO_COMPILER, "%s", dlerror());
    *out = (struct loaded_compiler){
        .compile = (__typeof__(&compiler_compile))(uintptr_t)dlsym(object, "compiler_compile"),
        .identity = (__typeof__(&compiler_identity))(uintptr_t)dlsym(object, "compiler_identity"),
    };
    if (!out->compile || !out->identity)
        return diag_set(why, E_NO_COMPILER, "%s is not Singula's", path);
    if (strcmp(out->identity(), image_compiler) != 0) {
        diag_set(why, E_NO_COMPILER, "%s is of another version", path);
        diag_want(why, "%s", image_compiler);
        diag_found(why, "%s", out->identity());
        return E_NO_COMPILER;
    }
    return OK;
}

static uint32_t other_processors(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 2 ? (uint32_t)n - 1 : 1;
}

static enum status compile(const struct supply *s, const struct verified_module *m,
                           const struct image_key *key, const _Atomic bool *stop,
                           struct image_bytes *out, struct diag *why)
{
    struct loaded_compiler c;
    struct compile_options o = {.mode = (enum memory_mode)key->mode,
                                .watched = key->watched,
                                .threads = s->cfg.spare ? other_processors() : 0,
                                .progress = stop ? NULL : s->cfg.progress,
                                .ctx = s->cfg.ctx,
                                .stop = stop};
    enum status st;
    if (key->opt == IMAGE_FAST)
        st = baseline_compile(m, key, &o, out, why);
    else if ((st = load_compiler(&c, why)) == OK)
        st = c.compile(m, key, &o, out, why);
    if (st != OK)
        return st;
    st = image_check(out->bytes, out->n, key, why);
    if (st != OK)
        free(out->bytes);
    return st;
}

/* ---- finding ---- */

static struct image_key key_of(const struct verified_module *m, enum memory_mode mode,
                               enum image_opt opt, bool watched)
{
    const struct vview *v = verified_view(m);
    struct image_key key;
    image_key(&key, v->bytes, v->nbytes, mode, opt, watched);
    return key;
}

bool supply_find(const struct supply *s, const struct verified_module *m, enum memory_mode mode,
                 enum image_opt opt, bool watched, struct image_bytes *out)
{
    struct image_key key = key_of(m, mode, opt, watched);
    return cache_get(&s->cache, &key, verified_view(m), out);
}

enum status supply_make(const struct supply *s, const struct verified_module *m,
                        enum memory_mode mode, enum image_opt opt, bool watched,
                        const _Atomic bool *stop, struct image_bytes *out, struct diag *why)
{
    struct image_key key = key_of(m, mode, opt, watched);
    return compile(s, m, &key, stop, out, why);
}

enum status supply_get(const struct supply *s, const struct verified_module *m,
                       enum memory_mode mode, enum image_opt opt, bool watched,
                       const _Atomic bool *stop, struct image_bytes *out, struct diag *why)
{
    struct image_key key = key_of(m, mode, opt, watched);
    if (cache_get(&s->cache, &key, verified_view(m), out))
        return OK;
    enum status st = compile(s, m, &key, stop, out, why);
    if (st == OK)
        cache_put(&s->cache, &key, out->bytes, out->n);
    return st;
}
