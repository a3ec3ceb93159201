/* The string, character and conversion functions of the C library. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <wchar.h>

static int sign(int v)
{
    return (v > 0) - (v < 0);
}

static void copying(void)
{
    char a[32] = "abcdefghij", b[32];
    memmove(a + 2, a, 8);
    printf("%s\n", a);
    memmove(a, a + 2, 8);
    printf("%s\n", a);
    strcpy(b, "copy");
    printf("%s\n", strcat(b, "cat"));
    strncpy(b, "long text", 4);
    printf("%.7s\n", b);
    strncat(b, "XYZ", 2);
    printf("%s %zu %zu\n", b, strlen(b), strnlen(b, 3));
    memset(b, '-', 10);
    b[10] = '\0';
    printf("%s %s\n", b, (char *)memchr("find x here", 'x', 11));
    char *d = strdup("dup");
    printf("%s %s\n", d, strndup("dupli", 4));
    free(d);
    printf("%d\n", (int)(stpcpy(b, "end") - b));
}

static void finding(void)
{
    const char *s = "the quick brown fox jumps over the lazy dog";
    printf("%s|%s|%s\n", strchr(s, 'q'), strrchr(s, 't'), strstr(s, "fox"));
    printf("%d %d\n", strstr(s, "cat") == NULL, strchr(s, 'Q') == NULL);
    printf("%zu %zu %s\n", strspn(s, "eht "), strcspn(s, "xyz"), strpbrk(s, "zx"));
    printf("%d %d %d %d\n", sign(strcmp("a", "b")), sign(strncmp("abc", "abd", 2)),
           sign(memcmp("a\0c", "a\0b", 3)), sign(strcasecmp("HeLLo", "hEllO")));
    printf("%d\n", sign(strcmp("\xff", "a")));
    char text[] = "one,two;;three", *rest = NULL;
    for (char *t = strtok_r(text, ",;", &rest); t; t = strtok_r(NULL, ",;", &rest))
        printf("[%s]", t);
    char fields[] = "a::b:";
    for (char *p = fields, *f; (f = strsep(&p, ":")) != NULL;)
        printf("<%s>", f);
    printf("\n");
}

static void numbers(void)
{
    static const char *const ints[] = {
        "0", "42", " -17x", "+8", "0x1F", "077", "99999999999999999999", "-99999999999999999999",
        "",  "z",  "0x"};
    static const char *const floats[] = {"0",
                                         "1.5",
                                         "-2.5e3z",
                                         "1e400",
                                         "-1e400",
                                         "1e-400",
                                         "inf",
                                         "-nan",
                                         ".5",
                                         "5.",
                                         "0x1.8p3",
                                         "e5",
                                         "123456789012345678901234567890"};
    for (size_t i = 0; i < sizeof ints / sizeof *ints; i++) {
        char *end;
        errno = 0;
        long long v = strtoll(ints[i], &end, 0);
        printf("%lld '%s' %s ", v, end, errno == ERANGE ? "range" : "-");
        errno = 0;
        unsigned long long u = strtoull(ints[i], &end, 16);
        printf("%llu '%s' %s\n", u, end, errno == ERANGE ? "range" : "-");
    }
    for (size_t i = 0; i < sizeof floats / sizeof *floats; i++) {
        char *end;
        errno = 0;
        double d = strtod(floats[i], &end);
        if (d != d)
            printf("nan '%s'\n", end);
        else
            printf("%.17g '%s' %s\n", d, end, errno == ERANGE && (d > 1 || d < -1) ? "range" : "-");
    }
    printf("%d %.3f %d\n", atoi("  12abc"), atof("3.25"), (int)strtol("zz", NULL, 36));
    printf("%d %lld\n", abs(-5), llabs(-5000000000));
    div_t q = div(-17, 5);
    printf("%d %d\n", q.quot, q.rem);
}

static void characters(void)
{
    int counts[10] = {0};
    for (int c = 0; c < 128; c++) {
        int is[] = {isalpha(c), isdigit(c), isspace(c),  isupper(c), ispunct(c),
                    isprint(c), iscntrl(c), isxdigit(c), isalnum(c), isblank(c)};
        for (int k = 0; k < 10; k++)
            counts[k] += is[k] != 0;
    }
    for (int k = 0; k < 10; k++)
        printf("%d ", counts[k]);
    printf("%c%c\n", toupper('q'), tolower('Q'));
    wchar_t w[16];
    size_t n = mbstowcs(w, "plain", 16);
    printf("%zu %d %zu\n", n, w[1] == L'l', wcslen(w));
}

int main(void)
{
    copying();
    finding();
    numbers();
    characters();
    return 0;
}
