/* Preloaded by the test of a clock that is set back: the wall clock is off by the seconds that stand in a file. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *at)
{
    int answered = syscall(SYS_clock_gettime, clock, at);
    const char *path = getenv("CLOCK_OFFSET_FILE");
    if (answered != 0 || clock != CLOCK_REALTIME || path == NULL)
        return answered;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return answered;
    char text[32] = {0};
    ssize_t length = read(file, text, sizeof text - 1);
    close(file);
    if (length > 0)
        at->tv_sec += strtol(text, NULL, 10);
    return answered;
}
