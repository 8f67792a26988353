/*
 * Errors that travel up. A function that can fail returns bool and takes a struct error; on false
 * the error is filled and every output is untouched. Each caller may put its own context in front
 * ("order tg1-ab: reserve: …"); only the edge (lane, pool, routes, a tool's main) logs it, once.
 * Secrets, sold contents and proofs never go into an error's text.
 */
#pragma once

#include <stdbool.h>

enum error_code {
    ERR_NONE = 0,
    ERR_INVALID,   /* the caller's or the person's fault; repeating it changes nothing */
    ERR_NOT_FOUND, /* what was named does not exist (any more) */
    ERR_CONFLICT,  /* somebody else was first: a unique key, a changed state */
    ERR_REFUSED,   /* the other side said no, for good: 401, 403, 400 */
    ERR_RETRY,     /* passing: the same call may go through later */
    ERR_UNCERTAIN, /* it may have happened; ask before doing it again */
    ERR_INTERNAL,  /* a fault of ours: broken SQL, a text that does not render */
};

struct error {
    enum error_code code;
    int retry_after; /* seconds, where the other side named them; else 0 */
    bool answered;   /* the other side is up: it answered, in its own form, if not as hoped */
    char text[500];
};

#define MUST_USE __attribute__((warn_unused_result))

/* Fills the error; always false, so `return error_set(…)` is the usual form. A macro, so that the compiler
 * knows of the false and does not take outputs for used when they are not. */
#define error_set(err, code, ...)                                                                            \
    __extension__({                                                                                          \
        error_fill((err), (code), __VA_ARGS__);                                                              \
        false;                                                                                               \
    })
void error_fill(struct error *err, enum error_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "context: " in front of the text; keeps the code; always false. */
#define error_context(err, ...)                                                                              \
    __extension__({                                                                                          \
        error_prefix((err), __VA_ARGS__);                                                                    \
        false;                                                                                               \
    })
void error_prefix(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "invalid", "retry", … for logs and JSON. */
const char *error_code_name(enum error_code code);
