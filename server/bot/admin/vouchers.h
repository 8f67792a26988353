/*
 * 🎟️ Kelola Voucher: coupons as admins make, change, stop and delete them (store/coupon.h). Callback
 * verbs begin with "av"; `avd:<coupon>` is one's page.
 */
#pragma once

#include "bot/turn.h"
#include "bot/wizard.h"
#include "store/coupon.h"

#define VOUCHERS_HOME "av"

/* vouchers.c: the list, one of them, stopping and deleting it */
turn_handler vouchers_home, vouchers_list, vouchers_open, vouchers_stop, vouchers_ask_delete, vouchers_delete;
/* The coupon's page with `line` (HTML, NULL: none) above; one that is not there (any more) is told, and the
 * list shown instead. In the open transaction, or one of its own. */
MUST_USE bool vouchers_show(struct turn *turn, int64_t coupon_id, const char *line, struct error *err);
/* After "changed meanwhile" in a transaction that was opened again: says so above the page as it is now. */
MUST_USE bool vouchers_show_changed(struct turn *turn, int64_t coupon_id, struct error *err);
/* Callback data of its page; in the arena. */
const char *vouchers_data(struct turn *turn, int64_t coupon_id);
/* "10%", "Rp 5.000" */
const char *vouchers_value(struct work *work, enum coupon_kind kind, int64_t value);

/* vouchers_targets.c: what one is for */
turn_handler vouchers_targets, vouchers_ask_target, vouchers_drop_target, vouchers_ask_everything,
    vouchers_for_everything;
/* A few names of what it is for; plain. In the open transaction, or ones of its own. */
MUST_USE bool vouchers_names(struct turn *turn, const struct coupon *coupon, const char **names_out,
                             struct error *err);
extern const struct wizard_kind vouchers_target_wizard;
/* Buttons of a form: categories and products on sale; a product's category is the answer "category". */
MUST_USE bool vouchers_choose_category(struct turn *turn, const struct wizard *wizard, int64_t page,
                                       struct wizard_choices *choices_out, struct error *err);
MUST_USE bool vouchers_choose_product(struct turn *turn, const struct wizard *wizard, int64_t page,
                                      struct wizard_choices *choices_out, struct error *err);

/* What can be changed by itself. The numbers stand in callback data: new ones go to the end. */
enum voucher_field {
    VOUCHER_CODE = 1,
    VOUCHER_DISCOUNT,
    VOUCHER_MAXIMUM,
    VOUCHER_MINIMUM,
    VOUCHER_USES,
    VOUCHER_USES_EACH,
    VOUCHER_STARTS,
    VOUCHER_ENDS,
};

/* vouchers_forms.c: a new one, and one of its fields */
turn_handler vouchers_ask_new, vouchers_ask_field;
extern const struct wizard_kind vouchers_new_wizard, vouchers_edit_wizard;
