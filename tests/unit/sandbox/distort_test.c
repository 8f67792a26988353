#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/json.h"
#include "distort.h"
#include "sandbox.h"

static const char made[] = "{\"txn_id\":\"T\",\"order_id\":\"tg1-a\",\"amount\":30000,\"is_sandbox\":false}";
static const char link[] = "{\"txn_id\":\"T\",\"payment_link\":\"https://x/T\"}";
static const char fees[] = "{\"qris\":394,\"bri_va\":3500}";

static void each_mode_has_its_way(void **state)
{
    static const struct {
        enum failure_mode mode;
        const char *field, *answer, *wanted;
    } rows[] = {
        {FAIL_NOTHING, "", made, made},
        {FAIL_SLOW, "", made, made},
        {FAIL_BAD_QR, "", made, made},
        {FAIL_MISSING_FIELD, "", made, "{\"txn_id\":\"T\",\"order_id\":\"tg1-a\",\"is_sandbox\":false}"},
        {FAIL_MISSING_FIELD, "order_id", made, "{\"txn_id\":\"T\",\"amount\":30000,\"is_sandbox\":false}"},
        {FAIL_MISSING_FIELD, "", link, "{\"payment_link\":\"https://x/T\"}"},
        {FAIL_MISSING_FIELD, "none", link, link},
        {FAIL_MISSING_FIELD, "", fees, "{\"bri_va\":3500}"},
        {FAIL_WRONG_TYPE, "", made,
         "{\"txn_id\":\"T\",\"order_id\":\"tg1-a\",\"amount\":\"30000\",\"is_sandbox\":false}"},
        {FAIL_WRONG_TYPE, "txn_id", made,
         "{\"txn_id\":12345,\"order_id\":\"tg1-a\",\"amount\":30000,\"is_sandbox\":false}"},
        {FAIL_WRONG_TYPE, "is_sandbox", made,
         "{\"txn_id\":\"T\",\"order_id\":\"tg1-a\",\"amount\":30000,\"is_sandbox\":\"false\"}"},
        {FAIL_OTHER_ORDER, "", made,
         "{\"txn_id\":\"T\",\"order_id\":\"tg1-pesanan-lain\",\"amount\":30000,\"is_sandbox\":false}"},
        {FAIL_OTHER_ORDER, "", link, link},
        {FAIL_CHANGED_AMOUNT, "", made,
         "{\"txn_id\":\"T\",\"order_id\":\"tg1-a\",\"amount\":30001,\"is_sandbox\":false}"},
        {FAIL_CHANGED_AMOUNT, "", fees, fees},
        {FAIL_EMPTY, "", made, ""},
        {FAIL_TRUNCATED, "", fees, "{\"qris\":394,\""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        auto_arena struct arena *arena = arena_new();
        auto_json json_t *answer = json_loads(rows[i].answer, 0, NULL);
        struct failure_hit hit = {.mode = rows[i].mode};
        assert_non_null(answer);
        memcpy(hit.field, rows[i].field, strlen(rows[i].field));
        assert_string_equal(distort(arena, &hit, answer), rows[i].wanted);
        assert_string_equal(json_text(arena, answer), rows[i].answer); /* the truth stays what it is */
    }
}

/* What failure_take() gives for the rule, or fails with the reason. */
static struct failure_hit hit_of(struct sandbox *sandbox, const char *rule)
{
    struct error err;
    int64_t id;
    auto_json json_t *json = json_loads(rule, 0, NULL);
    assert_non_null(json);
    if (!failure_add(sandbox, json, &id, &err))
        fail_msg("%s", err.text);
    struct failure_hit hit = failure_take(sandbox, FAIL_PAKASIR, 0, "kopi", "create-transaction", 0);
    failure_remove_all(sandbox);
    return hit;
}

static void rules_name_modes_and_fields(void **state)
{
    static struct sandbox sandbox;
    static const char *const bad[] = {
        "{\"service\":\"telegram\",\"mode\":\"missing_field\"}",
        "{\"service\":\"pakasir_webhook\",\"mode\":\"empty\"}",
        "{\"service\":\"pakasir\",\"mode\":\"missing_field\",\"field\":5}",
        "{\"service\":\"pakasir\",\"mode\":\"missing_field\",\"field\":\"a-name-of-more-than-31-"
        "characters\"}",
    };
    struct failure_hit hit =
        hit_of(&sandbox, "{\"service\":\"pakasir\",\"mode\":\"wrong_type\",\"field\":\"txn_id\"}");
    assert_int_equal(hit.mode, FAIL_WRONG_TYPE);
    assert_string_equal(hit.field, "txn_id");
    hit = hit_of(&sandbox, "{\"service\":\"pakasir\",\"mode\":\"truncated\",\"field\":null}");
    assert_int_equal(hit.mode, FAIL_TRUNCATED);
    assert_string_equal(hit.field, "");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct error err;
        int64_t id;
        auto_json json_t *json = json_loads(bad[i], 0, NULL);
        assert_false(failure_add(&sandbox, json, &id, &err));
        assert_int_equal(err.code, ERR_INVALID);
    }
    sandbox_free(&sandbox);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_mode_has_its_way),
        cmocka_unit_test(rules_name_modes_and_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
