/* What the files of store/ share; nobody else includes it. */
#pragma once

#include "store/cart.h"
#include "store/catalogue.h"
#include "store/recall.h"
#include "store/search.h"
#include "store/stock.h"
#include "work/work.h"

/* --- cache.c: what the domain remembers of a store between tasks; freed by the lane when the store is idle
 * --- */

struct snapshot;

struct snapshot_cache {
    struct snapshot *current; /* or NULL */
    struct snapshot *retired; /* replaced ones that the running task may still hold */
    bool stale;
    int64_t built_ms;
    int64_t served_ms; /* the time of the last task that was given the current one */
    /* The transaction that changed the catalogue last: what it reads may yet be rolled back. */
    const struct db_tx *changed_in;
    int64_t changed_ms;
};
void snapshot_cache_clear(struct snapshot_cache *cache);

struct bar;

struct bar_memory {
    struct bar *bars; /* in order of Telegram ids */
    size_t count;
};
void bar_memory_clear(struct bar_memory *memory);

struct settings_snapshot;

struct settings_cache {
    struct settings_snapshot *current; /* or NULL */
    bool stale;
    int64_t built_ms;
};
void settings_cache_clear(struct settings_cache *cache);

struct settings;
extern const struct settings settings_nothing; /* where nothing was set */
/* settings_value.c: where what was set contradicts itself, the file's values stand. */
void settings_settle(struct settings *settings, const struct tenant *file);

struct store_cache {
    struct snapshot_cache snapshots;
    struct recall carts;   /* (person, product): the quantity */
    struct recall members; /* see membership.c */
    struct bar_memory bars;
    struct settings_cache settings;
};
/* The store's, made where there is none. */
struct store_cache *store_cache_of(struct work *work);

/* A transaction for reading: the open one, or one of its own (`*own_out`), ended by store_read_end(). A
 * transaction that is committed and not yet ended stands in the way: ERR_INTERNAL. */
MUST_USE bool store_read_begin(struct work *work, bool *own_out, struct error *err);
void store_read_end(struct work *work, bool own);

/* --- search.c --- */

#define STORE_TEXT_OF_(number) #number
#define STORE_TEXT_OF(number)  STORE_TEXT_OF_(number)

/* A list in pages of SEARCH_ROWS. The page's statement has $1, an id that its rows are beyond, and $2, a word
 * or a ref, where the search has one of them; it gives up to SEARCH_LIMIT rows, which begin with their id.
 * The other one gives as many ids in front of them, $1 itself included, the next one first. */
struct search {
    const struct db_statement *page, *in_front;
    bool oldest_first; /* else the newest rows are first */
    const char *word;  /* or NULL */
    bool by_ref;
};
/* In the open transaction. `from` is what the ends of another page say, 0 the beginning. `*count_out` of the
 * rows are the page. */
MUST_USE bool search_page(struct work *work, const struct search *search, int64_t ref, int64_t from,
                          struct db_rows *rows_out, size_t *count_out, struct search_ends *ends_out,
                          struct error *err);

/* The head and the tail of a page's statement, and of the other one's, around what they look for, which ends
 * in the id's column. The page's ids are settled by itself, what is said of them is looked up afterwards. */
#define SEARCH_BELOW " < $1 ORDER BY 1 DESC LIMIT " STORE_TEXT_OF(SEARCH_LIMIT)
#define SEARCH_UP    " >= $1 ORDER BY 1 LIMIT " STORE_TEXT_OF(SEARCH_LIMIT)
#define SEARCH_ABOVE " > $1 ORDER BY 1 LIMIT " STORE_TEXT_OF(SEARCH_LIMIT)
#define SEARCH_DOWN  " <= $1 ORDER BY 1 DESC LIMIT " STORE_TEXT_OF(SEARCH_LIMIT)
/* A figure of a SELECT: how many rows there are, counted so far and no further. */
#define SEARCH_COUNT(rows)                                                                                   \
    "(SELECT count(*) FROM (SELECT FROM " rows " LIMIT " STORE_TEXT_OF(SEARCH_COUNT_LIMIT) ") counted)"

/* As the index users_username has it: cut, because an index takes no entry of any length. */
#define STORE_USERNAME_KEY "(lower(left(username, 64)) COLLATE \"C\")"

/* --- snapshot.c --- */

/* Reads a new snapshot in the open transaction, past any that is remembered. Valid until the end of the task.
 */
MUST_USE bool snapshot_refresh(struct work *work, const struct catalogue **catalogue_out, struct error *err);

/* --- bar.c --- */

/* Queued with the rest of a snapshot, and put in the place of what is remembered. */
MUST_USE bool bar_send(struct work *work, struct db_rows *rows_out, struct error *err);
void bar_remember(struct work *work, const struct db_rows *rows);

/* --- catalogue.c: the only writer of categories and products --- */

/* Queue an upsert, by name and by code; `rows_out` gets (id, whether it is new), for a product that is as
 * asked for already no row. */
MUST_USE bool catalogue_put_category(struct work *work, const char *name, const char *emoji, int64_t position,
                                     struct db_rows *rows_out, struct error *err);
struct catalogue_entry {
    int64_t category_id;
    const char *code, *name, *description, *snk, *question;
    int64_t price, position;
    enum product_kind kind; /* of a new one; another's stays */
};
MUST_USE bool catalogue_put_product(struct work *work, const struct catalogue_entry *entry,
                                    struct db_rows *rows_out, struct error *err);
/* All products: (code, id, kind), in byte order of the codes; and all categories: (name, id), in that of the
 * names. */
MUST_USE bool catalogue_codes(struct work *work, struct db_rows *rows_out, struct error *err);
MUST_USE bool catalogue_names(struct work *work, struct db_rows *rows_out, struct error *err);
/* The row of a text in such rows, -1 where it is not among them; and the id, then 0. */
int catalogue_row_of(const struct db_rows *rows, const char *text);
int64_t catalogue_id_of(const struct db_rows *rows, const char *text);
/* The stock rose: products that are above the store's limit again may be told of anew when it falls. Queued.
 */
MUST_USE bool catalogue_stock_rose(struct work *work, struct error *err);
/* The same where the limit is another one from now on. */
MUST_USE bool catalogue_limit_changed(struct work *work, int64_t limit, struct error *err);

/* --- catalogue_edit.c --- */

/* Whether a code or name begins like those of what was deleted. */
bool catalogue_is_kept_back(const char *text);
/* UTF-8 of so many characters without control characters; with `lines` line feeds and tabs may be in it. */
bool catalogue_is_text(const char *text, size_t least, size_t most, bool lines);
/* An admin's change: its row in admin_logs, and the announcement. Takes over the JSON. */
MUST_USE bool catalogue_log(struct work *work, const char *subject, const char *action, int64_t actor_id,
                            int64_t id, json_t *before, json_t *after, struct error *err);

/* --- content.c: sealed values that are no units; each opens in its own row only --- */

enum { CONTENT_CHARACTERS = 4096, CONTENT_NAME_CHARACTERS = 200, CONTENT_FILE_ID_CHARACTERS = 256 };
/* A text, or with its name a document's file_id: UTF-8 of one to so many characters. */
bool content_is_good(const char *content, const char *name);
/* "product:12"; in the arena. */
const char *content_identity(struct work *work, const char *what, int64_t id);
/* A parameter with the sealed bytes, in the arena. */
struct db_param content_seal(struct work *work, const char *identity, const void *plain, size_t length);
/* NULL for NULL; in the arena. `length_out` may be NULL. */
MUST_USE bool content_open(struct work *work, const char *identity, const struct db_rows *rows, int row,
                           int column, const char **plain_out, size_t *length_out, struct error *err);

/* --- cart.c --- */

/* An answer as it is kept in the cart: NULL, or with the question it answers. */
MUST_USE bool cart_open_answer(struct work *work, int64_t telegram_id, int64_t product_id,
                               const struct db_rows *rows, int row, int column, const char **question_out,
                               const char **answer_out, struct error *err);

/* --- order_content.c --- */

/* What an order's item is made with; queued. Each may be NULL. */
MUST_USE bool order_content_put(struct work *work, int64_t item_id, const char *content,
                                const char *content_name, const char *answer, struct error *err);
/* order_items.answer of a row; NULL for NULL. */
MUST_USE bool order_content_open_answer(struct work *work, int64_t item_id, const struct db_rows *rows,
                                        int row, int column, const char **answer_out, struct error *err);

/* --- stock.c --- */

enum { STOCK_LINE_CHARACTERS = 4096, STOCK_BATCH = 128 };
/* 1 to STOCK_LINE_CHARACTERS characters of UTF-8. */
bool stock_is_line(const char *content);

/* Adds up to STOCK_BATCH units of checked contents in one statement; says how many were new. Announces
 * nothing. */
MUST_USE bool stock_add_batch(struct work *work, int64_t product_id, const char *const *contents,
                              size_t count, int64_t *added_out, struct error *err);
/* Contents ready to be written: arrays of hex digits, in the order given; a statement gets them as text[]. */
struct stock_sealed {
    const char *contents, *digests;
};
struct stock_sealed stock_seal(struct work *work, struct arena *arena, int64_t product_id,
                               const char *const *contents, size_t count);
/* The content of a row with id, product_id, digest and content from `column` on; in the arena. */
MUST_USE bool stock_open(struct work *work, const struct db_rows *rows, int row, int column,
                         const char **content_out, struct error *err);
/* ERR_NOT_FOUND where there is no such product, ERR_INVALID where it is of another kind than units. It is not
 * deleted until the transaction ends. */
MUST_USE bool stock_check_product(struct work *work, int64_t product_id, struct error *err);
/* available -> removed: the newest `most` units of a product that nobody holds (0: all, also waited for).
 * Announces nothing. */
MUST_USE bool stock_remove_available(struct work *work, int64_t product_id, int64_t most,
                                     int64_t *removed_out, struct error *err);
/* Queued: (product, available units) by product; products without any have no row. */
MUST_USE bool stock_counts(struct work *work, struct db_rows *rows_out, struct error *err);

/* --- cart.c --- */

/* Takes the product out of everybody's cart. Queued. */
MUST_USE bool cart_drop_product(struct work *work, int64_t product_id, struct error *err);
