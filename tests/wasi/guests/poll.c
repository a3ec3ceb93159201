/* poll(2) and select(2) on a pipe that is filled late, and on files. */
// run: {"stdin": "late\n", "slow": true}
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <unistd.h>

int main(void)
{
    char buf[64];
    int file = open("polled", O_RDWR | O_CREAT, 0644);
    struct pollfd p[2] = {{.fd = file, .events = POLLIN | POLLOUT}, {.fd = 0, .events = POLLIN}};
    int n = poll(p, 1, -1);
    printf("file ready %d %d\n", n, (p[0].revents & POLLOUT) != 0);
    n = poll(&p[1], 1, 20000);
    printf("stdin ready %d %d\n", n, (p[1].revents & POLLIN) != 0);
    printf("read %d\n", (int)read(0, buf, 1));
    fd_set set;
    FD_ZERO(&set);
    FD_SET(0, &set);
    struct timeval t = {.tv_sec = 20};
    n = select(1, &set, NULL, NULL, &t);
    printf("select %d %d\n", n, FD_ISSET(0, &set) != 0);
    size_t got = 1;
    for (ssize_t k; (k = read(0, buf + got, sizeof buf - got)) > 0;)
        got += (size_t)k;
    printf("%zu bytes in all\n", got);
    p[1].fd = 77;
    n = poll(&p[1], 1, 0);
    printf("absent %d %d\n", n, (p[1].revents & POLLNVAL) != 0);
    return 0;
}
