/* What admins did, as they and the owner read it. */
#include "talk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "store/admin_log.h"

#define TALK_TEST(test) cmocka_unit_test_setup(test, talk_begin)

static void assert_says(const json_t *reply, const char *part)
{
    if (!strstr(talk_said(reply), part))
        fail_msg("\"%s\" is not in \"%s\"", part, talk_said(reply));
}

static void assert_not(const json_t *reply, const char *part)
{
    if (strstr(talk_said(reply), part))
        fail_msg("\"%s\" is in \"%s\"", part, talk_said(reply));
}

static void did(int64_t actor_id, const char *action, const char *subject, int64_t id, json_t *before,
                json_t *after)
{
    const struct admin_log entry = {.actor_id = actor_id,
                                    .action = action,
                                    .subject = subject,
                                    .subject_id = id,
                                    .before = before,
                                    .after = after,
                                    .note = "because <it>"};
    MUST(admin_log_add(shop_begin(shop), &entry, &err));
    shop_commit(shop);
}

static void test_an_admin_reads_what_is_theirs(void **state)
{
    NEEDS_SHOP();
    talk_text(ADMIN, "/start");
    did(ADMIN, "mark_paid", "order", 17, json_pack("{s:s}", "state", "pending"),
        json_pack("{s:s}", "state", "paid"));
    did(OWNER, "refund", "order", 17, NULL, NULL);
    did(0, "shut_out", "user", 1001, NULL, NULL);
    const json_t *own = talk_press(ADMIN, "al");
    assert_says(own, "Tandai lunas");
    assert_says(own, "pesanan 17");
    assert_says(own, "Budi &lt;b&gt;");
    assert_not(own, "Refund");
    assert_not(own, "Blokir");
    assert_true(talk_has_button(own, "ald:1:0"));
    assert_says(talk_press(ADMIN, "ald:1:0"), "because &lt;it&gt;");
    assert_says(talk_press(ADMIN, "ald:2:0"), "tidak ditemukan");
    const json_t *all = talk_press(OWNER, "al");
    assert_says(all, "Tandai lunas");
    assert_says(all, "Refund ke saldo");
    assert_says(all, "pengelola server");
    assert_says(talk_press(OWNER, "ald:1:0"), "status: pending → <b>paid</b>");
}

static void test_by_admin_and_by_subject(void **state)
{
    NEEDS_SHOP();
    did(ADMIN, "mark_paid", "order", 17, NULL, NULL);
    did(OWNER, "refund", "order", 17, NULL, NULL);
    did(OWNER, "cancel", "order", 18, NULL, NULL);
    const json_t *reply = talk_press(OWNER, "ala:%d:0", ADMIN);
    assert_says(reply, "Tandai lunas");
    assert_not(reply, "Refund");
    assert_true(talk_has_button(reply, "alb:1:9001:0"));
    assert_true(talk_has_button(talk_press(OWNER, "alb:1:9001:0"), "ala:9001:0"));
    reply = talk_press(OWNER, "als:1:0");
    assert_says(reply, "Tandai lunas");
    assert_says(reply, "Refund");
    assert_not(reply, "Batalkan");
    assert_true(talk_has_button(reply, "ale:2:1:0"));
    assert_true(talk_has_button(talk_press(OWNER, "ale:2:1:0"), "als:1:0"));
    static const char *const owners[] = {"ala:9002:0", "alb:2:9002:0", "als:2:0", "ale:2:2:0"};
    for (size_t i = 0; i < sizeof owners / sizeof owners[0]; i++)
        assert_not(talk_press(ADMIN, "%s", owners[i]), "Refund");
}

static void test_pages(void **state)
{
    NEEDS_SHOP();
    for (int i = 1; i <= 20; i++)
        did(i % 2 ? ADMIN : OWNER, "edit", "product", i, NULL, NULL);
    assert_true(talk_has_button(talk_press(OWNER, "al"), "alp:12"));
    const json_t *reply = talk_press(OWNER, "alp:12");
    assert_says(reply, "produk 12");
    assert_true(talk_has_button(reply, "alp:-12") && talk_has_button(reply, "alp:4"));
    assert_true(talk_has_button(reply, "ald:12:12"));
    assert_true(talk_has_button(talk_press(OWNER, "ald:12:12"), "alp:12"));
    assert_says(talk_press(OWNER, "alp:-12"), "produk 20");
    reply = talk_press(ADMIN, "alp:0");
    assert_says(reply, "produk 19");
    assert_not(reply, "produk 20");
    static const char *const forged[] = {"alp:9223372036854775807",
                                         "alp:-9223372036854775808",
                                         "ald:0:0",
                                         "ald:-5:-5",
                                         "ala:-9223372036854775808:-9223372036854775808",
                                         "ala:9001:-9223372036854775807",
                                         "alb:1:-9223372036854775808:-9223372036854775808",
                                         "als:999:1",
                                         "ale:1:-9223372036854775808:-9223372036854775808"};
    for (size_t i = 0; i < sizeof forged / sizeof forged[0]; i++)
        talk_press(OWNER, "%s", forged[i]);
}

static void test_changes_of_settings_in_words(void **state)
{
    NEEDS_SHOP();
    talk_press(ADMIN, "axe:1");
    talk_text(ADMIN, "Toko <i>");
    talk_press(ADMIN, "axr:1:1");
    const json_t *reply = talk_press(OWNER, "al");
    assert_says(reply, "Ubah</b>: Nama toko");
    assert_says(reply, "Kembalikan ke bawaan</b>: Nama toko");
    reply = talk_press(OWNER, "ald:2:0");
    assert_says(reply, "nilai: Toko &lt;i&gt; → <b>–</b>");
    assert_true(talk_has_button(reply, "axs:1"));
    did(OWNER, "set", "setting", 9, NULL, json_pack("{s:s, s:s}", "key", "text:welcome", "value", "hi"));
    did(OWNER, "set", "setting", 9, NULL,
        json_pack("{s:s, s:{s:s}}", "key", "admin:5", "value", "name", "A"));
    reply = talk_press(OWNER, "al");
    assert_says(reply, "teks welcome");
    assert_says(reply, "admin 5");
}

/* Whatever another version, or a hostile name, left there. */
static void test_anything_can_be_shown(void **state)
{
    NEEDS_SHOP();
    char *large = xcalloc(1, 30000);
    memset(large, '<', 29999);
    json_t *before = json_object(), *after = json_object();
    for (int i = 0; i < 100; i++) {
        char name[64];
        snprintf(name, sizeof name, "<b>name %d & more", i);
        json_object_set_new(before, name, json_string(large));
        json_object_set_new(after, name, json_pack("[i, {s:f}, n, b]", i, "x", 1.5, 1));
    }
    did(OWNER, "<new> action", "strange & new", INT64_MAX, before, after);
    did(OWNER, "set", "setting", 1, json_pack("[i]", 1), json_pack("{s:i}", "key", 5));
    assert_says(talk_press(OWNER, "al"), "&lt;new&gt; action");
    assert_says(talk_press(OWNER, "ald:1:0"), "&lt;b&gt;name");
    assert_says(talk_press(OWNER, "ald:2:0"), "pengaturan 1");
    talk_press(OWNER, "als:1:0");
    free(large);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TALK_TEST(test_an_admin_reads_what_is_theirs),
        TALK_TEST(test_by_admin_and_by_subject),
        TALK_TEST(test_pages),
        TALK_TEST(test_changes_of_settings_in_words),
        TALK_TEST(test_anything_can_be_shown),
    };
    return cmocka_run_group_tests(tests, talk_set_up, talk_tear_down);
}
