/*
 * The catalogue as admins see it: hidden categories and products too, from the database, a page at a time.
 * Deleted ones are nowhere. Reads only, in the open transaction or one of its own; results in the arena. The
 * tables are catalogue.c's.
 *
 * A page is named by a cursor: 0 is the first one, n the one that begins with item n, -n the one in front of
 * item n. An item that moved meanwhile counts where it is now; one that is not there any more: the first
 * page.
 */
#pragma once

#include "store/catalogue.h"

enum { CATALOGUE_LIST_PAGE = 8, CATALOGUE_LIST_MOST_COUNTED = 10000 };

struct catalogue_list_category {
    int64_t id, edition;
    const char *name, *emoji;
    bool hidden;
    int64_t product_count; /* hidden ones too; counted to CATALOGUE_LIST_MOST_COUNTED */
};
struct catalogue_list_categories {
    size_t count;
    struct catalogue_list_category items[CATALOGUE_LIST_PAGE];
    int64_t before, after; /* cursors of the pages beside it; 0: none */
};
MUST_USE bool catalogue_list_categories(struct work *work, int64_t cursor,
                                        struct catalogue_list_categories *page_out, struct error *err);
/* ERR_NOT_FOUND. */
MUST_USE bool catalogue_list_category(struct work *work, int64_t category_id,
                                      struct catalogue_list_category *category_out, struct error *err);

/* A product as a line of a list. */
struct catalogue_list_line {
    int64_t id;
    const char *code, *name;
    enum product_kind kind;
    int64_t price; /* rupiah */
    bool hidden;   /* itself or with its category */
    /* As in struct catalogue_product, also of a hidden one; counted to CATALOGUE_LIST_MOST_COUNTED. */
    int64_t stock;
};
struct catalogue_list_lines {
    size_t count;
    struct catalogue_list_line items[CATALOGUE_LIST_PAGE];
    int64_t before, after;
};
/* The products of a category, in its order. */
MUST_USE bool catalogue_list_products(struct work *work, int64_t category_id, int64_t cursor,
                                      struct catalogue_list_lines *page_out, struct error *err);
/* Those that have terms (SNK), the newest first. */
MUST_USE bool catalogue_list_with_terms(struct work *work, int64_t cursor,
                                        struct catalogue_list_lines *page_out, struct error *err);

/* Those whose name has `part` in it or whose code begins with it, whatever the case, in order of name; page
 * `page` (from 0) of such a search. `*more_out`: another page follows. They come without their stock, and the
 * page without cursors. */
MUST_USE bool catalogue_list_search(struct work *work, const char *part, int64_t page,
                                    struct catalogue_list_lines *page_out, bool *more_out, struct error *err);

/* All there is to tell of a product but its content. */
struct catalogue_list_product {
    int64_t id, edition, category_id;
    const char *category, *emoji; /* the category's */
    bool category_hidden;
    const char *code, *name, *description, *snk, *question;
    const char *photo;        /* file_id; NULL: none */
    const char *content_name; /* of a file's; NULL: none */
    bool has_content;
    enum product_kind kind;
    int64_t price;                     /* rupiah */
    bool hidden;                       /* itself */
    int64_t available, reserved, sold; /* units; of other kinds than units the first two are 0 */
};
/* ERR_NOT_FOUND. */
MUST_USE bool catalogue_list_product(struct work *work, int64_t product_id,
                                     struct catalogue_list_product *product_out, struct error *err);
