#include "contract/cnames.h"

#include <stdio.h>
#include <string.h>
#include <xxhash.h>

/* Words that cannot name anything in C or C++. */
static const char *const reserved[] = {
    "alignas",
    "alignof",
    "and",
    "and_eq",
    "asm",
    "auto",
    "bitand",
    "bitor",
    "bool",
    "break",
    "case",
    "catch",
    "char",
    "char16_t",
    "char32_t",
    "char8_t",
    "class",
    "co_await",
    "co_return",
    "co_yield",
    "compl",
    "concept",
    "const",
    "const_cast",
    "consteval",
    "constexpr",
    "constinit",
    "continue",
    "decltype",
    "default",
    "delete",
    "do",
    "double",
    "dynamic_cast",
    "else",
    "enum",
    "explicit",
    "export",
    "extern",
    "false",
    "float",
    "for",
    "friend",
    "goto",
    "if",
    "inline",
    "int",
    "long",
    "mutable",
    "namespace",
    "new",
    "noexcept",
    "not",
    "not_eq",
    "nullptr",
    "operator",
    "or",
    "or_eq",
    "private",
    "protected",
    "public",
    "register",
    "reinterpret_cast",
    "requires",
    "restrict",
    "return",
    "short",
    "signed",
    "sizeof",
    "static",
    "static_assert",
    "static_cast",
    "struct",
    "switch",
    "template",
    "this",
    "thread_local",
    "throw",
    "true",
    "try",
    "typedef",
    "typeid",
    "typename",
    "typeof",
    "union",
    "unsigned",
    "using",
    "virtual",
    "void",
    "volatile",
    "wchar_t",
    "while",
    "xor",
    "xor_eq",
};

static uint32_t slot_of(const char *const *slots, uint32_t nslots, const char *name)
{
    uint32_t at = (uint32_t)XXH3_64bits(name, strlen(name)) & (nslots - 1);
    while (slots[at] && strcmp(slots[at], name) != 0)
        at = (at + 1) & (nslots - 1);
    return at;
}

static bool taken(const struct cnames *c, const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(reserved); i++)
        if (strcmp(reserved[i], name) == 0)
            return true;
    return c->nslots && c->slots[slot_of(c->slots, c->nslots, name)];
}

static bool grow(struct cnames *c)
{
    uint32_t n = c->nslots ? c->nslots * 2 : 256;
    const char **slots = ARENA_ARRAY(&c->arena, n, const char *);
    if (!slots)
        return false;
    for (uint32_t i = 0; i < c->nslots; i++)
        if (c->slots[i])
            slots[slot_of(slots, n, c->slots[i])] = c->slots[i];
    c->slots = slots;
    c->nslots = n;
    return true;
}

void cnames_clear(struct cnames *c)
{
    arena_clear(&c->arena);
    *c = (struct cnames){0};
}

const char *cnames_add(struct cnames *c, const char *wanted)
{
    char name[CNAMES_MAX + 16];
    snprintf(name, sizeof name, "%s", wanted);
    for (unsigned i = 2; taken(c, name); i++)
        snprintf(name, sizeof name, "%.*s_%u", CNAMES_MAX, wanted, i);
    char *copy = arena_strndup(&c->arena, name, strlen(name));
    if (!copy || (c->n * 2 >= c->nslots && !grow(c)))
        return NULL;
    c->slots[slot_of(c->slots, c->nslots, copy)] = copy;
    c->n++;
    return copy;
}

const char *cnames_local(const struct cnames *c, struct clocals *l, const char *wanted)
{
    check(l->n < CNAMES_LOCALS);
    char *name = l->name[l->n];
    bool again = true;
    snprintf(name, sizeof l->name[0], "%s", wanted);
    for (unsigned i = 2; again; i++) {
        again = taken(c, name);
        for (uint32_t k = 0; k < l->n; k++)
            again |= strcmp(l->name[k], name) == 0;
        if (again)
            snprintf(name, sizeof l->name[0], "%.*s_%u", CONTRACT_NAME_MAX, wanted, i);
    }
    l->n++;
    return name;
}
