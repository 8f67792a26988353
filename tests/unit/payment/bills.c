#include "bills.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

/* Ids of ours are far above those that the store gives. */
static int64_t last_id = 1000000000;
static int64_t last_made_ms = HOUSE_NOW;

static const char *sql_time(int64_t ms)
{
    return arena_printf(house.arena, "to_timestamp(%lld / 1000.0)", (long long)ms);
}

static struct made_bill begin(const char *prefix)
{
    last_id++;
    last_made_ms += INT64_C(864000000);
    house_sql("INSERT INTO users (telegram_id, first_name, created_at, seen_at) VALUES (%lld, 'Ani', %s, %s)",
              (long long)last_id, sql_time(last_made_ms), sql_time(last_made_ms));
    return (struct made_bill){
        .id = last_id,
        .reference = arena_printf(house.arena, "%s%lld-abc", prefix, (long long)last_id),
        .txn_id = arena_printf(house.arena, "T-%lld", (long long)last_id),
        .made_ms = last_made_ms,
        .ends_ms = last_made_ms + 900000,
    };
}

static void book(const struct made_bill *made, const char *kind, const char *key)
{
    house_sql("INSERT INTO ledger (telegram_id, kind, amount, reason_key, created_at) VALUES (%lld, '%s', %d,"
              " '%s:%lld', %s); UPDATE users SET balance = balance + %d WHERE telegram_id = %lld",
              (long long)made->id, kind, BILL_AMOUNT, key, (long long)made->id, sql_time(made->made_ms),
              BILL_AMOUNT, (long long)made->id);
}

static void add_payment(const struct made_bill *made, const char *owner, const char *method,
                        const char *state)
{
    size_t length = strcspn(state, "!");
    bool parked = state[length] == '!',
         open = strncmp(state, "creating", length) == 0 || strncmp(state, "waiting", length) == 0;
    bool known = str_equal(method, "qris") && strncmp(state, "creating", length) != 0;
    house_sql(
        "INSERT INTO payments (id, %s, gateway_order_id, method, amount, state, txn_id, fee, total, "
        "qr_string,"
        " expires_at, created_at, ended_at, problem, paid_amount) OVERRIDING SYSTEM VALUE VALUES (%lld, %lld,"
        " '%s%s', '%s', %d, '%.*s', %s%s%s, 1, 2, 'q', %s, %s, %s, %s, %s)",
        owner, (long long)made->id, (long long)made->id, str_equal(method, "manual") ? "manual-" : "",
        made->reference, method, BILL_AMOUNT, (int)length, state, known ? "'" : "",
        known ? made->txn_id : "NULL", known ? "'" : "", sql_time(made->ends_ms), sql_time(made->made_ms),
        open ? "NULL" : sql_time(made->ends_ms), parked ? "'mismatch'" : "NULL",
        parked ? arena_printf(house.arena, "%d", BILL_PAID_OTHER) : "NULL");
}

static bool is_paid(const char *state)
{
    return str_equal(state, "paid") || str_equal(state, "completed");
}

static void add_units(const struct made_bill *made, const char *order_state, int spare)
{
    const char *state = is_paid(order_state) ? "sold" : str_equal(order_state, "pending") ? "reserved" : NULL;
    house_sql(
        "INSERT INTO stock_units (product_id, state, content, digest, order_item_id, created_at, reserved_at,"
        " sold_at) SELECT %lld, CASE WHEN n > %d THEN 'available' ELSE '%s' END, 'x', n::text::bytea,"
        " CASE WHEN n <= %d THEN %lld END, %s, NULL, CASE WHEN n <= %d AND %s THEN %s END"
        " FROM generate_series(%d, %d) n",
        (long long)made->id, BILL_QUANTITY, state ? state : "available", BILL_QUANTITY, (long long)made->id,
        sql_time(made->made_ms), BILL_QUANTITY, is_paid(order_state) ? "true" : "false",
        sql_time(made->made_ms), state ? 1 : BILL_QUANTITY + 1, BILL_QUANTITY + spare);
}

struct made_bill bills_order(const char *order_state, const char *payment_state, int spare)
{
    struct made_bill made = begin("tg");
    const char *at = sql_time(made.made_ms);
    house_sql(
        "INSERT INTO products (id, category_id, code, name, price, sold, position, created_at, updated_at)"
        " OVERRIDING SYSTEM VALUE VALUES (%lld, 1, 'P%lld', 'Product', 10000, %d, 1, %s, %s)",
        (long long)made.id, (long long)made.id, is_paid(order_state) ? BILL_QUANTITY : 0, at, at);
    house_sql(
        "INSERT INTO orders (id, reference, telegram_id, state, subtotal, total, created_at, expires_at,"
        " paid_at, completed_at) OVERRIDING SYSTEM VALUE VALUES (%lld, '%s', %lld, '%s', %d, %d, %s, %s,"
        " %s, %s)",
        (long long)made.id, made.reference, (long long)made.id, order_state, BILL_AMOUNT, BILL_AMOUNT, at,
        sql_time(made.ends_ms), is_paid(order_state) ? at : "NULL",
        str_equal(order_state, "completed") ? at : "NULL");
    house_sql(
        "INSERT INTO order_items (id, order_id, product_id, name, price, quantity, snk) OVERRIDING SYSTEM"
        " VALUE VALUES (%lld, %lld, %lld, 'Product', 10000, %d, '')",
        (long long)made.id, (long long)made.id, (long long)made.id, BILL_QUANTITY);
    add_units(&made, order_state, spare);
    add_payment(&made, "order_id", "qris", payment_state);
    if (str_equal(payment_state, "completed") &&
        (str_equal(order_state, "cancelled") || str_equal(order_state, "expired")))
        book(&made, "late_payment", "late:payment");
    return made;
}

void bills_make_manual(const struct made_bill *made, bool fulfilled)
{
    house_sql("DELETE FROM stock_units WHERE product_id = %lld;"
              "UPDATE products SET kind = 'manual' WHERE id = %lld;"
              "UPDATE order_items SET kind = 'manual', fulfilled_at = CASE WHEN %s THEN %s END,"
              " fulfilled_by = CASE WHEN %s THEN 1 END WHERE id = %lld",
              (long long)made->id, (long long)made->id, fulfilled ? "true" : "false", sql_time(made->made_ms),
              fulfilled ? "true" : "false", (long long)made->id);
}

static struct made_bill add_deposit(const char *kind, const char *state)
{
    struct made_bill made = begin("dp");
    bool proved = str_equal(kind, "manual") && (str_equal(state, "review") || str_equal(state, "rejected") ||
                                                str_equal(state, "completed"));
    house_sql(
        "INSERT INTO deposits (id, reference, telegram_id, kind, amount, state, proof, created_at,"
        " expires_at, completed_at) OVERRIDING SYSTEM VALUE VALUES (%lld, '%s', %lld, '%s', %d, '%s', %s,"
        " %s, %s, %s)",
        (long long)made.id, made.reference, (long long)made.id, kind, BILL_AMOUNT, state,
        proved ? "'x'" : "NULL", sql_time(made.made_ms), sql_time(made.ends_ms),
        str_equal(state, "completed") ? sql_time(made.made_ms) : "NULL");
    if (str_equal(state, "completed"))
        book(&made, "deposit", "deposit");
    return made;
}

struct made_bill bills_deposit(const char *deposit_state, const char *payment_state)
{
    struct made_bill made = add_deposit("gateway", deposit_state);
    add_payment(&made, "deposit_id", "qris", payment_state);
    return made;
}

struct made_bill bills_deposit_by_hand(const char *deposit_state)
{
    struct made_bill made = add_deposit("manual", deposit_state);
    if (str_equal(deposit_state, "completed"))
        add_payment(&made, "deposit_id", "manual", "completed");
    return made;
}

/* --- pictures --- */

#define PAYMENTS_OF(column)                                                                                  \
    "coalesce((SELECT string_agg(p.state || CASE WHEN p.problem IS NULL THEN '' ELSE '!' END"                \
    " || coalesce(p.resolution, ''), '+' ORDER BY p.id >= 1000000000 DESC, p.id) FROM payments p"            \
    " WHERE p." column " = b.id), '-')"
#define JOBS "coalesce((SELECT ' ' || string_agg(kind, ' ' ORDER BY kind) FROM jobs WHERE ref = b.id), '')"

static void check_balance(const struct made_bill *made)
{
    assert_string_equal(
        house_value("SELECT coalesce(sum(amount), 0) = (SELECT balance FROM users WHERE telegram_id = %lld)"
                    " FROM ledger WHERE telegram_id = %lld",
                    (long long)made->id, (long long)made->id),
        "t");
}

const char *bills_picture_of_order(const struct made_bill *made)
{
    check_balance(made);
    const char *wrong = house_value(
        "SELECT o.state || ' with ' || count(*) FILTER (WHERE u.state = 'sold' AND u.replaced_by IS NULL)"
        " || ' sold, ' || count(*) FILTER (WHERE u.state = 'reserved') || ' reserved'"
        " FROM orders o JOIN order_items i ON i.order_id = o.id LEFT JOIN stock_units u ON u.order_item_id = "
        "i.id"
        " JOIN products r ON r.id = i.product_id WHERE o.id = %lld GROUP BY o.state, r.sold"
        " HAVING (count(*) FILTER (WHERE u.state = 'sold' AND u.replaced_by IS NULL), count(*) FILTER (WHERE"
        " u.state = 'reserved')) IS DISTINCT FROM (CASE WHEN o.state IN ('paid', 'completed') THEN %d ELSE 0 "
        "END,"
        " CASE o.state WHEN 'pending' THEN %d ELSE 0 END)"
        " OR r.sold <> count(*) FILTER (WHERE u.state = 'sold' AND u.replaced_by IS NULL)",
        (long long)made->id, BILL_QUANTITY, BILL_QUANTITY);
    if (*wrong)
        fail_msg("units: %s", wrong);
    return house_value(
        "SELECT b.state || ' ' || " PAYMENTS_OF(
            "order_id") " || ' ' || (SELECT count(*) FILTER (WHERE state ="
                        " 'sold') - count(replaced_by) || '/' || count(*) FILTER (WHERE state = 'reserved') "
                        "|| '/'"
                        " || count(*) FILTER (WHERE state = 'available') || CASE count(replaced_by) WHEN 0 "
                        "THEN '' ELSE '+'"
                        " || count(replaced_by) END FROM stock_units WHERE product_id = b.id) || ' ' || "
                        "u.balance"
                        " || CASE b.refunded WHEN 0 THEN '' ELSE ' refunded:' || b.refunded END || " JOBS
                        " FROM orders b JOIN users u USING (telegram_id) WHERE b.id = %lld",
        (long long)made->id);
}

const char *bills_picture_of_deposit(const struct made_bill *made)
{
    check_balance(made);
    return house_value(
        "SELECT b.state || ' ' || " PAYMENTS_OF(
            "deposit_id") " || ' ' || u.balance || " JOBS
                          " FROM deposits b JOIN users u USING (telegram_id) WHERE b.id = %lld",
        (long long)made->id);
}

/* --- comparing them --- */

/* One field of a picture that is not what it was. */
static void add_change(struct str *changes, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add_change(struct str *changes, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    str_addf(changes, "%s%s", changes->length ? ", " : "", arena_vprintf(house.arena, format, args));
    va_end(args);
}

static char **fields_of(const char *text)
{
    enum { MOST = 8 };
    char **fields = ARENA_ARRAY(house.arena, char *, MOST);
    char *rest = arena_strdup(house.arena, text);
    for (int i = 0; i < MOST; i++)
        fields[i] = rest ? strsep(&rest, " ") : "";
    return fields;
}

/* "waiting", "waiting!", "completed!credited", "cancelled+completed": the gateway's, and one by hand. */
static void compare_payments(struct str *changes, const char *before, const char *after)
{
    size_t was = strcspn(before, "!+"), is = strcspn(after, "!+");
    if (was != is || strncmp(before, after, is) != 0)
        add_change(changes, "payment %.*s", (int)is, after);
    if (strchr(after, '!') && !strchr(before, '!'))
        add_change(changes, "parked");
    else if (strchr(after, '!') && !str_equal(strchr(before, '!'), strchr(after, '!')))
        add_change(changes, "resolved as %s", strchr(after, '!') + 1);
    if (strchr(after, '+') && !strchr(before, '+'))
        add_change(changes, "payment by hand %s", strchr(after, '+') + 1);
}

static void compare_units(struct str *changes, const char *before, const char *after)
{
    int was[4] = {0}, is[4] = {0};
    sscanf(before, "%d/%d/%d+%d", &was[0], &was[1], &was[2], &was[3]);
    sscanf(after, "%d/%d/%d+%d", &is[0], &is[1], &is[2], &is[3]);
    if (memcmp(was, is, sizeof was) == 0)
        return;
    add_change(changes, "units %+d/%+d/%+d", is[0] - was[0], is[1] - was[1], is[2] - was[2]);
    if (is[3] != was[3])
        add_change(changes, "replaced %+d", is[3] - was[3]);
}

static int64_t number_of(const char *text)
{
    int64_t number = 0;
    str_to_int64(text, &number);
    return number;
}

const char *bills_changes(const char *before, const char *after)
{
    struct str changes = STR_INIT(house.arena);
    char **was = fields_of(before), **is = fields_of(after);
    bool is_order = strchr(was[2], '/');
    if (!str_equal(*was, *is))
        add_change(&changes, "%s %s", is_order ? "order" : "deposit", *is);
    compare_payments(&changes, *++was, *++is);
    if (is_order)
        compare_units(&changes, *++was, *++is);
    int64_t booked = number_of(*++is) - number_of(*++was);
    if (booked)
        add_change(&changes, "balance %+lld", (long long)booked);
    if (!str_equal(*++was, *++is)) /* nothing of this kind is there before */
        for (; **is; is++)
            add_change(&changes, "%s", *is);
    return str_done(&changes);
}
