#include "hosting/serve.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "hosting/notify.h"

enum {
    LOOK_MS = 50,
    LEAVE_MS = 80000, /* longer than an idle connection lives */
};

void serve_signals(sigset_t *signals_out)
{
    static const int handled[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR2};
    sigemptyset(signals_out);
    for (size_t i = 0; i < sizeof handled / sizeof *handled; i++)
        sigaddset(signals_out, handled[i]);
}

/* The next signal, or 0 after a while. */
static int look_for_signal(const sigset_t *signals)
{
    int signal = sigtimedwait(signals, NULL, &(struct timespec){.tv_nsec = LOOK_MS * 1000000L});
    return signal > 0 ? signal : 0;
}

static bool is_end(int signal)
{
    return signal == SIGTERM || signal == SIGINT;
}

static void tell_end(int signal)
{
    log_info(NULL, "stopping on %s", signal == SIGINT ? "SIGINT" : "SIGTERM");
}

/* False where it has to stop before. */
static bool become_ready(const struct serve_options *options)
{
    while (!server_ready(options->server)) {
        int signal = look_for_signal(options->signals);
        if (is_end(signal)) {
            tell_end(signal);
            return false;
        }
    }
    handover_serving(options->handover);
    return true;
}

static void beat(void)
{
    notify_send("WATCHDOG=1");
}

static void start_successor(const struct serve_options *options)
{
    struct error err;
    int fd = server_share_socket(options->server);
    bool begun = fd >= 0 ? handover_begin(options->handover, fd, &err)
                         : error_set(&err, ERR_INTERNAL, "there is no descriptor left");
    if (!begun)
        log_error(NULL, "no successor is started: %s", err.text);
    if (fd >= 0)
        close(fd);
}

/* Nobody is sent away in the middle: each client leaves with its next answer, or by itself. */
static void leave(const struct serve_options *options)
{
    int64_t end = clock_mono_ms() + LEAVE_MS;
    server_leave(options->server);
    log_info(NULL, "%zu connections are still open", server_connections(options->server));
    while (server_connections(options->server) && clock_mono_ms() < end &&
           handover_successor_lives(options->handover))
        if (is_end(look_for_signal(options->signals)))
            break;
    log_info(NULL, "stopping: the successor serves");
}

void serve(const struct serve_options *options)
{
    if (become_ready(options)) {
        if (notify_watchdog_ms())
            server_beat(options->server, notify_watchdog_ms(), beat);
        for (;;) {
            int signal = sigwaitinfo(options->signals, NULL);
            if (signal == SIGHUP) {
                server_reload_certificate(options->server);
                options->reload(options->context);
            } else if (signal == SIGUSR2) {
                start_successor(options);
            } else if (is_end(signal)) {
                if (handover_done(options->handover)) {
                    leave(options);
                    return;
                }
                tell_end(signal);
                break;
            }
        }
    }
    notify_send("STOPPING=1");
}
