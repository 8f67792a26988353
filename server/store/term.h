/*
 * Terms (SNK, syarat dan ketentuan) a buyer has to fulfil for what was bought. Owns table `terms`.
 * States: open (sent) -> awaiting (the button was pressed) -> fulfilled (proof given). Proofs are sealed,
 * identity "proof:<id>".
 */
#pragma once

#include "work/work.h"

enum term_state { TERM_OPEN, TERM_AWAITING, TERM_FULFILLED };
struct term {
    int64_t id, order_id, order_item_id, telegram_id;
    enum term_state state;
};

/* One row per item of the order that has terms; returns their ids in order of item. */
MUST_USE bool term_open_for_order(struct work *work, int64_t order_id, struct term **terms_out,
                                  size_t *count_out, struct error *err);
/* Own terms only: another person's are ERR_NOT_FOUND. Locks the row. */
MUST_USE bool term_get_own(struct work *work, int64_t term_id, int64_t telegram_id, struct term *term_out,
                           struct error *err);
MUST_USE bool term_mark_awaiting(struct work *work, int64_t term_id,
                                 struct error *err); /* open | awaiting -> awaiting */
/* open | awaiting -> fulfilled. `kind` is "text" or "photo"; proof the text or the file_id. */
MUST_USE bool term_fulfil(struct work *work, int64_t term_id, const char *kind, const char *proof,
                          struct error *err);
