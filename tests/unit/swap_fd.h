/* The swap file as the system has it open. */
#ifndef TESTS_UNIT_SWAP_FD_H
#define TESTS_UNIT_SWAP_FD_H

#include <check.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The swap file of this process, which has no name. */
static inline int swap_fd(void)
{
    for (int fd = 3; fd < 256; fd++) {
        char link[40], to[400];
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        ssize_t n = readlink(link, to, sizeof to - 1);
        to[n > 0 ? n : 0] = 0;
        if (strstr(to, "singula-swap-") && strstr(to, "(deleted)"))
            return fd;
    }
    ck_abort_msg("there is no swap file");
}

#endif
