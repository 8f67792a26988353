/* What the owner's bot says of alerts, and its tables, without a database. */
#include "bench.h"

#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "bot/bot.h"
#include "bot/owner/owner.h"
#include "bot/owner/screens.h"
#include "bot/owner/words.h"
#include "bot/page.h"

static const char hostile[] = "</b><a href=\"x\">&amp;{toko}'\"😀\u202e\u2069\nلا";

static void check_message(struct bench *bench, const char *html)
{
    auto_json json_t *params = page_message(&bench->work, html, NULL);
    json_object_set_new(params, "chat_id", json_integer(1));
    bench_check_call(bench->arena, "sendMessage", params);
    assert_null(strstr(html, "{"));
}

static struct alert_row alert(enum alert_kind kind, const char *store)
{
    return (struct alert_row){.id = 7,
                              .store = store,
                              .kind = kind,
                              .subject = "/var",
                              .detail = "91 %",
                              .count = 3,
                              .first_ms = 1780000000000,
                              .last_ms = 1780000060000,
                              .recovered_ms = 1780000120000};
}

static void test_every_kind_has_its_words(void **state)
{
    static const char *const languages[] = {"id", "en"};
    for (size_t i = 0; i < 2; i++) {
        struct bench *bench = bench_open(languages[i], 1, 1, "x");
        for (int kind = 0; kind < ALERT_KIND_COUNT; kind++) {
            for (int why = ALERT_TELL_NEW; why <= ALERT_TELL_RECOVERED; why++) {
                struct alert_row row = alert((enum alert_kind)kind, "kopi-digital");
                const char *html = words_message(&bench->work, &row, (enum alert_telling)why);
                assert_true(str_starts_with(html, "[kopi-digital] "));
                check_message(bench, html);
            }
        }
        bench_close(&bench);
    }
}

static void test_words_of_an_alert(void **state)
{
    struct bench *bench = bench_open("id", 1, 1, "x");
    struct alert_row row = alert(ALERT_DISK, NULL);
    const char *html = words_message(&bench->work, &row, ALERT_TELL_AGAIN);
    assert_true(str_starts_with(html, "[server] 🚨 <b>Disk hampir penuh (/var)</b>\n91 %"));
    assert_non_null(strstr(html, "3 kali"));
    row.count = 1;
    assert_null(strstr(words_message(&bench->work, &row, ALERT_TELL_NEW), "kali"));
    assert_true(str_starts_with(words_message(&bench->work, &row, ALERT_TELL_RECOVERED),
                                "[server] ✅ <b>Pulih: Disk hampir penuh (/var)</b>"));
    row = alert(ALERT_ERROR, "kopi-digital"); /* whose subject is its text once more */
    assert_null(strstr(words_message(&bench->work, &row, ALERT_TELL_NEW), "/var"));
    bench_close(&bench);
}

static void test_hostile_details(void **state)
{
    struct bench *bench = bench_open("id", 1, 1, "x");
    struct str s = STR_INIT(bench->arena);
    for (int i = 0; i < 8; i++)
        str_add(&s, hostile);
    struct alert_row row = alert(ALERT_BACKUP, "kopi-digital");
    row.detail = row.subject = str_done(&s);
    auto_json json_t *params =
        page_message(&bench->work, words_message(&bench->work, &row, ALERT_TELL_NEW), NULL);
    json_object_set_new(params, "chat_id", json_integer(1));
    bench_check_call(bench->arena, "sendMessage", params);
    row.subject = "";
    row.detail = "\xff\xfe broken";
    check_message(bench, words_message(&bench->work, &row, ALERT_TELL_NEW));
    bench_close(&bench);
}

static void test_a_digest_counts_kinds(void **state)
{
    struct bench *bench = bench_open("id", 1, 1, "x");
    struct alert_digest digest = {.alerts = 1003, .recovered = 2, .stores = 40};
    digest.by_kind[ALERT_BOT_UNREACHABLE] = 1000;
    digest.by_kind[ALERT_DISK] = 1;
    const char *html = words_digest(&bench->work, &digest);
    check_message(bench, html);
    assert_non_null(strstr(html, "1003 peringatan sekaligus"));
    assert_non_null(strstr(
        html, "⚠️ Bot belum tersambung ke Telegram: <b>1000</b>\n🚨 Disk hampir penuh: <b>1</b>"));
    assert_null(strstr(html, "CPU"));
    bench_close(&bench);
}

static void test_bytes(void **state)
{
    struct bench *bench = bench_open("id", 1, 1, "x");
    assert_string_equal(owner_bytes(&bench->work, 999), "999 B");
    assert_string_equal(owner_bytes(&bench->work, 1500), "1,5 KB");
    assert_string_equal(owner_bytes(&bench->work, 12345678901), "12 GB");
    assert_string_equal(owner_bytes(&bench->work, -1), "–");
    bench_close(&bench);
}

/* --- the tables --- */

static const struct route *route_of(const char *data, int64_t numbers[TURN_MOST_NUMBERS],
                                    char word[TURN_WORD_BYTES])
{
    return route_in_callbacks(owner_callback_rows, owner_callback_row_count, data, numbers, word);
}

static void test_the_tables(void **state)
{
    for (size_t i = 0; i < owner_callback_row_count; i++) {
        assert_int_equal(owner_callback_rows[i].route.role, ROLE_OWNER);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(owner_callback_rows[i].verb, owner_callback_rows[k].verb);
    }
    int64_t numbers[TURN_MOST_NUMBERS] = {0};
    char word[TURN_WORD_BYTES] = "";
    static const char too_long[] = "ota:a234567890-234567890-234567890-x:9223372036854775807";
    assert_true(strlen(too_long) <= 64);
    assert_null(route_of(too_long, numbers, word)); /* 32 letters are no store's name */
    assert_non_null(route_of("ota:a234567890-234567890-234567890-:9223372036854775807", numbers, word));
    assert_string_equal(word, "a234567890-234567890-234567890-");
    assert_int_equal(numbers[0], INT64_MAX);
    static const char *const refused[] = {
        "ot",          "ot:",        "ot:Kopi", "ot:kopi digital", "ot:kopi:1",    "ota:kopi",
        "ota:kopi:01", "ota:kopi:x", "oam:1",   "oam:1:2:3",       "ot:../../etc", "ot:kopi_1",
        "q:1:1:1",     "o",          ""};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        assert_null(route_of(refused[i], numbers, word));
    assert_int_equal(json_array_size(owner_commands("id")), owner_command_row_count);
    assert_int_equal(json_array_size(owner_commands("en")), owner_command_row_count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kind_has_its_words),
        cmocka_unit_test(test_words_of_an_alert),
        cmocka_unit_test(test_hostile_details),
        cmocka_unit_test(test_a_digest_counts_kinds),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_the_tables),
    };
    return cmocka_run_group_tests(tests, bench_set_up, bench_tear_down);
}
