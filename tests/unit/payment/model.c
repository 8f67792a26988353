#include "model.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/str.h"

/* --- bills --- */

bool model_is_open(const struct model_bill *bill)
{
    return bill->is_deposit ? bill->state == DEPOSIT_PENDING : bill->state == ORDER_PENDING;
}

static int open_bills(const struct model *model, int person, bool deposits)
{
    int count = 0;
    for (int i = 0; i < model->bill_count; i++)
        count += model->bills[i].person == person && model->bills[i].is_deposit == deposits &&
                 (model_is_open(&model->bills[i]) || (deposits && model->bills[i].state == DEPOSIT_REVIEW));
    return count;
}

static bool has_units(const struct model *model, const int *quantity)
{
    for (int i = 0; i < MODEL_OF_UNITS; i++)
        if (quantity[i] > model->available[i])
            return false;
    return true;
}

static int64_t total_of(const struct model *model, const int *quantity, const struct model_coupon *coupon)
{
    int64_t sum = 0, discount = 0;
    for (int i = 0; i < MODEL_PRODUCTS; i++)
        sum += model->price[i] * quantity[i];
    if (coupon)
        discount = coupon->percent ? sum * coupon->percent / 100 : coupon->value;
    return discount > sum ? 0 : sum - discount;
}

static bool holds_coupon(const struct model_bill *bill, const struct model_coupon *coupon)
{
    return !bill->is_deposit && bill->coupon == coupon && bill->state != ORDER_CANCELLED &&
           bill->state != ORDER_EXPIRED;
}

static bool has_uses(const struct model *model, int person, const struct model_coupon *coupon)
{
    int own = 0;
    for (int i = 0; i < model->bill_count; i++)
        own += model->bills[i].person == person && holds_coupon(&model->bills[i], coupon);
    return coupon->uses < coupon->most_uses && own < coupon->most_uses_each;
}

enum order_obstacle model_obstacle(const struct model *model, int person, const int *quantity,
                                   const struct model_coupon *coupon, bool by_balance, int64_t *total_out)
{
    int units = 0;
    *total_out = total_of(model, quantity, coupon);
    for (int i = 0; i < MODEL_PRODUCTS; i++)
        units += quantity[i];
    if (!units)
        return ORDER_CART_EMPTY;
    if (!by_balance && open_bills(model, person, false) >= MODEL_MOST_OPEN)
        return ORDER_TOO_MANY_OPEN;
    if (coupon && !has_uses(model, person, coupon))
        return ORDER_COUPON_REFUSED;
    if (!has_units(model, quantity))
        return ORDER_OUT_OF_STOCK;
    return by_balance && model->balance[person] < *total_out ? ORDER_BALANCE_SHORT : ORDER_OK;
}

bool model_may_deposit(const struct model *model, int person)
{
    return open_bills(model, person, true) < MODEL_MOST_OPEN;
}

static struct model_bill *add_bill(struct model *model, int64_t id, int person, int64_t amount)
{
    assert(model->bill_count < MODEL_MOST);
    struct model_bill *bill = &model->bills[model->bill_count++];
    *bill = (struct model_bill){
        .id = id, .person = person, .amount = amount, .expires_ms = model->now_ms + MODEL_INVOICE_MS};
    return bill;
}

/* Units and the coupon's use, taken or (-1) given back. */
static void take(struct model *model, struct model_bill *bill, int times)
{
    for (int i = 0; i < MODEL_OF_UNITS; i++)
        model->available[i] -= times * bill->quantity[i];
    if (bill->coupon)
        bill->coupon->uses += times;
}

struct model_bill *model_add_order(struct model *model, int64_t id, int person, const int *quantity,
                                   struct model_coupon *coupon)
{
    struct model_bill *bill = add_bill(model, id, person, total_of(model, quantity, coupon));
    bill->state = ORDER_PENDING;
    bill->coupon = coupon;
    memcpy(bill->quantity, quantity, sizeof bill->quantity);
    take(model, bill, 1);
    return bill;
}

struct model_bill *model_add_deposit(struct model *model, int64_t id, int person, int64_t amount)
{
    struct model_bill *bill = add_bill(model, id, person, amount);
    bill->is_deposit = true;
    bill->state = DEPOSIT_PENDING;
    return bill;
}

struct model_payment *model_add_payment(struct model *model, int64_t id, struct model_bill *bill,
                                        enum model_method method)
{
    assert(model->payment_count < MODEL_MOST);
    struct model_payment *payment = &model->payments[model->payment_count++];
    *payment = (struct model_payment){
        .id = id, .bill = bill, .method = method, .state = PAYMENT_CREATING, .known = method != BY_GATEWAY};
    if (method == BY_BALANCE)
        model->balance[bill->person] -= bill->amount;
    if (method != BY_GATEWAY)
        model_settle(model, payment);
    return payment;
}

/* --- how they end --- */

static void end_bill(struct model *model, struct model_bill *bill, bool expired)
{
    assert(model_is_open(bill));
    if (bill->is_deposit)
        bill->state = expired ? DEPOSIT_EXPIRED : DEPOSIT_CANCELLED;
    else
        bill->state = expired ? ORDER_EXPIRED : ORDER_CANCELLED;
    take(model, bill, -1);
}

static void end(struct model *model, struct model_payment *payment, bool expired,
                enum payment_state payment_end)
{
    end_bill(model, payment->bill, expired);
    payment->state = payment_end;
}

bool model_cancel(struct model *model, struct model_payment *payment)
{
    if (!model_is_open(payment->bill) || payment->parked)
        return false;
    end(model, payment, false, PAYMENT_CANCELLED);
    return true;
}

static void sell(struct model *model, struct model_bill *bill)
{
    bill->state = ORDER_PAID;
    for (int i = 0; i < MODEL_PRODUCTS; i++)
        model->sold[i] += bill->quantity[i];
}

/* What came of it, not what was asked for. */
static int64_t received(const struct model_payment *payment)
{
    return payment->has_problem ? payment->paid : payment->bill->amount;
}

void model_settle(struct model *model, struct model_payment *payment)
{
    struct model_bill *bill = payment->bill;
    if (payment->state == PAYMENT_COMPLETED)
        return;
    if (!bill->is_deposit && (bill->state == ORDER_PENDING)) /* delivered, whatever it was */
        model->elsewhere += received(payment) - bill->amount;
    payment->state = PAYMENT_COMPLETED;
    if (bill->is_deposit) {
        bill->state = DEPOSIT_COMPLETED;
        model->balance[bill->person] += received(payment);
    } else if (bill->state == ORDER_PENDING) {
        sell(model, bill);
    } else if ((bill->state == ORDER_CANCELLED || bill->state == ORDER_EXPIRED) &&
               has_units(model, bill->quantity) &&
               (!bill->coupon || has_uses(model, bill->person, bill->coupon))) {
        model->elsewhere += received(payment) - bill->amount;
        take(model, bill, 1);
        sell(model, bill);
    } else {
        model->balance[bill->person] += received(payment);
    }
}

/* --- what people decide --- */

bool model_cancel_by_hand(struct model_bill *deposit)
{
    if (deposit->state != DEPOSIT_PENDING)
        return false;
    deposit->state = DEPOSIT_CANCELLED;
    return true;
}

static bool is_paid(const struct model_bill *order)
{
    return order->state == ORDER_PAID || order->state == ORDER_COMPLETED;
}

static struct model_payment *newest_payment(const struct model *model, const struct model_bill *bill)
{
    const struct model_payment *found = NULL;
    for (int i = 0; i < model->payment_count; i++)
        if (model->payments[i].bill == bill)
            found = &model->payments[i];
    return (struct model_payment *)found;
}

bool model_may_mark_paid(const struct model *model, const struct model_bill *order)
{
    const struct model_payment *newest = newest_payment(model, order);
    return !is_paid(order) && newest->state != PAYMENT_COMPLETED && !newest->has_problem;
}

void model_mark_paid(struct model *model, int64_t payment_id, struct model_bill *order)
{
    struct model_payment *asked = newest_payment(model, order);
    if (asked->state == PAYMENT_CREATING || asked->state == PAYMENT_WAITING)
        asked->state = PAYMENT_CANCELLED;
    model_add_payment(model, payment_id, order, BY_HAND);
}

bool model_refund(struct model *model, struct model_bill *order, int64_t amount)
{
    if (!is_paid(order) || amount < 1 || amount > order->amount - order->refunded)
        return false;
    order->refunded += amount;
    model->balance[order->person] += amount;
    model->elsewhere -= amount;
    return true;
}

bool model_adjust(struct model *model, int person, int64_t amount)
{
    if (amount == 0 || model->balance[person] + amount < 0)
        return false;
    model->balance[person] += amount;
    model->elsewhere -= amount;
    return true;
}

/* All of it was sent. */
bool model_complete(struct model_bill *order)
{
    if (order->state != ORDER_PAID || (order->quantity[MODEL_MANUAL] && !order->fulfilled))
        return false;
    order->state = ORDER_COMPLETED;
    return true;
}

bool model_fulfil(struct model_bill *order)
{
    if (order->state != ORDER_PAID || !order->quantity[MODEL_MANUAL] || order->fulfilled)
        return false;
    order->fulfilled = true;
    return true;
}

bool model_replace(struct model *model, const struct model_bill *order, int product)
{
    if (!is_paid(order) || !order->quantity[product] || !model->available[product] ||
        product >= MODEL_OF_UNITS)
        return false;
    model->available[product]--;
    model->replaced[product]++;
    return true;
}

bool model_resolve(struct model *model, struct model_payment *payment, enum correction_settlement how)
{
    struct model_bill *bill = payment->bill;
    if (!payment->parked)
        return false;
    payment->parked = false;
    if (how == CORRECTION_DELIVER || (how == CORRECTION_CREDIT && bill->is_deposit)) {
        model_settle(model, payment);
        return true;
    }
    payment->state = PAYMENT_COMPLETED;
    if (model_is_open(bill))
        end_bill(model, bill, false);
    if (how == CORRECTION_CREDIT)
        model->balance[bill->person] += payment->paid;
    else
        model->elsewhere += payment->paid;
    return true;
}

/* --- jobs --- */

bool model_create_calls(const struct model_payment *payment, int64_t now_ms)
{
    return payment->state == PAYMENT_CREATING && model_is_open(payment->bill) &&
           now_ms < payment->bill->expires_ms;
}

void model_create_not_called(struct model *model, struct model_payment *payment)
{
    if (payment->state == PAYMENT_CREATING && model_is_open(payment->bill))
        end(model, payment, false, PAYMENT_FAILED); /* its time was over */
}

void model_created(struct model *model, struct model_payment *payment, enum model_answer answer)
{
    enum { MOST_TRIES = 3 };
    struct model_bill *bill = payment->bill;
    bool ended = payment->state == PAYMENT_CANCELLED || payment->state == PAYMENT_EXPIRED ||
                 payment->state == PAYMENT_FAILED;
    if (answer == ANSWER_TRUTH && ended)
        payment->known = true;
    if (payment->state != PAYMENT_CREATING)
        return;
    if (answer == ANSWER_REFUSED || (answer == ANSWER_LOST && payment->failures + 1 >= MOST_TRIES)) {
        end(model, payment, false, PAYMENT_FAILED);
    } else if (answer == ANSWER_LOST) {
        payment->failures++;
    } else {
        payment->known = true;
        if (payment->expires_ms <= model->now_ms || bill->expires_ms <= model->now_ms) {
            end(model, payment, false, PAYMENT_FAILED); /* no time left to pay */
            return;
        }
        payment->state = PAYMENT_WAITING;
        if (payment->expires_ms < bill->expires_ms)
            bill->expires_ms = payment->expires_ms;
    }
}

/* The last looks at an open bill whose time is over: three without an answer, and half a minute. */
static bool is_given_up(const struct model_payment *payment, int failures, int64_t now_ms)
{
    return now_ms >= payment->bill->expires_ms + 30000 && failures >= 3;
}

void model_checked(struct model *model, struct model_payment *payment, enum model_answer answer, bool known,
                   enum gateway_status status, int64_t status_amount)
{
    struct model_bill *bill = payment->bill;
    if (!known) { /* it was looked for by the order's id */
        if (answer == ANSWER_TRUTH && payment->state != PAYMENT_CREATING)
            payment->known = true;
        return;
    }
    int failures = payment->failures;
    payment->failures = answer == ANSWER_TRUTH ? 0 : failures + 1;
    if (payment->state == PAYMENT_COMPLETED || payment->parked)
        return;
    bool open = payment->state == PAYMENT_WAITING && model_is_open(bill);
    if (answer != ANSWER_TRUTH) {
        if (open && is_given_up(payment, failures, model->now_ms))
            end(model, payment, true, PAYMENT_EXPIRED);
    } else if (status == GATEWAY_COMPLETED && status_amount == bill->amount) {
        model_settle(model, payment);
    } else if (status == GATEWAY_COMPLETED) {
        payment->parked = payment->has_problem = true;
        payment->paid = status_amount;
    } else if (open && status == GATEWAY_CANCELED) {
        end(model, payment, false, PAYMENT_CANCELLED);
    } else if (open && model->now_ms >= bill->expires_ms) {
        end(model, payment, true, PAYMENT_EXPIRED);
    } else if (!open && payment->state == PAYMENT_WAITING) {
        payment->state = PAYMENT_CANCELLED; /* its bill was paid another way */
    }
}

/* --- pictures --- */

const char model_picture_sql[] =
    "SELECT concat_ws(' ',"
    " (SELECT string_agg('o' || id || ':' || state || ':' || total, ' ' ORDER BY id) FROM orders),"
    " (SELECT string_agg('d' || id || ':' || state || ':' || amount, ' ' ORDER BY id) FROM deposits),"
    " (SELECT string_agg('p' || id || ':' || state || CASE WHEN problem IS NULL THEN '' ELSE '!' END, ' '"
    "  ORDER BY id) FROM payments),"
    " (SELECT string_agg('u' || telegram_id || ':' || balance || '=' ||"
    "  coalesce((SELECT sum(amount) FROM ledger l WHERE l.telegram_id = u.telegram_id), 0), ' '"
    "  ORDER BY telegram_id) FROM users u),"
    " (SELECT string_agg('s' || id || ':' || (SELECT count(*) FILTER (WHERE state = 'available') || '/' ||"
    "  count(*) FILTER (WHERE state = 'reserved') || '/' || count(*) FILTER (WHERE state = 'sold')"
    "  FROM stock_units s WHERE s.product_id = p.id) || '/' || sold, ' ' ORDER BY id) FROM products p),"
    " (SELECT string_agg('c' || id || ':' || uses, ' ' ORDER BY id) FROM coupons))";

static void add_bills(struct str *s, const struct model *model, bool deposits)
{
    for (int i = 0; i < model->bill_count; i++) {
        const struct model_bill *bill = &model->bills[i];
        if (bill->is_deposit == deposits)
            str_addf(s, "%c%" PRId64 ":%s:%" PRId64 " ", deposits ? 'd' : 'o', bill->id,
                     deposits ? deposit_state_name((enum deposit_state)bill->state)
                              : order_state_name((enum order_state)bill->state),
                     bill->amount);
    }
}

const char *model_picture(const struct model *model, struct arena *arena)
{
    struct str s = STR_INIT(arena);
    add_bills(&s, model, false);
    add_bills(&s, model, true);
    for (int i = 0; i < model->payment_count; i++)
        str_addf(&s, "p%" PRId64 ":%s%s ", model->payments[i].id,
                 payment_state_name(model->payments[i].state), model->payments[i].has_problem ? "!" : "");
    for (int i = 0; i < MODEL_PEOPLE; i++)
        str_addf(&s, "u%" PRId64 ":%" PRId64 "=%" PRId64 " ", MODEL_FIRST_PERSON + i, model->balance[i],
                 model->balance[i]);
    for (int i = 0; i < MODEL_PRODUCTS; i++) {
        int reserved = 0;
        for (int k = 0; k < model->bill_count && i < MODEL_OF_UNITS; k++)
            reserved += model_is_open(&model->bills[k]) ? model->bills[k].quantity[i] : 0;
        str_addf(&s, "%ss%d:%d/%d/%d/%d", i ? " " : "", i + 1, model->available[i], reserved,
                 i < MODEL_OF_UNITS ? model->sold[i] + model->replaced[i] : 0, model->sold[i]);
    }
    for (int i = 0; i < MODEL_COUPONS; i++)
        str_addf(&s, " c%d:%d", i + 1, model->coupons[i].uses);
    return str_done(&s);
}

int model_undelivered(const struct model *model)
{
    int count = 0;
    for (int i = 0; i < model->bill_count; i++)
        count += !model->bills[i].is_deposit && model->bills[i].state == ORDER_PAID;
    return count;
}

int64_t model_taken(const struct model *model)
{
    int64_t sum = 0;
    for (int i = 0; i < model->payment_count; i++) {
        const struct model_payment *payment = &model->payments[i];
        if (payment->method == BY_HAND)
            sum += payment->bill->amount;
        else if (payment->there && payment->status == GATEWAY_COMPLETED && !payment->parked)
            sum += payment->status_amount;
    }
    return sum;
}

int64_t model_booked(const struct model *model)
{
    int64_t sum = model->elsewhere;
    for (int i = 0; i < model->bill_count; i++)
        if (!model->bills[i].is_deposit &&
            (model->bills[i].state == ORDER_PAID || model->bills[i].state == ORDER_COMPLETED))
            sum += model->bills[i].amount;
    for (int i = 0; i < MODEL_PEOPLE; i++)
        sum += model->balance[i];
    return sum;
}
