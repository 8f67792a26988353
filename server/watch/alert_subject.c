/* What is the same in error lines that are the same fault. */
#include <ctype.h>
#include <string.h>

#include "watch/internal.h"

enum { LETTERS_OF_HEX = 8 };

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '-' || (unsigned char)c >= 0x80;
}

/* A number, an id ("tg1-ab2c"), or hex of some length. */
static bool varies(const char *word, size_t length)
{
    size_t hex = 0, digits = 0;
    for (size_t i = 0; i < length; i++) {
        digits += isdigit((unsigned char)word[i]) != 0;
        hex += isxdigit((unsigned char)word[i]) != 0;
    }
    return digits > 0 || (hex == length && length >= LETTERS_OF_HEX);
}

/* The bytes of a quoted part at `text`, both quotes counted, or 0: an apostrophe inside of a word quotes
 * nothing. */
static size_t quoted(const char *message, const char *text)
{
    if ((*text != '"' && *text != '\'' && *text != '`') || (text > message && is_word(text[-1])))
        return 0;
    const char *end = strchr(text + 1, *text);
    return end ? (size_t)(end - text) + 1 : 0;
}

static size_t word_length(const char *text)
{
    size_t n = 0;
    while (is_word(text[n]))
        n++;
    return n;
}

void alert_subject(const char *message, char *subject_out)
{
    size_t length = 0;
    for (const char *at = message; *at;) {
        size_t quote = quoted(message, at), word = quote ? 0 : word_length(at);
        bool replace = quote || (word && varies(at, word));
        size_t from = quote ? quote : word ? word : 1, to = replace ? 1 : from;
        if (length + to > ALERT_SUBJECT)
            break;
        memcpy(subject_out + length, replace ? "#" : at, to);
        length += to;
        at += from;
    }
    subject_out[length] = '\0';
}
