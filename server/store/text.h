/*
 * Texts people see, from conf/texts/<language>.yaml and, for what only a store's admins see,
 * <language>.admin.yaml, or who owns the server, <language>.owner.yaml: flat keys to templates with
 * {placeholders}. Keys and the placeholders each may use are listed once, in text_keys*.h; loading refuses a
 * missing key, an unknown key, an unknown placeholder and HTML Telegram would refuse, with file and line. A
 * template is HTML, where values are escaped when they are put in (except those given as HTML), or plain
 * (labels, callback answers), where nothing is escaped.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

/* TEXT_WELCOME, … one per row of text_keys.h, whose texts a store may have in its own words, and behind them
 * one per row of text_keys_admin.h and text_keys_owner.h. */
enum text_key {
#define TEXT(id, name, placeholders)  TEXT_##id,
#define PLAIN(id, name, placeholders) TEXT_##id,
#include "store/text_keys.h"
    TEXT_OWN_COUNT,
    TEXT_OWN_LAST = TEXT_OWN_COUNT - 1,
#include "store/text_keys_admin.h"
    TEXT_ADMIN_COUNT,
    TEXT_ADMIN_LAST = TEXT_ADMIN_COUNT - 1,
#include "store/text_keys_owner.h"
#undef TEXT
#undef PLAIN
    TEXT_COUNT
};

struct texts; /* immutable once loaded; shared by all threads */

/* Loads the files of both languages. ERR_INVALID "file:line: key: what is wrong", ERR_NOT_FOUND where a file
 * is missing. */
MUST_USE bool texts_load(const char *directory, struct texts **texts_out, struct error *err);
void texts_free(struct texts **texts);

/* A value for a placeholder. TV("nama", name) is escaped, TV_HTML("produk", html) is put in as it is. */
struct text_value {
    const char *name;
    const char *value; /* NULL counts as "" */
    bool is_html;
};
#define TV(name_, value_)      ((struct text_value){.name = (name_), .value = (value_)})
#define TV_HTML(name_, value_) ((struct text_value){.name = (name_), .value = (value_), .is_html = true})
#define TEXT_VALUES(...)                                                                                     \
    (const struct text_value[]){__VA_ARGS__},                                                                \
        sizeof((const struct text_value[]){__VA_ARGS__}) / sizeof(struct text_value)
#define TEXT_NO_VALUES NULL, 0

/* Renders; in the arena. A placeholder the caller gave no value for becomes "". An unknown language is
 * Indonesian. */
char *text_render(const struct texts *texts, const char *language, enum text_key key, struct arena *arena,
                  const struct text_value *values, size_t value_count);
/* The template as it is: for labels without placeholders. Borrowed from `texts`. */
const char *text_get(const struct texts *texts, const char *language, enum text_key key);

/* The languages there are: "id", "en", NULL. */
extern const char *const text_languages[];

/* The key's name in the files ("welcome"), and the placeholders it may use, separated by blanks. */
const char *text_name(enum text_key key);
const char *text_placeholders(enum text_key key);
bool text_is_plain(enum text_key key);
/* False where no text has that name. */
bool text_find(const char *name, enum text_key *key_out);

/* What is wrong with a template. */
enum text_fault_kind {
    TEXT_FAULT_EMPTY,
    TEXT_FAULT_ENCODING,
    TEXT_FAULT_BRACE,       /* a { or } stands alone */
    TEXT_FAULT_PLACEHOLDER, /* unknown; detail: its name */
    TEXT_FAULT_MARKUP,      /* HTML Telegram would refuse; detail: the tag or character */
    TEXT_FAULT_LENGTH,
};
struct text_fault {
    enum text_fault_kind kind;
    char detail[64];
    char why[200]; /* a sentence, for logs and files */
};
/* Whether it can be the text of that key. */
bool text_check(enum text_key key, const char *template_text, struct text_fault *fault_out);

/* A store's own template. It was checked and lives in the arena, as the text does. */
struct text_template;
const struct text_template *text_compile(struct arena *arena, const char *checked);
char *text_render_own(const struct text_template *own, enum text_key key, struct arena *arena,
                      const struct text_value *values, size_t value_count);
/* The template as it is. */
const char *text_of_template(const struct text_template *own);
