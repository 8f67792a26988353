#include "decisions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>

bool do_refund(struct work *work, struct decision *d, struct error *err)
{
    return correction_refund(work, &d->by, d->id, d->amount, &d->result, err);
}

bool do_mark_paid(struct work *work, struct decision *d, struct error *err)
{
    return correction_mark_paid(work, &d->by, d->id, err);
}

bool do_resend(struct work *work, struct decision *d, struct error *err)
{
    return correction_resend(work, &d->by, d->id, err);
}

bool do_replace(struct work *work, struct decision *d, struct error *err)
{
    return correction_replace_unit(work, &d->by, d->id, &d->result, err);
}

bool do_adjust(struct work *work, struct decision *d, struct error *err)
{
    return correction_adjust_balance(work, &d->by, d->id, d->amount, &d->result, err);
}

bool do_settle_mismatch(struct work *work, struct decision *d, struct error *err)
{
    return correction_settle_mismatch(work, &d->by, d->id, d->how, err);
}

bool do_cancel(struct work *work, struct decision *d, struct error *err)
{
    return correction_cancel(work, &d->by, d->id, err);
}

bool do_fulfil(struct work *work, struct decision *d, struct error *err)
{
    return correction_fulfil(work, &d->by, d->id, "86 diamonds", NULL, NULL, err);
}

bool do_confirm(struct work *work, struct decision *d, struct error *err)
{
    return correction_confirm_deposit(work, &d->by, d->id, err);
}

bool do_reject(struct work *work, struct decision *d, struct error *err)
{
    return correction_reject_deposit(work, &d->by, d->id, err);
}

static bool run_decision(struct work *work, void *context, struct error *err)
{
    struct decision *decision = context;
    return decision->run(work, decision, err);
}

bool decide_at(struct lane_store *store, struct decision *decision)
{
    decision->err = (struct error){0};
    if (!decision->by.key)
        decision->by.key = "update:1";
    if (!decision->by.note)
        decision->by.note = "as the buyer asked";
    if (!decision->by.actor_id)
        decision->by.actor_id = ADMIN;
    return house_transaction_at(store, HOUSE_NOW, run_decision, decision, &decision->err);
}

bool decide(struct decision *decision)
{
    return decide_at(house.store, decision);
}

void decide_well(struct decision decision)
{
    if (!decide(&decision))
        fail_msg("%s: %s", error_code_name(decision.err.code), decision.err.text);
}

void decide_badly(enum error_code code, struct decision decision)
{
    if (decide(&decision))
        fail_msg("went through");
    if (decision.err.code != code)
        fail_msg("%s: %s", error_code_name(decision.err.code), decision.err.text);
}

int64_t decision_unit(const struct made_bill *made, const char *state)
{
    return house_number("SELECT min(id) FROM stock_units WHERE product_id = %lld AND state = '%s'",
                        (long long)made->id, state);
}

const struct decision_kind decision_kinds[] = {
    {.name = "refund",
     .run = do_refund,
     .order = "paid",
     .payment = "completed",
     .amount = 5000,
     .log = "refund order {\"state\": \"paid\", \"total\": 20000, \"balance\": 0, \"refunded\": 0}"
            " {\"state\": \"paid\", \"total\": 20000, \"balance\": 5000, \"refunded\": 5000}"},
    {.name = "mark paid",
     .run = do_mark_paid,
     .order = "pending",
     .payment = "waiting",
     .log = "mark_paid order {\"state\": \"pending\", \"payment\": \"waiting\"}"
            " {\"state\": \"paid\", \"payment\": \"cancelled\"}"},
    {.name = "mark paid late",
     .run = do_mark_paid,
     .order = "expired",
     .payment = "expired",
     .log = "mark_paid order {\"state\": \"expired\", \"payment\": \"expired\"}"
            " {\"state\": \"paid\", \"payment\": \"expired\"}"},
    {.name = "resend",
     .run = do_resend,
     .order = "completed",
     .payment = "completed",
     .log = "resend order - -"},
    {.name = "cancel",
     .run = do_cancel,
     .order = "pending",
     .payment = "waiting",
     .log = "cancel order {\"state\": \"pending\", \"payment\": \"waiting\"}"
            " {\"state\": \"cancelled\", \"payment\": \"cancelled\"}"},
    {.name = "fulfil",
     .run = do_fulfil,
     .order = "paid",
     .payment = "completed",
     .manual = true,
     .log = "fulfil order {\"with\": null, \"state\": \"open\", \"product\": \"Product\"}"
            " {\"with\": \"text\", \"state\": \"fulfilled\", \"product\": \"Product\"}"},
    {.name = "adjust",
     .run = do_adjust,
     .order = "expired",
     .payment = "completed",
     .amount = -20000,
     .log = "adjust_balance user {\"balance\": 20000} {\"balance\": 0}"},
    {.name = "deliver",
     .run = do_settle_mismatch,
     .order = "pending",
     .payment = "waiting!",
     .how = CORRECTION_DELIVER,
     .log = "settle_mismatch payment {\"paid\": 19999, \"asked\": 20000, \"state\": \"pending\", \"payment\":"
            " \"waiting\", \"resolution\": null} {\"paid\": 19999, \"asked\": 20000, \"state\": \"paid\","
            " \"payment\": \"completed\", \"resolution\": \"delivered\"}"},
    {.name = "credit",
     .run = do_settle_mismatch,
     .order = "pending",
     .payment = "waiting!",
     .how = CORRECTION_CREDIT,
     .log =
         "settle_mismatch payment {\"paid\": 19999, \"asked\": 20000, \"state\": \"pending\", \"payment\":"
         " \"waiting\", \"resolution\": null} {\"paid\": 19999, \"asked\": 20000, \"state\": \"cancelled\","
         " \"payment\": \"completed\", \"resolution\": \"credited\"}"},
    {.name = "given back",
     .run = do_settle_mismatch,
     .deposit = "pending",
     .payment = "waiting!",
     .how = CORRECTION_REFUNDED,
     .log =
         "settle_mismatch payment {\"paid\": 19999, \"asked\": 20000, \"state\": \"pending\", \"payment\":"
         " \"waiting\", \"resolution\": null} {\"paid\": 19999, \"asked\": 20000, \"state\": \"cancelled\","
         " \"payment\": \"completed\", \"resolution\": \"refunded\"}"},
    {.name = "confirm",
     .run = do_confirm,
     .by_hand = "review",
     .log = "confirm_deposit deposit {\"state\": \"review\", \"amount\": 20000}"
            " {\"state\": \"completed\", \"amount\": 20000}"},
    {.name = "reject",
     .run = do_reject,
     .by_hand = "review",
     .log = "reject_deposit deposit {\"state\": \"review\", \"amount\": 20000}"
            " {\"state\": \"rejected\", \"amount\": 20000}"},
};
const size_t decision_kind_count = sizeof decision_kinds / sizeof decision_kinds[0];

struct decision decision_of(const struct decision_kind *kind)
{
    house_clean();
    struct made_bill made = kind->order     ? bills_order(kind->order, kind->payment, 2)
                            : kind->deposit ? bills_deposit(kind->deposit, kind->payment)
                                            : bills_deposit_by_hand(kind->by_hand);
    if (kind->manual)
        bills_make_manual(&made, false);
    return (struct decision){.run = kind->run, .id = made.id, .amount = kind->amount, .how = kind->how};
}
