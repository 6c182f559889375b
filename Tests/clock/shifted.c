/* The wall clock of a process and its children, shifted by TOKENWATCH_TEST_SHIFT seconds.
 *
 * For LD_PRELOAD in Tests/on-date.sh: the tests then run on another date, and the machine's clock is
 * left alone. Only readings of CLOCK_REALTIME change; timers and the clocks for waiting do not.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>

static long long shift(void)
{
    static long long seconds;
    static int known;
    if (!known) {
        const char *text = getenv("TOKENWATCH_TEST_SHIFT");
        seconds = text ? atoll(text) : 0;
        known = 1;
    }
    return seconds;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    static int (*real)(clockid_t, struct timespec *);
    if (!real)
        real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int status = real(clock, now);
    if (status == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        now->tv_sec += shift();
    return status;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec time;
    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &time) != 0)
        return -1;
    now->tv_sec = time.tv_sec;
    now->tv_usec = time.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *result)
{
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0)
        return (time_t)-1;
    if (result)
        *result = now.tv_sec;
    return now.tv_sec;
}

int adjtimex(struct timex *clock)
{
    static int (*real)(struct timex *);
    if (!real)
        real = (int (*)(struct timex *))dlsym(RTLD_NEXT, "adjtimex");
    int status = real(clock);
    if (status >= 0)
        clock->time.tv_sec += shift();
    return status;
}
