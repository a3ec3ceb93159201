/* Asks for N lists of "." at once and counts the answers. usage: lists N */
#include <stdio.h>
#include <stdlib.h>

#include <singula/file.h>

int main(int argc, char **argv)
{
    int n = argc > 1 ? atoi(argv[1]) : 1, asked = 0, answered = 0;
    File_set all = File_set_imp_Listing_new();
    if (singula_is_null(all))
        return 1;
    for (; asked < n; asked++) {
        File_imp f = File_imp_connect("file", 4);
        if (singula_is_null(f))
            break;
        Bytes path = Bytes_new(64);
        Bytes_data_write(path, 0, ".", 1);
        File_imp_send_List(f, 0, 1, path);
        File_set_imp_Listing_add(all, f, asked);
    }
    for (; answered < asked; answered++) {
        int64_t key;
        File_imp f = File_set_imp_Listing_wait(all, SINGULA_FOREVER, &key);
        if (singula_is_null(f))
            break;
        File_imp_abandon(f);
    }
    printf("lists: %d of %d answered\n", answered, n);
    File_set_imp_Listing_free(all);
    return answered != n;
}
