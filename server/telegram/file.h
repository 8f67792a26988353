/* Files that people sent: getFile, then the file itself. Waits: for the pool's threads. */
#pragma once

#include "base/arena.h"
#include "base/error.h"

/* The file's bytes with a NUL behind them, in the arena; at most `most` of them, within 20 s. ERR_NOT_FOUND
 * where Telegram does not know the file_id or has the file no more; ERR_INVALID where it is longer than
 * `most` (Telegram itself gives bots 20 MB at most); ERR_REFUSED where the token is refused; ERR_RETRY else.
 * The error names neither the token nor the file. */
MUST_USE bool telegram_download(const char *api_base, const char *token, const char *file_id, size_t most,
                                struct arena *arena, char **bytes_out, size_t *length_out, struct error *err);
