#include "backup/manifest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backup/shelf.h"
#include "base/str.h"

static const uint8_t key[CRYPTO_KEY_BYTES] = "0123456789abcdef0123456789abcde";
static const struct manifest_count tables[] = {{"ledger", 7}, {"orders", 12}, {"users", 3}};
static struct arena *arena;

static const struct manifest example = {
    .store = "kopi-digital",
    .schema = "store_kopi_digital",
    .time_ms = 1795374000000,
    .lapak_version = "0.1.0",
    .schema_version = 4,
    .data_key = "0011223344556677",
    .table_count = 3,
    .tables = tables,
    .audit_id = 41,
    .audit_hash = "abcd",
    .size = 12345,
    .sha256 = "ef01",
    .verified_ms = 1795374005000,
};

static int setup(void **unused)
{
    arena = arena_new();
    return 0;
}

static int teardown(void **unused)
{
    arena_free(&arena);
    return 0;
}

static void what_is_written_is_read(void **unused)
{
    struct manifest m;
    struct error err;
    const char *text = manifest_text(arena, key, &example);
    assert_true(manifest_parse(arena, key, text, strlen(text), &m, &err));
    assert_string_equal(m.store, "kopi-digital");
    assert_string_equal(m.schema, "store_kopi_digital");
    assert_int_equal(m.time_ms, example.time_ms);
    assert_int_equal(m.schema_version, 4);
    assert_int_equal(m.audit_id, 41);
    assert_string_equal(m.audit_hash, "abcd");
    assert_int_equal(m.size, 12345);
    assert_string_equal(m.sha256, "ef01");
    assert_int_equal(m.verified_ms, example.verified_ms);
    assert_int_equal(m.table_count, 3);
    assert_int_equal(manifest_rows(&m, "orders"), 12);
    assert_int_equal(manifest_rows(&m, "none"), 0);
    assert_int_equal(manifest_all_rows(&m), 22);
    assert_null(manifest_difference(arena, &m, tables, 3));
}

static void each_changed_letter_is_found(void **unused)
{
    struct manifest m;
    struct error err;
    char *text = manifest_text(arena, key, &example);
    static const uint8_t other[CRYPTO_KEY_BYTES] = "another";
    for (size_t i = 0; text[i]; i++) {
        char was = text[i];
        if (was == ' ' || was == '\n')
            continue; /* how it is laid out does not matter */
        text[i] = was == '1' ? '2' : '1';
        assert_false(manifest_parse(arena, key, text, strlen(text), &m, &err));
        assert_int_equal(err.code, ERR_INVALID);
        text[i] = was;
    }
    assert_true(manifest_parse(arena, key, text, strlen(text), &m, &err));
    assert_false(manifest_parse(arena, other, text, strlen(text), &m, &err));
    assert_false(manifest_parse(arena, key, "{}", 2, &m, &err));
    assert_false(manifest_parse(arena, key, "", 0, &m, &err));
    assert_false(manifest_parse(arena, key, text, strlen(text) / 2, &m, &err));
}

static void differences_are_told(void **unused)
{
    static const struct manifest_count fewer[] = {{"ledger", 7}, {"orders", 12}};
    static const struct manifest_count changed[] = {{"ledger", 7}, {"orders", 11}, {"users", 3}};
    static const struct manifest_count more[] = {{"ledger", 7}, {"more", 0}, {"orders", 12}, {"users", 3}};
    assert_string_equal(manifest_difference(arena, &example, fewer, 2), "table users is missing");
    assert_string_equal(manifest_difference(arena, &example, changed, 3), "orders: 11 rows, not 12");
    assert_string_equal(manifest_difference(arena, &example, more, 4), "4 tables, not 3");
    assert_string_equal(manifest_difference(arena, &example, NULL, 0), "table ledger is missing");
}

static void names_carry_the_time(void **unused)
{
    int64_t at;
    assert_string_equal(shelf_container_key(arena, "kopi", 1795374000999), "kopi/20261122T190000Z.lapak");
    assert_string_equal(shelf_manifest_key(arena, "kopi", 1795374000000), "kopi/20261122T190000Z.json");
    assert_true(shelf_parse_time("20261122T190000Z", &at));
    assert_int_equal(at, 1795374000000);
    static const char *const bad[] = {"",  "20261122T190000", "20261122 190000Z", "20261322T190000Z",
                                      "2", "2026112xT190000Z"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(shelf_parse_time(bad[i], &at));
}

static void the_one_that_is_meant_is_found(void **unused)
{
    struct manifest verified = example, not_yet = example;
    not_yet.verified_ms = 0;
    struct shelf_item items[] = {{.time_ms = 4000, .manifest = NULL, .problem = "it has no manifest"},
                                 {.time_ms = 3000, .manifest = &not_yet},
                                 {.time_ms = 2000, .manifest = &verified},
                                 {.time_ms = 1000, .manifest = &verified}};
    assert_int_equal(shelf_find(items, 4, INT64_MAX)->time_ms, 2000);
    assert_int_equal(shelf_find(items, 4, 3999)->time_ms, 3000);
    assert_int_equal(shelf_find(items, 4, 1000)->time_ms, 1000);
    assert_null(shelf_find(items, 4, 999));
    assert_int_equal(shelf_find(items, 2, INT64_MAX)->time_ms, 4000);
    assert_null(shelf_find(NULL, 0, INT64_MAX));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),        cmocka_unit_test(each_changed_letter_is_found),
        cmocka_unit_test(differences_are_told),           cmocka_unit_test(names_carry_the_time),
        cmocka_unit_test(the_one_that_is_meant_is_found),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
