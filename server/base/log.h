/*
 * Logs: one file a day for the server and for each store, `[timestamp] [level] message`, written by a thread
 * of its own, so that no request waits for a disk. Files: DIR/server/YYYY-MM-DD.log, DIR/STORE/YYYY-MM-DD.log
 * (UTC days). When the queue is full lines are dropped and counted, never waited for; the count is logged.
 *
 * Never pass a token, key, sold content or proof. As a last net, anything that looks like a bot token is
 * blanked before it is written. A line break in a message becomes "\n" in the file: one message, one line.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR, LOG_ALERTED };

/* Starts the writer. `directory` is made where it is missing. Also to standard error when `echo`. */
MUST_USE bool log_start(const char *directory, enum log_level least, bool echo, struct error *err);
/* Writes what is queued and ends the writer. Before log_start and after log_stop messages go to standard
 * error. */
void log_stop(void);

/* `store` is the bot_store_name, or NULL for the server. */
void log_write(enum log_level level, const char *store, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#define log_debug(store, ...) log_write(LOG_DEBUG, (store), __VA_ARGS__)
#define log_info(store, ...)  log_write(LOG_INFO, (store), __VA_ARGS__)
#define log_warn(store, ...)  log_write(LOG_WARN, (store), __VA_ARGS__)
#define log_error(store, ...) log_write(LOG_ERROR, (store), __VA_ARGS__)
/* An error line about what is raised as an alert of its own: the same in the file, not reported to
 * log_on_error(). */
#define log_alerted(store, ...) log_write(LOG_ALERTED, (store), __VA_ARGS__)

/* Called after each error line was queued, on the thread that logs it, not under a lock; the message is what
 * the line says (one line, UTF-8, tokens blanked). What it logs itself is not reported to it. NULL: nobody.
 * Any thread; a call that is under way may still go to the one before. */
void log_on_error(void (*fn)(const char *store, const char *message));

/* Lines dropped since the start; for /metrics. */
uint64_t log_dropped(void);
/* Error lines since the start; for /metrics. */
uint64_t log_errors(void);
