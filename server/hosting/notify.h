/*
 * What systemd wants to hear of a service (Type=notify), over the datagram socket in NOTIFY_SOCKET; nothing
 * happens where there is none. Messages are lost rather than waited for.
 */
#pragma once

#include <stdint.h>

/* Reads the environment and takes WATCHDOG_PID out of it: a successor is watched, too. Before the first
 * thread. */
void notify_start(void);
/* "READY=1", "STOPPING=1", "MAINPID=4711", "STATUS=...": several lines make one message. Any thread. */
void notify_send(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* How often "WATCHDOG=1" has to be sent, in ms: half of what systemd waits; 0: never. */
int64_t notify_watchdog_ms(void);
