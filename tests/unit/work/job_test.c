/* What happens to a job from the transaction that added it to the end of its row. */
#include "rig.h"

#include <limits.h>
#include <stdio.h>

enum { REF = 7 };

/* What the kinds below do, and did. The lane's thread and the pool's write it, the test reads it. */
static struct {
    atomic_int prepared, called, finished, running, most_running;
    struct gate prepare_gate, call_gate; /* open, but where a test shuts them */
    struct job_step prepare_step, finish_step;
    struct error fail_prepare, fail_finish; /* code ERR_NONE: no failure */
    atomic_int fail_times;
    char told[64]; /* what finish got */
    _Atomic pthread_t lane_thread, call_thread;
    bool (*in_finish)(struct work *work, struct error *err);
} script = {.prepare_gate = GATE_INIT, .call_gate = GATE_INIT};

static bool fails(const struct error *with, struct error *err)
{
    if (with->code == ERR_NONE || atomic_fetch_sub(&script.fail_times, 1) <= 0)
        return false;
    *err = *with;
    return true;
}

static bool prepare(struct work *work, int64_t ref, struct job_step *step_out, struct error *err)
{
    assert_non_null(work->tx);
    script.lane_thread = pthread_self();
    int running = atomic_fetch_add(&script.running, 1) + 1;
    if (running > atomic_load(&script.most_running))
        atomic_store(&script.most_running, running);
    atomic_fetch_add(&script.prepared, 1);
    gate_pass(&script.prepare_gate);
    *step_out = script.prepare_step;
    if (step_out->kind == JOB_CALL)
        step_out->request = arena_printf(work->arena, "request %lld", (long long)ref);
    bool ok = !fails(&script.fail_prepare, err);
    if (!ok || step_out->kind != JOB_CALL)
        atomic_fetch_sub(&script.running, 1);
    rig_notice();
    return ok;
}

static void *call(const struct tenant *tenant, struct arena *arena, void *request)
{
    script.call_thread = pthread_self();
    atomic_fetch_add(&script.called, 1);
    gate_pass(&script.call_gate);
    return arena_printf(arena, "%s of %s, answered", (char *)request, tenant->name);
}

static bool finish(struct work *work, int64_t ref, void *request, void *result, struct job_step *step_out,
                   struct error *err)
{
    assert_non_null(work->tx);
    snprintf(script.told, sizeof script.told, "%s", (char *)result);
    atomic_fetch_add(&script.finished, 1);
    *step_out = script.finish_step;
    bool ok = !fails(&script.fail_finish, err) && (!script.in_finish || script.in_finish(work, err));
    if (ok)
        atomic_fetch_sub(&script.running, 1);
    rig_notice();
    return ok;
}

static const struct job_kind kinds[] = {
    {"work", prepare, call, .finish = finish},
    {"parks", prepare, call, finish, .most_failures = 3},
};

static int begin(void **state)
{
    script.prepared = script.called = script.finished = script.running = script.most_running = 0;
    script.prepare_step = (struct job_step){.kind = JOB_CALL};
    script.finish_step = (struct job_step){.kind = JOB_DONE};
    script.fail_prepare = script.fail_finish = (struct error){0};
    script.fail_times = INT_MAX;
    script.told[0] = '\0';
    script.in_finish = NULL;
    gate_open(&script.prepare_gate);
    gate_open(&script.call_gate);
    job_set_kinds(kinds, 2);
    return rig_begin(state);
}

static int end(void **state)
{
    gate_open(&script.prepare_gate);
    gate_open(&script.call_gate);
    return rig_end(state);
}

struct adding {
    const char *kind;
    int64_t in_ms;
    int times;      /* in the one transaction; 0: once */
    int64_t now_ms; /* the task's time; 0: as it is */
    bool remove;
    bool roll_back;
};

static void add(struct work *work, void *context)
{
    const struct adding *adding = context;
    if (adding->now_ms)
        work->now_ms = adding->now_ms;
    MUST(work_begin(work, &err));
    for (int i = 0; i < (adding->times ? adding->times : 1); i++)
        MUST(job_add(work, adding->kind, REF, work->now_ms + adding->in_ms, &err));
    if (adding->remove)
        MUST(job_remove(work, adding->kind, REF, &err));
    if (!adding->roll_back)
        MUST(work_commit(work, &err));
}

static void add_job(const char *kind, int64_t in_ms)
{
    rig_do(rig.store, add, &(struct adding){.kind = kind, .in_ms = in_ms});
}

/* A row as another transaction left it, due for a second. */
static void put_due(const char *kind, int ref, int attempts)
{
    rig_sql("INSERT INTO jobs (kind, ref, due_at, attempts, error, created_at) VALUES ('%s', %d, now() - "
            "interval '1 second', %d, 'e', now())",
            kind, ref, attempts);
}

static bool has_prepared(void *context)
{
    return atomic_load(&script.prepared) >= *(int *)context;
}

static void wait_prepared(int times)
{
    rig_wait(has_prepared, &times, "a job's prepare");
}

static bool has_finished(void *context)
{
    return atomic_load(&script.finished) > 0;
}

#define JOBS "SELECT count(*) FROM jobs"
static void wait_gone(void)
{
    rig_wait_sql(0, JOBS);
    rig_settle(rig.store);
}

/* Nothing of it happens any more: two sweeps later the count is what it was. */
static void stays_at(int prepared)
{
    rig_sweep(rig.store);
    rig_sweep(rig.store);
    rig_settle(rig.store);
    assert_int_equal(atomic_load(&script.prepared), prepared);
}

/* --- the steps --- */

static void a_job_asks_in_the_pool_and_ends(void **state)
{
    NEEDS_RIG();
    add_job("work", 0);
    wait_gone();
    assert_int_equal(atomic_load(&script.called), 1);
    assert_int_equal(atomic_load(&script.finished), 1);
    assert_string_equal(script.told, "request 7 of unit-job-0, answered");
    assert_false(pthread_equal(script.lane_thread, script.call_thread));
    stays_at(1);
    struct lane_figures figures;
    lanes_figures(rig.lanes, &figures);
    assert_int_equal(figures.jobs_done, 1);
}

static void a_job_may_be_done_without_asking(void **state)
{
    NEEDS_RIG();
    script.prepare_step.kind = JOB_DONE;
    add_job("work", 0);
    wait_gone();
    assert_int_equal(atomic_load(&script.called), 0);
    stays_at(1);
}

static void a_rolled_back_job_never_runs(void **state)
{
    NEEDS_RIG();
    rig_do(rig.store, add, &(struct adding){.kind = "work", .roll_back = true});
    stays_at(0);
    rig_do(rig.store, add, &(struct adding){.kind = "work", .in_ms = 1000, .remove = true});
    assert_int_equal(rig_sql(JOBS), 0);
}

static void again_keeps_the_row_until_its_time(void **state)
{
    NEEDS_RIG();
    script.prepare_step = (struct job_step){.kind = JOB_AGAIN, .due_ms = clock_now_ms() + 3600000};
    put_due("work", REF, 4);
    rig_sweep(rig.store);
    rig_settle(rig.store);
    assert_int_equal(rig_sql(JOBS
                             " WHERE due_at BETWEEN now() + interval '59 minutes' AND now() + interval '1 "
                             "hour' AND lease_until IS NULL AND attempts = 0 AND error IS NULL"),
                     1);
    stays_at(1);
    script.finish_step = script.prepare_step;
    script.prepare_step.kind = JOB_CALL;
    rig_sql("UPDATE jobs SET due_at = now() - interval '1 second'");
    rig_sweep(rig.store);
    rig_wait_sql(1, JOBS " WHERE due_at > now() AND lease_until IS NULL");
    assert_int_equal(atomic_load(&script.finished), 1);
    stays_at(2);
}

static void again_at_once_is_at_once(void **state)
{
    NEEDS_RIG();
    script.prepare_step = (struct job_step){.kind = JOB_AGAIN}; /* without a time */
    add_job("work", 0);
    wait_prepared(2);
}

static void a_job_in_the_future_waits(void **state)
{
    NEEDS_RIG();
    int64_t begun = clock_now_ms();
    add_job("work", 300);
    stays_at(0);
    wait_gone();
    assert_true(clock_now_ms() - begun >= 300);
    add_job("work", 3600000);
    add_job("work", 7200000); /* a later time does not put it off */
    assert_int_equal(rig_sql(JOBS " WHERE due_at < now() + interval '61 minutes'"), 1);
    add_job("work", 0); /* an earlier one counts */
    wait_gone();
    assert_int_equal(atomic_load(&script.prepared), 2);
}

/* --- adding what is there --- */

static void added_while_it_runs_it_runs_again(void **state)
{
    NEEDS_RIG();
    gate_shut(&script.call_gate);
    add_job("work", 0);
    gate_wait_for(&script.call_gate, 1);
    for (int i = 0; i < 3; i++)
        add_job("work", 0);
    stays_at(1); /* not beside itself */
    gate_open(&script.call_gate);
    wait_gone();
    assert_int_equal(atomic_load(&script.prepared), 2); /* once for the three */
    assert_int_equal(atomic_load(&script.most_running), 1);
}

static void added_for_later_while_it_runs_it_waits_until_then(void **state)
{
    NEEDS_RIG();
    gate_shut(&script.call_gate);
    add_job("work", 0);
    gate_wait_for(&script.call_gate, 1);
    add_job("work", 3600000);
    gate_open(&script.call_gate);
    rig_wait_sql(1, JOBS " WHERE lease_until IS NULL AND due_at > now() + interval '59 minutes'");
    stays_at(1);
}

static bool add_itself(struct work *work, struct error *err)
{
    return job_add(work, "work", REF, work->now_ms + 3600000, err);
}

static void a_job_may_add_itself(void **state)
{
    NEEDS_RIG();
    script.in_finish = add_itself;
    add_job("work", 0);
    rig_wait_sql(1, JOBS " WHERE lease_until IS NULL AND due_at > now() + interval '59 minutes'");
    stays_at(1);
}

static void twice_in_one_transaction_is_once(void **state)
{
    NEEDS_RIG();
    rig_do(rig.store, add, &(struct adding){.kind = "work", .times = 3});
    wait_gone();
    stays_at(1);
}

/* Two tasks within one millisecond write the same lease: only one of them may take itself for its owner. */
static void twice_in_one_millisecond_never_runs_beside_itself(void **state)
{
    NEEDS_RIG();
    struct adding adding = {.kind = "work", .now_ms = clock_now_ms()};
    gate_shut(&script.call_gate);
    struct rig first = rig;
    rig_start(); /* another server, which does not know what the first has in its hands */
    rig_do(first.store, add, &adding);
    rig_do(rig.store, add, &adding);
    gate_wait_for(&script.call_gate, 1);
    rig_settle(first.store);
    rig_settle(rig.store);
    assert_int_equal(atomic_load(&script.prepared), 1);
    gate_open(&script.call_gate);
    wait_gone();
    assert_int_equal(atomic_load(&script.most_running), 1);
    rig_stop();
    rig = first;
}

/* --- failures --- */

static void a_failing_job_backs_off_and_is_parked(void **state)
{
    NEEDS_RIG();
    script.fail_prepare = (struct error){.code = ERR_INTERNAL, .text = "broken caf\xc3"};
    add_job("parks", 0);
    for (int failures = 1; failures <= 2; failures++) {
        rig_wait_sql(failures, "SELECT attempts FROM jobs WHERE lease_until IS NULL");
        assert_in_range(rig_sql("SELECT extract(epoch FROM due_at - now()) * 1000 FROM jobs"),
                        failures * 2000 - 1000, failures * 2000);
        assert_string_equal(rig_text("SELECT error FROM jobs"), "broken caf");
        rig_sql("UPDATE jobs SET due_at = now() - interval '1 second'");
        rig_sweep(rig.store);
    }
    rig_wait_sql(1, JOBS " WHERE state = 'parked' AND lease_until IS NULL AND attempts = 3");
    rig_sql("UPDATE jobs SET due_at = now() - interval '1 second'");
    stays_at(3);
    struct lane_figures figures;
    lanes_figures(rig.lanes, &figures);
    assert_int_equal(figures.jobs_failed, 2);
    assert_int_equal(figures.jobs_parked, 1);

    script.fail_prepare.code = ERR_NONE;
    add_job("parks", 0); /* adding it takes it out */
    wait_gone();
}

static void added_while_it_fails_for_the_last_time_it_is_not_parked(void **state)
{
    NEEDS_RIG();
    script.fail_finish = (struct error){.code = ERR_INTERNAL, .text = "broken"};
    script.fail_times = 1;
    gate_shut(&script.call_gate);
    put_due("parks", REF, 2);
    rig_sweep(rig.store);
    gate_wait_for(&script.call_gate, 1);
    add_job("parks", 0);
    gate_open(&script.call_gate);
    wait_gone(); /* it ran again */
    assert_int_equal(atomic_load(&script.prepared), 2);
}

static void passing_failures_never_park(void **state)
{
    NEEDS_RIG();
    script.fail_prepare = (struct error){.code = ERR_RETRY, .text = "busy", .retry_after = INT_MAX};
    put_due("parks", REF, 50);
    rig_sweep(rig.store);
    rig_wait_sql(51, "SELECT attempts FROM jobs WHERE state = 'pending' AND lease_until IS NULL");
    /* at most five minutes, whatever the other side names */
    assert_in_range(rig_sql("SELECT extract(epoch FROM due_at - now()) FROM jobs"), 290, 300);
}

/* What the outside world said is not asked twice. */
static void a_finish_that_can_be_tried_again_is(void **state)
{
    NEEDS_RIG();
    script.fail_finish = (struct error){.code = ERR_RETRY, .text = "busy"};
    script.fail_times = 2;
    add_job("work", 0);
    wait_gone();
    assert_int_equal(atomic_load(&script.finished), 3);
    assert_int_equal(atomic_load(&script.called), 1);
}

static void a_finish_survives_a_lost_connection(void **state)
{
    NEEDS_RIG();
    gate_shut(&script.call_gate);
    add_job("work", 0);
    gate_wait_for(&script.call_gate, 1);
    rig_cut(rig.store);
    gate_open(&script.call_gate);
    wait_gone();
    assert_int_equal(atomic_load(&script.called), 1);
}

/* --- leases --- */

static void a_job_of_a_server_that_died_runs_again(void **state)
{
    NEEDS_RIG();
    rig_sql("INSERT INTO jobs (kind, ref, due_at, lease_until, created_at) VALUES "
            "('work', 7, 'infinity', now() + interval '20 seconds', now())");
    stays_at(0); /* somebody may still be at it */
    rig_sql("UPDATE jobs SET lease_until = now() - interval '1 second'");
    rig_sweep(rig.store);
    wait_gone();
    assert_int_equal(atomic_load(&script.prepared), 1);
}

static void a_job_in_our_hands_is_not_run_twice(void **state)
{
    NEEDS_RIG();
    gate_shut(&script.call_gate);
    add_job("work", 0);
    gate_wait_for(&script.call_gate, 1);
    rig_sql("UPDATE jobs SET lease_until = now() - interval '1 minute'"); /* the call takes that long */
    stays_at(1);
    assert_int_equal(rig_sql(JOBS " WHERE lease_until > now()"), 1); /* renewed */
    gate_open(&script.call_gate);
    wait_gone();
    stays_at(1);
}

static void added_before_its_lease_is_renewed_it_runs_again(void **state)
{
    NEEDS_RIG();
    for (int round = 0; round < 2; round++) {
        script.prepared = 0;
        gate_shut(&script.call_gate);
        add_job("work", 0);
        gate_wait_for(&script.call_gate, 1);
        if (round == 0)
            add_job("work", 0);
        rig_sql("UPDATE jobs SET lease_until = now() - interval '1 minute'");
        if (round == 1)
            add_job("work", 0);
        stays_at(1);
        gate_open(&script.call_gate);
        wait_gone();
        assert_int_equal(atomic_load(&script.prepared), 2);
        assert_int_equal(atomic_load(&script.most_running), 1);
    }
}

static void an_unknown_kind_is_left_alone(void **state)
{
    NEEDS_RIG();
    put_due("of a newer server", REF, 0);
    put_due("work", REF, 0);
    rig_sweep(rig.store);
    rig_wait_sql(1, JOBS);
    assert_int_equal(rig_sql(JOBS
                             " WHERE kind = 'of a newer server' AND state = 'pending' AND attempts = 0 AND "
                             "lease_until IS NULL AND due_at > now() + interval '30 seconds'"),
                     1);
}

/* --- stopping --- */

static void lanes_that_wind_down_put_jobs_back(void **state)
{
    NEEDS_RIG();
    gate_shut(&script.prepare_gate);
    add_job("work", 0);
    gate_wait_for(&script.prepare_gate, 1); /* the lane is in prepare */
    put_due("work", 8, 0);
    lanes_wind_down(rig.lanes);
    gate_open(&script.prepare_gate);
    rig_settle(rig.store);
    add_job("work", 0);
    rig_do(rig.store, add, &(struct adding){.kind = "parks"});
    rig_settle(rig.store);
    assert_int_equal(atomic_load(&script.prepared), 1);
    assert_int_equal(atomic_load(&script.called), 0);
    assert_int_equal(rig_sql(JOBS " WHERE lease_until IS NULL AND due_at <= now() AND attempts = 0"), 3);
    assert_true(pool_drain(rig.pool, RIG_DEADLINE_MS));
    assert_true(lanes_drain(rig.lanes, RIG_DEADLINE_MS));
    rig_restart();
    wait_gone();
    assert_int_equal(atomic_load(&script.called), 3);
}

static void a_call_that_waits_in_the_pool_is_put_back(void **state)
{
    NEEDS_RIG();
    gate_shut(&script.call_gate);
    for (int i = 0; i < 5; i++)
        put_due("work", 20 + i, 0);
    rig_sweep(rig.store);
    gate_wait_for(&script.call_gate, 3); /* all threads of the pool */
    rig_settle(rig.store);
    assert_int_equal(pool_waiting(rig.pool), 2);
    lanes_wind_down(rig.lanes);
    gate_open(&script.call_gate);
    assert_true(pool_drain(rig.pool, RIG_DEADLINE_MS));
    assert_true(lanes_drain(rig.lanes, RIG_DEADLINE_MS));
    assert_int_equal(atomic_load(&script.finished), 3); /* what ran is finished */
    assert_int_equal(rig_sql(JOBS " WHERE lease_until IS NULL AND due_at <= now()"), 2);
}

static void a_finish_that_can_not_be_written_does_not_keep_the_lanes(void **state)
{
    NEEDS_RIG();
    script.fail_finish = (struct error){.code = ERR_RETRY, .text = "busy"};
    add_job("work", 0);
    rig_wait(has_finished, NULL, "a job's finish");
    rig_settle(rig.store);
    rig_stop(); /* the address sanitizer finds what is left behind */
    assert_in_range(atomic_load(&script.finished), 2, 1000);
}

/* --- kinds that say more --- */

static int64_t in_an_hour(const struct tenant *tenant, int64_t now_ms)
{
    assert_non_null(tenant);
    return now_ms + 3600000;
}

static const struct job_kind special_kinds[] = {
    {"work", prepare, call, .finish = finish},
    {.name = "long", .prepare = prepare, .call = call, .finish = finish, .longest_call_ms = 600000},
    {.name = "standing", .prepare = prepare, .call = call, .finish = finish, .first_due = in_an_hour},
};

static void a_standing_job_is_there_by_itself(void **state)
{
    NEEDS_RIG();
    job_set_kinds(special_kinds, 3);
    rig_restart();
    rig_wait_sql(1,
                 JOBS " WHERE kind = 'standing' AND ref = 0 AND due_at BETWEEN now() + interval '59 minutes'"
                      " AND now() + interval '1 hour'");
    rig_sql("UPDATE jobs SET due_at = now() + interval '5 hours'");
    rig_restart(); /* does not put it off, nor bring it nearer */
    rig_sweep(rig.store);
    assert_int_equal(rig_sql(JOBS " WHERE due_at > now() + interval '4 hours'"), 1);
    assert_int_equal(rig_sql(JOBS), 1);
    stays_at(0);
    script.finish_step = (struct job_step){.kind = JOB_AGAIN, .due_ms = clock_now_ms() + 3600000};
    rig_sql("UPDATE jobs SET due_at = now() - interval '1 second'");
    rig_sweep(rig.store);
    rig_wait_sql(1, JOBS " WHERE due_at BETWEEN now() AND now() + interval '1 hour' AND lease_until IS NULL");
    assert_int_equal(atomic_load(&script.finished), 1);
}

static void a_long_call_has_a_long_lease(void **state)
{
    NEEDS_RIG();
    job_set_kinds(special_kinds, 3);
    gate_shut(&script.call_gate);
    add_job("long", 0);
    add_job("work", 0);
    gate_wait_for(&script.call_gate, 2);
    assert_int_equal(rig_sql(JOBS " WHERE kind = 'long' AND lease_until > now() + interval '10 minutes'"), 1);
    assert_int_equal(rig_sql(JOBS " WHERE kind = 'work' AND lease_until < now() + interval '31 seconds'"), 1);
    gate_open(&script.call_gate);
    rig_wait_sql(0, JOBS " WHERE kind <> 'standing'");
}

int main(void)
{
#define JOB_TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)
    const struct CMUnitTest tests[] = {
        JOB_TEST(a_job_asks_in_the_pool_and_ends),
        JOB_TEST(a_job_may_be_done_without_asking),
        JOB_TEST(a_rolled_back_job_never_runs),
        JOB_TEST(again_keeps_the_row_until_its_time),
        JOB_TEST(again_at_once_is_at_once),
        JOB_TEST(a_job_in_the_future_waits),
        JOB_TEST(added_while_it_runs_it_runs_again),
        JOB_TEST(added_for_later_while_it_runs_it_waits_until_then),
        JOB_TEST(a_job_may_add_itself),
        JOB_TEST(twice_in_one_transaction_is_once),
        JOB_TEST(twice_in_one_millisecond_never_runs_beside_itself),
        JOB_TEST(a_failing_job_backs_off_and_is_parked),
        JOB_TEST(added_while_it_fails_for_the_last_time_it_is_not_parked),
        JOB_TEST(passing_failures_never_park),
        JOB_TEST(a_finish_that_can_be_tried_again_is),
        JOB_TEST(a_finish_survives_a_lost_connection),
        JOB_TEST(a_job_of_a_server_that_died_runs_again),
        JOB_TEST(a_job_in_our_hands_is_not_run_twice),
        JOB_TEST(added_before_its_lease_is_renewed_it_runs_again),
        JOB_TEST(an_unknown_kind_is_left_alone),
        JOB_TEST(lanes_that_wind_down_put_jobs_back),
        JOB_TEST(a_call_that_waits_in_the_pool_is_put_back),
        JOB_TEST(a_finish_that_can_not_be_written_does_not_keep_the_lanes),
        JOB_TEST(a_standing_job_is_there_by_itself),
        JOB_TEST(a_long_call_has_a_long_lease),
    };
    return cmocka_run_group_tests(tests, rig_set_up, rig_tear_down);
}
