/* Terms and their proofs as admins see them in the chat. */
#include "desk.h"

#include <string.h>

#include "base/str.h"
#include "store/term.h"

#define TALK_TEST(test) cmocka_unit_test_setup(test, talk_begin)

static void test_terms_are_changed_and_removed(void **state)
{
    NEEDS_SHOP();
    desk_open("ap");
    desk_press("📜 Kelola SNK");
    desk_says("Product B");
    desk_press("1️⃣");
    desk_says("SNK Product B");
    desk_says("Terms of B");
    desk_press("✏️ Ubah SNK");
    desk_send("Jangan <dibagi>");
    desk_says("Tersimpan");
    desk_says("Jangan &lt;dibagi&gt;");
    desk_press("✏️ Ubah SNK");
    desk_press("❌ Batal");
    desk_press("⬅️ Kembali");
    desk_press("🗑 Hapus SNK");
    desk_press("❌ Batal");
    desk_press("🗑 Hapus SNK");
    desk_press("✅ Ya");
    assert_null(desk_data("🗑 Hapus SNK"));
    desk_press("⬅️ Kembali");
    desk_says_not("Product B");
    desk_press("🔎 Pilih produk");
    desk_send("product b");
    desk_press("Product B");
    desk_says("SNK Product B");
    desk_press("✏️ Ubah SNK");
    desk_send("Lagi");
    desk_press("📦 Buka produk");
    desk_says("Lagi");
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM admin_logs WHERE action = 'edit'"), 3);
}

static void test_two_admins(void **state)
{
    NEEDS_SHOP();
    desk_open(arena_printf(shop->arena, "atp:%lld", (long long)product_a));
    desk_press("🗑 Hapus SNK");
    desk_is(OWNER);
    desk_open(arena_printf(shop->arena, "atp:%lld", (long long)product_a));
    desk_press("✏️ Ubah SNK");
    desk_send("Baru");
    desk_is(ADMIN);
    desk_press("✅ Ya");
    desk_says("Baru");
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM products WHERE snk = 'Baru'"), 1);
}

/* The terms of an order of one A, fulfilled. */
static int64_t prove(const char *kind, const char *proof)
{
    struct term *terms;
    size_t count;
    talk_press(BUYER, "q:%lld:1:35000", (long long)product_a);
    talk_press(BUYER, "y:qris");
    int64_t order = shop_sql(shop, "SELECT max(id) FROM orders");
    struct work *work = shop_begin(shop);
    MUST(term_open_for_order(work, order, &terms, &count, &err));
    MUST(term_fulfil(work, terms[0].id, kind, proof, &err));
    int64_t id = terms[0].id;
    shop_commit(shop);
    return id;
}

static void test_proofs(void **state)
{
    NEEDS_SHOP();
    desk_open("at");
    desk_press("📥 Bukti diterima");
    desk_says("Belum ada bukti");
    prove("text", "Sudah <b>masuk</b>");
    prove("photo", "AgACproof");
    desk_press("⬅️ Kembali");
    desk_press("📥 Bukti diterima");
    desk_says("1. 🖼");
    desk_says("2. 📝");
    desk_says_not("masuk");
    desk_press("2️⃣");
    desk_says("Sudah &lt;b&gt;masuk");
    desk_says("tg1001-");
    desk_press("⬅️ Kembali");
    desk_says("1. 📝"); /* the page that begins with it */
    desk_press("⬅️");
    const json_t *page = desk_press("1️⃣");
    assert_string_equal(talk_method(page), "editMessageMedia");
    desk_open("ato:4711");
    desk_says("Bukti SNK yang diterima");
}

static void test_a_proof_at_its_limit(void **state)
{
    NEEDS_SHOP();
    char longest[4097];
    memset(longest, '&', sizeof longest);
    longest[4096] = 0;
    int64_t id = prove("text", longest);
    desk_open(arena_printf(shop->arena, "ato:%lld", (long long)id));
    desk_says("&amp;&amp;");
}

static void test_pages_of_proofs(void **state)
{
    NEEDS_SHOP();
    shop_sql(shop, "UPDATE products SET sold = 0");
    int64_t term = prove("text", "x");
    shop_sql(shop,
             "INSERT INTO order_items (order_id, product_id, name, price, quantity, snk)"
             " SELECT order_id, p, 'N', 1, 1, 's' FROM terms, (SELECT id AS p FROM products WHERE id = %lld)"
             " q",
             (long long)product_b);
    for (int i = 0; i < 20; i++) {
        shop_product(shop, arena_printf(shop->arena, "X%d", i), 1000, 0);
        shop_sql(shop, "INSERT INTO order_items (order_id, product_id, name, price, quantity, snk)"
                       " SELECT order_id, (SELECT max(id) FROM products), 'N', 1, 1, 's' FROM terms LIMIT 1");
        shop_sql(shop,
                 "INSERT INTO terms (order_id, order_item_id, telegram_id, state, proof_kind, proof,"
                 " created_at, fulfilled_at) SELECT order_id, (SELECT max(id) FROM order_items), telegram_id,"
                 " 'fulfilled', 'text', '', now(), now() FROM terms WHERE id = %lld",
                 (long long)term);
    }
    desk_open("atb:0");
    desk_press("➡️");
    desk_press("➡️");
    assert_null(desk_data("➡️"));
    desk_says("5. ");
    desk_press("⬅️");
    desk_press("⬅️");
    desk_says("8. ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TALK_TEST(test_terms_are_changed_and_removed),
        TALK_TEST(test_two_admins),
        TALK_TEST(test_proofs),
        TALK_TEST(test_a_proof_at_its_limit),
        TALK_TEST(test_pages_of_proofs),
    };
    return cmocka_run_group_tests(tests, talk_set_up, talk_tear_down);
}
