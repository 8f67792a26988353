#include "hosting/notify.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"

static struct {
    int fd; /* 0: nobody listens */
    int64_t watchdog_ms;
} notify;

static bool read_number(const char *name, int64_t *value_out)
{
    const char *text = getenv(name);
    return text && str_to_int64(text, value_out) && *value_out > 0;
}

/* "/run/systemd/notify", or "@..." for a name that is in no directory. */
static bool address_of(const char *path, struct sockaddr_un *address_out, socklen_t *length_out)
{
    size_t length = strlen(path);
    if ((*path != '/' && *path != '@') || length < 2 || length >= sizeof address_out->sun_path)
        return false;
    *address_out = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(address_out->sun_path, path, length);
    if (*path == '@')
        address_out->sun_path[0] = '\0';
    *length_out = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    return true;
}

void notify_start(void)
{
    struct sockaddr_un address;
    socklen_t length;
    int64_t microseconds, pid;
    const char *path = getenv("NOTIFY_SOCKET");
    bool ours = !read_number("WATCHDOG_PID", &pid) || pid == getpid();
    notify.watchdog_ms =
        ours && read_number("WATCHDOG_USEC", &microseconds) ? (microseconds + 1999) / 2000 : 0;
    unsetenv("WATCHDOG_PID");
    if (!path || !*path)
        return;
    int fd = address_of(path, &address, &length)
                 ? socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)
                 : -1;
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, length) != 0) {
        fprintf(stderr, "lapakd: NOTIFY_SOCKET=%s can't be used\n", path);
        if (fd >= 0)
            close(fd);
        return;
    }
    notify.fd = fd;
}

void notify_send(const char *format, ...)
{
    char text[512];
    if (!notify.fd)
        return;
    va_list values;
    va_start(values, format);
    int length = vsnprintf(text, sizeof text, format, values);
    va_end(values);
    if (length > 0 && (size_t)length < sizeof text && send(notify.fd, text, (size_t)length, MSG_NOSIGNAL) < 0)
        log_debug(NULL, "notify: %s", strerror(errno));
}

int64_t notify_watchdog_ms(void)
{
    return notify.watchdog_ms;
}
