#include "states.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* An order's state and its payment's; "!" is parked, because another amount was paid. States that never meet
 * (an open order whose payment ended) are here as well: whatever comes, no money and no unit is lost. */
const struct pairs_row states_of_order[] = {
    /* Open. */
    {"pending/creating", "invoice made", "payment waiting, payment_check: invoice_ready:20520"},
    {"pending/creating", "invoice refused, no invoice for long, no time for an invoice",
     "order cancelled, payment failed, units +0/-2/+2: invoice_failed"},
    {"pending/creating, pending/waiting, paid/creating, paid/waiting, completed/creating, completed/waiting, "
     "cancelled/creating, cancelled/waiting, expired/creating, expired/waiting, pending/waiting!, "
     "paid/cancelled!, completed/expired!, cancelled/cancelled!, expired/expired!",
     "webhook", "payment_check"},
    {"pending/creating", "buyer cancels",
     "order cancelled, payment cancelled, units +0/-2/+2: ended:cancelled"},
    {"pending/creating", "admin cancels",
     "order cancelled, payment cancelled, units +0/-2/+2: ended:cancelled:admin"},
    {"pending/creating", "marked paid, marked paid with too few units",
     "order paid, payment cancelled, payment by hand completed, units +2/-2/+0: paid"},
    {"pending/waiting, pending/cancelled, pending/expired, pending/failed",
     "paid, paid at the end, paid late, paid late with too few units",
     "order paid, payment completed, units +2/-2/+0: paid"},
    {"pending/waiting", "unpaid at the end, no status for long",
     "order expired, payment expired, units +0/-2/+2, payment_cancel: ended:expired"},
    {"pending/waiting", "canceled",
     "order cancelled, payment cancelled, units +0/-2/+2: ended:cancelled:gateway"},
    {"pending/waiting, pending/cancelled, pending/expired, pending/failed, paid/waiting, paid/cancelled, "
     "paid/expired, paid/failed, completed/waiting, completed/cancelled, completed/expired, "
     "completed/failed, cancelled/waiting, cancelled/cancelled, cancelled/expired, cancelled/failed, "
     "expired/waiting, expired/cancelled, expired/expired, expired/failed",
     "other amount, other amount late", "parked: mismatch:19999"},
    {"pending/waiting", "buyer cancels",
     "order cancelled, payment cancelled, units +0/-2/+2, payment_cancel: ended:cancelled"},
    {"pending/waiting", "admin cancels",
     "order cancelled, payment cancelled, units +0/-2/+2, payment_cancel: ended:cancelled:admin"},
    {"pending/waiting", "marked paid, marked paid with too few units",
     "order paid, payment cancelled, payment by hand completed, units +2/-2/+0, payment_cancel: paid"},
    {"pending/cancelled, pending/expired, pending/failed, paid/cancelled, paid/expired, paid/failed, "
     "completed/cancelled, completed/expired, completed/failed, cancelled/cancelled, cancelled/expired, "
     "cancelled/failed, expired/cancelled, expired/expired, expired/failed",
     "voided, not voided, webhook", "payment_check"},
    {"pending/cancelled, pending/expired, pending/failed", "marked paid, marked paid with too few units",
     "order paid, payment by hand completed, units +2/-2/+0: paid"},
    /* Paid for, or booked, before. */
    {"paid/creating, paid/waiting, paid/completed, paid/cancelled, paid/expired, paid/failed, "
     "paid/cancelled!",
     "delivered", "order completed"},
    {"paid/creating, paid/waiting, paid/completed, paid/cancelled, paid/expired, paid/failed, "
     "completed/creating, completed/waiting, completed/completed, completed/cancelled, completed/expired, "
     "completed/failed, paid/cancelled!, completed/expired!",
     "refunded", "balance +5000, refunded:5000: refunded:5000"},
    {"paid/creating, paid/waiting, paid/completed, paid/cancelled, paid/expired, paid/failed, "
     "completed/creating, completed/waiting, completed/completed, completed/cancelled, completed/expired, "
     "completed/failed, paid/cancelled!, completed/expired!",
     "resent", ": resend"},
    {"paid/creating, paid/waiting, paid/completed, paid/cancelled, paid/expired, paid/failed, "
     "completed/creating, completed/waiting, completed/completed, completed/cancelled, completed/expired, "
     "completed/failed, paid/cancelled!, completed/expired!",
     "unit replaced", "units +0/+0/-1, replaced +1: replaced"},
    {"paid/waiting, paid/cancelled, paid/expired, paid/failed, completed/waiting, completed/cancelled, "
     "completed/expired, completed/failed",
     "paid, paid at the end, paid late, paid late with too few units",
     "payment completed, balance +20000: credited:20000"},
    {"paid/waiting, completed/waiting, cancelled/waiting, expired/waiting",
     "unpaid, unpaid at the end, canceled", "payment cancelled, payment_cancel"},
    /* Ended unpaid. */
    {"cancelled/creating, expired/creating", "marked paid",
     "order paid, payment cancelled, payment by hand completed, units +2/+0/-2: paid_late"},
    {"cancelled/creating, expired/creating", "marked paid with too few units",
     "payment cancelled, payment by hand completed, balance +20000: credited:20000"},
    {"cancelled/waiting, cancelled/cancelled, cancelled/expired, cancelled/failed, expired/waiting, "
     "expired/cancelled, expired/expired, expired/failed",
     "paid, paid at the end, paid late with too few units",
     "payment completed, balance +20000: credited:20000"},
    {"cancelled/waiting, cancelled/cancelled, cancelled/expired, cancelled/failed, expired/waiting, "
     "expired/cancelled, expired/expired, expired/failed",
     "paid late", "order paid, payment completed, units +2/+0/-2: paid_late"},
    {"cancelled/waiting, expired/waiting", "marked paid",
     "order paid, payment cancelled, payment by hand completed, units +2/+0/-2, payment_cancel: paid_late"},
    {"cancelled/waiting, expired/waiting", "marked paid with too few units",
     "payment cancelled, payment by hand completed, balance +20000, payment_cancel: credited:20000"},
    {"cancelled/cancelled, cancelled/expired, cancelled/failed, expired/cancelled, expired/expired, "
     "expired/failed",
     "marked paid", "order paid, payment by hand completed, units +2/+0/-2: paid_late"},
    {"cancelled/cancelled, cancelled/expired, cancelled/failed, expired/cancelled, expired/expired, "
     "expired/failed",
     "marked paid with too few units", "payment by hand completed, balance +20000: credited:20000"},
    /* Parked. */
    {"pending/waiting!", "mismatch delivered, mismatch delivered with too few units",
     "order paid, payment completed, resolved as delivered, units +2/-2/+0: paid"},
    {"pending/waiting!", "mismatch credited",
     "order cancelled, payment completed, resolved as credited, units +0/-2/+2, balance +19999: "
     "ended:cancelled:admin credited:19999"},
    {"pending/waiting!", "mismatch given back",
     "order cancelled, payment completed, resolved as refunded, units +0/-2/+2: ended:cancelled:admin "
     "given_back:19999"},
    {"paid/cancelled!, completed/expired!",
     "mismatch delivered, mismatch delivered with too few units, mismatch credited",
     "payment completed, resolved as credited, balance +19999: credited:19999"},
    {"paid/cancelled!, completed/expired!, cancelled/cancelled!, expired/expired!", "mismatch given back",
     "payment completed, resolved as refunded: given_back:19999"},
    {"cancelled/cancelled!, expired/expired!", "mismatch delivered",
     "order paid, payment completed, resolved as delivered, units +2/+0/-2: paid_late"},
    {"cancelled/cancelled!, expired/expired!", "mismatch delivered with too few units, mismatch credited",
     "payment completed, resolved as credited, balance +19999: credited:19999"},
    /* Somebody is told no. */
    {"pending/creating, pending/waiting",
     "delivered, refunded, resent, unit replaced, unit replaced with none left, mismatch delivered, mismatch "
     "delivered with too few units, mismatch credited, mismatch given back",
     REFUSED},
    {"pending/completed, cancelled/completed, expired/completed",
     "buyer cancels, admin cancels, delivered, marked paid, marked paid with too few units, refunded, "
     "resent, unit "
     "replaced, unit replaced with none left, mismatch delivered, mismatch delivered with too few units, "
     "mismatch credited, mismatch given back",
     REFUSED},
    {"pending/cancelled, pending/expired, pending/failed, cancelled/creating, cancelled/waiting, "
     "cancelled/cancelled, cancelled/expired, cancelled/failed, expired/creating, expired/waiting, "
     "expired/cancelled, expired/expired, expired/failed",
     "buyer cancels, admin cancels, delivered, refunded, resent, unit replaced, unit replaced with none "
     "left, mismatch "
     "delivered, mismatch delivered with too few units, mismatch credited, mismatch given back",
     REFUSED},
    {"paid/creating, paid/waiting, paid/completed, paid/cancelled, paid/expired, paid/failed",
     "buyer cancels, admin cancels, marked paid, marked paid with too few units, unit replaced with none "
     "left, mismatch "
     "delivered, mismatch delivered with too few units, mismatch credited, mismatch given back",
     REFUSED},
    {"completed/creating, completed/waiting, completed/completed, completed/cancelled, completed/expired, "
     "completed/failed",
     "buyer cancels, admin cancels, delivered, marked paid, marked paid with too few units, unit replaced "
     "with none left, "
     "mismatch delivered, mismatch delivered with too few units, mismatch credited, mismatch given back",
     REFUSED},
    {"pending/waiting!, cancelled/cancelled!, expired/expired!",
     "buyer cancels, admin cancels, delivered, marked paid, marked paid with too few units, refunded, "
     "resent, unit "
     "replaced, unit replaced with none left",
     REFUSED},
    {"paid/cancelled!",
     "buyer cancels, admin cancels, marked paid, marked paid with too few units, unit replaced with none "
     "left",
     REFUSED},
    {"completed/expired!",
     "buyer cancels, admin cancels, delivered, marked paid, marked paid with too few units, unit replaced "
     "with none left",
     REFUSED},
    /* Nothing comes of it. */
    {"pending/creating",
     "paid, paid at the end, unpaid, unpaid at the end, canceled, other amount, other transaction, status "
     "refused, no status, no status for long, no invoice, voided, not voided, wrong webhook, paid late, paid "
     "late with too few units, other amount late",
     NOTHING},
    {"pending/waiting",
     "unpaid, other transaction, status refused, no status, invoice made, invoice refused, no invoice, no "
     "invoice for long, no time for an invoice, voided, not voided, wrong webhook",
     NOTHING},
    {"pending/completed, paid/completed, completed/completed, cancelled/completed, expired/completed",
     "paid, paid at the end, unpaid, unpaid at the end, canceled, other amount, other transaction, status "
     "refused, no status, no status for long, invoice made, invoice refused, no invoice, no invoice for "
     "long, no time for an invoice, voided, not voided, webhook, wrong webhook, paid late, paid late with "
     "too few units, other amount late",
     NOTHING},
    {"pending/cancelled, pending/expired, pending/failed, paid/cancelled, paid/expired, paid/failed, "
     "completed/cancelled, completed/expired, completed/failed, cancelled/cancelled, cancelled/expired, "
     "cancelled/failed, expired/cancelled, expired/expired, expired/failed",
     "unpaid, unpaid at the end, canceled, other transaction, status refused, no status, no status for long, "
     "invoice made, invoice refused, no invoice, no invoice for long, no time for an invoice, wrong webhook",
     NOTHING},
    {"paid/creating, completed/creating, cancelled/creating, expired/creating, pending/waiting!, "
     "paid/cancelled!, completed/expired!, cancelled/cancelled!, expired/expired!",
     "paid, paid at the end, unpaid, unpaid at the end, canceled, other amount, other transaction, status "
     "refused, no status, no status for long, invoice made, invoice refused, no invoice, no invoice for "
     "long, no time for an invoice, voided, not voided, wrong webhook, paid late, paid late with too few "
     "units, other amount late",
     NOTHING},
    {"paid/waiting, completed/waiting, cancelled/waiting, expired/waiting",
     "other transaction, status refused, no status, no status for long, invoice made, invoice refused, no "
     "invoice, no invoice for long, no time for an invoice, voided, not voided, wrong webhook",
     NOTHING},
};
const size_t states_of_order_count = COUNT(states_of_order);

/* By the gateway. The states review and rejected are not for these: the database has a constraint. */
const struct pairs_row states_of_deposit[] = {
    /* Open. */
    {"pending/creating", "invoice made", "payment waiting, payment_check: invoice_ready:20520"},
    {"pending/creating", "invoice refused, no invoice for long, no time for an invoice",
     "deposit cancelled, payment failed: invoice_failed"},
    {"pending/creating, pending/waiting, completed/creating, completed/waiting, cancelled/creating, "
     "cancelled/waiting, expired/creating, expired/waiting, pending/waiting!, completed/expired!, "
     "cancelled/cancelled!, expired/expired!",
     "webhook", "payment_check"},
    {"pending/creating", "buyer cancels", "deposit cancelled, payment cancelled: ended:cancelled"},
    {"pending/waiting, pending/cancelled, pending/expired, pending/failed",
     "paid, paid at the end, paid late",
     "deposit completed, payment completed, balance +20000: deposited:20000"},
    {"pending/waiting", "unpaid at the end, no status for long",
     "deposit expired, payment expired, payment_cancel: ended:expired"},
    {"pending/waiting", "canceled", "deposit cancelled, payment cancelled: ended:cancelled:gateway"},
    {"pending/waiting, pending/cancelled, pending/expired, pending/failed, completed/waiting, "
     "completed/cancelled, completed/expired, completed/failed, cancelled/waiting, cancelled/cancelled, "
     "cancelled/expired, cancelled/failed, expired/waiting, expired/cancelled, expired/expired, "
     "expired/failed",
     "other amount, other amount late", "parked: mismatch:19999"},
    {"pending/waiting", "buyer cancels",
     "deposit cancelled, payment cancelled, payment_cancel: ended:cancelled"},
    {"pending/cancelled, pending/expired, pending/failed, completed/cancelled, completed/expired, "
     "completed/failed, cancelled/cancelled, cancelled/expired, cancelled/failed, expired/cancelled, "
     "expired/expired, expired/failed",
     "voided, not voided, webhook", "payment_check"},
    /* Paid for, or booked, before. */
    {"completed/waiting, completed/cancelled, completed/expired, completed/failed",
     "paid, paid at the end, paid late", "payment completed, balance +20000: deposited_late:40000"},
    {"completed/waiting, cancelled/waiting, expired/waiting", "unpaid, unpaid at the end, canceled",
     "payment cancelled, payment_cancel"},
    /* Ended unpaid. */
    {"cancelled/waiting, cancelled/cancelled, cancelled/expired, cancelled/failed, expired/waiting, "
     "expired/cancelled, expired/expired, expired/failed",
     "paid, paid at the end, paid late",
     "deposit completed, payment completed, balance +20000: deposited_late:20000"},
    /* Parked. */
    {"pending/waiting!", "mismatch delivered, mismatch credited",
     "deposit completed, payment completed, resolved as delivered, balance +19999: deposited:19999"},
    {"pending/waiting!", "mismatch given back",
     "deposit cancelled, payment completed, resolved as refunded: ended:cancelled:admin given_back:19999"},
    {"completed/expired!", "mismatch delivered, mismatch credited",
     "payment completed, resolved as credited, balance +19999: deposited_late:39999"},
    {"completed/expired!, cancelled/cancelled!, expired/expired!", "mismatch given back",
     "payment completed, resolved as refunded: given_back:19999"},
    {"cancelled/cancelled!, expired/expired!", "mismatch delivered, mismatch credited",
     "deposit completed, payment completed, resolved as delivered, balance +19999: deposited_late:19999"},
    /* Somebody is told no. */
    {"pending/creating, pending/waiting",
     "mismatch delivered, mismatch credited, mismatch given back, proved, confirmed, rejected", REFUSED},
    {"pending/completed, pending/cancelled, pending/expired, pending/failed, completed/creating, "
     "completed/waiting, completed/completed, completed/cancelled, completed/expired, completed/failed, "
     "cancelled/creating, cancelled/waiting, cancelled/completed, cancelled/cancelled, cancelled/expired, "
     "cancelled/failed, expired/creating, expired/waiting, expired/completed, expired/cancelled, "
     "expired/expired, expired/failed",
     "mismatch delivered, mismatch credited, mismatch given back, buyer cancels, proved, confirmed, rejected",
     REFUSED},
    {"pending/waiting!, completed/expired!, cancelled/cancelled!, expired/expired!",
     "buyer cancels, proved, confirmed, rejected", REFUSED},
    /* Nothing comes of it. */
    {"pending/creating",
     "paid, paid at the end, unpaid, unpaid at the end, canceled, other amount, other transaction, status "
     "refused, no status, no status for long, no invoice, voided, not voided, wrong webhook, paid late, "
     "other amount late",
     NOTHING},
    {"pending/waiting",
     "unpaid, other transaction, status refused, no status, invoice made, invoice refused, no invoice, no "
     "invoice for long, no time for an invoice, voided, not voided, wrong webhook",
     NOTHING},
    {"pending/completed, completed/completed, cancelled/completed, expired/completed",
     "paid, paid at the end, unpaid, unpaid at the end, canceled, other amount, other transaction, status "
     "refused, no status, no status for long, invoice made, invoice refused, no invoice, no invoice for "
     "long, no time for an invoice, voided, not voided, webhook, wrong webhook, paid late, other amount late",
     NOTHING},
    {"pending/cancelled, pending/expired, pending/failed, completed/cancelled, completed/expired, "
     "completed/failed, cancelled/cancelled, cancelled/expired, cancelled/failed, expired/cancelled, "
     "expired/expired, expired/failed",
     "unpaid, unpaid at the end, canceled, other transaction, status refused, no status, no status for long, "
     "invoice made, invoice refused, no invoice, no invoice for long, no time for an invoice, wrong webhook",
     NOTHING},
    {"completed/creating, cancelled/creating, expired/creating, pending/waiting!, completed/expired!, "
     "cancelled/cancelled!, expired/expired!",
     "paid, paid at the end, unpaid, unpaid at the end, canceled, other amount, other transaction, status "
     "refused, no status, no status for long, invoice made, invoice refused, no invoice, no invoice for "
     "long, no time for an invoice, voided, not voided, wrong webhook, paid late, other amount late",
     NOTHING},
    {"completed/waiting, cancelled/waiting, expired/waiting",
     "other transaction, status refused, no status, no status for long, invoice made, invoice refused, no "
     "invoice, no invoice for long, no time for an invoice, voided, not voided, wrong webhook",
     NOTHING},
};
const size_t states_of_deposit_count = COUNT(states_of_deposit);

/* By hand: no payment until an admin confirms it. */
const struct pairs_row states_of_by_hand[] = {
    /* What changes something. */
    {"pending", "buyer cancels", "deposit cancelled: ended:cancelled"},
    {"pending", "proved", "deposit review"},
    {"pending", "looked at after its end", "deposit expired: ended:expired"},
    {"review, rejected", "confirmed",
     "deposit completed, payment completed, balance +20000: deposited:20000"},
    {"review", "rejected", "deposit rejected: rejected"},
    /* Somebody is told no. */
    {"pending", "confirmed, rejected", REFUSED},
    {"review", "buyer cancels, proved", REFUSED},
    {"completed, cancelled, expired", "buyer cancels, proved, confirmed, rejected", REFUSED},
    {"rejected", "buyer cancels, proved, rejected", REFUSED},
    /* Nothing comes of it. */
    {"pending", "looked at before its end", NOTHING},
    {"review, completed, cancelled, expired, rejected", "looked at before its end, looked at after its end",
     NOTHING},
};
const size_t states_of_by_hand_count = COUNT(states_of_by_hand);

/* What becomes of the unit itself. */
const struct pairs_row states_of_unit[] = {
    /* What changes something. */
    {"available beside a paid order, available after its order", "another orders one", "reserved to another"},
    {"available beside a paid order", "another of the order is replaced", "sold to its order"},
    {"available after its order", "its order is paid late", "sold to its order"},
    {"reserved", "its order is paid", "sold to its order"},
    {"reserved", "its order is cancelled, its order expires", "available"},
    {"sold, sold and delivered", "it is replaced", "sold to its order, replaced"},
    /* Somebody is told no. */
    {"available beside a paid order, replaced",
     "its order is paid, its order is cancelled, its order expires, its order is paid late, it is replaced",
     REFUSED},
    {"available after its order",
     "its order is paid, its order is delivered, its order is cancelled, its order expires, it is replaced, "
     "another of the order is replaced",
     REFUSED},
    {"reserved",
     "its order is delivered, its order is paid late, it is replaced, another of the order is replaced",
     REFUSED},
    {"sold", "its order is paid, its order is cancelled, its order expires, its order is paid late", REFUSED},
    {"sold and delivered",
     "its order is paid, its order is delivered, its order is cancelled, its order expires, its order is "
     "paid late",
     REFUSED},
    /* Nothing comes of it. */
    {"available beside a paid order", "its order is delivered", NOTHING},
    {"reserved", "another orders one", NOTHING},
    {"sold, replaced", "another orders one, its order is delivered, another of the order is replaced",
     NOTHING},
    {"sold and delivered", "another orders one, another of the order is replaced", NOTHING},
};
const size_t states_of_unit_count = COUNT(states_of_unit);

/* What becomes of something that an admin does by hand, and its order. */
const struct pairs_row states_of_item[] = {
    /* What changes something. */
    {"open/paid", "done with a text, done with a file", "done, paid with content, 2 sold: fulfilled"},
    {"open/paid", "done", "done, paid, 2 sold: fulfilled"},
    {"open/pending", "its order is paid", "open, paid, 2 sold"},
    {"open/pending", "its order is cancelled", "open, cancelled, 0 sold"},
    {"open/pending", "its order expires", "open, expired, 0 sold"},
    {"open/cancelled, open/expired", "its order is paid late", "open, paid, 2 sold"},
    {"done/paid", "its order is delivered", "done, completed, 2 sold"},
    /* Somebody is told no. */
    {"open/pending",
     "done with a text, done with a file, done, its order is delivered, its order is paid late", REFUSED},
    {"open/cancelled, open/expired",
     "done with a text, done with a file, done, its order is paid, its order is delivered, its order is "
     "cancelled, its order expires",
     REFUSED},
    {"open/paid",
     "its order is paid, its order is delivered, its order is cancelled, its order expires, its order is "
     "paid "
     "late",
     REFUSED},
    {"done/paid",
     "done with a text, done with a file, done, its order is paid, its order is cancelled, its order "
     "expires, "
     "its order is paid late",
     REFUSED},
    {"done/completed",
     "done with a text, done with a file, done, its order is paid, its order is delivered, its order is "
     "cancelled, its order expires, its order is paid late",
     REFUSED},
};
const size_t states_of_item_count = COUNT(states_of_item);
