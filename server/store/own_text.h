/*
 * A store's own words in place of the texts of its language: rows "text:<name>" of the settings (settings.h),
 * whose values this module writes and reads. One that does not fit its key any more (another version of the
 * server knows other placeholders) counts as unset and is reported.
 */
#pragma once

#include "store/settings.h"
#include "store/text.h"

/* One text as an admin wrote it. */
struct own_text {
    const char *text;  /* the template; NULL: as the files say */
    const char *photo; /* file_id of the picture it goes with; NULL: none */
};

/* In memory, as applied to this task. NULL where the store has none. */
const struct text_template *own_text_template(const struct work *work, enum text_key key);
const char *own_text_photo(const struct work *work, enum text_key key);

/* "text:welcome", in the arena. */
const char *own_text_setting(struct arena *arena, enum text_key key);
/* The text a setting's key is about; false where it is about something else or a text that is not a store's
 * own. */
bool own_text_key(const char *setting, enum text_key *key_out);
/* The setting's value; NULL (unset) where neither is there. The caller owns it. */
json_t *own_text_value(const struct own_text *own);
/* The other way round; nothing in it where `json` is NULL or no such value. In the arena. */
struct own_text own_text_read(struct arena *arena, const char *json);

/* Those that don't fit, as applied to this task. */
struct own_text_broken {
    const struct setting *setting;
    enum text_key key;
    struct text_fault fault;
};
size_t own_text_broken(const struct work *work, const struct own_text_broken **broken_out);

/* For settings.c: compiles those of the rows into the arena; NULL where there are none. */
struct own_texts;
const struct own_texts *own_texts_build(struct arena *arena, const struct setting *rows, size_t count);
