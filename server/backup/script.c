#include "backup/script.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/str.h"

enum { MOST_STATEMENT = 1024 * 1024, MOST_TAG = 64 };

enum state {
    PLAIN,
    WORD,          /* in an identifier or keyword */
    QUOTED,        /* in '…' */
    QUOTED_ESCAPE, /* in E'…' */
    ESCAPED,       /* behind a backslash in it */
    ESCAPE_END,    /* behind a quote in it: its end, or the first of two */
    IDENTIFIER,    /* in "…" */
    DASH,          /* behind a first - */
    LINE_COMMENT,
    SLASH,     /* behind a first / */
    COMMENT,   /* in a block comment, which may hold others */
    TAG,       /* in the $…$ that begins a dollar-quoted text */
    DOLLAR,    /* in such a text */
    META,      /* in a line for psql */
    COPY_REST, /* behind the ; of a COPY, up to the line's end */
    COPY_ROWS,
};

struct script {
    const char *from, *to;
    const struct script_sink *sink;
    enum state state;
    char *text; /* the statement so far */
    size_t length, capacity;
    size_t token;     /* where the word or literal begins in it */
    bool schema_word; /* the word before this one was SCHEMA */
    bool has_text;    /* more than blanks and comments */
    int depth;
    char previous; /* in a comment */
    char tag[MOST_TAG + 1];
    size_t tag_length, tag_matched;
    int row_matched; /* of "\." at a row's beginning; -1: not at its beginning */
};

struct script *script_new(const char *from, const char *to, const struct script_sink *sink)
{
    struct script *s = xcalloc(1, sizeof *s);
    s->from = from;
    s->to = to;
    s->sink = sink;
    s->capacity = 4096;
    s->text = xcalloc(1, s->capacity);
    return s;
}

void script_free(struct script **script)
{
    if (!*script)
        return;
    free((*script)->text);
    free(*script);
    *script = NULL;
}

static void add(struct script *s, const char *bytes, size_t length)
{
    while (s->length + length + 1 > s->capacity)
        s->text = xrealloc(s->text, s->capacity *= 2);
    memcpy(s->text + s->length, bytes, length);
    s->length += length;
    s->text[s->length] = '\0';
}

/* The new name in the place of the old one, which stands at `at`. */
static void replace_at(struct script *s, size_t at)
{
    size_t behind = at + strlen(s->from), tail = s->length - behind;
    auto_freep char *rest = xcalloc(1, tail + 1);
    memcpy(rest, s->text + behind, tail);
    s->length = at;
    add(s, s->to, strlen(s->to));
    add(s, rest, tail);
}

static void end_word(struct script *s, char next)
{
    const char *word = s->text + s->token;
    if (str_equal(word, s->from) && (next == '.' || s->schema_word))
        replace_at(s, s->token);
    s->schema_word = strcasecmp(s->text + s->token, "SCHEMA") == 0;
}

static const char setval_call[] = "SELECT pg_catalog.setval(";

/* At the literal's closing quote, which is there already. */
static void end_literal(struct script *s)
{
    size_t begin = s->token + 1, name = strlen(s->from);
    if (s->token == strlen(setval_call) && strncmp(s->text, setval_call, s->token) == 0 &&
        strncmp(s->text + begin, s->from, name) == 0 && s->text[begin + name] == '.')
        replace_at(s, begin);
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

static bool end_statement(struct script *s, struct error *err)
{
    static const char from_stdin[] = " FROM stdin";
    size_t tail = strlen(from_stdin);
    bool copy = str_starts_with(s->text, "COPY ") && s->length > tail &&
                str_equal(s->text + s->length - tail, from_stdin);
    s->state = copy ? COPY_REST : PLAIN;
    bool ok =
        !s->has_text || (copy ? s->sink->copy_begin : s->sink->statement)(s->sink->context, s->text, err);
    s->length = 0;
    s->text[0] = '\0';
    s->has_text = s->schema_word = false;
    return ok;
}

static bool begin_meta(struct script *s, struct error *err)
{
    s->length = 0;
    s->text[0] = '\0';
    s->state = META;
    return true;
}

/* pg_restore protects what reads it by \restrict and \unrestrict; anything else would be for a shell. */
static bool end_meta(struct script *s, struct error *err)
{
    if (!str_starts_with(s->text, "restrict ") && !str_starts_with(s->text, "unrestrict "))
        return error_set(err, ERR_INVALID, "the dump holds a command for psql");
    s->length = 0;
    s->text[0] = '\0';
    s->state = PLAIN;
    return true;
}

static bool plain(struct script *s, char c, struct error *err)
{
    if (c == '\\' && !s->has_text)
        return begin_meta(s, err);
    if (c == ';')
        return end_statement(s, err);
    if (isspace((unsigned char)c) && !s->has_text)
        return true;
    if (c == '-' || c == '/') {
        s->state = c == '-' ? DASH : SLASH;
        return true;
    }
    s->has_text = true;
    s->token = s->length;
    add(s, &c, 1);
    if (c == '\'') {
        s->state = QUOTED;
    } else if (c == '"') {
        s->state = IDENTIFIER;
    } else if (c == '$') {
        s->state = TAG;
        s->tag_length = 0;
        s->tag[s->tag_length++] = c;
    } else if (is_word(c)) {
        s->state = WORD;
    }
    if (!isspace((unsigned char)c) && s->state != WORD)
        s->schema_word = false;
    return true;
}

static bool word(struct script *s, char c, struct error *err)
{
    if (is_word(c)) {
        add(s, &c, 1);
        return true;
    }
    bool escape = c == '\'' && s->length - s->token == 1 && strchr("eE", s->text[s->token]);
    end_word(s, c);
    s->state = PLAIN;
    if (!plain(s, c, err))
        return false;
    if (escape)
        s->state = QUOTED_ESCAPE;
    return true;
}

/* A second - or / makes it a comment; else it was an operator. */
static bool maybe_comment(struct script *s, char c, struct error *err)
{
    const char first = s->state == DASH ? '-' : '/';
    if ((first == '-' && c == '-') || (first == '/' && c == '*')) {
        s->state = first == '-' ? LINE_COMMENT : COMMENT;
        s->depth = 1;
        s->previous = '\0';
        return true;
    }
    s->has_text = true;
    s->schema_word = false;
    add(s, &first, 1);
    s->state = PLAIN;
    return plain(s, c, err);
}

static void comment(struct script *s, char c)
{
    bool opens = s->previous == '/' && c == '*', closes = s->previous == '*' && c == '/';
    s->depth += opens - closes;
    s->previous = opens || closes ? '\0' : c;
    if (s->depth)
        return;
    s->state = PLAIN;
    if (s->has_text)
        add(s, " ", 1);
}

static bool tag(struct script *s, char c, struct error *err)
{
    if (c == '$' || (is_word(c) && s->tag_length < MOST_TAG)) {
        add(s, &c, 1);
        s->tag[s->tag_length++] = c;
        s->tag[s->tag_length] = '\0';
        s->tag_matched = 0;
        if (c == '$')
            s->state = DOLLAR;
        return true;
    }
    s->state = PLAIN; /* a $ that begins nothing */
    return plain(s, c, err);
}

static void dollar(struct script *s, char c)
{
    add(s, &c, 1);
    s->tag_matched = c == s->tag[s->tag_matched] ? s->tag_matched + 1 : c == '$';
    if (s->tag_matched == s->tag_length)
        s->state = PLAIN;
}

/* A doubled quote ends the literal and begins another, which comes to the same. */
static void quoted(struct script *s, char c)
{
    add(s, &c, 1);
    if (c == '\'') {
        end_literal(s);
        s->state = PLAIN;
    }
}

static bool quoted_escape(struct script *s, char c, struct error *err)
{
    if (s->state == ESCAPE_END && c != '\'') {
        s->state = PLAIN;
        return plain(s, c, err);
    }
    add(s, &c, 1);
    if (s->state == QUOTED_ESCAPE)
        s->state = c == '\\' ? ESCAPED : c == '\'' ? ESCAPE_END : QUOTED_ESCAPE;
    else
        s->state = QUOTED_ESCAPE;
    return true;
}

static bool step(struct script *s, char c, struct error *err)
{
    if (s->length > MOST_STATEMENT)
        return error_set(err, ERR_INVALID, "the dump holds a statement longer than 1 MiB");
    switch (s->state) {
    case PLAIN:
        return plain(s, c, err);
    case WORD:
        return word(s, c, err);
    case QUOTED:
        quoted(s, c);
        return true;
    case QUOTED_ESCAPE:
    case ESCAPED:
    case ESCAPE_END:
        return quoted_escape(s, c, err);
    case IDENTIFIER:
        add(s, &c, 1);
        if (c == '"')
            s->state = PLAIN;
        return true;
    case DASH:
    case SLASH:
        return maybe_comment(s, c, err);
    case LINE_COMMENT:
        if (c == '\n')
            return (s->state = PLAIN, plain(s, c, err));
        return true;
    case COMMENT:
        comment(s, c);
        return true;
    case TAG:
        return tag(s, c, err);
    case DOLLAR:
        dollar(s, c);
        return true;
    case META:
        if (c == '\n')
            return end_meta(s, err);
        add(s, &c, 1);
        return true;
    case COPY_REST:
        if (c == '\n') {
            s->state = COPY_ROWS;
            s->row_matched = 0;
        }
        return c == '\n' || isspace((unsigned char)c) ||
               error_set(err, ERR_INVALID, "the dump holds something between COPY and its rows");
    case COPY_ROWS:
        break;
    }
    return error_set(err, ERR_INTERNAL, "script: state %d", (int)s->state);
}

/* --- rows --- */

static bool data(struct script *s, const char *bytes, size_t length, struct error *err)
{
    return !length || s->sink->copy_data(s->sink->context, bytes, length, err);
}

/* What looked like the beginning of the end and is none, goes as data. */
static bool give_back(struct script *s, struct error *err)
{
    int matched = s->row_matched;
    s->row_matched = -1;
    return matched <= 0 || data(s, "\\.", (size_t)matched, err);
}

/* Takes what belongs to the rows; the number of bytes taken goes to *taken_out. */
static bool rows(struct script *s, const char *bytes, size_t length, size_t *taken_out, struct error *err)
{
    static const char end[] = "\\.\n";
    size_t from = 0, at = 0; /* bytes[from..at) are rows not handed over */
    while (at < length) {
        if (s->row_matched >= 0 && bytes[at] == end[s->row_matched]) {
            if (!data(s, bytes + from, at - from, err))
                return false;
            from = ++at;
            if (++s->row_matched < 3)
                continue;
            s->state = PLAIN;
            *taken_out = at;
            return s->sink->copy_end(s->sink->context, err);
        }
        if (!give_back(s, err))
            return false;
        const char *line = memchr(bytes + at, '\n', length - at);
        at = line ? (size_t)(line - bytes) + 1 : length;
        s->row_matched = line ? 0 : -1;
    }
    *taken_out = length;
    return data(s, bytes + from, length - from, err);
}

bool script_feed(struct script *s, const void *bytes, size_t length, struct error *err)
{
    const char *text = bytes;
    while (length) {
        size_t taken = 1;
        if (s->state == COPY_ROWS ? !rows(s, text, length, &taken, err) : !step(s, *text, err))
            return false;
        text += taken;
        length -= taken;
    }
    return true;
}

bool script_end(struct script *s, struct error *err)
{
    bool outside = (s->state == PLAIN && !s->has_text) || s->state == LINE_COMMENT;
    return outside || error_set(err, ERR_INVALID, "the dump ends in the middle of something");
}
