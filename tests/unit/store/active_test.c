/* Active people, counted beside the lane. */
#include "fixture.h"

#include <stdlib.h>

#include "base/clock.h"
#include "store/active.h"
#include "store/counter.h"

/* As the lane and the pool would run the job; what `finish` asks for. */
static struct job_step run(void)
{
    struct job_step step = {0};
    struct work *work = shop_begin(shop);
    auto_arena struct arena *arena = arena_new();
    MUST(active_job.prepare(work, 0, &step, &err));
    assert_int_equal(step.kind, JOB_CALL);
    shop_commit(shop);
    work_end(work);
    void *request = step.request;
    void *result = active_job.call(&shop->tenant, arena, request);
    struct work later = *work;
    MUST(work_begin(&later, &err));
    MUST(active_job.finish(&later, 0, request, result, &step, &err));
    MUST(work_commit(&later, &err));
    work_end(&later);
    return step;
}

static struct counters now(void)
{
    struct counters counters;
    MUST(counter_get(shop_task(shop), &counters, &err));
    return counters;
}

static void seen(int64_t telegram_id, const char *ago)
{
    shop_person(shop, telegram_id);
    shop_sql(
        shop,
        "UPDATE users SET seen_at = to_timestamp(%lld / 1000.0) - interval '%s' WHERE telegram_id = %lld",
        (long long)shop->now_ms, ago, (long long)telegram_id);
}

static void test_a_week_and_a_month(void **state)
{
    NEEDS_SHOP();
    active_start(getenv("LAPAK_TEST_DATABASE_URL"));
    seen(1, "1 minute");
    seen(2, "6 days 23 hours");
    seen(3, "8 days");
    seen(4, "29 days");
    seen(5, "31 days");
    assert_int_equal(run().kind, JOB_DONE);
    int64_t at = shop->now_ms;
    struct counters counters = now();
    assert_int_equal(counters.active_week, 2);
    assert_int_equal(counters.active_month, 4);
    assert_int_equal(counters.counted_ms, at);
}

static void test_asked_for_twice_it_is_one_job(void **state)
{
    NEEDS_SHOP();
    job_set_kinds(&active_job, 1);
    MUST(active_ask(shop_begin(shop), &err));
    shop_commit(shop);
    MUST(active_ask(shop_begin(shop), &err));
    shop_commit(shop);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM jobs WHERE kind = 'count_people'"), 1);
}

/* What can't be counted leaves what is known, and the job goes: the next one who looks asks again. */
static void test_the_database_is_away(void **state)
{
    NEEDS_SHOP();
    MUST(counter_set_active(shop_begin(shop), 7, 8, &err));
    shop_commit(shop);
    int64_t at = shop->now_ms;
    active_start("host=/nowhere dbname=none");
    assert_int_equal(run().kind, JOB_DONE);
    assert_int_equal(now().active_week, 7);
    assert_int_equal(now().counted_ms, at);
}

static void test_a_server_that_stops_leaves_it_for_the_next(void **state)
{
    NEEDS_SHOP();
    active_start(getenv("LAPAK_TEST_DATABASE_URL"));
    active_stop();
    assert_int_equal(run().kind, JOB_AGAIN);
    assert_int_equal(now().counted_ms, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHOP_TEST(test_a_week_and_a_month),
        SHOP_TEST(test_asked_for_twice_it_is_one_job),
        SHOP_TEST(test_the_database_is_away),
        SHOP_TEST(test_a_server_that_stops_leaves_it_for_the_next),
    };
    return cmocka_run_group_tests(tests, shop_set_up, shop_tear_down);
}
