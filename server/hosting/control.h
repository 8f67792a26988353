/*
 * The operator's way into a running lapakd: a Unix socket that only the server's own user (or root) can open.
 * One connection is one command: a line with a JSON object {"command": NAME, …} in, a line with a JSON object
 * out, {"error": TEXT, "code": CODE} where it could not be done. Who takes more than a few seconds to ask or
 * to listen is cut off; a command may take its time, and several may run at once (each on a thread of its
 * own, at most eight).
 *
 * A socket left behind by a crash is replaced. Where another lapakd has the path, the newer one takes it over
 * (a restart without a gap starts it beside the old one), and the older one leaves it alone when it ends.
 */
#pragma once

#include <jansson.h>

#include "base/arena.h"
#include "base/error.h"

struct control_command {
    const char *name;
    /* The answer (an object, the caller's reference), or NULL with the error. On a thread of its own. */
    json_t *(*run)(void *context, struct arena *arena, const json_t *request, struct error *err);
};

struct control;

/* Makes the socket's directory where it is not there. `commands` must outlive it. ERR_INVALID where there
 * can't be a socket at the path. */
MUST_USE bool control_start(const char *path, const struct control_command *commands, size_t count,
                            void *context, struct control **control_out, struct error *err);
/* Takes no new commands, and waits for those that run. */
void control_stop(struct control **control);
