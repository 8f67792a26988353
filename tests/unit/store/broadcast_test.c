/* Broadcasts: who gets one, what may be done with one, and its figures. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "store/broadcast.h"
#include "work/job.h"

enum { ADMIN = 900, DAY_MS = 24 * 3600 * 1000 };

/* Nobody runs the job here: whoever adds it finds it in somebody's hands. */
static const struct job_kind kinds[] = {{.name = BROADCAST_JOB}};

static int set_up(void **state)
{
    shop_empty(state);
    if (!shop)
        return 0;
    job_set_kinds(kinds, 1);
    outbox_set_sink(&(struct outbox_sink){0});
    hands_add(&shop->store.hands, &kinds[0], 0, shop);
    shop_sql(shop, "UPDATE counters SET value = 0");
    return 0;
}

static int64_t add_to(enum broadcast_segment segment, int64_t ref, int64_t starts_ms)
{
    auto_json json_t *params = json_pack("{s:s}", "text", "Halo <semua>");
    const struct broadcast_plan plan = {.actor_id = ADMIN,
                                        .method = "sendMessage",
                                        .params = params,
                                        .segment = segment,
                                        .segment_ref = ref,
                                        .starts_ms = starts_ms};
    int64_t id = 0;
    MUST(broadcast_add(shop_begin(shop), &plan, &id, &err));
    shop_commit(shop);
    return id;
}

static struct broadcast get(int64_t id)
{
    struct broadcast b = {0};
    MUST(broadcast_get(shop_task(shop), id, &b, &err));
    return b;
}

/* As the job does: the one whose turn it is; runs it. */
static struct broadcast start(int64_t id)
{
    struct broadcast b = {0};
    bool found;
    int64_t due;
    MUST(broadcast_next(shop_begin(shop), &found, &b, &due, &err));
    assert_true(found);
    assert_int_equal(b.id, id);
    assert_int_equal(b.state, BROADCAST_SCHEDULED);
    MUST(broadcast_start(&shop->work, &b, 1000, &err));
    shop_commit(shop);
    assert_int_equal(get(id).state, BROADCAST_RUNNING);
    return b;
}

/* Its next people, queued; "1 2 3". */
static const char *take(struct broadcast *b, int64_t most)
{
    const int64_t *people;
    size_t count;
    struct work *work = shop_begin(shop);
    MUST(broadcast_take_people(work, b, most, &people, &count, &err));
    struct str text = STR_INIT(work->arena);
    for (size_t i = 0; i < count; i++) {
        str_addf(&text, "%s%lld", i ? " " : "", (long long)people[i]);
        const struct outbox_message message = {.chat_id = people[i],
                                               .method = "sendMessage",
                                               .params = json_pack("{s:s}", "text", "x"),
                                               .effect = BROADCAST_EFFECT,
                                               .effect_ref = b->id,
                                               .bulk = true};
        MUST(outbox_add(work, &message, &err));
    }
    b->queued += (int64_t)count;
    MUST(broadcast_save(work, b, &err));
    shop_commit(shop);
    return str_done(&text);
}

static void note(int64_t id, enum outbox_bulk_outcome outcome, int times)
{
    struct work *work = shop_begin(shop);
    while (times-- > 0)
        MUST(broadcast_note(work, id, outcome, "Bad Request: no", &err));
    shop_commit(shop);
}

static enum outbox_wish wish(int64_t id)
{
    enum outbox_wish wish = OUTBOX_GO;
    MUST(broadcast_wish(shop_begin(shop), id, &wish, &err));
    return wish;
}

static void people(int64_t first, int64_t last)
{
    shop_sql(shop,
             "INSERT INTO users (telegram_id, first_name, created_at, seen_at) SELECT i, 'P', now(), now() "
             "FROM generate_series(%lld, %lld) i",
             (long long)first, (long long)last);
    shop_sql(shop, "UPDATE counters SET value = (SELECT count(*) FROM users) WHERE name = 'users'");
}

static void buys(int64_t person, int64_t product, const char *state)
{
    bool paid = strcmp(state, "paid") == 0 || strcmp(state, "completed") == 0;
    bool ended = strcmp(state, "expired") == 0;
    int64_t order = shop_sql(
        shop,
        "INSERT INTO orders (reference, telegram_id, state, subtotal, total, created_at, expires_at, "
        "paid_at, "
        "completed_at, ended_at) SELECT 'tg1-' || count(*), %lld, '%s', 10, 10, now(), now(), %s, %s, %s "
        "FROM orders RETURNING id",
        (long long)person, state, paid ? "now()" : "NULL", strcmp(state, "completed") ? "NULL" : "now()",
        ended ? "now()" : "NULL");
    shop_sql(shop,
             "INSERT INTO order_items (order_id, product_id, name, price, quantity, snk) "
             "VALUES (%lld, %lld, 'p', 10, 1, '')",
             (long long)order, (long long)product);
}

/* --- who gets it --- */

static const char *all_of(enum broadcast_segment segment, int64_t ref)
{
    int64_t id = add_to(segment, ref, 0);
    struct broadcast b = start(id);
    const char *who = take(&b, 100);
    static char kept[200];
    snprintf(kept, sizeof kept, "%s", who);
    assert_int_equal(b.cursor, BROADCAST_END);
    int64_t count = 0;
    bool exact = false;
    MUST(broadcast_estimate(shop_task(shop), segment, ref, &count, &exact, &err));
    assert_true(exact);
    assert_int_equal(count, b.queued);
    MUST(broadcast_cancel(shop_begin(shop), id, ADMIN, &err));
    MUST(broadcast_end(&shop->work, &b, &err));
    shop_commit(shop);
    return kept;
}

static void each_segment_has_its_people(void **state)
{
    NEEDS_SHOP();
    int64_t a = shop_product(shop, "A", 10, 0), b = shop_product(shop, "B", 10, 0);
    people(1, 9);
    buys(1, a, "completed");
    buys(2, b, "paid");
    buys(3, a, "pending");
    buys(4, a, "expired");
    buys(4, b, "completed");
    buys(6, a, "completed");
    buys(7, a, "completed");
    shop_sql(shop, "UPDATE users SET reachable = false WHERE telegram_id IN (6, 8)");
    shop_sql(shop, "UPDATE users SET barred_at = now() WHERE telegram_id IN (7, 9)");
    shop_sql(shop, "UPDATE users SET seen_at = now() - interval '3 days' WHERE telegram_id IN (1, 3)");
    assert_string_equal(all_of(BROADCAST_ALL, 0), "1 2 3 4 5");
    assert_string_equal(all_of(BROADCAST_BUYERS, 0), "1 2 4");
    assert_string_equal(all_of(BROADCAST_NEVER, 0), "3 5");
    assert_string_equal(all_of(BROADCAST_PRODUCT, a), "1");
    assert_string_equal(all_of(BROADCAST_PRODUCT, b), "2 4");
    assert_string_equal(all_of(BROADCAST_ACTIVE, 2), "2 4 5");
    assert_string_equal(all_of(BROADCAST_ACTIVE, 4), "1 2 3 4 5");
}

static void they_are_taken_a_few_at_a_time(void **state)
{
    NEEDS_SHOP();
    people(1, 7);
    struct broadcast b = start(add_to(BROADCAST_ALL, 0, 0));
    assert_string_equal(take(&b, 3), "1 2 3");
    people(-5, -5); /* who is behind the cursor came too late */
    people(9, 9);
    b = get(b.id);
    assert_int_equal(b.queued, 3);
    assert_string_equal(take(&b, 3), "4 5 6");
    assert_string_equal(take(&b, 3), "7 9");
    assert_int_equal(get(b.id).cursor, BROADCAST_END);
    assert_string_equal(take(&b, 3), "");
    assert_int_equal(get(b.id).queued, 8);
}

static void many_who_do_not_fit_are_passed_over_in_slices(void **state)
{
    NEEDS_SHOP();
    int64_t product = shop_product(shop, "A", 10, 0), slice = broadcast_slice(BROADCAST_BUYERS);
    assert_int_equal(slice, 1000);
    people(1, 2 * slice);
    buys(5, product, "paid");
    buys(2 * slice, product, "paid");
    struct broadcast b = start(add_to(BROADCAST_BUYERS, 0, 0));
    assert_string_equal(take(&b, 100), "5");
    assert_int_equal(b.cursor, slice);
    assert_string_equal(take(&b, 100), "2000");
    assert_int_equal(b.cursor, 2 * slice);
    assert_string_equal(take(&b, 100), "");
    assert_int_equal(b.cursor, BROADCAST_END);
}

static void how_many_is_told_from_the_first(void **state)
{
    NEEDS_SHOP();
    int64_t count = 0;
    bool exact = true;
    people(1, 5000);
    shop_sql(shop, "UPDATE users SET seen_at = now() - interval '30 days' WHERE telegram_id %% 4 <> 0");
    MUST(broadcast_estimate(shop_task(shop), BROADCAST_ALL, 0, &count, &exact, &err));
    assert_false(exact);
    assert_int_equal(count, 5000);
    MUST(broadcast_estimate(shop_task(shop), BROADCAST_ACTIVE, 7, &count, &exact, &err));
    assert_false(exact);
    assert_int_equal(count, 1250);
}

/* --- the message --- */

static void the_message_is_sealed(void **state)
{
    NEEDS_SHOP();
    int64_t id = add_to(BROADCAST_ALL, 0, 0);
    const char *method;
    auto_json json_t *params = NULL;
    MUST(broadcast_message(shop_task(shop), id, &method, &params, &err));
    assert_string_equal(method, "sendMessage");
    assert_string_equal(json_string_value(json_object_get(params, "text")), "Halo <semua>");
    assert_int_equal(shop_sql(shop, "SELECT position('semua'::bytea IN content) FROM broadcasts"), 0);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM admin_logs WHERE after::text LIKE '%%semua%%'"), 0);
    MUST_FAIL(ERR_NOT_FOUND, broadcast_message(shop_task(shop), id + 1, &method, &params, &err));
}

/* --- states --- */

typedef bool decision(struct work *work, int64_t id, struct error *err);

static bool pause(struct work *work, int64_t id, struct error *err)
{
    return broadcast_pause(work, id, ADMIN, err);
}

static bool resume(struct work *work, int64_t id, struct error *err)
{
    return broadcast_resume(work, id, ADMIN, err);
}

static bool cancel(struct work *work, int64_t id, struct error *err)
{
    return broadcast_cancel(work, id, ADMIN, err);
}

static bool resend(struct work *work, int64_t id, struct error *err)
{
    int64_t count;
    return broadcast_resend(work, id, ADMIN, &count, err);
}

static void decide(decision *made, int64_t id)
{
    MUST(made(shop_begin(shop), id, &err));
    shop_commit(shop);
}

/* What each does in each state; -1: it conflicts. The transaction can go on after a conflict. */
static void only_what_a_state_allows(void **state)
{
    NEEDS_SHOP();
    static const struct {
        decision *make;
        int to[5];
    } table[] = {
        {pause, {-1, BROADCAST_PAUSED, -1, -1, -1}},
        {resume, {-1, -1, BROADCAST_SCHEDULED, -1, -1}},
        {cancel, {BROADCAST_CANCELLED, BROADCAST_CANCELLED, BROADCAST_CANCELLED, -1, -1}},
        {resend, {-1, -1, -1, -1, -1}}, /* nobody is uncertain */
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        for (int from = BROADCAST_SCHEDULED; from <= BROADCAST_CANCELLED; from++) {
            int64_t id = add_to(BROADCAST_ALL, 0, shop->now_ms + DAY_MS);
            shop_sql(shop,
                     "UPDATE broadcasts SET state = '%s', started_at = now(), ended_at = %s WHERE id = %lld",
                     broadcast_state_name((enum broadcast_state)from),
                     from >= BROADCAST_DONE ? "now()" : "NULL", (long long)id);
            struct error err = {0};
            struct work *work = shop_begin(shop);
            bool ok = table[i].make(work, id, &err);
            if (!ok)
                assert_int_equal(err.code, ERR_CONFLICT);
            shop_commit(shop);
            int to = table[i].to[from];
            assert_int_equal(ok, to >= 0);
            assert_int_equal(get(id).state, to >= 0 ? to : from);
            assert_int_equal(shop_sql(shop,
                                      "SELECT count(*) FROM admin_logs WHERE subject = 'broadcast' AND "
                                      "subject_id = %lld AND actor_id = %d",
                                      (long long)id, ADMIN),
                             to >= 0 ? 2 : 1);
        }
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        MUST_FAIL(ERR_NOT_FOUND, table[i].make(shop_begin(shop), 4711, &err));
}

static void its_messages_do_as_it_does(void **state)
{
    NEEDS_SHOP();
    people(1, 3);
    struct broadcast b = start(add_to(BROADCAST_ALL, 0, 0));
    take(&b, 2);
    assert_int_equal(wish(b.id), OUTBOX_GO);
    decide(pause, b.id);
    assert_int_equal(wish(b.id), OUTBOX_HOLD);
    shop_sql(shop, "UPDATE outbox SET state = 'held'"); /* as the sweep would */
    decide(resume, b.id);
    assert_int_equal(wish(b.id), OUTBOX_HOLD); /* its turn has not come yet */
    start(b.id);
    assert_int_equal(wish(b.id), OUTBOX_GO);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM outbox WHERE state = 'pending'"), 2);
    b = get(b.id);
    assert_string_equal(take(&b, 9), "3"); /* where it was */
    decide(cancel, b.id);
    assert_int_equal(wish(b.id), OUTBOX_DROP);
}

static void cancelling_leaves_what_the_sender_has(void **state)
{
    NEEDS_SHOP();
    people(1, 5);
    struct broadcast b = start(add_to(BROADCAST_ALL, 0, 0));
    bool found;
    int64_t due = 0;
    take(&b, 4);
    shop_sql(shop, "UPDATE outbox SET lease_until = now() + interval '9 seconds' WHERE chat_id = 2");
    shop_sql(shop, "UPDATE outbox SET state = 'held' WHERE chat_id = 3");
    decide(cancel, b.id);
    assert_int_equal(get(b.id).queued, 1);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM outbox"), 1);
    MUST(broadcast_next(shop_begin(shop), &found, &b, &due, &err));
    assert_false(found);
    assert_int_equal(due, shop->work.now_ms + 1000); /* is it sent by now? */
    note(b.id, OUTBOX_BULK_SENT, 1);
    MUST(broadcast_next(shop_begin(shop), &found, &b, &due, &err));
    assert_true(found);
    assert_int_equal(b.state, BROADCAST_CANCELLED);
    MUST(broadcast_end(&shop->work, &b, &err));
    assert_int_equal(b.state, BROADCAST_CANCELLED);
    shop_commit(shop);
    MUST(broadcast_next(shop_begin(shop), &found, &b, &due, &err));
    assert_false(found);
    assert_int_equal(due, 0);
    assert_true(get(b.id).reported);
}

static void one_runs_at_a_time(void **state)
{
    NEEDS_SHOP();
    int64_t later_ms = shop->now_ms + DAY_MS, due = 0;
    int64_t later = add_to(BROADCAST_ALL, 0, later_ms), first = add_to(BROADCAST_ALL, 0, 0),
            second = add_to(BROADCAST_ALL, 0, 0);
    struct broadcast b = start(first);
    bool found;
    MUST(broadcast_next(shop_begin(shop), &found, &b, &due, &err));
    assert_true(found);
    assert_int_equal(b.id, first); /* it goes on */
    decide(pause, first);
    start(second);
    decide(resume, first);
    MUST(broadcast_next(shop_begin(shop), &found, &b, &due, &err));
    assert_int_equal(b.id, second);
    MUST(broadcast_end(&shop->work, &b, &err));
    shop_commit(shop);
    start(first);
    decide(cancel, first);
    MUST(broadcast_next(shop_begin(shop), &found, &b, &due, &err));
    assert_true(found);
    MUST(broadcast_end(&shop->work, &b, &err));
    shop_commit(shop);
    MUST(broadcast_next(shop_begin(shop), &found, &b, &due, &err));
    assert_false(found);
    assert_int_equal(due, later_ms);
    shop->now_ms = later_ms;
    start(later);
}

static void one_that_never_began_needs_no_report(void **state)
{
    NEEDS_SHOP();
    int64_t id = add_to(BROADCAST_ALL, 0, shop->now_ms + DAY_MS);
    decide(cancel, id);
    assert_true(get(id).reported);
}

static void it_ends_only_without_messages_on_their_way(void **state)
{
    NEEDS_SHOP();
    people(1, 1);
    struct broadcast b = start(add_to(BROADCAST_ALL, 0, 0));
    take(&b, 9);
    MUST_FAIL(ERR_CONFLICT, broadcast_end(shop_begin(shop), &b, &err));
    note(b.id, OUTBOX_BULK_BLOCKED, 1);
    MUST(broadcast_end(shop_begin(shop), &b, &err));
    shop_commit(shop);
    b = get(b.id);
    assert_int_equal(b.state, BROADCAST_DONE);
    assert_true(b.reported && b.ended_ms);
}

static void uncertain_ones_again_when_an_admin_says_so(void **state)
{
    NEEDS_SHOP();
    people(1, 4);
    struct broadcast b = start(add_to(BROADCAST_ALL, 0, 0));
    int64_t count = 0;
    take(&b, 9);
    note(b.id, OUTBOX_BULK_SENT, 2);
    note(b.id, OUTBOX_BULK_UNCERTAIN, 2);
    shop_sql(shop, "DELETE FROM outbox WHERE chat_id <= 2; UPDATE outbox SET state = 'uncertain'");
    MUST_FAIL(ERR_CONFLICT, broadcast_resend(shop_begin(shop), b.id, ADMIN, &count, &err)); /* it runs */
    MUST(broadcast_end(shop_begin(shop), &b, &err));
    shop_commit(shop);
    MUST(broadcast_resend(shop_begin(shop), b.id, ADMIN, &count, &err));
    shop_commit(shop);
    assert_int_equal(count, 2);
    b = get(b.id);
    assert_int_equal(b.uncertain, 0);
    assert_int_equal(broadcast_outstanding(&b), 2);
    assert_true(!b.reported && !b.ended_ms);
    start(b.id);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM outbox WHERE state = 'pending'"), 2);
    assert_string_equal(take(&b, 9), ""); /* and nobody new */
    MUST_FAIL(ERR_CONFLICT, broadcast_resend(shop_begin(shop), b.id, ADMIN, &count, &err));
}

/* --- figures --- */

static void each_end_is_counted(void **state)
{
    NEEDS_SHOP();
    people(1, 9);
    struct broadcast b = start(add_to(BROADCAST_ALL, 0, 0));
    take(&b, 9);
    note(b.id, OUTBOX_BULK_REFUSED, 2);
    b = get(b.id);
    assert_int_equal(b.refused_in_row, 2);
    assert_string_equal(b.problem, "Bad Request: no");
    note(b.id, OUTBOX_BULK_BLOCKED, 1);
    assert_int_equal(get(b.id).refused_in_row, 2);
    note(b.id, OUTBOX_BULK_SENT, 3);
    note(b.id, OUTBOX_BULK_UNCERTAIN, 1);
    note(b.id, OUTBOX_BULK_DROPPED, 1);
    b = get(b.id);
    assert_int_equal(b.refused_in_row, 0);
    assert_int_equal(b.failed, 2);
    assert_int_equal(b.blocked, 1);
    assert_int_equal(b.sent, 3);
    assert_int_equal(b.uncertain, 1);
    assert_int_equal(b.queued, 8);
    assert_int_equal(broadcast_outstanding(&b), 1);
    note(b.id, OUTBOX_BULK_SENT, 5); /* more than there were: nothing breaks */
    assert_int_equal(get(b.id).sent, 4);
}

/* --- the list --- */

static void pages_go_both_ways(void **state)
{
    NEEDS_SHOP();
    for (int i = 0; i < 20; i++)
        add_to(BROADCAST_ALL, 0, shop->now_ms + DAY_MS);
    struct broadcast_page page;
    MUST(broadcast_list(shop_task(shop), 0, &page, &err));
    assert_int_equal(page.items[0].id, 20);
    assert_false(page.has_newer);
    MUST(broadcast_list(shop_task(shop), page.older, &page, &err));
    assert_int_equal(page.items[0].id, 12);
    assert_true(page.has_newer);
    int64_t newer = page.newer;
    MUST(broadcast_list(shop_task(shop), page.older, &page, &err));
    assert_int_equal(page.items[0].id, 4);
    assert_int_equal(page.count, 4);
    assert_int_equal(page.older, 0);
    MUST(broadcast_list(shop_task(shop), page.newer, &page, &err));
    assert_int_equal(page.items[0].id, 12);
    MUST(broadcast_list(shop_task(shop), newer, &page, &err));
    assert_int_equal(page.items[0].id, 20);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup(test, set_up)
    const struct CMUnitTest tests[] = {
        TEST(each_segment_has_its_people),
        TEST(they_are_taken_a_few_at_a_time),
        TEST(many_who_do_not_fit_are_passed_over_in_slices),
        TEST(how_many_is_told_from_the_first),
        TEST(the_message_is_sealed),
        TEST(only_what_a_state_allows),
        TEST(its_messages_do_as_it_does),
        TEST(cancelling_leaves_what_the_sender_has),
        TEST(one_runs_at_a_time),
        TEST(one_that_never_began_needs_no_report),
        TEST(it_ends_only_without_messages_on_their_way),
        TEST(uncertain_ones_again_when_an_admin_says_so),
        TEST(each_end_is_counted),
        TEST(pages_go_both_ways),
    };
    return cmocka_run_group_tests(tests, shop_set_up, shop_tear_down);
}
