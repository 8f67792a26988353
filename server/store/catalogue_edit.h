/*
 * What admins change in the catalogue: categories and products, one thing at a time, in the open transaction.
 * The tables are catalogue.c's.
 *
 * Nothing is overwritten unseen: a change names the edition of the row that the admin saw, and is
 * ERR_CONFLICT where it is another one by now; then nothing was written and the transaction can go on, unless
 * the function says otherwise. ERR_NOT_FOUND where the row is gone, ERR_INVALID where a value is not allowed.
 * Each change counts the edition up, is announced (catalogue_changed()) and has its row in admin_logs, which
 * never holds contents. A change to what is there already does nothing.
 *
 * Locks: the category's row before products' rows, those in order of id.
 */
#pragma once

#include "store/catalogue.h"

enum {
    CATALOGUE_NAME = 100, /* characters, at most */
    CATALOGUE_CODE = 32,
    CATALOGUE_DESCRIPTION = 2000,
    CATALOGUE_SNK = 3000,
    CATALOGUE_QUESTION = 300,
    CATALOGUE_CONTENT = 4096,
    CATALOGUE_CATEGORY_NAME = 64,
    CATALOGUE_EMOJI = 16,
    CATALOGUE_PRICE = 1000000000, /* rupiah */
};

/* Who changes which row, as they saw it. */
struct catalogue_change {
    int64_t actor_id; /* Telegram id */
    int64_t id, edition;
};

enum catalogue_field {
    EDIT_NAME,        /* text */
    EDIT_HIDDEN,      /* number: 0 or 1 */
    EDIT_CODE,        /* text; see catalogue_edit_code_is_good() */
    EDIT_PRICE,       /* number, rupiah; orders keep theirs */
    EDIT_DESCRIPTION, /* text, "" for none; so is the next one */
    EDIT_SNK,
    EDIT_QUESTION, /* the same; of a manual product alone */
    EDIT_PHOTO,    /* text: a file_id, NULL for none */
    EDIT_CATEGORY, /* number: the id; the product becomes the last one there */
    EDIT_EMOJI,    /* text, "" for none; of a category alone, which has name, hidden and this */
    EDIT_FIELDS
};
struct catalogue_value {
    const char *text;
    int64_t number;
};

/* --- products --- */

/* 1 to 32 of letters, digits, _ and -; "deleted-…" is kept for products that were. */
bool catalogue_edit_code_is_good(const char *code);
/* Whether another product than `product_id` (0: any) has the code. */
MUST_USE bool catalogue_edit_code_is_taken(struct work *work, const char *code, int64_t product_id,
                                           bool *taken_out, struct error *err);

/* A code that is taken is ERR_CONFLICT too; the transaction has failed then. */
MUST_USE bool catalogue_edit_product(struct work *work, const struct catalogue_change *change,
                                     enum catalogue_field field, const struct catalogue_value *value,
                                     struct error *err);
/* See catalogue_set_content(); of a shared product or a file. */
MUST_USE bool catalogue_edit_content(struct work *work, const struct catalogue_change *change,
                                     const char *content, const char *name, struct error *err);

struct catalogue_new_product {
    int64_t category_id;
    enum product_kind kind;
    const char *code; /* NULL: made from the name */
    const char *name, *description, *snk;
    int64_t price;            /* rupiah */
    const char *question;     /* "" but for a manual one */
    const char *photo;        /* NULL: none */
    const char *content;      /* of a shared one or a file; NULL: none yet */
    const char *content_name; /* of a file */
};
/* The last one of its category. ERR_CONFLICT where the code is taken. */
MUST_USE bool catalogue_edit_add_product(struct work *work, int64_t actor_id,
                                         const struct catalogue_new_product *product, int64_t *product_id_out,
                                         struct error *err);

/* One place up (-1) or down (1) in its list, past its neighbour; at the list's end nothing happens. After a
 * failure the transaction must not be committed. */
MUST_USE bool catalogue_edit_move_product(struct work *work, const struct catalogue_change *change, int up,
                                          struct error *err);

/* Without orders it is gone for everybody: its code is free again, its available units become removed, it
 * leaves all carts. With orders it is hidden instead (`*hidden_out`). After a failure the transaction must
 * not be committed. */
MUST_USE bool catalogue_edit_delete_product(struct work *work, const struct catalogue_change *change,
                                            bool *hidden_out, struct error *err);

/* --- categories --- */

/* 1 to 64 characters in one line; "deleted-…" is kept. */
bool catalogue_edit_category_name_is_good(const char *name);
MUST_USE bool catalogue_edit_category_is_taken(struct work *work, const char *name, int64_t category_id,
                                               bool *taken_out, struct error *err);
/* The last one. ERR_CONFLICT where the name is taken. */
MUST_USE bool catalogue_edit_add_category(struct work *work, int64_t actor_id, const char *name,
                                          const char *emoji, int64_t *category_id_out, struct error *err);
/* A name that is taken is ERR_CONFLICT too; the transaction has failed then. */
MUST_USE bool catalogue_edit_category(struct work *work, const struct catalogue_change *change,
                                      enum catalogue_field field, const struct catalogue_value *value,
                                      struct error *err);
MUST_USE bool catalogue_edit_move_category(struct work *work, const struct catalogue_change *change, int up,
                                           struct error *err);
/* ERR_INVALID while it has products. */
MUST_USE bool catalogue_edit_delete_category(struct work *work, const struct catalogue_change *change,
                                             struct error *err);
