/*
 * 💰 Deposit: what admins see of deposits, and do about them. Callback verbs begin with "ag". The money is
 * moved by payment/correction.h, the figures come from store/deposit_search.h; the buttons below the photo of
 * a proof are transfers.c's.
 */
#pragma once

#include "bot/turn.h"
#include "bot/wizard.h"
#include "store/deposit_search.h"

/* deposits.c: the way in, lists */
turn_handler deposits_home, deposits_list;
/* Where a list of these is: callback data up to the page, "agl:7:1001"; in the arena. */
const char *deposits_list_prefix(struct turn *turn, enum deposit_filter filter, int64_t ref);

/* deposits_page.c: one deposit. deposits_detail is also where notices lead to ("agd:17"). */
turn_handler deposits_detail, deposits_detail_in_list, deposits_history, deposits_proof, deposits_confirm_ask,
    deposits_confirm, deposits_reject;
extern const struct wizard_kind deposits_reject_wizard;
/* The sign a state has in lists. */
const char *deposits_sign(enum deposit_state state);
/* Shows the deposit with `line` (HTML, NULL: none) above it; one that is not there is told by a popup. */
MUST_USE bool deposits_show(struct turn *turn, int64_t deposit_id, const char *line, struct error *err);
