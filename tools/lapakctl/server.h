/* lapakctl's way to the running lapakd: its control socket (hosting/control.h). */
#pragma once

#include <jansson.h>

#include "command.h"

/* Asks, and waits for the answer: ten minutes at most. Takes the request's reference; the answer is the
 * caller's. ERR_NOT_FOUND where nobody listens, else what the server said went wrong. */
MUST_USE bool server_ask(const struct command_setup *setup, json_t *request, json_t **answer_out,
                         struct error *err);
