/*
 * A store's settings and own texts as a file (YAML), going out and coming in.
 *
 *     store: kopi-digital
 *     settings:
 *       title: "Kopi Digital"
 *       invoice_minutes: 15
 *     texts:
 *       welcome: |-
 *         Halo {nama}
 *     pictures:
 *       information: "AgAC…"
 *
 * Pictures are file_ids, which belong to one bot: of another store's file they are left out.
 * What a file does not name stays as it is; `null` takes it back to what the server's files say. Admins are
 * not in it: whoever may import may not make admins. A channel is not set by importing: only Telegram knows
 * whether the bot can see who is in it, and the caller has it asked.
 */
#pragma once

#include "store/own_text.h"

enum { OWN_FILE_MOST_BYTES = 512 * 1024, OWN_FILE_MOST_FAULTS = 10 };

/* In the arena; reads what is in memory. */
char *own_file_export(struct work *work);

enum own_file_fault_kind {
    OWN_FILE_SYNTAX,  /* no YAML, or not the form above */
    OWN_FILE_UNKNOWN, /* a key nobody knows */
    OWN_FILE_VALUE,   /* a setting that can't have this value */
    OWN_FILE_TEXT,    /* see `text` */
    OWN_FILE_TAKEN,   /* `is_taken` said so */
};
struct own_file_fault {
    int line; /* 0: not known */
    const char *key;
    enum own_file_fault_kind kind;
    struct text_fault text;
};
struct own_file_result {
    int64_t changed, same, pictures_left_out;
    size_t fault_count; /* with any, nothing was changed */
    struct own_file_fault faults[OWN_FILE_MOST_FAULTS];
    const char
        *channel; /* the one that the file wants instead of the present one; NULL: none. In the arena */
    int64_t channel_edition; /* of the setting now */
};
/* Whether a text can't be that key's for a reason of the bot's (two labels that read the same). */
typedef bool own_file_is_taken(const struct work *work, enum text_key key, const char *text);
/* Checks all of it, then sets what differs in the open transaction, each with its row in admin_logs. Faults
 * in the file are no failure. ERR_CONFLICT where somebody changed one of them in the same moment. */
MUST_USE bool own_file_import(struct work *work, const char *text, size_t length, int64_t actor_id,
                              own_file_is_taken *is_taken, struct own_file_result *result_out,
                              struct error *err);
