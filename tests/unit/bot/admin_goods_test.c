/* Categories and products as admins keep them in the chat. */
#include "desk.h"

#include <string.h>

#include "base/str.h"

#define TALK_TEST(test) cmocka_unit_test_setup(test, talk_begin)

enum { SECOND_ADMIN = OWNER };

static const char *data(const char *verb, int64_t id)
{
    return arena_printf(shop->arena, "%s:%lld", verb, (long long)id);
}

static int64_t logs(const char *action)
{
    return shop_sql(shop, "SELECT count(*) FROM admin_logs WHERE action = '%s'", action);
}

static int64_t id_of(const char *code)
{
    return shop_sql(shop, "SELECT id FROM products WHERE code = '%s'", code);
}

static void assert_field(const char *code, const char *column, const char *value)
{
    if (!shop_sql(shop, "SELECT count(*) FROM products WHERE code = '%s' AND %s::text = $$%s$$", code, column,
                  value))
        fail_msg("%s of %s is not \"%s\"", column, code, value);
}

/* --- a new product --- */

static void start_new(const char *kind)
{
    desk_open("ap");
    desk_press("Shelf");
    desk_press("➕ Produk");
    desk_says("Langkah 2/");
    desk_press(kind);
}

static void test_a_unit_product_from_start_to_sale(void **state)
{
    NEEDS_SHOP();
    start_new("📦 Stok satuan");
    desk_send("Netflix <b>1 Bulan</b>");
    desk_says("Netflix &lt;b&gt;1 Bulan");
    desk_send("A");
    desk_says("sudah dipakai produk lain");
    desk_send("kode salah");
    desk_says("Kode hanya boleh");
    desk_send("NFLX-1");
    desk_send("nol");
    desk_says("jumlah rupiah");
    desk_send("25rb");
    desk_send("Baris satu\nBaris dua");
    desk_press("⏭ Lewati");
    desk_photo("AgACphoto");
    desk_send("mail1:pass1\nmail2:pass2\n\nmail1:pass1");
    desk_says("Rp 25.000");
    desk_says_not("mail1");
    desk_says("📁 Kategori: <b>Shelf</b>");
    assert_int_equal(id_of("NFLX-1"), 0);
    desk_press("✅ Simpan");
    desk_says("Produk ditambahkan");
    desk_says("baris 4: <code>ma••••••</code> sama dengan baris 1");
    desk_press("⬅️ Kembali");
    desk_says("🟢 Dijual");
    desk_says("<b>2</b> tersedia");
    assert_field("NFLX-1", "price", "25000");
    assert_field("NFLX-1", "photo", "AgACphoto");
    assert_field("NFLX-1", "description", "Baris satu\nBaris dua");
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM conversations"), 0);
    const json_t *page = talk_press(BUYER, "p:%lld", (long long)id_of("NFLX-1"));
    if (!strstr(talk_said(page), "Rp 25.000"))
        fail_msg("a buyer sees %s", talk_said(page));
    assert_int_equal(logs("add") + logs("stock_add"), 2);
}

static void test_the_other_kinds(void **state)
{
    NEEDS_SHOP();
    start_new("♾ Satu isi");
    desk_send("Grup VIP");
    desk_press("⏭ Lewati");
    desk_send("5000");
    for (int i = 0; i < 3; i++)
        desk_press("⏭ Lewati");
    desk_says("teks yang diterima setiap pembeli");
    desk_send("https://t.me/+rahasia");
    desk_says_not("rahasia");
    desk_press("✅ Simpan");
    desk_says("🟢 Dijual");
    desk_says("GRUP-VIP");
    desk_press("👁 Lihat isi");
    desk_says("<pre>https://t.me/+rahasia</pre>");
    assert_int_equal(logs("content_view"), 1);

    start_new("📄 File");
    desk_send("E-book");
    desk_press("⏭ Lewati");
    desk_send("5000");
    for (int i = 0; i < 3; i++)
        desk_press("⏭ Lewati");
    desk_send("bukan file");
    desk_says("Kirim sebuah file");
    desk_document("BQACfile", "buku <1>.pdf", 1000);
    desk_says("buku &lt;1&gt;.pdf");
    desk_press("✅ Simpan");
    desk_says("buku &lt;1&gt;.pdf");
    talk_forget();
    assert_null(desk_press("👁 Lihat isi"));
    assert_int_equal(talk_sent_count(), 1);
    assert_string_equal(json_string_value(json_object_get(talk_sent(0)->params, "document")), "BQACfile");

    start_new("✍️ Manual");
    desk_send("Top up");
    desk_press("⏭ Lewati");
    desk_send("5000");
    for (int i = 0; i < 3; i++)
        desk_press("⏭ Lewati");
    desk_send("Kirim User ID");
    desk_press("✅ Simpan");
    desk_says("Kirim User ID");
    assert_field("TOP-UP", "kind", "manual");
}

/* Back in a form gives the answer up; another kind asks other things. */
static void test_back_to_another_kind(void **state)
{
    NEEDS_SHOP();
    start_new("📦 Stok satuan");
    desk_send("Top up");
    desk_press("⬅️ Kembali");
    desk_press("⬅️ Kembali");
    desk_press("✍️ Manual");
    desk_send("Top up");
    desk_press("⏭ Lewati");
    desk_send("5000");
    for (int i = 0; i < 4; i++)
        desk_press("⏭ Lewati");
    desk_says("✍️ Manual");
    desk_press("❌ Batal");
    desk_press("⬅️ Kembali");
    desk_says("Shelf");
    assert_int_equal(id_of("TOP-UP"), 0);
}

/* What another admin took meanwhile is asked for again; the other answers stay. */
static void test_the_code_was_taken_meanwhile(void **state)
{
    NEEDS_SHOP();
    start_new("📦 Stok satuan");
    desk_send("Netflix");
    desk_send("NFLX");
    desk_send("5000");
    for (int i = 0; i < 4; i++)
        desk_press("⏭ Lewati");
    shop_product(shop, "NFLX", 1000, 0);
    desk_press("✅ Simpan");
    desk_says("sudah dipakai produk lain");
    desk_send("NFLX-2");
    desk_press("✅ Simpan");
    assert_field("NFLX-2", "price", "5000");

    start_new("📦 Stok satuan");
    desk_send("Spotify");
    desk_press("⏭ Lewati");
    desk_send("5000");
    for (int i = 0; i < 4; i++)
        desk_press("⏭ Lewati");
    shop_sql(shop, "INSERT INTO categories (name, position) VALUES ('Other', 2)");
    shop_sql(shop, "UPDATE categories SET hidden = true, deleted_at = now() WHERE name = 'Shelf'");
    desk_press("✅ Simpan");
    desk_says("sudah dihapus admin lain");
    desk_press("Other");
    desk_press("✅ Simpan");
    desk_says("📁 Kategori: Other");
}

/* --- fields --- */

static void test_each_field_is_changed(void **state)
{
    NEEDS_SHOP();
    static const struct {
        const char *button, *typed, *column, *value;
    } rows[] = {
        {"✏️ Nama", "Baru <i>", "name", "Baru <i>"},
        {"💰 Harga", "Rp 12.345", "price", "12345"},
        {"📝 Deskripsi", "a\nb", "description", "a\nb"},
        {"📝 Deskripsi", NULL, "description", ""},
        {"📜 SNK", "Syarat", "snk", "Syarat"},
        {"📜 SNK", NULL, "snk", ""},
    };
    shop_sql(shop, "INSERT INTO categories (name, position) VALUES ('Other', 2)");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        desk_open(data("app", product_a));
        desk_press(rows[i].button);
        desk_says("Ubah produk");
        if (rows[i].typed)
            desk_send(rows[i].typed);
        else
            desk_press("🗑 Kosongkan");
        desk_says("Tersimpan");
        assert_field("A", rows[i].column, rows[i].value);
    }
    desk_press("🖼 Gambar");
    desk_send("bukan foto");
    desk_says("Kirim sebuah foto");
    desk_photo("AgAC1");
    desk_says("Gambar: ✅ ada");
    assert_null(desk_press("👁 Lihat gambar"));
    desk_press("🖼 Gambar");
    desk_press("🗑 Kosongkan");
    assert_null(desk_data("👁 Lihat gambar"));
    desk_press("📁 Kategori");
    desk_press("Other");
    desk_says("Kategori: Other");
    desk_press("🏷 Kode");
    desk_says("Kode: A");
    desk_send("B");
    desk_says("sudah dipakai");
    desk_send("A2");
    assert_field("A2", "name", "Baru <i>");
    assert_int_equal(logs("edit"), 10);
}

/* What no text of a store may have is left out; an answer of nothing else is none. */
static void test_control_characters_are_left_out(void **state)
{
    NEEDS_SHOP();
    desk_open(data("app", product_a));
    desk_press("✏️ Nama");
    desk_send("\x7F \x01\x0B");
    desk_says("Kirim satu baris");
    desk_send(" \x01N\x7F"
              "ama \x0B\r\n");
    assert_field("A", "name", "Nama");
    desk_press("📝 Deskripsi");
    desk_send("satu\r\n\tdua\x1F");
    assert_field("A", "description", "satu\n\tdua");
}

static void test_fields_of_another_kind_are_not_asked(void **state)
{
    NEEDS_SHOP();
    static const int fields[] = {7, 8, 9, 10, -1};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        desk_open(arena_printf(shop->arena, "apf:%lld:%d", (long long)product_a, fields[i]));
        desk_says("Product A");
        assert_int_equal(shop_sql(shop, "SELECT count(*) FROM conversations"), 0);
    }
    desk_open("apf:4711:0");
    desk_says("Kelola Produk");
}

/* --- two admins --- */

static void test_two_admins_change_one_product(void **state)
{
    NEEDS_SHOP();
    desk_open(data("app", product_a));
    desk_press("💰 Harga");
    desk_is(SECOND_ADMIN);
    desk_open(data("app", product_a));
    desk_press("✏️ Nama");
    desk_send("Second's");
    desk_says("Tersimpan");
    desk_is(ADMIN);
    desk_send("99000");
    desk_says("Data sudah berubah");
    assert_field("A", "price", "35000");
    desk_press("⬅️ Kembali");
    desk_says("Second's");

    desk_is(SECOND_ADMIN);
    desk_press("🙈 Sembunyikan"); /* their page is as new as the name */
    desk_says("🙈");
    desk_is(ADMIN);
    desk_press("🙈 Sembunyikan"); /* this one is not: the page is shown as it is now, and nothing done */
    assert_non_null(desk_data("👁 Tampilkan"));
    assert_int_equal(shop_sql(shop, "SELECT edition FROM products WHERE id = %lld", (long long)product_a), 3);
    desk_press("👁 Tampilkan");
    desk_says("🟢 Dijual");
}

/* A deletion that came to nothing leaves nothing behind, though units go first. */
static void test_deleted_as_it_is_not_any_more(void **state)
{
    NEEDS_SHOP();
    desk_open(data("app", product_a));
    desk_press("🗑 Hapus");
    shop_sql(shop, "UPDATE products SET edition = edition + 1");
    desk_press("✅ Ya");
    desk_says("<b>5</b> tersedia");
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM stock_units WHERE state = 'removed'"), 0);
    desk_press("🗑 Hapus");
    desk_press("✅ Ya");
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM stock_units WHERE state = 'removed'"), 5);
}

/* --- moving, hiding, deleting --- */

static void test_moved_in_the_list(void **state)
{
    NEEDS_SHOP();
    desk_open(data("app", product_b));
    desk_press("⬆️");
    desk_open("ap");
    desk_press("Shelf");
    desk_says("1. 🟢 Product B");
    assert_int_equal(shop_sql(shop, "SELECT id FROM products ORDER BY position LIMIT 1"), product_b);
    desk_press("1️⃣");
    desk_press("⬆️"); /* is the first one */
    desk_press("⬇️");
    assert_int_equal(shop_sql(shop, "SELECT id FROM products ORDER BY position LIMIT 1"), product_a);
    assert_int_equal(logs("move"), 2);
}

static void test_deleted_or_hidden(void **state)
{
    NEEDS_SHOP();
    talk_order(BUYER);
    desk_open(data("app", product_a));
    desk_says("<b>3</b> tersedia, 2 dipesan");
    desk_press("🗑 Hapus");
    desk_says("hanya disembunyikan");
    desk_press("❌ Batal");
    desk_press("🗑 Hapus");
    desk_press("✅ Ya");
    desk_says("🙈 Disembunyikan");
    desk_open(data("app", product_b));
    desk_press("🗑 Hapus");
    desk_press("✅ Ya");
    desk_says("Produk: <b>1</b>");
    desk_open(data("app", product_b));
    desk_says("Kelola Produk");
    assert_int_equal(id_of("B"), 0);
}

static void test_categories(void **state)
{
    NEEDS_SHOP();
    desk_open("ap");
    desk_press("➕ Kategori");
    desk_send("Shelf");
    desk_says("Sudah ada kategori");
    desk_send("Film");
    desk_send("🎬");
    desk_press("✅ Simpan");
    desk_says("🎬 Film");
    desk_press("⬆️");
    desk_press("✏️ Nama");
    desk_send("Film & Seri");
    desk_says("🎬 Film &amp; Seri");
    desk_press("😀 Emoji");
    desk_press("🗑 Kosongkan");
    desk_press("🙈 Sembunyikan");
    desk_says("Disembunyikan dari pembeli");
    desk_press("⬅️ Kembali");
    desk_press("🙈 Film & Seri (0)");
    desk_press("🗑 Hapus");
    desk_press("✅ Ya");
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM categories WHERE deleted_at IS NULL"), 1);
    desk_press("Shelf");
    desk_press("🗑 Hapus"); /* has products */
    desk_says("Produk: <b>2</b>");
    desk_press("🙈 Sembunyikan");
    desk_open(data("app", product_a));
    desk_says("Kategorinya disembunyikan");
}

/* --- lists --- */

static void test_an_empty_store(void **state)
{
    NEEDS_SHOP();
    shop_sql(shop, "TRUNCATE categories CASCADE");
    desk_open("ap");
    desk_says("Belum ada kategori");
    assert_null(desk_data("➕ Produk"));
    desk_open("apn:0");
    desk_says("Belum ada yang bisa dipilih");
    desk_press("❌ Batal");
    desk_open("apc:4711:0");
    desk_says("Belum ada kategori");
}

static void test_a_long_list_pages(void **state)
{
    NEEDS_SHOP();
    for (int i = 0; i < 20; i++)
        shop_product(shop, arena_printf(shop->arena, "X%d", i), 1000, 0);
    desk_open("ap");
    desk_press("Shelf (22)");
    desk_says("1. 🟢 Product A");
    desk_press("➡️");
    desk_press("➡️");
    desk_says("6. 🔴 Product X19");
    assert_null(desk_data("➡️"));
    desk_press("6️⃣");
    desk_press("⬅️ Kembali"); /* the page with it */
    desk_says("1. 🔴 Product X19");
    desk_press("⬅️");
    desk_says("8. 🔴 Product X18");
    desk_press("⬅️");
    desk_press("⬅️");
    desk_says("1. 🟢 Product A");
}

static void test_found(void **state)
{
    NEEDS_SHOP();
    for (int i = 0; i < 10; i++)
        shop_product(shop, arena_printf(shop->arena, "X%d", i), 1000, 0);
    desk_open("ap");
    desk_press("🔎 Cari");
    desk_send("tidak ada");
    desk_says("Belum ada yang bisa dipilih");
    desk_press("⬅️ Kembali");
    desk_send("PRODUCT X");
    desk_press("➡️");
    desk_press("Product X9");
    desk_says("<code>X9</code>");
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM conversations"), 0);
}

/* Names as long and as odd as they may be: every page is one that Telegram takes (talk_update() looks). */
static void test_names_at_their_limits(void **state)
{
    NEEDS_SHOP();
    static const char *const odd[] = {"<b>&\"", "🎬", "\xE2\x80\xAE", "ش"};
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        struct str s = STR_INIT(shop->arena), text = STR_INIT(shop->arena);
        while (str_utf8_length(str_done(&s)) + str_utf8_length(odd[i]) <= 64)
            str_add(&s, odd[i]);
        while (str_utf8_length(str_done(&text)) + str_utf8_length(odd[i]) <= 2000)
            str_add(&text, odd[i]);
        shop_sql(shop, "UPDATE categories SET name = $$%s$$", str_done(&s));
        shop_sql(shop,
                 "UPDATE products SET name = $$%s$$, description = $$%s$$, snk = $$%s$$, price = 1000000000",
                 str_done(&s), str_done(&text), str_done(&text));
        int64_t category = shop_sql(shop, "SELECT id FROM categories");
        desk_open("ap");
        desk_open(arena_printf(shop->arena, "apc:%lld:0", (long long)category));
        desk_open(data("app", product_a));
        desk_press("📝 Deskripsi");
        desk_press("❌ Batal");
        desk_press("⬅️ Kembali");
        desk_press("🗑 Hapus");
        desk_press("❌ Batal");
        desk_press("📁 Kategori");
        desk_press("❌ Batal");
    }
}

/* Buttons of pages that are gone, and numbers nobody offered. */
static void test_forged_numbers(void **state)
{
    NEEDS_SHOP();
    static const char *const forged[] = {
        "apl:9223372036854775807",
        "apl:-9223372036854775808",
        "apc:1:-9223372036854775808",
        "app:-1",
        "apcm:4711:1:1",
        "apch:4711:1:1",
        "apcx:4711:1",
        "apcy:4711:1",
        "apcn:4711",
        "apce:4711",
        "apn:4711",
        "apm:4711:1:1",
        "aph:4711:1:1",
        "apx:4711:1",
        "apy:4711:1",
        "apo:4711",
        "api:4711",
        "aph:1:9223372036854775807:7",
    };
    for (size_t i = 0; i < sizeof forged / sizeof forged[0]; i++)
        desk_open(forged[i]);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM admin_logs"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TALK_TEST(test_a_unit_product_from_start_to_sale),
        TALK_TEST(test_the_other_kinds),
        TALK_TEST(test_back_to_another_kind),
        TALK_TEST(test_the_code_was_taken_meanwhile),
        TALK_TEST(test_each_field_is_changed),
        TALK_TEST(test_control_characters_are_left_out),
        TALK_TEST(test_fields_of_another_kind_are_not_asked),
        TALK_TEST(test_two_admins_change_one_product),
        TALK_TEST(test_deleted_as_it_is_not_any_more),
        TALK_TEST(test_moved_in_the_list),
        TALK_TEST(test_deleted_or_hidden),
        TALK_TEST(test_categories),
        TALK_TEST(test_an_empty_store),
        TALK_TEST(test_a_long_list_pages),
        TALK_TEST(test_found),
        TALK_TEST(test_names_at_their_limits),
        TALK_TEST(test_forged_numbers),
    };
    return cmocka_run_group_tests(tests, talk_set_up, talk_tear_down);
}
