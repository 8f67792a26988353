/* Every wizard there is. */
#include "bot/wizard.h"

#include "bot/admin/admins.h"
#include "bot/admin/broadcast_new.h"
#include "bot/admin/calculator.h"
#include "bot/admin/deposits.h"
#include "bot/admin/goods.h"
#include "bot/admin/orders.h"
#include "bot/admin/people.h"
#include "bot/admin/settling.h"
#include "bot/admin/statistics.h"
#include "bot/admin/store_settings.h"
#include "bot/admin/texts.h"
#include "bot/admin/units.h"
#include "bot/admin/vouchers.h"
#include "bot/owner/newstore.h"
#include "bot/owner/screens.h"

const struct wizard_kind *const wizard_kinds[] = {
    &admins_wizard,
    &broadcast_wizard,
    &channel_wizard,
    &deposits_reject_wizard,
    &goods_category_emoji_wizard,
    &goods_category_name_wizard,
    &goods_category_new_wizard,
    &goods_edit_wizards[GOODS_CATEGORY],
    &goods_edit_wizards[GOODS_CODE],
    &calculator_deposit_wizard,
    &calculator_refund_wizard,
    &calculator_total_wizard,
    &goods_edit_wizards[GOODS_CONTENT],
    &goods_edit_wizards[GOODS_DESCRIPTION],
    &goods_edit_wizards[GOODS_FILE],
    &goods_edit_wizards[GOODS_NAME],
    &goods_edit_wizards[GOODS_PHOTO],
    &goods_edit_wizards[GOODS_PRICE],
    &goods_edit_wizards[GOODS_QUESTION],
    &goods_edit_wizards[GOODS_SNK],
    &goods_find_wizard,
    &goods_new_wizard,
    &maintenance_wizard,
    &owner_suspend_wizard,
    &newstore_wizard,
    &orders_cancel_wizard,
    &orders_fulfil_wizard,
    &orders_pay_wizard,
    &orders_refund_wizard,
    &orders_replace_wizard,
    &orders_search_wizard,
    &people_adjust_wizard,
    &people_message_wizard,
    &people_search_wizard,
    &setting_wizard,
    &settling_wizard,
    &statistics_wizard,
    &texts_import_wizard,
    &texts_picture_wizard,
    &texts_wizard,
    &units_add_wizard,
    &units_take_wizard,
    &vouchers_edit_wizard,
    &vouchers_new_wizard,
    &vouchers_target_wizard,
};
const size_t wizard_kind_count = sizeof wizard_kinds / sizeof wizard_kinds[0];
