/*
 * HTML as Telegram's parse mode reads it: how long it is once parsed, and cutting it so that it stays
 * well-formed. The input is our own (checked templates with escaped values), its length is not: names and
 * descriptions are people's.
 */
#pragma once

#include <stddef.h>

#include "base/arena.h"

enum { HTML_TEXT_LIMIT = 4096, HTML_CAPTION_LIMIT = 1024 }; /* UTF-16 units after parsing */

/* UTF-16 units that remain when tags are taken away and entities are replaced. */
size_t html_length(const char *html);

/* The same HTML where it is at most `limit` units long; else a copy cut at a character, with "…" and the open
 * tags closed. */
const char *html_cut(struct arena *arena, const char *html, size_t limit);

/* Cuts a plain text into parts of at most `limit` units each, at a line or word where there is one; at least
 * one part. */
const char **html_split(struct arena *arena, const char *plain, size_t limit, size_t *count_out);
