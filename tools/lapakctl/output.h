/* What lapakctl prints: for people, or with --json one JSON document on standard output. */
#pragma once

#include <jansson.h>
#include <stddef.h>

#include "base/error.h"
#include "command.h"
#include "tenants/fault.h"

/* An error: "lapakctl: …" on standard error, or {"error": …, "code": …}. */
void output_error(const struct command_context *context, const struct error *err);
/* Faults that keep a command from its work: one a line on standard error, or {"faults": […]}. */
void output_faults(const struct command_context *context, const struct faults *faults);
/* The faults as a JSON array of {"file", "line", "key", "text"}; the caller's. */
json_t *output_faults_json(const struct faults *faults);
/* Prints the document and a line break; takes the reference. */
void output_json(json_t *json);
/* Prints rows of cells in columns; the first row is the heading. `cells` has rows * columns texts. */
void output_table(const char *const *cells, size_t rows, size_t columns);
