/* Clocks and sleeping: only what must hold is printed, so that two runs can be compared. */
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static long long now(clockid_t c)
{
    struct timespec t;
    clock_gettime(c, &t);
    return t.tv_sec * 1000000000ll + t.tv_nsec;
}

int main(void)
{
    struct timespec res;
    printf("resolution %d\n",
           clock_getres(CLOCK_MONOTONIC, &res) == 0 && res.tv_sec == 0 && res.tv_nsec > 0);
    long long last = now(CLOCK_MONOTONIC), start = last;
    int back = 0;
    for (int i = 0; i < 2000; i++) {
        long long t = now(CLOCK_MONOTONIC);
        back += t < last;
        last = t;
    }
    printf("backwards %d\n", back);
    printf("this century %d\n", time(NULL) > 1600000000 && time(NULL) < 4000000000);
    long long before = now(CLOCK_MONOTONIC);
    struct timespec nap = {.tv_nsec = 30000000};
    printf("slept %d\n", nanosleep(&nap, NULL));
    printf("long enough %d\n", now(CLOCK_MONOTONIC) - before >= 30000000);
    usleep(1000);
    printf("started before %d\n", start < now(CLOCK_MONOTONIC));
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 10000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    printf("slept until %d\n", clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &until, NULL));
    printf("in time %d\n", now(CLOCK_REALTIME) >= until.tv_sec * 1000000000ll + until.tv_nsec);
    time_t t = 86400 * 365;
    struct tm *tm = gmtime(&t);
    char text[64];
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S %a %j", tm);
    printf("%s %lld\n", text, (long long)mktime(tm));
    return 0;
}
