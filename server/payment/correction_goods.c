/* Corrections of what was bought: sent again, replaced, done by hand. */
#include <inttypes.h>

#include "payment/correction.h"
#include "payment/internal.h"
#include "store/order_content.h"
#include "store/stock.h"

bool correction_resend(struct work *work, const struct correction *by, int64_t order_id, struct error *err)
{
    struct bill bill;
    if (!correction_take_bill(work, by, order_id, 0, &bill, err) || !correction_check_paid(bill.order, err) ||
        !correction_write_log(work, by, "resend", "order", order_id, NULL, NULL, err) ||
        !checkout_notices()->resend(work, bill.order, err))
        return error_context(err, "resend");
    return true;
}

static json_t *unit_picture(const struct order *order, int64_t replaced_by)
{
    return json_pack("{s:s, s:o}", "order", order->reference, "replaced_by",
                     replaced_by ? json_integer(replaced_by) : json_null());
}

bool correction_replace_unit(struct work *work, const struct correction *by, int64_t unit_id,
                             int64_t *new_unit_out, struct error *err)
{
    struct stock_unit unit;
    struct bill bill;
    int64_t new_unit;
    if (!stock_unit_get(work, unit_id, &unit, err))
        return error_context(err, "replace");
    if (!unit.is_sold) /* what is sold stays its order's; anything else has none to be locked with */
        return error_set(err, ERR_CONFLICT, "replace: unit %" PRId64 " is not sold", unit_id);
    if (!correction_take_bill(work, by, unit.order_id, 0, &bill, err) ||
        !stock_replace(work, unit_id, &new_unit, err) ||
        !correction_write_log(work, by, "replace_unit", "unit", unit_id, unit_picture(bill.order, 0),
                              unit_picture(bill.order, new_unit), err) ||
        !checkout_notices()->replaced(work, bill.order, new_unit, err))
        return error_context(err, "replace");
    *new_unit_out = new_unit;
    return true;
}

/* --- done by hand --- */

/* What was given is named by its sort alone. */
static json_t *item_picture(const struct order_item *item, const char *state, const char *with)
{
    return json_pack("{s:s, s:s, s:s?}", "product", item->name, "state", state, "with", with);
}

static const struct order_item *item_of(const struct order *order, int64_t item_id)
{
    const struct order_item *item = order->items;
    while (item->id != item_id)
        item++;
    return item;
}

static bool check_open(const struct order *order, const struct order_item *item, struct error *err)
{
    if (order->state != ORDER_PAID)
        return error_set(err, ERR_CONFLICT, "order %s is %s", order->reference,
                         order_state_name(order->state));
    if (item->kind != PRODUCT_MANUAL || item->fulfilled_ms)
        return error_set(err, ERR_CONFLICT, "item %" PRId64 " of order %s is done", item->id,
                         order->reference);
    return true;
}

bool correction_fulfil(struct work *work, const struct correction *by, int64_t order_item_id,
                       const char *text, const char *file_id, const char *file_name, struct error *err)
{
    const struct order_content content = {.text = text, .file_id = file_id, .file_name = file_name};
    const char *with = text ? "text" : file_id ? "file" : NULL;
    int64_t order_id;
    struct bill bill;
    struct order order;
    if (!order_content_order(work, order_item_id, &order_id, err) ||
        !correction_take_bill(work, by, order_id, 0, &bill, err))
        return error_context(err, "fulfil");
    const struct order_item *item = item_of(bill.order, order_item_id);
    if (!check_open(bill.order, item, err) ||
        !order_content_fulfil(work, item->id, by->actor_id, &content, err) ||
        !order_get(work, order_id, false, &order, err) ||
        !correction_write_log(work, by, "fulfil", "order", order_id, item_picture(item, "open", NULL),
                              item_picture(item, "fulfilled", with), err) ||
        !checkout_notices()->fulfilled(work, &order, item_of(&order, item->id), err))
        return error_context(err, "fulfil");
    return true;
}
