/*
 * SQL text as pg_restore writes it, read as a stream: cut into statements and the rows of COPY, with one
 * schema's name replaced by another's. The name is replaced where it is an identifier in front of a dot or
 * behind the word SCHEMA, and at the beginning of setval()'s literal; never in the rows of a COPY, which are
 * the only place where anything stands that others wrote.
 *
 * No part of it but a statement (at most 1 MiB) is held in memory. ERR_INVALID where the text is not of this
 * form; whatever the sink says.
 */
#pragma once

#include <stddef.h>

#include "base/error.h"

struct script_sink {
    bool (*statement)(void *context, const char *sql, struct error *err);
    /* Its rows follow in any number of pieces, then its end. */
    bool (*copy_begin)(void *context, const char *sql, struct error *err);
    bool (*copy_data)(void *context, const void *bytes, size_t length, struct error *err);
    bool (*copy_end)(void *context, struct error *err);
    void *context;
};

struct script;
/* The names and the sink are borrowed; both names are identifiers that need no quotes. */
struct script *script_new(const char *from, const char *to, const struct script_sink *sink);
MUST_USE bool script_feed(struct script *script, const void *bytes, size_t length, struct error *err);
/* ERR_INVALID where the text ended inside of something. */
MUST_USE bool script_end(struct script *script, struct error *err);
void script_free(struct script **script);
