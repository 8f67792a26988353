/* The store's settings as an admin changes them in the chat. */
#include "talk.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "bot/admin/store_settings.h"

#define TALK_TEST(test) cmocka_unit_test_setup(test, talk_begin)

static void assert_says(const json_t *reply, const char *part)
{
    if (!strstr(talk_said(reply), part))
        fail_msg("\"%s\" is not in \"%s\"", part, talk_said(reply));
}

/* "cancel" of the wizard that was begun last. */
static void cancel(int64_t person)
{
    talk_press(person, "zx:%lld",
               (long long)shop_sql(shop, "SELECT ref FROM conversations WHERE telegram_id = %lld",
                                   (long long)person));
}

static int64_t logs(void)
{
    return shop_sql(shop, "SELECT count(*) FROM admin_logs");
}

static const json_t *send(int64_t person, const struct setting_screen *screen, const char *value)
{
    struct update update = talk_make_text(person, value);
    if (screen->look == LOOK_STICKER || screen->look == LOOK_PHOTO)
        update.text = NULL;
    if (screen->look == LOOK_STICKER) {
        update.sticker_file_id = value;
        update.has_media = true;
    }
    if (screen->look == LOOK_PHOTO)
        update.photo_file_id = value;
    return talk_update(&update);
}

/* Each setting of the list: what is typed, how it is kept, how it reads; and what is refused. */
static const struct {
    const char *name, *typed, *kept, *read, *refused, *why;
} changes[] = {
    {"title", " Toko <Baru> ", "\"Toko <Baru>\"", "Toko &lt;Baru&gt;",
     "12345678901234567890123456789012345678901234567890123456789012345", "paling banyak 64"},
    {"support", "@andi_admin", "\"@andi_admin\"", "@andi_admin", "andi", "Bentuknya"},
    {"invoice_minutes", "42", "42", "42 menit", "1441", "antara 1 menit dan 1440 menit"},
    {"low_stock", "0", "0", "<b>0</b>", "-1", "angka bulat"},
    {"most_open_orders", "7", "7", "<b>7</b>", "21", "antara 1 dan 20"},
    {"deposit.minimum", "20rb", "20000", "Rp 20.000", "11jt", "Tidak boleh di atas Deposit maksimum"},
    {"deposit.maximum", "2jt", "2000000", "Rp 2.000.000", "9000", "Tidak boleh di bawah Deposit minimum"},
    {"deposit.transfer", "BCA 1\na.n. <Kopi>", "\"BCA 1\\na.n. <Kopi>\"", "a.n. &lt;Kopi&gt;", NULL, NULL},
    {"welcome.sticker", "sticker-1", "\"sticker-1\"", "stiker", NULL, NULL},
    {"welcome.photo", "photo-1", "\"photo-1\"", "foto", NULL, NULL},
    {"calculator.refund_deduction", "12 %", "12", "12%", "12,5", "persen bulat antara 0% dan 100%"},
    {"calculator.refund_step", "1rb", "1000", "Rp 1.000", "2jt", "antara Rp 1 dan Rp 1.000.000"},
    {"calculator.fee_percent", "1,05", "105", "1,05%", "50,01%", "antara 0% dan 50%"},
    {"calculator.fee_flat", "0", "0", "Rp 0", "2jt", "antara Rp 0 dan Rp 1.000.000"},
};

static void test_each_is_changed_and_reset(void **state)
{
    NEEDS_SHOP();
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        const struct setting_screen *screen = setting_screen(changes[i].name);
        assert_non_null(screen);
        long long number = (long long)screen->number;
        assert_says(talk_press(ADMIN, "axs:%lld", number), "Bawaan: ");
        assert_says(talk_press(ADMIN, "axe:%lld", number), "Ubah pengaturan toko");
        if (changes[i].refused)
            assert_says(send(ADMIN, screen, changes[i].refused), changes[i].why);
        const json_t *page = send(ADMIN, screen, changes[i].typed);
        assert_says(page, "Tersimpan");
        assert_says(page, changes[i].read);
        assert_says(page, "Diubah");
        assert_int_equal(logs(), 2 * (int64_t)i + 1);
        assert_int_equal(shop_sql(shop, "SELECT (value = $$%s$$)::int FROM settings WHERE key = '%s'",
                                  changes[i].kept, changes[i].name),
                         1);
        assert_says(talk_press(ADMIN, "%s", screen->home ? screen->home : "ax"), "✏️\n");
        char reset[40];
        snprintf(reset, sizeof reset, "axr:%lld:1", number);
        assert_true(talk_has_button(talk_press(ADMIN, "axs:%lld", number), reset));
        page = talk_press(ADMIN, "%s", reset);
        assert_null(strstr(talk_said(page), "Diubah"));
        assert_false(talk_has_button(page, reset));
        assert_int_equal(logs(), 2 * (int64_t)i + 2);
    }
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM settings WHERE value IS NOT NULL"), 0);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM admin_logs WHERE actor_id <> %d", ADMIN), 0);
}

static void test_every_screen_has_its_row(void **state)
{
    for (size_t i = 0; i < setting_screen_count; i++) {
        assert_non_null(settings_definition(setting_screens[i].name));
        for (size_t k = 0; k < i; k++)
            assert_int_not_equal(setting_screens[i].number, setting_screens[k].number);
    }
}

/* What two admins do at the same page. */
static void test_the_second_is_told(void **state)
{
    NEEDS_SHOP();
    talk_press(ADMIN, "axe:3");
    talk_press(OWNER, "axe:3");
    assert_says(talk_text(OWNER, "30"), "Tersimpan");
    assert_says(talk_text(ADMIN, "40"), "Data sudah berubah");
    assert_int_equal(shop_sql(shop, "SELECT value::int FROM settings WHERE key = 'invoice_minutes'"), 30);
    talk_press(ADMIN, "axr:3:0");
    assert_int_equal(shop_sql(shop, "SELECT value::int FROM settings WHERE key = 'invoice_minutes'"), 30);
    talk_press(ADMIN, "axr:3:1");
    talk_press(OWNER, "axr:3:1");
    assert_int_equal(logs(), 2);
    talk_press(ADMIN, "axe:3"); /* set once more after it was reset */
    assert_says(talk_text(ADMIN, "40"), "Tersimpan");
}

static void test_a_default_that_contradicts(void **state)
{
    NEEDS_SHOP();
    talk_press(ADMIN, "axe:7");
    talk_text(ADMIN, "20jt");
    talk_press(ADMIN, "axe:6");
    talk_text(ADMIN, "15jt");
    talk_press(ADMIN, "axr:7:1"); /* the file's most is 10,000,000 */
    assert_int_equal(shop_sql(shop, "SELECT value::int FROM settings WHERE key = 'deposit.maximum'"),
                     20000000);
    /* whoever runs the server changes the file */
    int64_t least = shop->tenant.deposit_least, most = shop->tenant.deposit_most;
    shop->tenant.deposit_least = 600;
    shop->tenant.deposit_most = 700;
    shop_sql(shop, "UPDATE settings SET value = '800' WHERE key = 'deposit.maximum'");
    assert_says(talk_press(ADMIN, "axs:6"), "tidak dipakai");
    shop->tenant.deposit_least = least;
    shop->tenant.deposit_most = most;
}

static void test_forged_and_old_buttons(void **state)
{
    NEEDS_SHOP();
    static const char *const forged[] = {
        "axs:0", "axs:99", "axs:-9223372036854775808", "axe:77", "axv:77", "axv:1", "axr:77:1", "axr:1:99"};
    for (size_t i = 0; i < sizeof forged / sizeof forged[0]; i++)
        talk_press(ADMIN, "%s", forged[i]);
    talk_press(BUYER, "ax");
    talk_press(BUYER, "axe:1");
    talk_text(BUYER, "Toko Palsu");
    talk_press(BUYER, "axr:1:0");
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM settings"), 0);
    assert_int_equal(logs(), 0);
}

/* Commands and buttons lead where they always lead; the form waits. */
static void test_a_form_is_left_and_taken_up(void **state)
{
    NEEDS_SHOP();
    talk_press(ADMIN, "axe:1");
    assert_says(talk_text(ADMIN, "/produk"), "Semua Produk");
    assert_says(talk_text(ADMIN, "Kopi Lain"), "Kopi Lain");
    talk_press(ADMIN, "axe:1");
    cancel(ADMIN);
    talk_text(ADMIN, "Kopi Ketiga");
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM settings WHERE value = '\"Kopi Lain\"'"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_screen_has_its_row),
        TALK_TEST(test_each_is_changed_and_reset),
        TALK_TEST(test_the_second_is_told),
        TALK_TEST(test_a_default_that_contradicts),
        TALK_TEST(test_forged_and_old_buttons),
        TALK_TEST(test_a_form_is_left_and_taken_up),
    };
    return cmocka_run_group_tests(tests, talk_set_up, talk_tear_down);
}
