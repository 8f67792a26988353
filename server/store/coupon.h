/*
 * Coupons. Owns table `coupons` and the columns users.coupon_id and coupon_edition (the coupon in a person's
 * cart).
 *
 * A use is an order that holds the coupon: pending, paid or completed. `uses` is counted with the order, in
 * its transaction, and given back when the order ends unpaid. The limits hold under any concurrency: whoever
 * takes a use holds the coupon's row and counts the person's orders after that; behind the total stands a
 * CHECK of the database.
 *
 * Locks: a coupon's row comes after the order's and its payment's, and before any stock unit or product:
 * who waits for a coupon holds no unit that others then miss.
 */
#pragma once

#include "work/work.h"

enum { COUPON_CODE_LEAST = 2, COUPON_CODE_MOST = 32 }; /* A-Z, 0-9, _ and - */
/* The most a coupon takes off, and the most any of its limits may say. */
#define COUPON_MOST INT64_C(1000000000)

enum coupon_kind { COUPON_PERCENT, COUPON_FLAT };

struct coupon_ids {
    size_t count; /* 0: everything */
    const int64_t *items;
};

struct coupon {
    int64_t id;
    const char *code; /* in capitals */
    enum coupon_kind kind;
    int64_t value;                          /* percent, or rupiah */
    int64_t maximum_discount;               /* rupiah; 0: none */
    int64_t minimum_total;                  /* rupiah, of the whole cart before the discount */
    struct coupon_ids products, categories; /* what it is for: any of either */
    int64_t most_uses, most_uses_each;      /* 0: no limit */
    int64_t uses;
    int64_t starts_ms, ends_ms; /* 0: no end */
    bool stopped;
    int64_t edition;  /* counts changes of what it takes off, and from what */
    int64_t revision; /* counts all changes by admins */
};

/* Why a coupon can't be used, for a friendly line. */
enum coupon_refusal {
    COUPON_OK,
    COUPON_UNKNOWN, /* no such code */
    COUPON_STOPPED, /* by an admin */
    COUPON_NOT_YET,
    COUPON_ENDED,
    COUPON_USED_UP, /* by everybody together */
    COUPON_USED_BY_YOU,
    COUPON_NOT_FOR_THESE, /* no product in the cart that it is for */
    COUPON_TOTAL_TOO_SMALL,
    COUPON_CHANGED /* takes off something else than when the person saw it */
};
const char *coupon_refusal_name(enum coupon_refusal refusal); /* "used up", … for logs */

/* One line of what is to be discounted. */
struct coupon_line {
    int64_t product_id, category_id;
    int64_t amount; /* rupiah, price times quantity; the lines' sum times 100 fits into 64 bits */
};

/* The discount in rupiah: 1 to the sum of the lines it is for; rounded down, but to 1 at least. COUPON_OK or
 * why not (then nothing is set); `own_uses` is how often the person has used it. Pure. */
enum coupon_refusal coupon_discount(const struct coupon *coupon, int64_t own_uses,
                                    const struct coupon_line *lines, size_t count, int64_t now_ms,
                                    int64_t *discount_out);

/* Whether anybody may use it now: COUPON_OK, COUPON_STOPPED, COUPON_NOT_YET, COUPON_ENDED or COUPON_USED_UP.
 */
enum coupon_refusal coupon_state(const struct coupon *coupon, int64_t now_ms);

/* --- reading; in the open transaction, texts in the arena --- */

/* By the code as a person types it: blanks around it and small letters don't matter. ERR_NOT_FOUND where no
 * coupon has it, or it can't be a code at all. */
MUST_USE bool coupon_find(struct work *work, const char *typed, struct coupon *coupon_out, struct error *err);
/* `lock` takes the row's lock until the end of the transaction. ERR_NOT_FOUND. */
MUST_USE bool coupon_get(struct work *work, int64_t coupon_id, bool lock, struct coupon *coupon_out,
                         struct error *err);
/* Pending, paid and completed orders of a person that hold it. */
MUST_USE bool coupon_uses_by(struct work *work, int64_t coupon_id, int64_t telegram_id, int64_t *uses_out,
                             struct error *err);
/* At most `limit` coupons whose code comes behind `after` ("" for the first), in byte order of the codes. */
MUST_USE bool coupon_list(struct work *work, const char *after, int64_t limit, struct coupon **coupons_out,
                          size_t *count_out, struct error *err);

enum { COUPONS_ON_A_PAGE = 8 };
struct coupon_page {
    size_t count;
    struct coupon coupons[COUPONS_ON_A_PAGE]; /* in byte order of their codes */
    int64_t before, after;                    /* cursors of the pages beside it; 0: none */
};
/* The page at a cursor: 0 the first one, n the one that begins with coupon n, -n the one in front of it; the
 * first one where that is not there any more. Also in a transaction of its own. */
MUST_USE bool coupon_page(struct work *work, int64_t cursor, struct coupon_page *page_out, struct error *err);

/* --- in a cart --- */

struct coupon_in_cart {
    struct coupon coupon;
    int64_t own_uses; /* by this person */
    bool changed;     /* another edition than the person saw */
};
/* `*chosen_out` is NULL where there is none; one that was deleted since is a stopped one without a name.
 * `lock` takes the coupon's row until the transaction's end, for coupon_take(). */
MUST_USE bool coupon_cart_get(struct work *work, int64_t telegram_id, bool lock,
                              const struct coupon_in_cart **chosen_out, struct error *err);
/* Puts it in instead of the one there is, as the person sees it now. Queued, like the next one; the person's
 * row must be locked (user_touch). */
MUST_USE bool coupon_cart_set(struct work *work, int64_t telegram_id, const struct coupon *coupon,
                              struct error *err);
MUST_USE bool coupon_cart_clear(struct work *work, int64_t telegram_id, struct error *err);

/* --- uses --- */

/* Takes the coupon's row until the transaction's end. ERR_CONFLICT where it is used up, by all or by this
 * person; nothing was written, and the transaction can go on. Dates and a stop don't matter. */
MUST_USE bool coupon_check_limits(struct work *work, int64_t coupon_id, int64_t telegram_id,
                                  struct error *err);
/* One more use. The row must be locked before, by coupon_check_limits() or coupon_cart_get(), and the order
 * must not be among those that hold the coupon yet. ERR_CONFLICT as above. */
MUST_USE bool coupon_take(struct work *work, int64_t coupon_id, int64_t telegram_id, struct error *err);
/* One use less; the order that held it has ended. */
MUST_USE bool coupon_give_back(struct work *work, int64_t coupon_id, struct error *err);

/* --- what admins do --- */

enum coupon_change { COUPON_SAME, COUPON_ADDED, COUPON_ALTERED };

/* Makes the coupon of that code be as given, but for id, uses and edition; a start of 0 is the one it has, or
 * now. Products and categories in any order. ERR_INVALID says what in it can't be; ERR_CONFLICT where more
 * orders hold it than `most_uses`, or one person's more than `most_uses_each`. Nothing was written then.
 * Several in one transaction: coupon_lock_codes() first. */
MUST_USE bool coupon_put(struct work *work, const struct coupon *coupon, enum coupon_change *change_out,
                         struct error *err);
/* Takes the rows of all that have one of the codes, in one order; codes nobody has are passed over. */
MUST_USE bool coupon_lock_codes(struct work *work, const char *const *codes, size_t count, struct error *err);

/* One by one, in the name of an admin (0: whoever runs the server), each with its row of admin_logs (subject
 * "coupon"). What was refused wrote nothing, and the transaction can go on. */

/* A new one, as coupon_put() makes it. ERR_CONFLICT where the code is taken. */
MUST_USE bool coupon_add(struct work *work, int64_t actor_id, const struct coupon *coupon, int64_t *id_out,
                         struct error *err);
/* Makes the coupon of that id be as given, also its code, but for uses, edition and whether it is stopped.
 * ERR_CONFLICT where its revision is another one by now, as in coupon_put(), and (then only a rollback is
 * left) where another one has that code; ERR_INVALID; ERR_NOT_FOUND. */
MUST_USE bool coupon_edit(struct work *work, int64_t actor_id, const struct coupon *coupon,
                          struct error *err);
/* Stopped, or going again. ERR_NOT_FOUND; ERR_CONFLICT where it is so already. */
MUST_USE bool coupon_stop(struct work *work, int64_t actor_id, int64_t coupon_id, bool stopped,
                          struct error *err);
/* Gone; where an order has or had it, it is stopped instead: `*deleted_out`. ERR_NOT_FOUND; ERR_CONFLICT
 * where its revision is another one by now. */
MUST_USE bool coupon_delete(struct work *work, int64_t actor_id, int64_t coupon_id, int64_t revision,
                            bool *deleted_out, struct error *err);
/* The most orders of one person that hold it: no limit for each may be below. */
MUST_USE bool coupon_most_by_one(struct work *work, int64_t coupon_id, int64_t *most_out, struct error *err);
