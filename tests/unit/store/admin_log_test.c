#include "fixture.h"

#include <pthread.h>
#include <string.h>

#include "store/admin_log.h"

static struct admin_log entry_of(const char *key)
{
    return (struct admin_log){.actor_id = 9001,
                              .action = "refund",
                              .subject = "order",
                              .subject_id = 17,
                              .before = json_pack("{s:s, s:I}", "state", "paid", "refunded", (json_int_t)0),
                              .after = json_pack("{s:I}", "refunded", (json_int_t)5000),
                              .note = "it's \"broken\" – \xF0\x9F\x98\x80",
                              .key = key};
}

static bool add(struct work *work, const char *key, struct error *err)
{
    struct admin_log entry = entry_of(key);
    return admin_log_add(work, &entry, err);
}

static void test_what_is_written(void **state)
{
    NEEDS_SHOP();
    MUST(add(shop_begin(shop), "update:1", &err));
    struct admin_log bare = {.action = "block", .subject = "user", .subject_id = 1001};
    MUST(admin_log_add(&shop->work, &bare, &err));
    shop_commit(shop);
    assert_int_equal(
        shop_sql(shop,
                 "SELECT count(*) FROM admin_logs WHERE actor_id = 9001 AND action = 'refund' AND subject ="
                 " 'order' AND subject_id = 17 AND before = '{\"state\": \"paid\", \"refunded\": 0}'"
                 " AND after = '{\"refunded\": 5000}' AND note = 'it''s \"broken\" – 😀' AND key = 'update:1'"
                 " AND created_at = to_timestamp(%lld / 1000.0)",
                 (long long)shop->now_ms),
        1);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM admin_logs WHERE before IS NULL AND after IS NULL"
                                    " AND note = '' AND key IS NULL AND actor_id = 0"),
                     1);
}

static void test_a_key_is_used_once(void **state)
{
    NEEDS_SHOP();
    bool found = true;
    MUST(admin_log_has(shop_begin(shop), "update:1", &found, &err));
    assert_false(found);
    MUST(add(&shop->work, "update:1", &err));
    MUST_FAIL(ERR_CONFLICT, add(&shop->work, "update:1", &err));
    MUST(add(&shop->work, "update:2", &err)); /* the transaction goes on */
    MUST(add(&shop->work, NULL, &err));
    MUST(add(&shop->work, NULL, &err));
    MUST(admin_log_has(&shop->work, "update:1", &found, &err));
    assert_true(found);
    shop_commit(shop);
    MUST_FAIL(ERR_CONFLICT, add(shop_begin(shop), "update:1", &err));
    work_end(&shop->work);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM admin_logs"), 4);
}

enum { SERVERS = 6 };

struct racer {
    struct shop *shop;
    pthread_t thread;
    pthread_barrier_t *start;
    bool ok;
    struct error err;
};

static void *run_racer(void *argument)
{
    struct racer *racer = argument;
    struct work *work = shop_task(racer->shop);
    pthread_barrier_wait(racer->start);
    racer->ok =
        work_begin(work, &racer->err) && add(work, "update:9", &racer->err) && work_commit(work, &racer->err);
    work_end(work);
    return NULL;
}

static void test_a_key_is_used_once_by_all_servers(void **state)
{
    NEEDS_SHOP();
    struct racer racers[SERVERS] = {0};
    pthread_barrier_t start;
    int ok = 0;
    pthread_barrier_init(&start, NULL, SERVERS);
    for (int i = 0; i < SERVERS; i++) {
        racers[i].shop = shop_another();
        racers[i].start = &start;
    }
    for (int i = 0; i < SERVERS; i++)
        assert_int_equal(pthread_create(&racers[i].thread, NULL, run_racer, &racers[i]), 0);
    for (int i = 0; i < SERVERS; i++) {
        pthread_join(racers[i].thread, NULL);
        ok += racers[i].ok;
        if (!racers[i].ok)
            assert_int_equal(racers[i].err.code, ERR_CONFLICT);
        shop_close(&racers[i].shop);
    }
    pthread_barrier_destroy(&start);
    assert_int_equal(ok, 1);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM admin_logs"), 1);
}

DB_TENANT_STATEMENT(test_change_log, "UPDATE admin_logs SET note = ''");
DB_TENANT_STATEMENT(test_remove_log, "DELETE FROM admin_logs");
DB_TENANT_STATEMENT(test_empty_log, "TRUNCATE admin_logs");

static void test_rows_can_not_be_changed(void **state)
{
    NEEDS_SHOP();
    static const struct db_statement *const statements[] = {&test_change_log, &test_remove_log,
                                                            &test_empty_log};
    MUST(add(shop_begin(shop), "update:1", &err));
    shop_commit(shop);
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++) {
        struct error err = {0};
        assert_false(db_query(shop_begin(shop)->tx, statements[i], DB_NO_PARAMS, NULL, &err));
        assert_non_null(strstr(err.text, "42501")); /* not allowed, rather than broken */
    }
    work_end(&shop->work);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM admin_logs WHERE note <> ''"), 1);
}

static void test_lists_and_pages(void **state)
{
    NEEDS_SHOP();
    struct admin_log_entry *entries, one;
    size_t count;
    for (int i = 0; i < 5; i++)
        MUST(add(i ? &shop->work : shop_begin(shop), NULL, &err));
    struct admin_log other = {.actor_id = 9002, .action = "set", .subject = "setting", .subject_id = 17};
    MUST(admin_log_add(&shop->work, &other, &err));
    shop_commit(shop);
    struct work *work = shop_task(shop);
    struct admin_log_filter all = {0}, andi = {.by_actor = true, .actor_id = 9001},
                            setting = {.subject = "setting", .subject_id = 17};
    MUST(admin_log_list(work, &all, 0, 4, &entries, &count, &err));
    assert_int_equal(count, 4);
    assert_int_equal(entries[0].actor_id, 9002);
    MUST(admin_log_list(work, &all, entries[3].id, 4, &entries, &count, &err));
    assert_int_equal(count, 2);
    MUST(admin_log_list(work, &andi, 0, 10, &entries, &count, &err));
    assert_int_equal(count, 5);
    MUST(admin_log_list(work, &setting, 0, 10, &entries, &count, &err));
    assert_int_equal(count, 1);
    assert_string_equal(entries[0].action, "set");
    assert_null(entries[0].before);
    MUST(admin_log_get(work, entries[0].id - 1, &one, &err));
    assert_string_equal(one.after, "{\"refunded\": 5000}");
    MUST_FAIL(ERR_NOT_FOUND, admin_log_get(work, 99, &one, &err));
}

static void assert_page(const struct admin_log_filter *filter, int64_t cursor, int64_t first, int64_t last,
                        struct admin_log_page *page_out)
{
    MUST(admin_log_page(shop_task(shop), filter, cursor, 3, page_out, &err));
    assert_int_equal(page_out->entries[0].id, first);
    assert_int_equal(page_out->entries[page_out->count - 1].id, last);
}

static void test_pages_forth_and_back(void **state)
{
    NEEDS_SHOP();
    struct admin_log_page page;
    for (int i = 0; i < 14; i++) { /* every second one is of 9001 */
        struct admin_log entry = {.actor_id = i % 2 ? 9001 : 9002,
                                  .action = "set",
                                  .subject = i < 4 ? "order" : "user",
                                  .subject_id = 5};
        MUST(admin_log_add(i ? &shop->work : shop_begin(shop), &entry, &err));
    }
    shop_commit(shop);
    struct admin_log_filter all = {0}, andi = {.by_actor = true, .actor_id = 9001},
                            order = {.subject = "order", .subject_id = 5};
    assert_page(&all, 0, 14, 12, &page);
    assert_int_equal(page.newer, 0);
    assert_page(&all, page.older, 11, 9, &page);
    assert_page(&all, page.older, 8, 6, &page);
    assert_page(&all, page.newer, 11, 9, &page);
    assert_page(&all, page.newer, 14, 12, &page);
    assert_int_equal(page.newer, 0);
    assert_page(&andi, 0, 14, 10, &page);
    assert_page(&andi, page.older, 8, 4, &page);
    assert_page(&andi, page.older, 2, 2, &page);
    assert_int_equal(page.older, 0);
    assert_page(&andi, page.newer, 8, 4, &page);
    assert_page(&order, 0, 4, 2, &page);
    assert_page(&order, page.older, 1, 1, &page);
    assert_page(&order, page.newer, 4, 2, &page);
    static const int64_t forged[] = {INT64_MIN, INT64_MAX, -INT64_MAX, -14};
    for (size_t i = 0; i < sizeof forged / sizeof forged[0]; i++)
        assert_page(&all, forged[i], 14, 12, &page);
    const struct admin_log_filter nobody = {.by_actor = true, .actor_id = 1};
    MUST(admin_log_page(shop_task(shop), &nobody, 7, 3, &page, &err));
    assert_int_equal(page.count, 0);
}

static int64_t audited(const char *event, const char *detail)
{
    return shop_sql(
        shop,
        "SELECT count(*) FROM audit_logs WHERE event = '%s' AND actor = 'telegram:9001' AND detail = '%s'",
        event, detail);
}

static void add_and_commit(const struct admin_log *entry)
{
    shop_begin(shop);
    MUST(admin_log_add(&shop->work, entry, &err));
    shop_commit(shop);
}

/* Money, roles and settings; without what somebody wrote. */
static void test_what_is_audited(void **state)
{
    NEEDS_SHOP();
    struct admin_log refund = entry_of("update:77");
    add_and_commit(&refund);
    assert_int_equal(audited("money.corrected", "{\"action\":\"refund\",\"subject\":\"order\",\"id\":17,"
                                                "\"before\":{\"state\":\"paid\",\"refunded\":0},"
                                                "\"after\":{\"refunded\":5000}}"),
                     1);
    add_and_commit(&(struct admin_log){.actor_id = 9001,
                                       .action = "set",
                                       .subject = "setting",
                                       .subject_id = 3,
                                       .before = json_pack("{s:s, s:s}", "key", "title", "value", "Old"),
                                       .after = json_pack("{s:s, s:s}", "key", "title", "value", "New")});
    assert_int_equal(
        audited("config.changed",
                "{\"action\":\"set\",\"subject\":\"setting\",\"id\":3,\"before\":{\"key\":\"title\"},"
                "\"after\":{\"key\":\"title\"}}"),
        1);
    static const char *const ways[][2] = {{"set", "role.granted"}, {"reset", "role.revoked"}};
    for (size_t i = 0; i < 2; i++) {
        add_and_commit(&(struct admin_log){.actor_id = 9001,
                                           .action = ways[i][0],
                                           .subject = "setting",
                                           .subject_id = 4,
                                           .after = json_pack("{s:s}", "key", "admin:1005")});
        assert_int_equal(shop_sql(shop, "SELECT count(*) FROM audit_logs WHERE event = '%s'", ways[i][1]), 1);
    }
    add_and_commit(&(struct admin_log){.actor_id = 9001, .action = "edit", .subject = "product"});
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM audit_logs"), 4);
    /* what is rolled back leaves none */
    refund = entry_of("update:78");
    shop_begin(shop);
    MUST(admin_log_add(&shop->work, &refund, &err));
    shop_task(shop);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM audit_logs"), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHOP_TEST(test_what_is_written),         SHOP_TEST(test_what_is_audited),
        SHOP_TEST(test_a_key_is_used_once),      SHOP_TEST(test_a_key_is_used_once_by_all_servers),
        SHOP_TEST(test_lists_and_pages),         SHOP_TEST(test_pages_forth_and_back),
        SHOP_TEST(test_rows_can_not_be_changed),
    };
    return cmocka_run_group_tests(tests, shop_set_up, shop_tear_down);
}
