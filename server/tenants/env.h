/*
 * The environment a configuration takes its `${NAME}` from: the process's own, and an env file beside it. The
 * process wins. Values are secrets: they never go into a fault or a log.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "tenants/fault.h"

struct env;

/*
 * Reads an env file: KEY=VALUE lines, `#` comments (also behind a value, after a blank), `export ` allowed,
 * values bare, in 'single quotes' (as they stand) or in "double quotes" (with \" \\ \$ \n \t). Nothing is
 * expanded. Every fault of the file is added to `faults`: a line that is none of these, a key that stands
 * twice, bytes that are not UTF-8, a file over 1 MiB or one that can't be read. `path` NULL: the process's
 * environment alone. Always returns an environment (of what was good), which lives as long as the arena.
 */
struct env *env_read(struct arena *arena, const char *path, struct faults *faults);

/* The value, borrowed from the environment, or NULL. */
const char *env_get(const struct env *env, const char *name);

/* Whether the text is a variable's name: [A-Za-z_][A-Za-z0-9_]*, `length` bytes of it. */
bool env_is_name(const char *text, size_t length);
/* The env file's path, or NULL. */
const char *env_path(const struct env *env);
/* "the environment or .env", or that there is no env file: where a variable may be set, for complaints. */
const char *env_places(struct arena *arena, const struct env *env);
