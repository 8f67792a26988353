/*
 * A program of PostgreSQL's as a child: what it reads and writes goes through callbacks, what it complains of
 * becomes the error's text. It gets the given environment alone, no descriptor of ours but the pipes, and
 * ends with its time limit or when the server stops (target_stop()).
 *
 * Failures: ERR_NOT_FOUND where there is no such program, ERR_RETRY where it took too long or was stopped,
 * ERR_INTERNAL where it ended badly; whatever a callback says.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct process {
    const char *const *arguments; /* the program's name first; NULL-terminated; no secret in it */
    char *const *environment;
    int64_t most_ms;
    /* What it reads next, valid until the next call; length 0: the end. NULL: it reads nothing. */
    bool (*feed)(void *context, const void **bytes_out, size_t *length_out, struct error *err);
    /* What it wrote. */
    bool (*take)(void *context, const void *bytes, size_t length, struct error *err);
    void *context;
};

MUST_USE bool process_run(const struct process *process, struct error *err);
