/*
 * A restart that refuses nobody: lapakd starts its successor, the same program with the same arguments, on
 * the same listening socket, and leaves when the successor serves. Both serve the database meanwhile. A
 * successor that ends before it serves, or is not ready in ten minutes, changes nothing: the log says so, and
 * this process goes on.
 *
 * What is handed to a process when it starts:
 *   LISTEN_PID, LISTEN_FDS  by systemd (socket activation): the socket is descriptor 3
 *   LAPAKD_HANDOVER=3,4     by a predecessor: the socket is 3, and a byte written to 4 tells that we serve;
 *                           "3,4,systemd" where systemd made the socket
 *
 * One thread while a successor starts; it ends with its outcome.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct handover;

/* Takes what was handed to us, and its variables out of the environment. At the beginning of main(), before
 * anything else opens descriptors or starts threads; argv is borrowed. */
struct handover *handover_new(char **argv);
/* The socket that was handed to us, from now on the caller's; 0 where there is none, or where the
 * predecessor's listens at another address than the configuration says now. systemd's is used as it is. */
int handover_take_socket(struct handover *handover, const char *host, uint16_t port);
/* We serve: the predecessor may leave. */
void handover_serving(struct handover *handover);

/* Starts the successor on this socket, of which the caller keeps its descriptor. Once it serves,
 * handover_done() is true, systemd knows the new main process, and SIGTERM is sent to this process.
 * ERR_CONFLICT while one starts or after one did. Main thread, as all here. */
MUST_USE bool handover_begin(struct handover *handover, int socket_fd, struct error *err);
/* Whether a successor serves. */
bool handover_done(const struct handover *handover);
/* Whether it still runs. */
bool handover_successor_lives(const struct handover *handover);
/* Ends a successor that does not serve yet. */
void handover_cancel(struct handover *handover);
/* Sets the pointer to NULL. */
void handover_end(struct handover **handover);
