/* Types of host functions as text, and Wasm types as text for people. */
#include "runtime/engine/hostcall.h"

/* The value type a letter stands for, 0 if none. */
static uint8_t letter_type(char c)
{
    switch (c) {
    case 'i':
        return VT_I32;
    case 'I':
        return VT_I64;
    case 'f':
        return VT_F32;
    case 'F':
        return VT_F64;
    case 'r':
        return VT_EXTERNREF;
    default:
        return 0;
    }
}

bool hostcall_type_valid(const char *text)
{
    uint32_t colons = 0, results = 0;
    for (; *text; text++) {
        if (*text == ':')
            colons++;
        else if (!letter_type(*text))
            return false;
        else if (colons)
            results++;
    }
    return colons <= 1 && results <= 1;
}

bool hostcall_type_matches(const char *text, const struct functype *t)
{
    uint32_t i = 0;
    for (; *text && *text != ':'; text++, i++)
        if (i >= t->nparams || t->params[i] != letter_type(*text))
            return false;
    if (i != t->nparams)
        return false;
    i = 0;
    if (*text == ':')
        for (text++; *text; text++, i++)
            if (i >= t->nresults || t->results[i] != letter_type(*text))
                return false;
    return i == t->nresults;
}

static void print_types(const uint8_t *types, uint32_t n, struct strbuf *out)
{
    for (uint32_t i = 0; i < n; i++)
        strbuf_printf(out, "%s%s", i ? ", " : "", valtype_name(types[i]));
}

void functype_print(const struct functype *t, struct strbuf *out)
{
    strbuf_puts(out, "(");
    print_types(t->params, t->nparams, out);
    strbuf_puts(out, ")");
    if (!t->nresults)
        return;
    strbuf_puts(out, t->nresults > 1 ? " -> (" : " -> ");
    print_types(t->results, t->nresults, out);
    if (t->nresults > 1)
        strbuf_puts(out, ")");
}

void hostcall_type_print(const char *text, struct strbuf *out)
{
    const char *sep = "";
    strbuf_puts(out, "(");
    for (; *text && *text != ':'; text++, sep = ", ")
        strbuf_printf(out, "%s%s", sep, valtype_name(letter_type(*text)));
    strbuf_puts(out, ")");
    if (*text == ':' && text[1])
        strbuf_printf(out, " -> %s", valtype_name(letter_type(text[1])));
}
