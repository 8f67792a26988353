/* A product's stock as admins keep it in the chat. */
#include "desk.h"

#include <string.h>

#include "base/str.h"
#include "bot/admin/units.h"

#define TALK_TEST(test) cmocka_unit_test_setup(test, talk_begin)

static int64_t units(const char *state)
{
    return shop_sql(shop, "SELECT count(*) FROM stock_units WHERE product_id = %lld AND state = '%s'",
                    (long long)product_a, state);
}

static int64_t logs(const char *action)
{
    return shop_sql(shop, "SELECT count(*) FROM admin_logs WHERE action = '%s'", action);
}

static void open_stock(void)
{
    desk_open(arena_printf(shop->arena, "app:%lld", (long long)product_a));
    desk_press("📊 Stok");
}

static void test_lines_are_added(void **state)
{
    NEEDS_SHOP();
    open_stock();
    desk_says("<b>5</b> tersedia");
    desk_press("➕ Tambah stok");
    desk_says("🟢 Tersedia: 5");
    desk_send("baru@contoh.com:rahasia\n\n A-1 \nbaru@contoh.com:rahasia\nlain");
    desk_says("<b>2</b> unit ditambahkan");
    desk_says("baris 3: <code>••••••</code> sudah ada di stok");
    desk_says("baris 4: <code>ba••••••@c…</code> sama dengan baris 1");
    desk_says_not("rahasia");
    assert_int_equal(units("available"), 7);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM conversations"), 0);
    desk_press("➕ Tambah stok");
    desk_photo("AgAC");
    desk_says("Kirim teks");
    desk_press("❌ Batal");
    desk_press("⬅️ Kembali");
    desk_says("1. <code>l••••••</code>");
    desk_says("2. <code>ba••••••@c…</code> 🟢 tersedia");
    desk_says_not("rahasia");
}

static void test_a_unit_is_looked_at_and_taken_out(void **state)
{
    NEEDS_SHOP();
    open_stock();
    desk_press("5️⃣");
    desk_says("Unit #1");
    desk_press("👁 Lihat");
    desk_says("<pre>A-1</pre>");
    assert_int_equal(logs("stock_view"), 1);
    desk_press("⬅️ Kembali");
    desk_press("🗑 Keluarkan");
    desk_press("❌ Batal");
    desk_press("🗑 Keluarkan");
    desk_press("✅ Ya");
    desk_says("🗑 dikeluarkan");
    assert_int_equal(units("removed"), 1);
    desk_press("⬅️ Kembali"); /* to where it is listed now */
    desk_says("<b>🗑 Dikeluarkan</b>");
    desk_press("1️⃣");
    desk_press("♻️ Kembalikan");
    desk_says("🟢 tersedia");
    assert_int_equal(units("available"), 5);
}

/* A buyer was faster: the unit is shown as it is now. */
static void test_a_unit_was_ordered_meanwhile(void **state)
{
    NEEDS_SHOP();
    desk_open("asr:1");
    talk_order(BUYER);
    desk_press("✅ Ya");
    desk_says("⏳ dipesan");
    desk_says("tg1001-");
    assert_null(desk_data("🗑 Keluarkan"));
    assert_int_equal(units("removed"), 0);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM admin_logs"), 0);
    desk_press("⬅️ Kembali");
    desk_says("<b>🧾 Dipesan &amp; terjual</b>");
}

static void test_many_are_taken_out(void **state)
{
    NEEDS_SHOP();
    open_stock();
    desk_press("🗑 Keluarkan banyak");
    desk_send("0");
    desk_says("angka bulat");
    desk_send("2");
    desk_says("Jumlah: <b>2</b>");
    desk_press("✅ Simpan");
    desk_says("<b>2</b> unit dikeluarkan");
    desk_press("⬅️ Kembali");
    desk_press("🗑 Keluarkan banyak");
    desk_press("Semua");
    desk_press("✅ Simpan");
    desk_says("<b>3</b> unit dikeluarkan");
    desk_press("⬅️ Kembali");
    desk_says("Tidak ada unit di sini");
    assert_null(desk_data("🗑 Keluarkan banyak"));
    assert_null(desk_data("⬇️ Ekspor"));
    /* A line that was taken out comes back when it is added again. */
    desk_press("➕ Tambah stok");
    desk_send("A-1\nA-6");
    desk_says("1 di antaranya pernah dikeluarkan");
    assert_int_equal(units("available"), 2);
    assert_int_equal(units("removed"), 4);
}

static void test_an_export_is_a_file(void **state)
{
    NEEDS_SHOP();
    talk_order(BUYER); /* two of them are not in it */
    open_stock();
    talk_forget();
    assert_null(desk_press("⬇️ Ekspor"));
    assert_int_equal(talk_sent_count(), 1);
    assert_string_equal(talk_sent(0)->attachment_text, "A-3\nA-4\nA-5\n");
    assert_int_equal(talk_sent(0)->chat_id, ADMIN);
    assert_int_equal(logs("stock_export"), 1);
}

static void test_sold_out_then_restocked(void **state)
{
    NEEDS_SHOP();
    shop_sql(shop, "UPDATE products SET price = 35000");
    talk_press(BUYER, "q:%lld:5:35000", (long long)product_a);
    talk_press(BUYER, "y:qris");
    const json_t *page = talk_press(OTHER, "p:%lld", (long long)product_a);
    assert_non_null(strstr(talk_said(page), "Stok: <b>habis</b>"));
    open_stock();
    desk_press("➕ Tambah stok");
    desk_send("baru-1");
    talk_press(OTHER, "q:%lld:1:35000", (long long)product_a);
    talk_press(OTHER, "y:qris");
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM orders WHERE telegram_id = %d", OTHER), 1);
}

static void test_a_long_content_comes_as_a_file(void **state)
{
    NEEDS_SHOP();
    char longest[4097];
    memset(longest, '<', sizeof longest);
    longest[4096] = 0;
    open_stock();
    desk_press("➕ Tambah stok");
    desk_send(longest);
    desk_says("<b>1</b> unit ditambahkan");
    desk_press("⬅️ Kembali");
    desk_says("1. <code>&lt;&lt;••••••</code>");
    desk_press("1️⃣");
    talk_forget();
    assert_null(desk_press("👁 Lihat"));
    assert_string_equal(talk_sent(0)->attachment_text, longest);
}

/* The file itself is fetched by a job: see test_admin_products.py. */
static void test_a_document_is_looked_at_first(void **state)
{
    NEEDS_SHOP();
    open_stock();
    desk_press("➕ Tambah stok");
    desk_document("BQAC1", "stok.xlsx", 1000);
    desk_says(".csv");
    desk_document("BQAC2", "stok.csv", (5 << 20) + 1);
    desk_says("terlalu besar");
    desk_document("BQAC3", "STOK <1>.CSV", 5 << 20);
    desk_says("sedang diproses");
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM jobs WHERE kind = 'stock_import'"), 1);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM conversations"), 0);
    const char *data;
    struct work *work = shop_begin(shop);
    MUST(job_data(work, "stock_import", shop_sql(shop, "SELECT ref FROM jobs"), &data, &err));
    assert_non_null(strstr(data, "BQAC3"));
}

/* Every report is one that Telegram takes. */
static void test_a_report_at_its_limits(void **state)
{
    NEEDS_SHOP();
    struct work *work = shop_task(shop);
    struct stock_added added = {.added = 10000, .returned = 10000, .duplicates = 10000};
    const struct stock_lines lines = {.too_long = 10000};
    for (; added.named_count < STOCK_MOST_NAMED; added.named_count++)
        added.named[added.named_count] =
            (struct stock_named){.line = 10000, .earlier = 9999, .masked = "<<••••••@<…"};
    struct str name = STR_INIT(work->arena);
    for (int i = 0; i < 100; i++)
        str_add(&name, "🎬");
    const char *html = units_report(work, str_done(&name), &lines, &added);
    assert_in_range(html_length(html), 700, HTML_TEXT_LIMIT);
    if (!strstr(html, "9980 baris lainnya"))
        fail_msg("%s", html);
}

static void test_other_kinds_have_no_stock(void **state)
{
    NEEDS_SHOP();
    static const char *const verbs[] = {"as:%lld:0:0", "asa:%lld", "ask:%lld", "ase:%lld:0"};
    shop_sql(shop, "UPDATE products SET kind = 'manual'");
    desk_open(arena_printf(shop->arena, "app:%lld", (long long)product_a));
    assert_null(desk_data("📊 Stok"));
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        desk_open("ap");
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        desk_open(arena_printf(shop->arena, verbs[i], (long long)product_a));
#pragma GCC diagnostic pop
        desk_says("Product A");
        desk_says("Manual");
    }
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM conversations"), 0);
}

static void test_forged_numbers(void **state)
{
    NEEDS_SHOP();
    static const char *const forged[] = {
        "as:1:99:0",   "as:1:-1:-9223372036854775808",
        "as:4711:0:0", "as:1:2:9223372036854775807",
        "asa:4711",    "ask:4711",
        "ase:4711:0",  "asu:4711",
        "asu:-1",      "asv:4711",
        "asr:4711",    "asy:4711",
        "asb:4711",    "asb:1",
    };
    for (size_t i = 0; i < sizeof forged / sizeof forged[0]; i++)
        desk_open(forged[i]);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM admin_logs"), 0);
}

static bool done_at_once(struct work *work, int64_t ref, struct job_step *step_out, struct error *err)
{
    *step_out = (struct job_step){.kind = JOB_DONE};
    return true;
}

static int set_up(void **state)
{
    static struct job_kind kinds[] = {{.name = "payment_create", .prepare = done_at_once},
                                      {.name = "payment_check", .prepare = done_at_once},
                                      {.name = "stock_import", .prepare = done_at_once}};
    talk_set_up(state);
    job_set_kinds(kinds, sizeof kinds / sizeof kinds[0]);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TALK_TEST(test_lines_are_added),
        TALK_TEST(test_a_unit_is_looked_at_and_taken_out),
        TALK_TEST(test_a_unit_was_ordered_meanwhile),
        TALK_TEST(test_many_are_taken_out),
        TALK_TEST(test_an_export_is_a_file),
        TALK_TEST(test_sold_out_then_restocked),
        TALK_TEST(test_a_long_content_comes_as_a_file),
        TALK_TEST(test_a_document_is_looked_at_first),
        TALK_TEST(test_a_report_at_its_limits),
        TALK_TEST(test_other_kinds_have_no_stock),
        TALK_TEST(test_forged_numbers),
    };
    return cmocka_run_group_tests(tests, set_up, talk_tear_down);
}
