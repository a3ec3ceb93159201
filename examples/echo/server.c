/* Echo server: gives every text back to the client that sent it. */
#include <stdio.h>

#include "echo.h"

static const char name[] = "echo";

/* One client until it closes its end. */
static int serve(Echo_exp ep)
{
    int texts = 0;
    while (Echo_exp_next(ep) == ECHO_TAG_Say) {
        Text text = Echo_exp_recv_Say(ep);
        texts++;
        Echo_exp_send_Said(ep, text);
    }
    Echo_exp_close(ep);
    return texts;
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    Echo_listener listener = Echo_exp_listen(name, sizeof name - 1);
    if (singula_is_null(listener)) {
        fprintf(stderr, "server: cannot publish %s\n", name);
        return 1;
    }
    for (;;) {
        Echo_exp ep = Echo_listener_accept(listener);
        if (singula_is_null(ep))
            break;
        printf("server: a client said %d texts\n", serve(ep));
    }
    Echo_listener_close(listener);
    return 0;
}
