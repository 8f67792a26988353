/* Admins whom an owner adds and removes in the chat. */
#include "talk.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "store/settings.h"

#define TALK_TEST(test) cmocka_unit_test_setup(test, talk_begin)

enum { AYU = 3001, BIMA = 3002, CITRA = 3003 };

static void assert_says(const json_t *reply, const char *part)
{
    if (!strstr(talk_said(reply), part))
        fail_msg("\"%s\" is not in \"%s\"", part, talk_said(reply));
}

/* Somebody who wrote to the store. */
static void known(int64_t id, const char *name, const char *username)
{
    struct update update = talk_make_text(id, "/start");
    update.first_name = name;
    update.username = username;
    talk_update(&update);
}

static int begin(void **state)
{
    int result = talk_begin(state);
    if (shop) {
        known(AYU, "Ayu <3", "ayu_admin");
        known(BIMA, "Bima", "bima");
        known(CITRA, "Bima Citra", NULL);
        talk_forget();
    }
    return result;
}

static long long wizard_of(int64_t person)
{
    return (long long)shop_sql(shop, "SELECT ref FROM conversations WHERE telegram_id = %lld",
                               (long long)person);
}

static const json_t *confirm(int step)
{
    return talk_press(OWNER, "zk:%lld:%d", wizard_of(OWNER), step);
}

static const json_t *add(const char *typed)
{
    talk_press(OWNER, "ama");
    return talk_text(OWNER, typed);
}

static void test_added_and_removed(void **state)
{
    NEEDS_SHOP();
    assert_says(talk_press(OWNER, "am"), "👑");
    assert_says(add("@Ayu_Admin"), "Ayu &lt;3");
    assert_says(talk_text(AYU, "/admin"), "belum aku pahami"); /* not yet */
    assert_says(confirm(2), "sekarang admin");
    const struct sent *told = talk_find(AYU, "sendMessage", "Kamu sekarang admin");
    assert_non_null(told);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM settings WHERE key = 'admin:3001'"
                                    " AND value->>'name' = 'Ayu <3'"),
                     1);
    assert_says(talk_press(AYU, "ax"), "Pengaturan Toko");
    assert_false(talk_has_button(talk_press(AYU, "ax"), "am"));
    assert_says(talk_press(OWNER, "amd:3001"), "ditambahkan di sini");
    /* what she had begun ends with it */
    talk_press(AYU, "axe:1");
    assert_true(talk_has_button(talk_press(OWNER, "amr:3001:1"), "amx:3001:1"));
    assert_says(talk_press(OWNER, "amx:3001:1"), "bukan admin lagi");
    assert_non_null(talk_find(AYU, "sendMessage", "bukan admin"));
    talk_text(AYU, "Toko Ayu");
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM settings WHERE key = 'title'"), 0);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM conversations"), 0);
    talk_press(AYU, "ax");
    talk_press(AYU, "axe:1");
    assert_int_equal(wizard_of(AYU), 0);
    /* and once more */
    assert_says(add("3001"), "Jadikan");
    confirm(2);
    assert_says(talk_press(AYU, "ax"), "Pengaturan Toko");
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM admin_logs WHERE actor_id = %d", OWNER), 3);
}

static void test_who_can_be_named_how(void **state)
{
    NEEDS_SHOP();
    assert_says(add("@tidak_ada"), "belum mengenal");
    assert_says(talk_text(OWNER, "999"), "belum mengenal");
    assert_says(talk_text(OWNER, "9001"), "belum mengenal"); /* who never wrote, admin or not */
    talk_text(ADMIN, "/start");
    assert_says(talk_text(OWNER, "9001"), "sudah admin");
    const json_t *reply = talk_text(OWNER, "bima");
    assert_says(reply, "Yang mana");
    char pick[64];
    snprintf(pick, sizeof pick, "z:%lld:1:3003", wizard_of(OWNER));
    assert_true(talk_has_button(reply, pick));
    assert_says(talk_press(OWNER, "z:%lld:1:9001", wizard_of(OWNER)), "Pilih salah satu");
    assert_says(talk_press(OWNER, "%s", pick), "Bima Citra");
    assert_says(confirm(2), "Bima Citra");
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM settings WHERE key = 'admin:3003'"), 1);
}

static void test_a_forwarded_message(void **state)
{
    NEEDS_SHOP();
    talk_press(OWNER, "ama");
    struct update update = talk_make_text(OWNER, NULL);
    update.photo_file_id = "p";
    assert_says(talk_update(&update), "menyembunyikan");
    update = talk_make_text(OWNER, "halo kak");
    update.forwarded_from = BIMA;
    assert_says(talk_update(&update), "Bima");
    confirm(2);
    assert_says(talk_press(BIMA, "ax"), "Pengaturan Toko");
}

/* A name that has changed hands. */
static void test_two_of_one_username(void **state)
{
    NEEDS_SHOP();
    known(CITRA, "Citra", "bima");
    assert_says(add("@bima"), "Yang mana");
}

static void test_those_of_the_file_stay(void **state)
{
    NEEDS_SHOP();
    assert_says(talk_press(OWNER, "amd:9001"), "dari file toko");
    assert_says(talk_press(OWNER, "amd:9002"), "Pemilik");
    talk_press(OWNER, "amx:9001:0");
    talk_press(OWNER, "amx:9002:0");
    talk_press(OWNER, "amd:%d", AYU);
    talk_press(OWNER, "amp:-1");
    talk_press(OWNER, "amp:9223372036854775807");
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM settings"), 0);
    assert_says(talk_press(ADMIN, "ax"), "Pengaturan Toko");
}

static void test_admins_add_nobody(void **state)
{
    NEEDS_SHOP();
    static const char *const data[] = {"am", "amp:0", "amd:9001", "ama", "amr:3001:1", "amx:3001:1"};
    for (size_t i = 0; i < sizeof data / sizeof data[0]; i++) {
        talk_press(ADMIN, "%s", data[i]);
        talk_press(BUYER, "%s", data[i]);
    }
    talk_text(ADMIN, "3001");
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM settings"), 0);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM conversations"), 0);
}

static void test_two_owners_at_once(void **state)
{
    NEEDS_SHOP();
    static const int64_t owners[] = {OWNER, ADMIN};
    const struct key_ids before = shop->tenant.owners;
    shop->tenant.owners = (struct key_ids){2, owners};
    add("3001");
    talk_press(ADMIN, "ama");
    talk_text(ADMIN, "3001");
    talk_press(ADMIN, "zk:%lld:2", wizard_of(ADMIN));
    assert_says(confirm(2), "sudah berubah");
    talk_press(ADMIN, "amx:3001:1");
    talk_press(OWNER, "amx:3001:1");
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM admin_logs"), 2);
    shop->tenant.owners = before;
}

static void test_many_admins_have_pages(void **state)
{
    NEEDS_SHOP();
    shop_sql(shop,
             "INSERT INTO settings (key, value, updated_by, updated_at)"
             " SELECT 'admin:' || n, '{\"name\": \"x\"}', 9002, now() FROM generate_series(5001, 5050) n");
    assert_true(talk_has_button(talk_press(OWNER, "am"), "amp:1"));
    assert_true(talk_has_button(talk_press(OWNER, "amp:1"), "amp:2"));
    assert_true(talk_has_button(talk_press(OWNER, "amp:6"), "amp:5"));
    assert_says(talk_press(OWNER, "ama"), "Sudah ada 50");
}

static void test_they_get_the_notices(void **state)
{
    NEEDS_SHOP();
    add("3001");
    confirm(2);
    talk_forget();
    struct work *work = shop_task(shop);
    settings_forget(work);
    settings_apply(work);
    const struct update update = talk_make_text(BUYER, "x");
    MUST(bot_report_spam(work, &update, &err));
    talk_press(OWNER, "am");
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM outbox WHERE chat_id = %d", AYU), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_added_and_removed, begin),
        cmocka_unit_test_setup(test_who_can_be_named_how, begin),
        cmocka_unit_test_setup(test_a_forwarded_message, begin),
        cmocka_unit_test_setup(test_two_of_one_username, begin),
        cmocka_unit_test_setup(test_those_of_the_file_stay, begin),
        cmocka_unit_test_setup(test_admins_add_nobody, begin),
        cmocka_unit_test_setup(test_two_owners_at_once, begin),
        cmocka_unit_test_setup(test_many_admins_have_pages, begin),
        cmocka_unit_test_setup(test_they_get_the_notices, begin),
    };
    return cmocka_run_group_tests(tests, talk_set_up, talk_tear_down);
}
