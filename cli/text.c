#include "cli/text.h"

#include <locale.h>
#include <string.h>
#include <wchar.h>

void text_begin(void)
{
    (void)setlocale(LC_CTYPE, "C.UTF-8");
}

int text_fit(const char *text, int columns, int *left)
{
    size_t at = 0, bytes = strlen(text);
    mbstate_t state = {0};
    *left = columns;
    while (at < bytes) {
        wchar_t c;
        size_t n = mbrtowc(&c, text + at, bytes - at, &state);
        int width = n > bytes ? -1 : wcwidth(c);
        if (n > bytes) { /* not UTF-8 */
            n = 1;
            memset(&state, 0, sizeof state);
        }
        if (width < 0)
            width = 1;
        if (width > *left)
            break;
        *left -= width;
        at += n;
    }
    return (int)at;
}

int text_pad(const char *text, int columns)
{
    int left;
    return text[text_fit(text, columns, &left)] ? 0 : left;
}
