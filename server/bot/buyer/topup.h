/* What the files about deposits share: how an amount becomes a bill, and the message that shows it. */
#pragma once

#include "bot/turn.h"
#include "store/deposit.h"
#include "store/order.h"

/* Whether the store takes a deposit of that many rupiah. */
bool topup_is_within(const struct tenant *tenant, int64_t amount);
/* The page with the ways to deposit an amount that is within the limits; reads nothing. */
void topup_show_ways(struct turn *turn, int64_t amount);

/* The button was pressed twice where the message that carries it has become a deposit that is not ended:
 * `*deposit_id_out` is its id, else 0. A message that can't be edited can't become one, so nobody could tell:
 * then the transaction comes to nothing, the ways are shown anew, and `*stale_out` is true. */
MUST_USE bool topup_pressed_before(struct turn *turn, int64_t amount, int64_t *deposit_id_out,
                                   bool *stale_out, struct error *err);
/* A deposit could not be begun: nothing of it stays, and the person sees why. */
void topup_refuse(struct turn *turn, int64_t amount, enum order_obstacle obstacle);
/* An amount or method that no page of this store offers: the deposit page, and the line that says so. */
MUST_USE bool topup_old_button(struct turn *turn, struct error *err);

/* transfer.c: the page of a transfer by hand that waits for its proof; from now on the person's next photo is
 * it. The message that carries the button becomes the page where it can. In the open transaction. */
MUST_USE bool transfer_show(struct turn *turn, const struct deposit *deposit, struct error *err);
/* The deposit ended: the person's next photo is no proof for it any more. In the open transaction. */
MUST_USE bool transfer_forget(struct turn *turn, int64_t deposit_id, struct error *err);
