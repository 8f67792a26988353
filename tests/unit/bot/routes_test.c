#include "bench.h"

#include <string.h>

#include "base/str.h"
#include "bot/admin/admin.h"
#include "bot/bot.h"
#include "bot/buyer/buyer.h"

static turn_handler *handler_of(const char *data, int64_t numbers[TURN_MOST_NUMBERS],
                                char word[TURN_WORD_BYTES])
{
    const struct route *route = route_of_callback(data, numbers, word);
    return route ? route->handler : NULL;
}

static void test_callbacks_are_understood(void **state)
{
    int64_t numbers[TURN_MOST_NUMBERS] = {0};
    char word[TURN_WORD_BYTES] = "";
    assert_ptr_equal(handler_of("w", numbers, word), start_home);
    assert_ptr_equal(handler_of("a:0", numbers, word), browse_all);
    assert_ptr_equal(handler_of("q:12:-1:35000", numbers, word), product_change);
    assert_int_equal(numbers[0], 12);
    assert_int_equal(numbers[1], -1);
    assert_int_equal(numbers[2], 35000);
    assert_ptr_equal(handler_of("y:qris", numbers, word), paying_start);
    assert_string_equal(word, "qris");
    assert_ptr_equal(handler_of("p:9223372036854775807", numbers, word), product_open);
    assert_int_equal(numbers[0], INT64_MAX);
    assert_ptr_equal(handler_of("p:-9223372036854775808", numbers, word), product_open);
}

static void test_hostile_callbacks_mean_nothing(void **state)
{
    static const char *const hostile[] = {
        "",
        ":",
        "z",
        "W",
        "w:",
        "w:1",
        "ww",
        "a",
        "a:",
        "a:0:",
        "a:0:1",
        "a:00",
        "a:01",
        "a:+1",
        "a: 1",
        "a:1 ",
        "a:-0",
        "a:1e3",
        "a:0x1",
        "a:1.0",
        "a:١",
        "p:abc",
        "p:9223372036854775808",
        "p:-9223372036854775809",
        "p::",
        "q:1:1",
        "q:1:1:",
        "q:1::1",
        "q:1:1:1:1",
        "y:",
        "y:QRIS",
        "y:qris:1",
        "y:qr is",
        "y:qris\n",
        "y:'; DROP TABLE orders; --",
        "y:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "p:11111111111111111111111111111111111111111111111111111111111111",
        "%s%n:%d",
        "a:\xff",
        "\xf0\x9f\x9b\x8d",
        "a:1\x01",
    };
    for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
        int64_t numbers[TURN_MOST_NUMBERS] = {7, 7, 7};
        char word[TURN_WORD_BYTES] = "same";
        if (route_of_callback(hostile[i], numbers, word))
            fail_msg("\"%s\" was understood", hostile[i]);
        assert_int_equal(numbers[0], 7);
        assert_string_equal(word, "same");
    }
}

static void test_every_row_is_complete(void **state)
{
    for (size_t i = 0; i < callback_row_count; i++) {
        const struct callback_row *row = &callback_rows[i];
        size_t arguments = strlen(row->arguments);
        assert_non_null(row->route.handler);
        assert_in_range(row->route.role, ROLE_BUYER, ROLE_OWNER);
        assert_int_equal(strspn(row->arguments, "iw"), arguments);
        assert_true(arguments <= TURN_MOST_NUMBERS);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(row->verb, callback_rows[j].verb);
    }
    for (size_t i = 0; i < command_row_count; i++)
        assert_non_null(command_rows[i].route.handler);
    for (size_t i = 0; i < label_row_count; i++)
        assert_non_null(label_rows[i].route.handler);
}

/* Verbs of the admins' menus begin with an a and have more letters, those of wizards with a z. */
static bool is_admins(const char *verb)
{
    static const char *const below_photos[] = {"dc", "dj", "dk", "dn"};
    for (size_t i = 0; i < sizeof below_photos / sizeof *below_photos; i++)
        if (str_equal(verb, below_photos[i]))
            return true;
    return verb[0] == 'z' || (verb[0] == 'a' && verb[1]);
}

/* What admins alone may do; a row that forgets its role fails here. */
static void test_admin_rows_take_an_admin(void **state)
{
    for (size_t i = 0; i < command_row_count; i++)
        assert_int_equal(command_rows[i].route.role,
                         command_rows[i].route.handler == admin_menu ? ROLE_ADMIN : ROLE_BUYER);
    for (size_t i = 0; i < label_row_count; i++)
        assert_int_equal(label_rows[i].route.role,
                         label_rows[i].route.handler == admin_menu ? ROLE_ADMIN : ROLE_BUYER);
    for (size_t i = 0; i < callback_row_count; i++) {
        bool is_buyers = callback_rows[i].route.role == ROLE_BUYER;
        assert_int_equal(is_buyers, !is_admins(callback_rows[i].verb));
    }
}

static turn_handler *command(const char *text)
{
    const struct route *route = route_of_command(text);
    return route ? route->handler : NULL;
}

static void test_commands(void **state)
{
    assert_ptr_equal(command("/start"), start_command);
    assert_ptr_equal(command("/START"), start_command);
    assert_ptr_equal(command("/start ref_1"), start_command);
    assert_ptr_equal(command("/start@kopi_bot"), start_command);
    assert_ptr_equal(command("/products"), browse_all);
    assert_ptr_equal(command("/produk"), browse_all);
    assert_null(command("/"));
    assert_null(command("/startx"));
    assert_null(command("/star"));
}

static turn_handler *label(const char *text)
{
    const struct route *route = route_of_label(NULL, text);
    return route ? route->handler : NULL;
}

static void test_labels_with_and_without_selectors(void **state)
{
    assert_ptr_equal(label("🛍 Semua Produk"), browse_all);
    assert_ptr_equal(label("🛍\uFE0F Semua Produk"), browse_all);
    assert_ptr_equal(label(" 🛍 Semua Produk "), browse_all);
    assert_ptr_equal(label("ℹ️ Informasi"), start_information);
    assert_ptr_equal(label("ℹ Informasi"), start_information);
    assert_ptr_equal(label("⚙ Admin Settings"), admin_menu);
    assert_ptr_equal(label("🛍 All Products"), browse_all); /* of a store that was English before */
    assert_ptr_equal(label("💰 Deposit"), topup_open);
    assert_null(label("Semua Produk"));
    assert_null(label("🛍 Semua Produk!"));
    assert_null(label("🛍 Semua"));
    assert_null(label(""));
}

static void test_number_buttons(void **state)
{
    struct bench *bench = bench_open("id", 1, 1, "x");
    int64_t number = 0;
    for (int64_t n = 1; n <= 120; n++) {
        assert_true(route_keycap_number(say_keycap(&bench->work, n), &number));
        assert_int_equal(number, n);
    }
    assert_true(route_keycap_number("3\u20E3", &number)); /* without the selector */
    assert_int_equal(number, 3);
    static const char *const others[] = {"",
                                         "3",
                                         "12",
                                         "🔟1\uFE0F\u20E3",
                                         "3\uFE0F",
                                         "a",
                                         "1\uFE0F\u20E3x",
                                         "#\uFE0F\u20E3",
                                         "9\u20E39\u20E39\u20E39\u20E39\u20E39\u20E39\u20E39\u20E3"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        assert_false(route_keycap_number(others[i], &number));
    bench_close(&bench);
}

static void test_command_lists(void **state)
{
    const json_t *list = bot_commands("en");
    assert_string_equal(json_string_value(json_object_get(json_array_get(list, 1), "command")), "products");
    assert_ptr_equal(bot_commands("xx"), bot_commands("id"));
    size_t i;
    json_t *entry;
    json_array_foreach(bot_commands("id"), i, entry)
    {
        const char *name = json_string_value(json_object_get(entry, "command"));
        const char *description = json_string_value(json_object_get(entry, "description"));
        assert_in_range(strlen(name), 1, 32);
        assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_"), strlen(name));
        assert_in_range(str_utf16_length(description), 1, 256);
        assert_string_not_equal(name, "admin");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_callbacks_are_understood),
        cmocka_unit_test(test_hostile_callbacks_mean_nothing),
        cmocka_unit_test(test_every_row_is_complete),
        cmocka_unit_test(test_admin_rows_take_an_admin),
        cmocka_unit_test(test_commands),
        cmocka_unit_test(test_labels_with_and_without_selectors),
        cmocka_unit_test(test_number_buttons),
        cmocka_unit_test(test_command_lists),
    };
    return cmocka_run_group_tests(tests, bench_set_up, bench_tear_down);
}
