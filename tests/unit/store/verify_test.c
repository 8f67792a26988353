/* A store in which everything happened once has no differences; each way of breaking a row shows, and nothing
 * else does. */
#include "fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "store/verify.h"

/* Orders 1 to 16 and deposits 1 to 8, one of each kind; people 1 and 2; products A (1) and B (2). */
static const char lived_in[] =
    "INSERT INTO users (telegram_id, first_name, balance, created_at, seen_at) VALUES"
    " (1, 'Budi', 3000, now(), now()), (2, 'Sari', 5100, now(), now()), (3, 'Diam', 0, now(), now()), (4, "
    "'Lain', 1100, now(), now());"
    "INSERT INTO categories (name, position) VALUES ('Shelf', 1);"
    "INSERT INTO products (category_id, code, name, price, position, sold, created_at, updated_at) VALUES"
    " (1, 'A', 'Product A', 1000, 1, 2, now(), now()), (1, 'B', 'Product B', 500, 2, 5, now(), now());"
    "INSERT INTO coupons (code, kind, value, most_uses, most_uses_each, uses, starts_at, created_at) VALUES"
    " ('HEMAT', 'flat', 100, 5, 1, 2, now(), now()), ('GRATIS', 'flat', 500, NULL, NULL, 1, now(), now());"
    "INSERT INTO orders (reference, telegram_id, state, subtotal, discount, total, refunded, coupon_id, "
    "coupon_code,"
    " created_at, expires_at, paid_at, completed_at) SELECT r, t, s, sub, dis, sub - dis, ref, c, cc, now(), "
    "now(),"
    " CASE WHEN s IN ('paid', 'completed') THEN now() END, CASE WHEN s = 'completed' THEN now() END FROM "
    "(VALUES"
    " (1, 'tg1-waiting', 1, 'pending', 2000, 0, 0, NULL::bigint, NULL),"
    " (2, 'tg1-creating', 1, 'pending', 500, 100, 0, 1, 'HEMAT'),"
    " (3, 'tg1-paid', 1, 'paid', 1000, 0, 0, NULL, NULL),"
    " (4, 'tg1-done', 1, 'completed', 1500, 0, 700, NULL, NULL),"
    " (5, 'tg2-balance', 2, 'completed', 500, 100, 0, 1, 'HEMAT'),"
    " (6, 'tg1-late', 1, 'expired', 1000, 0, 0, NULL, NULL),"
    " (7, 'tg1-cancelled', 1, 'cancelled', 500, 100, 0, 1, 'HEMAT'),"
    " (8, 'tg2-twice', 2, 'completed', 500, 0, 0, NULL, NULL),"
    " (9, 'tg1-free', 1, 'completed', 500, 500, 0, 2, 'GRATIS'),"
    " (10, 'tg2-parked', 2, 'pending', 500, 0, 0, NULL, NULL), (11, 'tg4-odd', 4, 'completed', 500, 0, 0, "
    "NULL, NULL),"
    " (12, 'tg4-apart', 4, 'cancelled', 500, 0, 0, NULL, NULL), (13, 'tg4-back', 4, 'cancelled', 500, 0, 0, "
    "NULL, NULL)) o (n, r, t, s, sub, dis, ref, c, cc) ORDER BY "
    "n;"
    "INSERT INTO order_items (order_id, product_id, name, price, quantity, snk)"
    " SELECT o, p, 'Product', CASE p WHEN 1 THEN 1000 ELSE 500 END, q, '' FROM (VALUES (1, 1, 1, 2), (2, 2, "
    "2, 1),"
    " (3, 3, 1, 1), (4, 4, 1, 1), (5, 4, 2, 1), (6, 5, 2, 1), (7, 6, 1, 1), (8, 7, 2, 1), (9, 8, 2, 1),"
    " (10, 9, 2, 1), (11, 10, 2, 1), (12, 11, 2, 1), (13, 12, 2, 1),"
    " (14, 13, 2, 1)) i (n, o, p, q) ORDER BY n;"
    "INSERT INTO stock_units (product_id, state, content, digest, order_item_id, created_at, reserved_at, "
    "sold_at)"
    " SELECT p, s, 'x', convert_to('unit ' || n, 'UTF8'), i, now(), now(), CASE WHEN s = 'sold' THEN now() "
    "END FROM"
    " (VALUES (1, 1, 'reserved', 1), (2, 1, 'reserved', 1), (3, 2, 'reserved', 2), (4, 1, 'sold', 3),"
    " (5, 1, 'sold', 4), (6, 1, 'sold', 4), (7, 2, 'sold', 5), (8, 2, 'sold', 6), (9, 2, 'sold', 9),"
    " (10, 2, 'sold', 10), (11, 2, 'reserved', 11), (12, 1, 'available', NULL), (13, 2, 'available', NULL), "
    "(14, 2, 'sold', 12))"
    " u (n, p, s, i) ORDER BY n;"
    "UPDATE stock_units SET replaced_by = 6 WHERE id = 5;"
    "INSERT INTO deposits (reference, telegram_id, kind, amount, state, created_at, expires_at, completed_at)"
    " SELECT r, t, k, a, s, now(), now(), CASE WHEN s = 'completed' THEN now() END FROM (VALUES"
    " (1, 'dp1-done', 1, 'gateway', 1300, 'completed'), (2, 'dp1-waiting', 1, 'gateway', 9000, 'pending'),"
    " (3, 'dp1-hand', 1, 'manual', 9000, 'pending'), (4, 'dp2-hand', 2, 'manual', 2000, 'completed'),"
    " (5, 'dp1-expired', 1, 'gateway', 9000, 'expired'), (6, 'dp2-twice', 2, 'gateway', 1000, 'completed'),"
    " (7, 'dp4-odd', 4, 'gateway', 1000, 'completed'), (8, 'dp4-back', 4, 'gateway', 1000, 'cancelled'))"
    " d (n, r, t, k, a, s) ORDER BY n;"
    "INSERT INTO payments (order_id, deposit_id, gateway_order_id, method, amount, state, txn_id, problem,"
    " paid_amount, created_at) SELECT o, d, 'g' || n, m, a, s, CASE WHEN m = 'qris' THEN 't' || n END, p,"
    " CASE WHEN p IS NOT NULL THEN 1 END, now() FROM (VALUES"
    " (1, 1, NULL::bigint, 'qris', 2000, 'waiting', NULL), (2, 2, NULL, 'qris', 400, 'creating', NULL),"
    " (3, 3, NULL, 'qris', 1000, 'completed', NULL), (4, 4, NULL, 'qris', 1500, 'completed', NULL),"
    " (5, 5, NULL, 'balance', 400, 'completed', NULL), (6, 6, NULL, 'qris', 1000, 'completed', NULL),"
    " (7, 7, NULL, 'qris', 400, 'cancelled', NULL), (8, 8, NULL, 'manual', 500, 'completed', NULL),"
    " (9, 8, NULL, 'qris', 500, 'completed', NULL), (10, 9, NULL, 'balance', 0, 'completed', NULL),"
    " (11, 10, NULL, 'qris', 500, 'waiting', 'mismatch'), (12, NULL, 1, 'qris', 1300, 'completed', NULL),"
    " (13, NULL, 2, 'qris', 9000, 'waiting', NULL), (14, NULL, 4, 'manual', 2000, 'completed', NULL),"
    " (15, NULL, 5, 'qris', 9000, 'expired', NULL), (16, NULL, 6, 'qris', 1000, 'completed', NULL),"
    " (17, NULL, 6, 'qris', 1000, 'completed', NULL)) p (n, o, d, m, a, s, p) ORDER BY n;"
    /* another amount than asked for, and what an admin said: delivered, credited, given back */
    "INSERT INTO payments (order_id, deposit_id, gateway_order_id, method, amount, state, txn_id, problem,"
    " paid_amount, resolution, created_at) VALUES"
    " (11, NULL, 'g18', 'qris', 500, 'completed', 't18', 'mismatch', 400, 'delivered', now()),"
    " (12, NULL, 'g19', 'qris', 500, 'completed', 't19', 'mismatch', 300, 'credited', now()),"
    " (13, NULL, 'g20', 'qris', 500, 'completed', 't20', 'mismatch', 600, 'refunded', now()),"
    " (NULL, 7, 'g21', 'qris', 1000, 'completed', 't21', 'mismatch', 800, 'credited', now()),"
    " (NULL, 8, 'g22', 'qris', 1000, 'completed', 't22', 'mismatch', 900, 'refunded', now());"
    "INSERT INTO ledger (telegram_id, kind, amount, reason_key, created_at) VALUES"
    " (1, 'deposit', 1300, 'deposit:1', now()), (2, 'deposit', 2000, 'deposit:4', now()),"
    " (2, 'deposit', 1000, 'deposit:6', now()), (2, 'late_payment', 1000, 'late:payment:17', now()),"
    " (2, 'purchase', -400, 'purchase:order:5', now()), (1, 'late_payment', 1000, 'late:payment:6', now()),"
    " (2, 'late_payment', 500, 'late:payment:9', now()), (1, 'refund', 300, 'refund:order:4:a1', now()),"
    " (1, 'refund', 400, 'refund:order:4:a2', now()), (2, 'adjustment', 1000, 'adjust:77', now()),"
    " (4, 'late_payment', 300, 'late:payment:19', now()), (4, 'deposit', 800, 'deposit:7', now());"
    "INSERT INTO jobs (kind, ref, due_at, created_at) VALUES ('payment_check', 1, now(), now()),"
    " ('payment_create', 2, now(), now()), ('payment_check', 13, now(), now()),"
    " ('deposit_expire', 3, now(), now()), ('broadcast', 0, now(), now());"
    "INSERT INTO broadcasts (state, actor_id, seal_id, content, segment, starts_at, queued, sent, uncertain,"
    " reported, created_at, started_at, ended_at) VALUES"
    " ('done', 1, 1, '', 'all', now(), 3, 2, 1, true, now(), now(), now()),"
    " ('running', 1, 1, '', 'all', now(), 3, 1, 0, false, now(), now(), NULL);"
    "INSERT INTO outbox (chat_id, seal_id, keep, bulk, effect, effect_ref, state, due_at, created_at)"
    " VALUES (1, 1, false, true, 'broadcast', 1, 'uncertain', now(), now()),"
    " (1, 1, false, true, 'broadcast', 2, 'pending', now(), now()),"
    " (1, 1, false, true, 'broadcast', 2, 'held', now(), now());"
    "INSERT INTO outbox (chat_id, seal_id, keep, effect, effect_ref, due_at, created_at)"
    " VALUES (1, 1, true, 'delivered', 3, now(), now());"
    /* no units: one text for everybody (C), and what is done by hand (D); orders 14 to 16, items 15 to 19 */
    "INSERT INTO products (category_id, code, name, kind, price, position, sold, created_at, updated_at)"
    " VALUES (1, 'C', 'Product C', 'shared', 500, 3, 3, now(), now()),"
    " (1, 'D', 'Product D', 'manual', 500, 4, 2, now(), now());"
    "INSERT INTO orders (reference, telegram_id, state, subtotal, total, created_at, expires_at, paid_at,"
    " completed_at, delivery) VALUES ('tg3-hand', 3, 'paid', 500, 500, now(), now(), now(), NULL, 'sent'),"
    " ('tg3-all', 3, 'completed', 2000, 2000, now(), now(), now(), now(), 'sent'),"
    " ('tg3-ended', 3, 'expired', 1000, 1000, now(), now(), NULL, NULL, NULL);"
    "INSERT INTO order_items (order_id, product_id, name, price, quantity, snk, kind, content, fulfilled_at,"
    " fulfilled_by) VALUES (14, 4, 'D', 500, 1, '', 'manual', NULL, NULL, NULL),"
    " (15, 3, 'C', 500, 3, '', 'shared', 'x', NULL, NULL),"
    " (15, 4, 'D', 500, 1, '', 'manual', NULL, now(), 9),"
    " (16, 4, 'D', 500, 1, '', 'manual', NULL, NULL, NULL), (16, 3, 'C', 500, 1, '', 'shared', 'x', NULL, "
    "NULL);"
    "INSERT INTO payments (order_id, gateway_order_id, method, amount, state, txn_id, created_at) VALUES"
    " (14, 'g23', 'qris', 500, 'completed', 't23', now()), (15, 'g24', 'qris', 2000, 'completed', 't24', "
    "now());"
    "UPDATE counters SET value = CASE name WHEN 'users' THEN 4 WHEN 'completed' THEN 6 ELSE 0 END";

static struct verify_result look(void)
{
    struct verify_result result = {0};
    struct work *work = shop_task(shop);
    MUST(verify_store(work->db, work->scope, work->arena, 60000, &result, &err));
    assert_null(result.unfinished);
    return result;
}

static void live_in(void)
{
    shop_empty(NULL);
    shop_sql(shop, "%s", lived_in);
}

static void test_an_empty_store_is_clean(void **state)
{
    NEEDS_SHOP();
    struct verify_result result = look();
    assert_int_equal(result.difference_count, 0);
    assert_int_equal(result.users + result.orders + result.payments, 0);
}

static void test_a_lived_in_store_is_clean(void **state)
{
    NEEDS_SHOP();
    live_in();
    struct verify_result result = look();
    for (size_t i = 0; i < result.listed; i++)
        print_error("%s: %s: %s\n", result.differences[i].what, result.differences[i].who,
                    result.differences[i].says);
    assert_int_equal(result.difference_count, 0);
    assert_string_equal(verify_looked_at(shop->work.arena, &result),
                        "4 people, 16 orders, 24 payments, 8 deposits, 14 units, 2 coupons");
}

/* What is done to the books, and what is then said, one a line: "what: who: says". */
static const struct {
    const char *sql, *told;
} broken[] = {
    /* people */
    {"UPDATE users SET balance = balance + 5 WHERE telegram_id = 1",
     "balance: user 1: the balance is 3005, the ledger's sum is 3000\n"},
    {"UPDATE users SET balance = 7 WHERE telegram_id = 3",
     "balance: user 3: the balance is 7, the ledger's sum is 0\n"},
    {"DELETE FROM ledger WHERE reason_key = 'adjust:77'",
     "balance: user 2: the balance is 5100, the ledger's sum is 4100\n"},
    {"UPDATE ledger SET reason_key = 'deposit:x' WHERE reason_key = 'adjust:77'",
     "ledger: ledger deposit:x: an entry of kind adjustment over 1000 rupiah can't have this reason\n"},
    {"UPDATE ledger SET kind = 'deposit' WHERE reason_key = 'adjust:77'",
     "ledger: ledger adjust:77: an entry of kind deposit over 1000 rupiah can't have this reason\n"},
    {"UPDATE counters SET value = 3 WHERE name = 'users'",
     "counter: counter users: it says 3, there are 4\n"},
    {"UPDATE users SET reachable = false WHERE telegram_id < 3",
     "counter: counter unreachable: it says 0, there are 2\n"},
    {"DELETE FROM counters WHERE name = 'completed'",
     "counter: counter completed: it says nothing, there are 6\n"},
    /* stock */
    {"UPDATE products SET sold = 3 WHERE code = 'A'",
     "sold: product A: 3 units are counted as sold, 2 are\n"},
    {"UPDATE stock_units SET state = 'available', order_item_id = NULL WHERE id = 1",
     "order: order tg1-waiting: it is pending, with 2 of A ordered: 1 units are reserved, 0 sold, 0 sold and "
     "replaced\n"},
    {"UPDATE stock_units SET state = 'reserved', order_item_id = 1 WHERE id = 12",
     "order: order tg1-waiting: it is pending, with 2 of A ordered: 3 units are reserved, 0 sold, 0 sold and "
     "replaced\n"},
    {"UPDATE stock_units SET state = 'sold', order_item_id = 3, sold_at = now() WHERE id = 12;"
     "UPDATE products SET sold = 3 WHERE code = 'A'",
     "order: order tg1-paid: it is paid, with 1 of A ordered: 0 units are reserved, 2 sold, 0 sold and "
     "replaced\n"},
    {"UPDATE stock_units SET state = 'reserved', order_item_id = 8 WHERE id = 13",
     "order: order tg1-cancelled: it is cancelled, with 1 of B ordered: 1 units are reserved, 0 sold, 0 sold "
     "and "
     "replaced\n"},
    {"UPDATE stock_units SET state = 'reserved', order_item_id = 6 WHERE id = 13",
     "order: order tg2-balance: it is completed, with 1 of B ordered: 1 units are reserved, 1 sold, 0 sold "
     "and "
     "replaced\n"},
    {"UPDATE stock_units SET state = 'available', order_item_id = NULL, sold_at = NULL WHERE id = 8;"
     "UPDATE products SET sold = 4 WHERE code = 'B'",
     "order: order tg2-balance: it is completed, with 1 of B ordered: 0 units are reserved, 0 sold, 0 sold "
     "and "
     "replaced\n"},
    {"UPDATE stock_units SET order_item_id = 7 WHERE id = 5",
     "order: order tg1-late: it is expired, with 1 of A ordered: 0 units are reserved, 0 sold, 1 sold and "
     "replaced\n"
     "unit: unit 5: it was replaced by unit 6, which is sold or another purchase's\n"},
    {"UPDATE stock_units SET product_id = 1 WHERE id = 3",
     "unit: unit 3: it is of product A, for which order tg1-creating does not have it\n"},
    {"UPDATE stock_units SET replaced_by = 12 WHERE id = 5",
     "unit: unit 5: it was replaced by unit 12, which is available or another purchase's\n"},
    {"UPDATE stock_units SET state = 'reserved', order_item_id = 15 WHERE id = 12",
     "order: order tg3-hand: it is paid, with 1 of D ordered: 1 units are reserved, 0 sold, 0 sold and "
     "replaced\n"
     "unit: unit 12: it is of product A, for which order tg3-hand does not have it\n"},
    /* what is no unit */
    {"UPDATE products SET sold = 2 WHERE code = 'C'",
     "sold: product C: 2 units are counted as sold, 3 are\n"},
    {"UPDATE order_items SET content = NULL WHERE id = 16",
     "order: order tg3-all: it is completed, and has no content of C, which is shared\n"},
    {"UPDATE order_items SET fulfilled_at = NULL, fulfilled_by = NULL WHERE id = 17",
     "order: order tg3-all: it is completed; items of D, done by hand: 0\n"},
    {"UPDATE order_items SET fulfilled_at = now(), fulfilled_by = 9 WHERE id = 18",
     "order: order tg3-ended: it is expired; items of D, done by hand: 1\n"},
    {"UPDATE order_items SET kind = 'file' WHERE id = 16",
     "order: order tg3-all: its item of C is file, the product shared\n"},
    {"UPDATE orders SET delivery = NULL WHERE id = 14",
     "order: order tg3-hand: it is paid, and no delivery is on its way\n"},
    {"UPDATE orders SET delivery = 'refused' WHERE id = 14",
     "order: order tg3-hand: it is paid, and no delivery is on its way\n"},
    {"UPDATE order_items SET fulfilled_at = now(), fulfilled_by = 9 WHERE id = 15",
     "order: order tg3-hand: it is paid, and no delivery is on its way\n"},
    /* coupons */
    {"UPDATE coupons SET uses = 3 WHERE code = 'HEMAT'",
     "coupon: coupon HEMAT: 3 uses are counted, 2 orders hold it\n"},
    {"UPDATE coupons SET uses = 0 WHERE code = 'GRATIS'",
     "coupon: coupon GRATIS: 0 uses are counted, 1 orders hold it\n"},
    {"UPDATE orders SET coupon_id = 1, coupon_code = 'HEMAT' WHERE id = 9; UPDATE coupons SET uses = 3 - 3 * "
     "(id - 1)",
     "coupon: coupon HEMAT: user 1 holds it 2 times, 1 are allowed\n"},
    /* orders */
    {"UPDATE order_items SET price = 999 WHERE id = 3",
     "order: order tg1-paid: the subtotal is 1000, the items come to 999\n"},
    {"UPDATE payments SET state = 'expired' WHERE id = 1",
     "order: order tg1-waiting: it is pending, and 0 of its payments are open\n"},
    {"UPDATE payments SET state = 'waiting' WHERE id = 7;"
     "INSERT INTO jobs (kind, ref, due_at, created_at) VALUES ('payment_check', 7, now(), now())",
     "order: order tg1-cancelled: it is cancelled, and 1 of its payments are open\n"},
    {"UPDATE payments SET state = 'expired' WHERE id = 3",
     "order: order tg1-paid: it is paid over 1000 rupiah; payments that went into it: 0, of 0 rupiah\n"},
    {"UPDATE payments SET amount = 999 WHERE id = 3",
     "order: order tg1-paid: it is paid over 1000 rupiah; payments that went into it: 1, of 999 rupiah\n"},
    {"UPDATE payments SET state = 'completed' WHERE id = 7",
     "order: order tg1-cancelled: it is cancelled over 400 rupiah; payments that went into it: 1, of 400 "
     "rupiah\n"},
    {"DELETE FROM ledger WHERE reason_key = 'late:payment:9'; UPDATE users SET balance = 4600 WHERE "
     "telegram_id = 2",
     "order: order tg2-twice: it is completed over 500 rupiah; payments that went into it: 2, of 500 "
     "rupiah\n"},
    {"DELETE FROM ledger WHERE reason_key = 'purchase:order:5'; UPDATE users SET balance = 5500 WHERE "
     "telegram_id = 2",
     "order: order tg2-balance: 400 rupiah of the balance of user 2 paid for it, the ledger has 0 of user "
     "2\n"},
    {"UPDATE ledger SET amount = -300 WHERE reason_key = 'purchase:order:5';"
     "UPDATE users SET balance = 5200 WHERE telegram_id = 2",
     "order: order tg2-balance: 400 rupiah of the balance of user 2 paid for it, the ledger has -300 of user "
     "2\n"},
    {"UPDATE ledger SET telegram_id = 1 WHERE reason_key = 'purchase:order:5';"
     "UPDATE users SET balance = CASE telegram_id WHEN 1 THEN 2600 ELSE 5500 END WHERE telegram_id < 3",
     "order: order tg2-balance: 400 rupiah of the balance of user 2 paid for it, the ledger has -400 of user "
     "1\n"},
    {"UPDATE ledger SET kind = 'purchase', reason_key = 'purchase:order:404' WHERE reason_key = 'adjust:77'",
     "order: ledger purchase:order:404: 0 rupiah of the balance of user 2 paid for it, the ledger has 1000 "
     "of user "
     "2\n"},
    {"UPDATE orders SET refunded = 600 WHERE id = 4",
     "order: order tg1-done: 600 rupiah are refunded, the ledger has 700; entries of somebody else: 0\n"},
    {"UPDATE ledger SET telegram_id = 2 WHERE reason_key = 'refund:order:4:a1';"
     "UPDATE users SET balance = CASE telegram_id WHEN 1 THEN 2700 ELSE 5400 END WHERE telegram_id < 3",
     "order: order tg1-done: 700 rupiah are refunded, the ledger has 700; entries of somebody else: 1\n"},
    {"UPDATE ledger SET kind = 'refund', reason_key = 'refund:order:404:a3' WHERE reason_key = 'adjust:77'",
     "order: order number 404: 0 rupiah are refunded, the ledger has 1000; entries of somebody else: 1\n"},
    {"UPDATE outbox SET state = 'sent' WHERE NOT bulk",
     "order: order tg1-paid: it is paid, and no delivery is on its way\n"},
    {"UPDATE outbox SET chat_id = 2", "order: order tg1-paid: it is paid, and no delivery is on its way\n"},
    /* payments */
    {"UPDATE ledger SET kind = 'late_payment', reason_key = 'late:payment:404' WHERE reason_key = "
     "'adjust:77'",
     "ledger: ledger late:payment:404: 1000 rupiah were credited to user 2, without a completed payment of "
     "that "
     "person and amount\n"},
    {"UPDATE ledger SET kind = 'late_payment', reason_key = 'late:payment:7' WHERE reason_key = 'adjust:77'",
     "ledger: ledger late:payment:7: 1000 rupiah were credited to user 2, without a completed payment of "
     "that "
     "person and amount\n"},
    {"UPDATE ledger SET amount = 900 WHERE reason_key = 'late:payment:6';"
     "UPDATE users SET balance = 2900 WHERE telegram_id = 1",
     "ledger: ledger late:payment:6: 900 rupiah were credited to user 1, without a completed payment of that "
     "person "
     "and amount\n"},
    {"UPDATE ledger SET telegram_id = 2 WHERE reason_key = 'late:payment:6';"
     "UPDATE users SET balance = CASE telegram_id WHEN 1 THEN 2000 ELSE 6100 END WHERE telegram_id < 3",
     "ledger: ledger late:payment:6: 1000 rupiah were credited to user 2, without a completed payment of "
     "that person "
     "and amount\n"},
    {"DELETE FROM jobs WHERE ref = 1", "payment: payment g1: it is waiting, and no job will look at it\n"},
    {"UPDATE jobs SET state = 'parked' WHERE ref = 2",
     "payment: payment g2: it is creating, and no job will look at it\n"},
    {"UPDATE jobs SET kind = 'payment_cancel' WHERE ref = 13",
     "payment: payment g13: it is waiting, and no job will look at it\n"},
    {"UPDATE payments SET problem = NULL WHERE id = 11",
     "payment: payment g11: it is waiting, and no job will look at it\n"},
    /* deposits */
    {"UPDATE payments SET state = 'cancelled' WHERE id = 13",
     "deposit: deposit dp1-waiting: it is pending, and 0 of its payments are open\n"},
    {"UPDATE payments SET state = 'waiting' WHERE id = 15;"
     "INSERT INTO jobs (kind, ref, due_at, created_at) VALUES ('payment_check', 15, now(), now())",
     "deposit: deposit dp1-expired: it is expired, and 1 of its payments are open\n"},
    {"UPDATE payments SET state = 'completed' WHERE id = 15",
     "deposit: deposit dp1-expired: it is expired over 9000 rupiah; payments that went into it: 1, of 9000 "
     "rupiah\n"},
    {"UPDATE payments SET state = 'failed' WHERE id = 14",
     "deposit: deposit dp2-hand: it is completed over 2000 rupiah; payments that went into it: 0, of 0 "
     "rupiah\n"},
    {"DELETE FROM ledger WHERE reason_key = 'deposit:1'; UPDATE users SET balance = 1700 WHERE telegram_id = "
     "1",
     "deposit: deposit dp1-done: 1300 rupiah of user 1 came, the ledger has 0 of user 1\n"},
    {"UPDATE deposits SET state = 'expired', completed_at = NULL WHERE id = 1; UPDATE payments SET state = "
     "'expired'"
     " WHERE id = 12",
     "deposit: ledger deposit:1: 0 rupiah of user 1 came, the ledger has 1300 of user 1\n"},
    {"UPDATE ledger SET amount = 1301 WHERE reason_key = 'deposit:1';"
     "UPDATE users SET balance = 3001 WHERE telegram_id = 1",
     "deposit: deposit dp1-done: 1300 rupiah of user 1 came, the ledger has 1301 of user 1\n"},
    {"UPDATE ledger SET kind = 'deposit', reason_key = 'deposit:404' WHERE reason_key = 'adjust:77'",
     "deposit: ledger deposit:404: 0 rupiah of user 2 came, the ledger has 1000 of user 2\n"},
    /* another amount than asked for */
    {"UPDATE payments SET paid_amount = 299 WHERE id = 19",
     "ledger: ledger late:payment:19: 300 rupiah were credited to user 4, without a completed payment of "
     "that person "
     "and amount\n"},
    {"UPDATE payments SET paid_amount = 801 WHERE id = 21",
     "deposit: deposit dp4-odd: 801 rupiah of user 4 came, the ledger has 800 of user 4\n"},
    {"UPDATE payments SET resolution = NULL WHERE id = 20",
     "order: order tg4-back: it is cancelled over 500 rupiah; payments that went into it: 1, of 500 "
     "rupiah\n"},
    {"UPDATE payments SET resolution = NULL WHERE id = 22",
     "deposit: deposit dp4-back: it is cancelled over 1000 rupiah; payments that went into it: 1, of 1000 "
     "rupiah\n"},
    {"UPDATE payments SET resolution = 'refunded' WHERE id = 18",
     "order: order tg4-odd: it is completed over 500 rupiah; payments that went into it: 0, of 0 rupiah\n"},
    {"DELETE FROM jobs WHERE kind = 'deposit_expire'",
     "deposit: deposit dp1-hand: it waits for a proof, and no job will end it\n"},
    {"UPDATE broadcasts SET sent = 2 WHERE id = 2",
     "broadcast: broadcast 2: 1 of its messages are on their way and 0 uncertain, the outbox has 2 and 0\n"},
    {"DELETE FROM outbox WHERE state = 'uncertain'",
     "broadcast: broadcast 1: 0 of its messages are on their way and 1 uncertain, the outbox has 0 and 0\n"},
    {"DELETE FROM jobs WHERE kind = 'broadcast'",
     "broadcast: broadcast 2: it is running, and no job will look at it\n"},
};

static void test_each_broken_row_shows(void **state)
{
    NEEDS_SHOP();
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        live_in();
        shop_sql(shop, "%s", broken[i].sql);
        struct verify_result result = look();
        struct str told = STR_INIT(shop->work.arena);
        for (size_t k = 0; k < result.listed; k++)
            str_addf(&told, "%s: %s: %s\n", result.differences[k].what, result.differences[k].who,
                     result.differences[k].says);
        if (strcmp(str_done(&told), broken[i].told) != 0)
            fail_msg("%s\nis told as\n%sinstead of\n%s", broken[i].sql, str_done(&told), broken[i].told);
        assert_int_equal(result.difference_count, result.listed);
    }
}

/* Nothing overflows, whatever somebody wrote into a key. */
static void test_odd_reasons(void **state)
{
    NEEDS_SHOP();
    static const char *const reasons[] = {"purchase:order:99999999999999999999",
                                          "purchase:order:",
                                          "purchase:order:1 ",
                                          "purchase:order:-1",
                                          "purchase:order:1:2",
                                          "purchase",
                                          "PURCHASE:ORDER:1",
                                          "late:payment:6"};
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        live_in();
        shop_sql(shop, "DELETE FROM ledger WHERE reason_key IN ('late:payment:6', 'adjust:77')");
        shop_sql(shop,
                 "INSERT INTO ledger (telegram_id, kind, amount, reason_key, created_at)"
                 " VALUES (3, 'purchase', 10, '%s', now())",
                 reasons[i]);
        struct verify_result result = look();
        assert_true(result.difference_count >= 4); /* the balances of three, and the entry */
    }
}

static void test_many_differences_are_counted_and_cut(void **state)
{
    NEEDS_SHOP();
    shop_sql(shop, "INSERT INTO users (telegram_id, first_name, balance, created_at, seen_at)"
                   " SELECT n, 'x', n, now(), now() FROM generate_series(1, 1500) n");
    shop_sql(shop, "INSERT INTO ledger (telegram_id, kind, amount, reason_key, created_at)"
                   " SELECT 1, 'deposit', 1, 'wrong:' || n, now() FROM generate_series(1, 20) n");
    struct verify_result result = look();
    assert_int_equal(result.difference_count, 1521); /* and the people are not counted */
    assert_int_equal(result.listed, VERIFY_MOST_LISTED);
}

static void test_too_long_is_no_difference(void **state)
{
    NEEDS_SHOP();
    live_in();
    struct verify_result result;
    struct work *work = shop_task(shop);
    MUST(verify_store(work->db, work->scope, work->arena, 0, &result, &err));
    assert_string_equal(result.unfinished, "verify_balances");
    assert_int_equal(result.difference_count, 0);
    /* a statement that waits too long */
    shop_sql(shop, "BEGIN; LOCK TABLE coupons IN ACCESS EXCLUSIVE MODE");
    MUST(verify_store(work->db, work->scope, work->arena, 300, &result, &err));
    shop_sql(shop, "ROLLBACK");
    assert_non_null(result.unfinished);
    assert_true(result.took_ms >= 300);
}

static void test_it_fails_where_it_can_not_look(void **state)
{
    NEEDS_SHOP();
    struct verify_result result;
    struct work *work = shop_task(shop);
    const struct db_scope nowhere = {99, "store_nowhere_at_all", shop->role};
    MUST_FAIL(ERR_INTERNAL, verify_store(work->db, &nowhere, work->arena, 60000, &result, &err));
    look(); /* the connection lives */
}

/* --- while people act --- */

static struct {
    atomic_bool over;
    atomic_int moves;
} busy;

/* Money and units move, each time in one transaction, as the store's own code would do it. */
static void *act(void *argument)
{
    auto_db struct db *db = NULL;
    auto_arena struct arena *arena = arena_new();
    MUST(db_open(getenv("LAPAK_TEST_DATABASE_URL"), NULL, 0, &db, &err));
    MUST(db_exec(db, arena_printf(arena, "SET search_path = %s", shop->schema), NULL, &err));
    for (int i = 0; !atomic_load(&busy.over); i++) {
        MUST(db_exec(
            db,
            arena_printf(arena,
                         "BEGIN; INSERT INTO ledger (telegram_id, kind, amount, reason_key, created_at)"
                         " VALUES (1, 'adjustment', 1, 'move:%d', now());"
                         "UPDATE users SET balance = balance + 1 WHERE telegram_id = 1;"
                         "UPDATE stock_units SET state = CASE state WHEN 'reserved' THEN 'available'"
                         " ELSE 'reserved' END, order_item_id = CASE state WHEN 'reserved' THEN NULL"
                         " ELSE 1 END WHERE id IN (2, 12); COMMIT",
                         i),
            NULL, &err));
        atomic_fetch_add(&busy.moves, 1);
    }
    return NULL;
}

static void test_a_busy_store_shows_nothing_false(void **state)
{
    NEEDS_SHOP();
    live_in();
    pthread_t thread;
    busy.over = false;
    busy.moves = 0;
    assert_int_equal(pthread_create(&thread, NULL, act, NULL), 0);
    int64_t differences = 0;
    for (int i = 0; i < 20 || atomic_load(&busy.moves) < 20; i++)
        differences += look().difference_count;
    atomic_store(&busy.over, true);
    pthread_join(thread, NULL);
    assert_int_equal(differences, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHOP_TEST(test_an_empty_store_is_clean),
        SHOP_TEST(test_a_lived_in_store_is_clean),
        SHOP_TEST(test_each_broken_row_shows),
        SHOP_TEST(test_odd_reasons),
        SHOP_TEST(test_many_differences_are_counted_and_cut),
        SHOP_TEST(test_too_long_is_no_difference),
        SHOP_TEST(test_it_fails_where_it_can_not_look),
        SHOP_TEST(test_a_busy_store_shows_nothing_false),
    };
    return cmocka_run_group_tests(tests, shop_set_up, shop_tear_down);
}
