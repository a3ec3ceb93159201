/* The porter: waits for clients and hands their ends to the store, which is busy with others. */
#include <stdio.h>

#include "store.h"

static const char name[] = "store", door_name[] = "door";

int main(void)
{
    Door_imp door = Door_imp_connect(door_name, sizeof door_name - 1);
    if (singula_is_null(door)) {
        fprintf(stderr, "porter: nobody publishes %s\n", door_name);
        return 1;
    }
    Store_listener listener = Store_exp_listen(name, sizeof name - 1);
    if (!singula_is_null(listener)) {
        for (;;) {
            Store_exp client = Store_listener_accept(listener);
            if (singula_is_null(client))
                break;
            Door_imp_send_Enter(door, client);
        }
        Store_listener_close(listener);
    }
    Door_imp_close(door);
    return 0;
}
