/*
 * Telegram's HTML mode: plain text and entities out of HTML, or the reason why Telegram would refuse it. Also
 * the clean-up every text goes through: control characters out, white space at both ends cut off.
 */
#pragma once

#include <jansson.h>

#include "base/arena.h"
#include "base/error.h"

/* Fills text (in the arena) and entities (an array, the caller's). ERR_INVALID with Telegram's words for it,
 * as they stand behind "can't parse entities: ". `html` must be UTF-8. */
MUST_USE bool html_parse(struct arena *arena, const char *html, char **text_out, json_t **entities_out,
                         struct error *err);

/* Cleans `text` in place and moves the entities accordingly; those left without a character are dropped. */
void html_trim(char *text, json_t *entities);
