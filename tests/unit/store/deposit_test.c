#include "fixture.h"

#include <string.h>

#include "base/str.h"
#include "store/deposit.h"

enum { PERSON = 1, OTHER = 2, MOST_OPEN = 3, HOUR_MS = 3600000 };

static struct deposit added(struct work *work, enum deposit_kind kind)
{
    struct deposit deposit;
    MUST(deposit_add(work, PERSON, kind, 25000, work->now_ms + HOUR_MS, 1000, &deposit, &err));
    return deposit;
}

static struct deposit now(struct work *work, int64_t id)
{
    struct deposit deposit;
    MUST(deposit_get(work, id, true, &deposit, &err));
    return deposit;
}

static void test_what_is_added_is_read(void **state)
{
    NEEDS_SHOP();
    struct deposit deposit, read;
    shop_person(shop, PERSON);
    struct work *work = shop_begin(shop);
    deposit = added(work, DEPOSIT_MANUAL);
    assert_true(str_starts_with(deposit.reference, "dp1-"));
    MUST(deposit_get_own(work, deposit.id, PERSON, false, &read, &err));
    assert_string_equal(read.reference, deposit.reference);
    assert_int_equal(read.kind, DEPOSIT_MANUAL);
    assert_int_equal(read.amount, 25000);
    assert_int_equal(read.state, DEPOSIT_PENDING);
    assert_int_equal(read.created_ms, work->now_ms);
    assert_int_equal(read.expires_ms, work->now_ms + HOUR_MS);
    assert_int_equal(read.loading_message_id, 0);
    MUST(deposit_set_loading_message(work, deposit.id, 77, &err));
    MUST(deposit_set_invoice_message(work, deposit.id, 88, &err));
    MUST(deposit_shorten_expiry(work, deposit.id, work->now_ms + 5, &err));
    MUST(deposit_shorten_expiry(work, deposit.id, work->now_ms + HOUR_MS, &err));
    read = now(work, deposit.id);
    assert_int_equal(read.loading_message_id, 77);
    assert_int_equal(read.invoice_message_id, 88);
    assert_int_equal(read.expires_ms, work->now_ms + 5);
    MUST_FAIL(ERR_NOT_FOUND, deposit_get_own(work, deposit.id, OTHER, false, &read, &err));
    MUST_FAIL(ERR_NOT_FOUND, deposit_get_own(work, deposit.id, 0, false, &read, &err));
    MUST_FAIL(ERR_NOT_FOUND, deposit_get(work, deposit.id + 1, false, &read, &err));
}

static void test_amounts(void **state)
{
    NEEDS_SHOP();
    struct deposit deposit;
    shop_person(shop, PERSON);
    struct work *work = shop_begin(shop);
    static const int64_t bad[] = {0, -1, 1000000001, INT64_MIN, INT64_MAX};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        MUST_FAIL(ERR_INVALID, deposit_add(work, PERSON, DEPOSIT_GATEWAY, bad[i], 0, 3, &deposit, &err));
    MUST(deposit_add(work, PERSON, DEPOSIT_GATEWAY, 1000000000, work->now_ms, 3, &deposit, &err));
}

static void test_open_ones_are_bounded(void **state)
{
    NEEDS_SHOP();
    struct deposit deposit;
    shop_person(shop, PERSON);
    shop_person(shop, OTHER);
    struct work *work = shop_begin(shop);
    for (int i = 0; i < MOST_OPEN; i++)
        MUST(deposit_add(work, PERSON, DEPOSIT_MANUAL, 1000, work->now_ms, MOST_OPEN, &deposit, &err));
    MUST(deposit_prove(work, deposit.id, "file", &err)); /* in review is open too */
    MUST_FAIL(ERR_CONFLICT,
              deposit_add(work, PERSON, DEPOSIT_GATEWAY, 1000, work->now_ms, MOST_OPEN, &deposit, &err));
    MUST(deposit_add(work, OTHER, DEPOSIT_GATEWAY, 1000, work->now_ms, MOST_OPEN, &deposit, &err));
    MUST(deposit_reject(work, now(work, 3).id, 9, &err));
    MUST(deposit_add(work, PERSON, DEPOSIT_GATEWAY, 1000, work->now_ms, MOST_OPEN, &deposit, &err));
}

/* --- every change from every state --- */

static bool prove(struct work *work, int64_t id, struct error *err)
{
    return deposit_prove(work, id, "AgACAgIAAxk", err);
}

static bool complete(struct work *work, int64_t id, struct error *err)
{
    return deposit_mark_completed(work, id, 9, err);
}

static bool cancel(struct work *work, int64_t id, struct error *err)
{
    return deposit_end(work, id, DEPOSIT_CANCELLED, "buyer", err);
}

static bool expire(struct work *work, int64_t id, struct error *err)
{
    return deposit_end(work, id, DEPOSIT_EXPIRED, "expired", err);
}

static bool reject(struct work *work, int64_t id, struct error *err)
{
    return deposit_reject(work, id, 9, err);
}

static const struct change {
    const char *name;
    bool (*act)(struct work *work, int64_t id, struct error *err);
} changes[] = {
    {"prove", prove}, {"complete", complete}, {"cancel", cancel}, {"expire", expire}, {"reject", reject}};
enum { CHANGES = sizeof changes / sizeof changes[0] };

/* The state after each change, in the order of `changes`; "-": ERR_CONFLICT and nothing changed. */
static const struct {
    enum deposit_kind kind;
    enum deposit_state from;
    const char *to[CHANGES];
} table[] = {
    {DEPOSIT_GATEWAY, DEPOSIT_PENDING, {"-", "completed", "cancelled", "expired", "-"}},
    {DEPOSIT_GATEWAY, DEPOSIT_COMPLETED, {"-", "-", "-", "-", "-"}},
    {DEPOSIT_GATEWAY, DEPOSIT_CANCELLED, {"-", "completed", "-", "-", "-"}},
    {DEPOSIT_GATEWAY, DEPOSIT_EXPIRED, {"-", "completed", "-", "-", "-"}},
    {DEPOSIT_MANUAL, DEPOSIT_PENDING, {"review", "completed", "cancelled", "expired", "-"}},
    {DEPOSIT_MANUAL, DEPOSIT_REVIEW, {"-", "completed", "-", "-", "rejected"}},
    {DEPOSIT_MANUAL, DEPOSIT_COMPLETED, {"-", "-", "-", "-", "-"}},
    {DEPOSIT_MANUAL, DEPOSIT_CANCELLED, {"-", "completed", "-", "-", "-"}},
    {DEPOSIT_MANUAL, DEPOSIT_EXPIRED, {"-", "completed", "-", "-", "-"}},
    {DEPOSIT_MANUAL, DEPOSIT_REJECTED, {"-", "completed", "-", "-", "-"}},
};

static int64_t in_state(struct work *work, enum deposit_kind kind, enum deposit_state wanted)
{
    int64_t id = added(work, kind).id;
    if (wanted == DEPOSIT_REVIEW || wanted == DEPOSIT_REJECTED)
        MUST(prove(work, id, &err));
    if (wanted == DEPOSIT_REJECTED)
        MUST(reject(work, id, &err));
    if (wanted == DEPOSIT_COMPLETED)
        MUST(complete(work, id, &err));
    if (wanted == DEPOSIT_CANCELLED)
        MUST(cancel(work, id, &err));
    if (wanted == DEPOSIT_EXPIRED)
        MUST(expire(work, id, &err));
    assert_int_equal(now(work, id).state, wanted);
    return id;
}

static void test_states(void **state)
{
    NEEDS_SHOP();
    shop_person(shop, PERSON);
    struct work *work = shop_begin(shop);
    for (size_t row = 0; row < sizeof table / sizeof table[0]; row++) {
        for (size_t i = 0; i < CHANGES; i++) {
            struct error err = {0};
            int64_t id = in_state(work, table[row].kind, table[row].from);
            const char *from = deposit_state_name(table[row].from), *to = table[row].to[i];
            bool refused = str_equal(to, "-");
            if (changes[i].act(work, id, &err) == refused || (refused && err.code != ERR_CONFLICT))
                fail_msg("%s of a deposit that is %s: %s", changes[i].name, from, err.text);
            assert_string_equal(deposit_state_name(now(work, id).state), refused ? from : to);
        }
    }
}

static void test_the_proof_is_sealed(void **state)
{
    NEEDS_SHOP();
    const char *file_id = "";
    shop_person(shop, PERSON);
    struct work *work = shop_begin(shop);
    int64_t id = added(work, DEPOSIT_MANUAL).id, bare = added(work, DEPOSIT_MANUAL).id;
    MUST_FAIL(ERR_INVALID, deposit_prove(work, id, "", &err));
    MUST(deposit_prove(work, id, "AgACAgIAAxk", &err));
    MUST(deposit_proof(work, id, &file_id, &err));
    assert_string_equal(file_id, "AgACAgIAAxk");
    MUST(deposit_proof(work, bare, &file_id, &err));
    assert_null(file_id);
    shop_commit(shop);
    assert_int_equal(
        shop_sql(shop, "SELECT count(*) FROM deposits WHERE position('AgACAgIAAxk'::bytea IN proof) > 0"), 0);
    /* moved to another row it does not open */
    shop_sql(shop, "UPDATE deposits SET proof = (SELECT proof FROM deposits WHERE id = %lld) WHERE id = %lld",
             (long long)id, (long long)bare);
    work = shop_begin(shop);
    MUST_FAIL(ERR_INTERNAL, deposit_proof(work, bare, &file_id, &err));
}

static void test_list(void **state)
{
    NEEDS_SHOP();
    struct deposit *deposits;
    size_t count;
    shop_person(shop, PERSON);
    shop_person(shop, OTHER);
    struct work *work = shop_begin(shop);
    for (int i = 0; i < 5; i++)
        added(work, DEPOSIT_GATEWAY);
    MUST(deposit_list(work, PERSON, 0, 2, &deposits, &count, &err));
    assert_int_equal(count, 2);
    assert_int_equal(deposits[0].id, 5);
    MUST(deposit_list(work, PERSON, deposits[1].id, 10, &deposits, &count, &err));
    assert_int_equal(count, 3);
    assert_int_equal(deposits[2].id, 1);
    MUST(deposit_list(work, OTHER, 0, 10, &deposits, &count, &err));
    assert_int_equal(count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHOP_TEST(test_what_is_added_is_read), SHOP_TEST(test_amounts),
        SHOP_TEST(test_open_ones_are_bounded), SHOP_TEST(test_states),
        SHOP_TEST(test_the_proof_is_sealed),   SHOP_TEST(test_list),
    };
    return cmocka_run_group_tests(tests, shop_set_up, shop_tear_down);
}
