/* Proofs that buyers gave for terms (SNK), as admins look at them. Reads only, in the open transaction or one
 * of its own; results in the arena. The table is term.c's. */
#pragma once

#include "work/work.h"

enum { TERM_LIST_PAGE = 8 };

struct term_proof {
    int64_t id, order_id;
    int64_t telegram_id;
    const char *first_name, *last_name, *username; /* the last two may be NULL */
    const char *product, *reference;
    int64_t fulfilled_ms;
    bool is_photo;
};
/* The newest terms first. Cursors as in catalogue_list.h. */
struct term_proofs {
    size_t count;
    struct term_proof items[TERM_LIST_PAGE];
    int64_t before, after;
};
MUST_USE bool term_list_proofs(struct work *work, int64_t cursor, struct term_proofs *page_out,
                               struct error *err);
/* One of them with the proof itself: a text, or a photo's file_id; NULL where it was removed since
 * (retention.h). ERR_NOT_FOUND also where none was given. */
MUST_USE bool term_list_proof(struct work *work, int64_t term_id, struct term_proof *proof_out,
                              const char **content_out, struct error *err);
