/*
 * The files of the log: which day and store a line belongs to, and how many files are open at once. Owned by
 * the log's writer thread alone; nothing here locks.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Makes the directory (and its parents) where it is missing and keeps it open. */
MUST_USE bool log_file_open(const char *directory, struct error *err);
/* Closes everything; what was not flushed is flushed first. */
void log_file_close(void);

/* Adds a line, with its line break, to the file of the UTC day of `at_ms`; `folder` is a path component. It
 * reaches the file at the next flush at the latest. False where the file can't be opened or written. */
bool log_file_add(const char *folder, int64_t at_ms, const char *line, size_t length);
/* Writes what was added. False where some of it was lost. */
bool log_file_flush(void);

/* Removes the files of days that ended before `before_ms`, of all folders; nothing else that lies there. Any
 * thread. */
MUST_USE bool log_file_remove_old(const char *directory, int64_t before_ms, size_t *removed_out,
                                  struct error *err);
