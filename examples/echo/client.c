/* Echo client: says each argument and checks that it comes back. */
#include <stdio.h>
#include <string.h>

#include "echo.h"

static const char name[] = "echo";

/* A block with the text in it. */
static __externref_t text_of(const char *s)
{
    int n = (int)strlen(s);
    __externref_t text = Text_new(n);
    Text_bytes_write(text, 0, s, n);
    return text;
}

/* 0 if the text came back as it was sent. */
static int say(__externref_t ep, const char *s)
{
    char back[256];
    Echo_imp_send_Say(ep, text_of(s));
    __externref_t text = Echo_imp_recv_Said(ep);
    int n = Text_bytes_len(text), read = n < (int)sizeof back - 1 ? n : (int)sizeof back - 1;
    Text_bytes_read(text, 0, back, read);
    Text_free(text);
    back[read] = 0;
    printf("client: said \"%s\", heard \"%s\"\n", s, back);
    return n != (int)strlen(s) || strncmp(s, back, (size_t)read) != 0;
}

int main(int argc, char **argv)
{
    __externref_t ep = Echo_imp_connect(name, sizeof name - 1);
    if (singula_is_null(ep)) {
        fprintf(stderr, "client: nobody publishes %s\n", name);
        return 1;
    }
    int wrong = 0;
    for (int i = 1; i < argc; i++)
        wrong += say(ep, argv[i]);
    Echo_imp_close(ep);
    return wrong != 0;
}
