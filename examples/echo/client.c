/* Echo client: says each argument and checks that it comes back. */
#include <stdio.h>
#include <string.h>

#include "echo.h"

static const char name[] = "echo";

/* A block with the text in it. */
static Text text_of(const char *s)
{
    uint32_t n = (uint32_t)strlen(s);
    Text text = Text_new(n);
    Text_bytes_write(text, 0, s, n);
    return text;
}

/* 0 if the text came back as it was sent. */
static int say(Echo_imp ep, const char *s)
{
    char back[256];
    Echo_imp_send_Say(ep, text_of(s));
    Text text = Echo_imp_recv_Said(ep);
    uint32_t n = Text_bytes_len(text), read = n < sizeof back - 1 ? n : sizeof back - 1;
    Text_bytes_read(text, 0, back, read);
    Text_free(text);
    back[read] = 0;
    printf("client: said \"%s\", heard \"%s\"\n", s, back);
    return n != strlen(s) || strncmp(s, back, read) != 0;
}

int main(int argc, char **argv)
{
    Echo_imp ep = Echo_imp_connect(name, sizeof name - 1);
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
