#include "fixture.h"

#include "store/order.h"
#include "store/term.h"

static int64_t paid_order(void)
{
    int64_t a = shop_product(shop, "A", 5000, 1), b = shop_product(shop, "B", 70, 1),
            c = shop_product(shop, "C", 9, 1);
    shop_sql(shop, "UPDATE products SET snk = '' WHERE id = %lld", (long long)b);
    shop_person(shop, 1);
    struct work *work = shop_begin(shop);
    struct order order;
    enum order_obstacle obstacle;
    int64_t about;
    MUST(cart_set(work, 1, c, 1, 9, &err));
    MUST(cart_set(work, 1, b, 1, 70, &err));
    MUST(cart_set(work, 1, a, 1, 5000, &err));
    MUST(order_place(work, 1, work->now_ms, 1, &order, &obstacle, &about, &err));
    MUST(order_mark_paid(work, order.id, &err));
    int64_t id = order.id;
    shop_commit(shop);
    return id;
}

static void test_one_row_for_each_item_that_has_any(void **state)
{
    NEEDS_SHOP();
    int64_t order = paid_order();
    struct term *terms, *again;
    size_t count, count_again;
    struct work *work = shop_begin(shop);
    MUST(term_open_for_order(work, order, &terms, &count, &err));
    assert_int_equal(count, 2);
    assert_true(terms[0].order_item_id < terms[1].order_item_id);
    assert_int_equal(terms[0].telegram_id, 1);
    assert_int_equal(terms[0].state, TERM_OPEN);
    MUST(term_open_for_order(work, order, &again, &count_again, &err)); /* once more changes nothing */
    assert_int_equal(count_again, 2);
    assert_int_equal(again[1].id, terms[1].id);
    MUST(term_open_for_order(work, order + 1, &again, &count_again, &err));
    assert_int_equal(count_again, 0);
}

static void test_states(void **state)
{
    NEEDS_SHOP();
    struct term *terms, term;
    size_t count;
    int64_t order = paid_order();
    struct work *work = shop_begin(shop);
    MUST(term_open_for_order(work, order, &terms, &count, &err));
    int64_t first = terms[0].id, second = terms[1].id;
    MUST_FAIL(ERR_NOT_FOUND, term_get_own(work, first, 2, &term, &err));
    MUST_FAIL(ERR_NOT_FOUND, term_get_own(work, 4711, 1, &term, &err));
    MUST(term_mark_awaiting(work, first, &err));
    MUST(term_mark_awaiting(work, first, &err));
    MUST(term_get_own(work, first, 1, &term, &err));
    assert_int_equal(term.state, TERM_AWAITING);
    MUST_FAIL(ERR_INVALID, term_fulfil(work, first, "video", "x", &err));
    MUST_FAIL(ERR_INVALID, term_fulfil(work, first, "text", "", &err));
    MUST(term_fulfil(work, first, "text", "my proof", &err));
    MUST_FAIL(ERR_CONFLICT, term_fulfil(work, first, "text", "another", &err));
    MUST_FAIL(ERR_CONFLICT, term_mark_awaiting(work, first, &err));
    MUST(term_fulfil(work, second, "photo", "AgACAgUAAxkBAAI", &err));
    MUST(term_get_own(work, second, 1, &term, &err));
    assert_int_equal(term.state, TERM_FULFILLED);
    MUST_FAIL(ERR_CONFLICT, term_mark_awaiting(work, 4711, &err));
    shop_commit(shop);
    assert_int_equal(shop_sql(shop,
                              "SELECT count(*) FROM terms WHERE position('my proof'::bytea in proof) > 0"
                              " OR position('AgAC'::bytea in proof) > 0"),
                     0);
}

DB_TENANT_STATEMENT(test_read_proof, "SELECT proof FROM terms WHERE id = $1");

static void test_a_proof_opens_in_its_own_row(void **state)
{
    NEEDS_SHOP();
    struct term *terms;
    size_t count, sealed_length, length;
    int64_t order = paid_order();
    struct work *work = shop_begin(shop);
    struct db_rows rows;
    char *plain;
    MUST(term_open_for_order(work, order, &terms, &count, &err));
    MUST(term_fulfil(work, terms[0].id, "text", "my proof", &err));
    MUST(db_query(work->tx, &test_read_proof, DB_PARAMS(P_INT(terms[0].id)), &rows, &err));
    void *sealed = db_bytes(work->arena, &rows, 0, 0, &sealed_length);
    const char *own = arena_printf(work->arena, "proof:%lld", (long long)terms[0].id);
    const char *other = arena_printf(work->arena, "proof:%lld", (long long)terms[1].id);
    MUST(vault_open(work->arena, work->vault, own, sealed, sealed_length, &plain, &length, &err));
    assert_string_equal(plain, "my proof");
    MUST_FAIL(ERR_INTERNAL,
              vault_open(work->arena, work->vault, other, sealed, sealed_length, &plain, &length, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHOP_TEST(test_one_row_for_each_item_that_has_any),
        SHOP_TEST(test_states),
        SHOP_TEST(test_a_proof_opens_in_its_own_row),
    };
    return cmocka_run_group_tests(tests, shop_set_up, shop_tear_down);
}
