/* Each check is one statement that returns the differences alone: how many there are, who, and the figures.
 */
#include "store/verify.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"

/* Entries of a kind whose key has the kind's form, with the id that is in it. */
#define ENTRIES(kind, form, part)                                                                            \
    "(SELECT reason_key, telegram_id, amount, split_part(reason_key, ':', " part ")::bigint AS ref"          \
    " FROM ledger WHERE kind = '" kind "' AND reason_key ~ '" form "')"
#define DEPOSIT_FORM  "^deposit:[0-9]{1,18}$"
#define PURCHASE_FORM "^purchase:order:[0-9]{1,18}$"
#define REFUND_FORM   "^refund:order:[0-9]{1,18}:."
#define LATE_FORM     "^late:payment:[0-9]{1,18}$"
#define DEPOSITS      ENTRIES("deposit", DEPOSIT_FORM, "2")
#define PURCHASES     ENTRIES("purchase", PURCHASE_FORM, "3")
#define REFUNDS       ENTRIES("refund", REFUND_FORM, "3")
#define LATE_CREDITS  ENTRIES("late_payment", LATE_FORM, "3")

/* The first column of each; then who, and what the sentence needs. $1: how many at most. */
#define SELECT_DIFFERENCES "SELECT count(*) OVER (), "
#define THE_FIRST          " ORDER BY 2 LIMIT $1"

/* --- people --- */

DB_TENANT_STATEMENT(verify_balances, SELECT_DIFFERENCES
                    "'user ' || u.telegram_id, u.balance, coalesce(l.sum, 0) FROM users u"
                    " LEFT JOIN (SELECT telegram_id, sum(amount) AS sum FROM ledger GROUP BY telegram_id) l"
                    " ON l.telegram_id = u.telegram_id WHERE u.balance <> coalesce(l.sum, 0)" THE_FIRST);

DB_TENANT_STATEMENT(verify_reasons,
                    SELECT_DIFFERENCES "'ledger ' || reason_key, kind, amount FROM ledger WHERE CASE kind"
                                       " WHEN 'deposit' THEN reason_key !~ '" DEPOSIT_FORM "'"
                                       " WHEN 'purchase' THEN reason_key !~ '" PURCHASE_FORM "'"
                                       " WHEN 'refund' THEN reason_key !~ '" REFUND_FORM "'"
                                       " WHEN 'late_payment' THEN reason_key !~ '" LATE_FORM "'"
                                       " ELSE reason_key ~ '^(deposit|purchase|refund|late):' END" THE_FIRST);

DB_TENANT_STATEMENT(
    verify_counters, SELECT_DIFFERENCES
    "'counter ' || t.name, coalesce(c.value::text, 'nothing'), t.count FROM ("
    "SELECT 'users' AS name, count(*) AS count FROM users"
    " UNION ALL SELECT 'unreachable', count(*) FROM users WHERE NOT reachable"
    " UNION ALL SELECT 'completed', count(*) FROM orders WHERE state = 'completed') t"
    " LEFT JOIN counters c ON c.name = t.name WHERE c.value IS DISTINCT FROM t.count" THE_FIRST);

/* --- stock --- */

DB_TENANT_STATEMENT(verify_sold, SELECT_DIFFERENCES
                    "'product ' || p.code, p.sold, coalesce(u.count, 0) FROM products p"
                    " LEFT JOIN (SELECT product_id, count(*) FROM stock_units"
                    " WHERE state = 'sold' AND replaced_by IS NULL GROUP BY product_id"
                    " UNION ALL SELECT i.product_id, sum(i.quantity) FROM order_items i"
                    " JOIN orders o ON o.id = i.order_id"
                    " WHERE i.kind <> 'unit' AND o.state IN ('paid', 'completed') GROUP BY i.product_id) u"
                    " ON u.product_id = p.id WHERE p.sold <> coalesce(u.count, 0)" THE_FIRST);

DB_TENANT_STATEMENT(
    verify_units, SELECT_DIFFERENCES
    "'order ' || o.reference, o.state, i.quantity, p.code, coalesce(u.reserved, 0),"
    " coalesce(u.sold, 0), coalesce(u.replaced, 0)"
    " FROM order_items i JOIN orders o ON o.id = i.order_id JOIN products p ON p.id = i.product_id"
    " LEFT JOIN (SELECT order_item_id, count(*) FILTER (WHERE state = 'reserved') AS reserved,"
    " count(*) FILTER (WHERE state = 'sold' AND replaced_by IS NULL) AS sold,"
    " count(*) FILTER (WHERE replaced_by IS NOT NULL) AS replaced"
    " FROM stock_units WHERE order_item_id IS NOT NULL GROUP BY order_item_id) u"
    " ON u.order_item_id = i.id WHERE coalesce(u.reserved, 0) <>"
    " CASE WHEN i.kind = 'unit' AND o.state = 'pending' THEN i.quantity ELSE 0 END"
    " OR coalesce(u.sold, 0) <>"
    " CASE WHEN i.kind = 'unit' AND o.state IN ('paid', 'completed') THEN i.quantity ELSE 0 END"
    " OR (coalesce(u.replaced, 0) > 0 AND o.state NOT IN ('paid', 'completed'))" THE_FIRST);

DB_TENANT_STATEMENT(verify_unit_products, SELECT_DIFFERENCES
                    "'unit ' || u.id, o.reference, p.code FROM stock_units u"
                    " JOIN order_items i ON i.id = u.order_item_id JOIN orders o ON o.id = i.order_id"
                    " JOIN products p ON p.id = u.product_id WHERE u.product_id <> i.product_id" THE_FIRST);

DB_TENANT_STATEMENT(
    verify_replaced, SELECT_DIFFERENCES
    "'unit ' || u.id, r.id, r.state FROM stock_units u JOIN stock_units r ON r.id = u.replaced_by"
    " WHERE r.state <> 'sold' OR r.order_item_id IS DISTINCT FROM u.order_item_id" THE_FIRST);

/* --- coupons --- */

#define HOLDING "coupon_id IS NOT NULL AND state IN ('pending', 'paid', 'completed')"

DB_TENANT_STATEMENT(verify_coupons, SELECT_DIFFERENCES
                    "'coupon ' || c.code, c.uses, coalesce(o.count, 0) FROM coupons c"
                    " LEFT JOIN (SELECT coupon_id, count(*) FROM orders WHERE " HOLDING
                    " GROUP BY coupon_id) o"
                    " ON o.coupon_id = c.id WHERE c.uses <> coalesce(o.count, 0)" THE_FIRST);

DB_TENANT_STATEMENT(verify_coupon_people, SELECT_DIFFERENCES
                    "'coupon ' || c.code, c.most_uses_each, o.telegram_id, o.count FROM coupons c"
                    " JOIN (SELECT coupon_id, telegram_id, count(*) FROM orders WHERE " HOLDING
                    " GROUP BY coupon_id, telegram_id) o"
                    " ON o.coupon_id = c.id WHERE o.count > c.most_uses_each" THE_FIRST);

/* --- orders --- */

DB_TENANT_STATEMENT(verify_subtotals, SELECT_DIFFERENCES
                    "'order ' || o.reference, o.subtotal, coalesce(i.sum, 0) FROM orders o"
                    " LEFT JOIN (SELECT order_id, sum(price * quantity) FROM order_items GROUP BY order_id) i"
                    " ON i.order_id = o.id WHERE o.subtotal <> coalesce(i.sum, 0)" THE_FIRST);

DB_TENANT_STATEMENT(
    verify_open_orders, SELECT_DIFFERENCES
    "'order ' || o.reference, o.state, (p.order_id IS NOT NULL)::int FROM orders o"
    " LEFT JOIN (SELECT order_id FROM payments WHERE state IN ('creating', 'waiting')) p"
    " ON p.order_id = o.id WHERE (o.state = 'pending') <> (p.order_id IS NOT NULL)" THE_FIRST);

/* What came, where that is not what was asked for. */
#define RECEIVED "CASE WHEN p.problem IS NULL THEN p.amount ELSE coalesce(p.paid_amount, 0) END"
/* Completed payments that were not given back: not to the balance, as they came too late or were one too
 * many, and not by hand. */
#define SETTLED(bill)                                                                                        \
    "(SELECT p." bill ", count(*) AS count, max(p.amount) AS amount, max(" RECEIVED ") AS received"          \
    " FROM payments p LEFT JOIN " LATE_CREDITS " l ON l.ref = p.id WHERE p.state = 'completed' AND p." bill  \
    " IS NOT NULL AND l.ref IS NULL AND p.resolution IS DISTINCT FROM 'refunded' GROUP BY p." bill ")"
#define SETTLED_ORDERS   SETTLED("order_id")
#define SETTLED_DEPOSITS SETTLED("deposit_id")

DB_TENANT_STATEMENT(verify_paid_orders, SELECT_DIFFERENCES
                    "'order ' || o.reference, o.state, coalesce(p.count, 0), o.total, coalesce(p.amount, 0)"
                    " FROM orders o LEFT JOIN " SETTLED_ORDERS " p ON p.order_id = o.id"
                    " WHERE coalesce(p.count, 0) <> (o.state IN ('paid', 'completed'))::int"
                    " OR p.amount <> o.total" THE_FIRST);

DB_TENANT_STATEMENT(verify_purchases, SELECT_DIFFERENCES
                    "coalesce('order ' || b.reference, 'ledger ' || l.reason_key), coalesce(b.amount, 0),"
                    " coalesce(l.amount, 0), coalesce(b.telegram_id, l.telegram_id),"
                    " coalesce(l.telegram_id, b.telegram_id)"
                    " FROM (SELECT p.order_id, p.amount, o.telegram_id, o.reference FROM payments p"
                    " JOIN orders o ON o.id = p.order_id"
                    " WHERE p.method = 'balance' AND p.state = 'completed' AND p.amount > 0) b"
                    " FULL JOIN " PURCHASES " l ON l.ref = b.order_id"
                    " WHERE b.amount IS DISTINCT FROM -l.amount OR b.telegram_id <> l.telegram_id" THE_FIRST);

DB_TENANT_STATEMENT(verify_refunds, SELECT_DIFFERENCES
                    "coalesce('order ' || o.reference, 'order number ' || l.ref), coalesce(o.refunded, 0),"
                    " coalesce(l.sum, 0), l.other FROM"
                    " (SELECT id, reference, telegram_id, refunded FROM orders WHERE refunded <> 0) o"
                    " FULL JOIN (SELECT r.ref, sum(r.amount) AS sum,"
                    " count(*) FILTER (WHERE r.telegram_id IS DISTINCT FROM b.telegram_id) AS other"
                    " FROM " REFUNDS " r LEFT JOIN orders b ON b.id = r.ref GROUP BY r.ref) l ON l.ref = o.id"
                    " WHERE o.refunded IS DISTINCT FROM l.sum OR l.other > 0" THE_FIRST);

/* A paid order becomes completed when all of it was sent: until then that waits in the outbox, or for an
 * admin who does it by hand. */
DB_TENANT_STATEMENT(
    verify_deliveries, SELECT_DIFFERENCES
    "'order ' || o.reference FROM orders o WHERE o.state = 'paid' AND NOT EXISTS"
    " (SELECT FROM outbox m WHERE m.chat_id = o.telegram_id AND m.state IN ('pending', 'held')"
    " AND m.effect IN ('delivered', 'fulfilled') AND m.effect_ref = o.id)"
    " AND (o.delivery IS DISTINCT FROM 'sent' OR NOT EXISTS (SELECT FROM order_items i WHERE i.order_id = "
    "o.id AND i.kind = 'manual' AND i.fulfilled_at IS NULL))" THE_FIRST);

/* What is sold without limit went into the order when that was made; what is done by hand, once it is paid.
 */
DB_TENANT_STATEMENT(verify_contents, SELECT_DIFFERENCES
                    "'order ' || o.reference, o.state, p.code, i.kind FROM order_items i"
                    " JOIN orders o ON o.id = i.order_id JOIN products p ON p.id = i.product_id"
                    " WHERE i.kind IN ('shared', 'file') AND i.content IS NULL" THE_FIRST);

DB_TENANT_STATEMENT(
    verify_by_hand, SELECT_DIFFERENCES
    "'order ' || o.reference, o.state, p.code, (i.fulfilled_at IS NOT NULL)::int FROM order_items i"
    " JOIN orders o ON o.id = i.order_id JOIN products p ON p.id = i.product_id WHERE i.kind = 'manual'"
    " AND CASE o.state WHEN 'paid' THEN false WHEN 'completed' THEN i.fulfilled_at IS NULL"
    " ELSE i.fulfilled_at IS NOT NULL OR i.content IS NOT NULL END" THE_FIRST);

DB_TENANT_STATEMENT(verify_kinds, SELECT_DIFFERENCES
                    "'order ' || o.reference, p.code, i.kind, p.kind FROM order_items i"
                    " JOIN orders o ON o.id = i.order_id JOIN products p ON p.id = i.product_id"
                    " WHERE i.kind <> p.kind" THE_FIRST);

/* --- payments --- */

DB_TENANT_STATEMENT(verify_late_credits, SELECT_DIFFERENCES
                    "'ledger ' || l.reason_key, l.amount, l.telegram_id FROM " LATE_CREDITS " l"
                    " LEFT JOIN payments p ON p.id = l.ref AND p.state = 'completed'"
                    " LEFT JOIN orders o ON o.id = p.order_id LEFT JOIN deposits d ON d.id = p.deposit_id"
                    " WHERE l.telegram_id IS DISTINCT FROM coalesce(o.telegram_id, d.telegram_id)"
                    " OR l.amount IS DISTINCT FROM"
                    " " RECEIVED THE_FIRST);

/* Nobody would look at it ever again. A parked one waits for an admin. */
DB_TENANT_STATEMENT(
    verify_payment_jobs, SELECT_DIFFERENCES
    "'payment ' || p.gateway_order_id, p.state FROM payments p LEFT JOIN jobs j ON j.ref = p.id"
    " AND j.kind = CASE p.state WHEN 'creating' THEN 'payment_create' ELSE 'payment_check' END"
    " AND j.state = 'pending' WHERE p.state IN ('creating', 'waiting')"
    " AND p.problem IS NULL AND j.ref IS NULL" THE_FIRST);

/* --- deposits --- */

DB_TENANT_STATEMENT(
    verify_open_deposits, SELECT_DIFFERENCES
    "'deposit ' || d.reference, d.state, (p.deposit_id IS NOT NULL)::int FROM deposits d"
    " LEFT JOIN (SELECT deposit_id FROM payments WHERE state IN ('creating', 'waiting')) p"
    " ON p.deposit_id = d.id"
    " WHERE (d.state = 'pending' AND d.kind = 'gateway') <> (p.deposit_id IS NOT NULL)" THE_FIRST);

DB_TENANT_STATEMENT(
    verify_paid_deposits, SELECT_DIFFERENCES
    "'deposit ' || d.reference, d.state, coalesce(p.count, 0), d.amount, coalesce(p.amount, 0)"
    " FROM deposits d LEFT JOIN " SETTLED_DEPOSITS " p ON p.deposit_id = d.id"
    " WHERE coalesce(p.count, 0) <> (d.state = 'completed')::int"
    " OR p.amount <> d.amount" THE_FIRST);

DB_TENANT_STATEMENT(verify_booked_deposits, SELECT_DIFFERENCES
                    "coalesce('deposit ' || d.reference, 'ledger ' || l.reason_key), coalesce(d.amount, 0),"
                    " coalesce(l.amount, 0), coalesce(d.telegram_id, l.telegram_id),"
                    " coalesce(l.telegram_id, d.telegram_id) FROM (SELECT d.id, d.reference, d.telegram_id,"
                    " coalesce(p.received, d.amount) AS amount FROM deposits d LEFT JOIN " SETTLED_DEPOSITS
                    " p ON p.deposit_id = d.id WHERE d.state = 'completed') d FULL JOIN " DEPOSITS " l"
                    " ON l.ref = d.id"
                    " WHERE d.amount IS DISTINCT FROM l.amount OR d.telegram_id <> l.telegram_id" THE_FIRST);

DB_TENANT_STATEMENT(verify_deposit_jobs, SELECT_DIFFERENCES
                    "'deposit ' || d.reference FROM deposits d LEFT JOIN jobs j ON j.kind = 'deposit_expire'"
                    " AND j.ref = d.id AND j.state = 'pending'"
                    " WHERE d.state = 'pending' AND d.kind = 'manual' AND j.ref IS NULL" THE_FIRST);

/* --- broadcasts --- */

DB_TENANT_STATEMENT(
    verify_broadcasts, SELECT_DIFFERENCES
    "'broadcast ' || b.id, b.queued - b.sent - b.blocked - b.failed - b.uncertain, coalesce(m.waiting, 0),"
    " b.uncertain, coalesce(m.uncertain, 0) FROM broadcasts b LEFT JOIN (SELECT effect_ref,"
    " count(*) FILTER (WHERE state <> 'uncertain') AS waiting,"
    " count(*) FILTER (WHERE state = 'uncertain') AS uncertain FROM outbox"
    " WHERE state IN ('pending', 'held', 'uncertain') AND bulk AND effect = 'broadcast' GROUP BY effect_ref) "
    "m"
    " ON m.effect_ref = b.id"
    " WHERE b.queued - b.sent - b.blocked - b.failed - b.uncertain <> coalesce(m.waiting, 0)"
    " OR b.uncertain <> coalesce(m.uncertain, 0)" THE_FIRST);

DB_TENANT_STATEMENT(verify_broadcast_job,
                    SELECT_DIFFERENCES "'broadcast ' || b.id, b.state FROM broadcasts b WHERE NOT b.reported"
                                       " AND b.state <> 'paused' AND NOT EXISTS (SELECT FROM jobs j"
                                       " WHERE j.kind = 'broadcast' AND j.state = 'pending')" THE_FIRST);

/* `{2}` and so on are the statement's columns. */
static const struct check {
    const char *what;
    const char *says;
    const struct db_statement *statement;
} checks[] = {
    {"balance", "the balance is {2}, the ledger's sum is {3}", &verify_balances},
    {"ledger", "an entry of kind {2} over {3} rupiah can't have this reason", &verify_reasons},
    {"counter", "it says {2}, there are {3}", &verify_counters},
    {"sold", "{2} units are counted as sold, {3} are", &verify_sold},
    {"order", "it is {2}, with {3} of {4} ordered: {5} units are reserved, {6} sold, {7} sold and replaced",
     &verify_units},
    {"unit", "it is of product {3}, for which order {2} does not have it", &verify_unit_products},
    {"unit", "it was replaced by unit {2}, which is {3} or another purchase's", &verify_replaced},
    {"coupon", "{2} uses are counted, {3} orders hold it", &verify_coupons},
    {"coupon", "user {3} holds it {4} times, {2} are allowed", &verify_coupon_people},
    {"order", "the subtotal is {2}, the items come to {3}", &verify_subtotals},
    {"order", "it is {2}, and {3} of its payments are open", &verify_open_orders},
    {"order", "it is {2} over {4} rupiah; payments that went into it: {3}, of {5} rupiah",
     &verify_paid_orders},
    {"order", "{2} rupiah of the balance of user {4} paid for it, the ledger has {3} of user {5}",
     &verify_purchases},
    {"order", "{2} rupiah are refunded, the ledger has {3}; entries of somebody else: {4}", &verify_refunds},
    {"order", "it is paid, and no delivery is on its way", &verify_deliveries},
    {"order", "it is {2}, and has no content of {3}, which is {4}", &verify_contents},
    {"order", "it is {2}; items of {3}, done by hand: {4}", &verify_by_hand},
    {"order", "its item of {2} is {3}, the product {4}", &verify_kinds},
    {"ledger", "{2} rupiah were credited to user {3}, without a completed payment of that person and amount",
     &verify_late_credits},
    {"payment", "it is {2}, and no job will look at it", &verify_payment_jobs},
    {"deposit", "it is {2}, and {3} of its payments are open", &verify_open_deposits},
    {"deposit", "it is {2} over {4} rupiah; payments that went into it: {3}, of {5} rupiah",
     &verify_paid_deposits},
    {"deposit", "{2} rupiah of user {4} came, the ledger has {3} of user {5}", &verify_booked_deposits},
    {"deposit", "it waits for a proof, and no job will end it", &verify_deposit_jobs},
    {"broadcast", "{2} of its messages are on their way and {4} uncertain, the outbox has {3} and {5}",
     &verify_broadcasts},
    {"broadcast", "it is {2}, and no job will look at it", &verify_broadcast_job},
};
enum { CHECKS = sizeof checks / sizeof checks[0] };

DB_TENANT_STATEMENT(verify_count_rows, "SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM orders),"
                                       " (SELECT count(*) FROM payments), (SELECT count(*) FROM deposits),"
                                       " (SELECT count(*) FROM stock_units), (SELECT count(*) FROM coupons)");

static const char *fill_in(struct arena *arena, const char *says, const struct db_rows *rows, int row)
{
    struct str s = STR_INIT(arena);
    for (const char *at = says; *at; at++) {
        if (at[0] == '{' && at[1] >= '0' && at[1] <= '9' && at[2] == '}') {
            str_add(&s, db_text(rows, row, at[1] - '0'));
            at += 2;
        } else {
            str_add_bytes(&s, at, 1);
        }
    }
    return str_done(&s);
}

struct run {
    struct db_tx *tx;
    struct arena *arena;
    struct verify_difference *differences;
    struct verify_result result;
};

static bool run_check(struct run *run, const struct check *check, struct error *err)
{
    struct verify_result *result = &run->result;
    struct db_rows rows;
    size_t left = VERIFY_MOST_LISTED - result->listed;
    if (!db_query(run->tx, check->statement, DB_PARAMS(P_INT(left ? (int64_t)left : 1)), &rows, err))
        return false;
    result->difference_count += rows.count ? db_int(&rows, 0, 0) : 0;
    for (int i = 0; i < rows.count && result->listed < VERIFY_MOST_LISTED; i++)
        run->differences[result->listed++] =
            (struct verify_difference){.what = check->what,
                                       .who = db_text_copy(run->arena, &rows, i, 1),
                                       .says = fill_in(run->arena, check->says, &rows, i)};
    return true;
}

static bool count_rows(struct run *run, struct error *err)
{
    struct db_rows rows;
    if (!db_query(run->tx, &verify_count_rows, DB_NO_PARAMS, &rows, err))
        return false;
    int64_t *const figures[] = {&run->result.users,    &run->result.orders, &run->result.payments,
                                &run->result.deposits, &run->result.units,  &run->result.coupons};
    for (int i = 0; i < (int)(sizeof figures / sizeof figures[0]); i++)
        *figures[i] = db_int(&rows, 0, i);
    return true;
}

bool verify_store(struct db *db, const struct db_scope *scope, struct arena *arena, int64_t most_ms,
                  struct verify_result *result_out, struct error *err)
{
    int64_t begun_ms = clock_mono_ms();
    auto_tx struct db_tx *tx = NULL;
    if (!db_begin_snapshot(db, scope, most_ms, &tx, err))
        return error_context(err, "verify");
    struct run run = {.tx = tx,
                      .arena = arena,
                      .differences = ARENA_ARRAY(arena, struct verify_difference, VERIFY_MOST_LISTED)};
    run.result.differences = run.differences;
    bool ok = count_rows(&run, err);
    size_t next = 0;
    while (ok && next < CHECKS && clock_mono_ms() - begun_ms < most_ms) {
        ok = run_check(&run, &checks[next], err);
        next += ok;
    }
    run.result.took_ms = clock_mono_ms() - begun_ms;
    if (!ok && run.result.took_ms < most_ms)
        return error_context(err, "verify");
    run.result.unfinished = next < CHECKS ? checks[next].statement->name : NULL;
    *result_out = run.result;
    return true;
}

const char *verify_looked_at(struct arena *arena, const struct verify_result *result)
{
    return arena_printf(arena,
                        "%" PRId64 " people, %" PRId64 " orders, %" PRId64 " payments, %" PRId64
                        " deposits, %" PRId64 " units, %" PRId64 " coupons",
                        result->users, result->orders, result->payments, result->deposits, result->units,
                        result->coupons);
}
