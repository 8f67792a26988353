/* Text: a builder on an arena, UTF-8, HTML, numbers. No function here trusts its input to be UTF-8. */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

/* A growing text. `text` is always NUL-terminated once something was added (or str_done was called). */
struct str {
    struct arena *arena;
    char *text;
    size_t length;
    size_t capacity;
};

#define STR_INIT(arena_) ((struct str){.arena = (arena_)})

void str_add(struct str *s, const char *text);
void str_add_bytes(struct str *s, const void *bytes, size_t length);
void str_addf(struct str *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Adds text with & < > and " escaped, as Telegram's HTML mode and our pages need it; bytes that are not
 * UTF-8 become U+FFFD, and NUL and other control characters but \n and \t are left out. */
void str_add_html(struct str *s, const char *text);
/* The text; "" where nothing was added. */
char *str_done(struct str *s);

bool str_equal(const char *a, const char *b); /* both may be NULL */
bool str_starts_with(const char *text, const char *prefix);
/* Escaped as by str_add_html. */
char *str_html(struct arena *arena, const char *text);

/* Length as Telegram counts it for texts, captions and entities: UTF-16 code units. */
size_t str_utf16_length(const char *utf8);
/* A copy cut to at most `limit` UTF-16 units, at a character boundary, ending in "…" where it was cut. */
char *str_utf8_cut(struct arena *arena, const char *utf8, size_t limit);
bool str_is_utf8(const char *text, size_t length);
/* Characters (code points) of a text that is UTF-8. */
size_t str_utf8_length(const char *utf8);
/* The character at the start of `text` and how many bytes it takes; 0 where there is none or it is not UTF-8
 * (overlong forms, surrogates and what lies above U+10FFFF are not). */
size_t str_utf8_decode(const char *text, size_t length, uint32_t *point_out);

/* Whole text as a decimal number; false where it is empty, has anything else in it, or overflows. */
bool str_to_int64(const char *text, int64_t *value_out);

/* "Rp 30.000"; rupiah; a negative one as "-Rp 30.000". */
char *str_rupiah(struct arena *arena, int64_t rupiah);

/* For spreading names over places; the same in every process. */
uint32_t str_hash(const char *text);

/* Lower-case hex of bytes. */
char *str_hex(struct arena *arena, const void *bytes, size_t length);
