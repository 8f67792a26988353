/* Queues, turns, sweeps and connections of a lane. */
#include "rig.h"

#include <poll.h>
#include <stdio.h>

/* --- tasks that leave a letter --- */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static char done[128];
static struct gate gate = GATE_INIT;

static int begin(void **state)
{
    memset(done, 0, sizeof done);
    gate_shut(&gate);
    outbox_set_effects(NULL, 0);
    job_set_kinds(NULL, 0);
    return rig_begin(state);
}

static int begin_small(void **state)
{
    rig.most_queued = 3;
    return begin(state);
}

static int end(void **state)
{
    gate_open(&gate);
    return rig_end(state);
}

static void write_letter(struct work *work, void *argument)
{
    pthread_mutex_lock(&mutex);
    size_t length = strlen(done);
    assert_true(length < sizeof done - 1);
    done[length] = *(const char *)argument;
    pthread_mutex_unlock(&mutex);
}

static void wait_at_gate(struct work *work, void *argument)
{
    gate_pass(&gate);
    write_letter(work, argument);
}

/* The lane stands at the gate; what is submitted now waits. */
static void stop_lane(void)
{
    assert_true(lane_submit(rig.store, wait_at_gate, "."));
    gate_wait_for(&gate, 1);
}

static void go_on(void)
{
    gate_open(&gate);
    for (int i = 0; i < RIG_STORES; i++)
        rig_settle(rig.stores[i]);
    assert_true(lanes_drain(rig.lanes, RIG_DEADLINE_MS));
}

static struct lane_figures figures(void)
{
    struct lane_figures f;
    lanes_figures(rig.lanes, &f);
    return f;
}

static void a_full_queue_refuses_what_comes_from_outside(void **state)
{
    NEEDS_RIG();
    stop_lane();
    for (int i = 0; i < 10; i++)
        lane_submit_internal(rig.store, write_letter, "i"); /* takes nobody's place */
    for (int i = 0; i < 3; i++)
        assert_true(lane_submit(rig.store, write_letter, "o"));
    for (int i = 0; i < 2; i++)
        assert_false(lane_submit(rig.store, write_letter, "x"));
    lane_submit_internal(rig.store, write_letter, "i");
    assert_true(lane_submit(rig.stores[1], write_letter, "b")); /* each store has its own queue */
    assert_int_equal(lane_store_queued(rig.store), 14);
    assert_int_equal(lane_store_queued(rig.stores[1]), 1);
    assert_int_equal(figures().queued, 15);
    assert_int_equal(figures().refused, 2);
    gate_open(&gate);
    assert_true(lanes_drain(rig.lanes, RIG_DEADLINE_MS));
    assert_string_equal(done, ".ibiiiiiiiiiiooo"); /* from inside first */
}

static void stores_take_turns(void **state)
{
    NEEDS_RIG();
    stop_lane();
    for (int i = 0; i < 10; i++)
        assert_true(lane_submit(rig.stores[0], write_letter, "a"));
    for (int i = 0; i < 3; i++)
        assert_true(lane_submit(rig.stores[1], write_letter, "b"));
    go_on();
    assert_string_equal(done, ".ababab"
                              "aaaaaaa");
}

static bool is_s(const void *argument)
{
    return *(const char *)argument == 's';
}

/* Takes along what fits, a plus for each. */
static void take_more(struct work *work, void *argument)
{
    write_letter(work, argument);
    while (lane_take_next(work, take_more, is_s))
        write_letter(work, "+");
}

static void take_after_inside(struct work *work, void *argument)
{
    lane_submit_internal(work->store, write_letter, "i");
    assert_null(lane_take_next(work, take_after_inside, is_s));
    write_letter(work, argument);
}

static void a_task_takes_along_what_waits_right_behind_it(void **state)
{
    NEEDS_RIG();
    stop_lane();
    for (const char *letters = "sssxs"; *letters; letters++)
        assert_true(lane_submit(rig.store, take_more, (void *)letters));
    assert_true(lane_submit(rig.store, write_letter, "s")); /* another's task */
    assert_true(lane_submit(rig.stores[1], take_more, "s"));
    go_on();
    assert_string_equal(done, ".s++sx+s"); /* the other store's turn comes after the first three */
    assert_int_equal(figures().queued, 0);
}

static void what_comes_from_inside_is_not_passed_over(void **state)
{
    NEEDS_RIG();
    stop_lane();
    for (int i = 0; i < 2; i++)
        assert_true(lane_submit(rig.store, take_after_inside, "s"));
    go_on();
    assert_string_equal(done, ".sisi");
}

/* Its store stands in the line of those with tasks, and has none any more. */
static void taking_the_last_task_leaves_the_lane_in_order(void **state)
{
    NEEDS_RIG();
    stop_lane();
    for (int i = 0; i < 2; i++)
        assert_true(lane_submit(rig.store, take_more, "s"));
    gate_open(&gate);
    assert_true(lanes_drain(rig.lanes, RIG_DEADLINE_MS));
    assert_string_equal(done, ".s+");
    lane_submit_internal(rig.store, write_letter, "i");
    lane_submit_internal(rig.stores[1], write_letter, "j");
    rig_stop();
    assert_int_equal(strlen(done), 5);
}

static void open_and_leave_transaction(struct work *work, void *argument)
{
    MUST(work_begin(work, &err));
}

static void a_task_leaves_nothing_to_the_next(void **state)
{
    NEEDS_RIG();
    for (int i = 0; i < 3; i++)
        assert_true(lane_submit(rig.store, open_and_leave_transaction, NULL));
    rig_settle(rig.store);
}

/* --- delayed tasks --- */

static void put_off(struct work *work, void *argument)
{
    if (argument)
        lane_submit_delayed(work->store, write_letter, "d", 50, NULL);
    lane_submit_internal(work->store, write_letter, "i");
}

static void a_delayed_task_waits_and_is_drained(void **state)
{
    NEEDS_RIG();
    int64_t begun = clock_mono_ms();
    rig_do(rig.store, put_off, "yes");
    rig_settle(rig.store);
    assert_true(lanes_drain(rig.lanes, RIG_DEADLINE_MS));
    assert_string_equal(done, "id");
    assert_true(clock_mono_ms() - begun >= 50);
    assert_false(lane_submit(rig.store, write_letter, "x")); /* refused from now on */
    assert_string_equal(done, "id");
}

static void draining_gives_up_in_time(void **state)
{
    NEEDS_RIG();
    stop_lane();
    assert_false(lanes_drain(rig.lanes, 20));
    assert_false(lane_submit(rig.store, write_letter, "x"));
    lane_submit_internal(rig.store, write_letter, "i");
    gate_open(&gate);
    assert_true(lanes_drain(rig.lanes, RIG_DEADLINE_MS));
    assert_string_equal(done, ".i");
}

static void stopping_runs_what_is_queued(void **state)
{
    NEEDS_RIG();
    stop_lane();
    for (int i = 0; i < 5; i++)
        assert_true(lane_submit(rig.store, write_letter, "a"));
    lane_submit_delayed(rig.store, write_letter, "d", 3600000, NULL); /* a last chance */
    gate_open(&gate);
    rig_stop();
    assert_int_equal(strlen(done), 7);
    assert_non_null(strchr(done, 'd'));
}

/* --- sweeps --- */

static atomic_bool keep_busy;

static void work_on(struct work *work, void *argument)
{
    if (atomic_load(&keep_busy))
        lane_submit_internal(work->store, work_on, NULL);
}

/* The queue is never empty, and yet what is due goes out. */
static void what_is_due_does_not_starve(void **state)
{
    NEEDS_RIG();
    rig_close(0);
    rig_say(rig.stores[1], 5, "due");
    atomic_store(&keep_busy, true);
    for (int i = 0; i < 4; i++)
        lane_submit_internal(rig.stores[0], work_on, NULL);
    rig_open();
    rig_wait_taken(1);
    assert_true(figures().queued > 0);
    atomic_store(&keep_busy, false);
}

static void look_at_plans(struct work *work, void *context)
{
    struct lane *lane = work->store->lane;
    int64_t now = clock_mono_ms(), latest = now + 75000;
    bool planned = lane->next_due_ms < latest;
    for (const struct lane_store *s = lane->stores; s; s = s->all_next) /* the past: its turn is now */
        planned = planned && s->due_ms < latest && (s->due_ms >= lane->next_due_ms || s->due_ms <= now);
    *(bool *)context = planned;
}

static void make_due(struct work *work, void *context)
{
    lane_store_due(work->store, work->now_ms);
}

static void look_at_due(struct work *work, void *context)
{
    *(int64_t *)context = work->store->due_ms - clock_mono_ms();
}

static bool was_swept(void *context)
{
    int64_t due_in;
    rig_do(context, look_at_due, &due_in);
    return due_in > 30000;
}

/* Rows of a server that died wait for nobody's wake-up; the store that was swept last counts too. */
static void every_store_is_swept_now_and_then(void **state)
{
    NEEDS_RIG();
    for (int i = 0; i < 4; i++) {
        bool planned = false;
        rig_do(rig.stores[i % 2], make_due, NULL);
        rig_wait(was_swept, rig.stores[i % 2], "a sweep");
        rig_do(rig.store, look_at_plans, &planned);
        assert_true(planned);
    }
}

static void set_due(struct work *work, void *context)
{
    int64_t before = work->store->due_ms;
    const int64_t *due = context;
    lane_store_due(work->store, *due);
    assert_true(work->store->due_ms <= before);
    assert_true(work->store->due_ms <= clock_mono_ms() + 60000);
}

static void a_time_far_off_is_still_planned(void **state)
{
    NEEDS_RIG();
    static const int64_t times[] = {INT64_MAX, INT64_MIN, 0, 253402300799999};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        rig_do(rig.store, set_due, (void *)&times[i]);
}

/* --- the connection --- */

DB_TENANT_STATEMENT(lane_one, "SELECT 1");

static atomic_int notices;

static void count_notice(struct work *work)
{
    atomic_fetch_add(&notices, 1);
    rig_notice();
}

static void keep_data(struct work *work, void *context)
{
    work_set_data(work, context, NULL);
}

static bool noticed(void *context)
{
    return atomic_load(&notices) >= *(int *)context;
}

static void wait_notices(int count)
{
    rig_wait(noticed, &count, "news of the catalogue");
    assert_int_equal(atomic_load(&notices), count);
}

static void start_listening(void)
{
    atomic_store(&notices, 0);
    lanes_on_catalogue_change(rig.lanes, count_notice);
    rig_do(rig.store, keep_data, "something remembered");
}

static void news_of_the_catalogue_arrives(void **state)
{
    NEEDS_RIG();
    start_listening();
    rig_sql("NOTIFY lapak_catalogue, 'somebody-else'; NOTIFY lapak_other, 'unit-lane-0'");
    rig_sql("NOTIFY lapak_catalogue, 'unit-lane-0'");
    wait_notices(1);
}

static void receive_within_transactions(struct work *work, void *context)
{
    rig_text("NOTIFY lapak_catalogue, 'unit-lane-0'");
    struct pollfd p = {.fd = db_socket(work->db), .events = POLLIN};
    assert_int_equal(poll(&p, 1, RIG_DEADLINE_MS), 1);
    /* libpq takes the news in with these results, and the socket is silent afterwards */
    MUST(work_begin(work, &err) && db_query(work->tx, &lane_one, DB_NO_PARAMS, NULL, &err) &&
         work_commit(work, &err));
    assert_int_equal(atomic_load(&notices), 0);
}

static void news_that_comes_with_other_results_is_not_lost(void **state)
{
    NEEDS_RIG();
    start_listening();
    rig_do(rig.store, receive_within_transactions, NULL);
    wait_notices(1);
}

static bool is_up_again(void *context)
{
    struct lane_figures f = figures();
    return f.lanes_up == f.lanes && f.reconnects == *(uint64_t *)context;
}

/* Nobody has a task: the lane itself notices, reconnects, and forgets what it might have missed. */
static void an_idle_lane_comes_back(void **state)
{
    NEEDS_RIG();
    start_listening();
    assert_int_equal(figures().lanes_up, 1);
    for (uint64_t i = 1; i <= 2; i++) {
        rig_cut(rig.store);
        rig_wait(is_up_again, &i, "a new connection");
        wait_notices((int)i);
    }
}

static void *watch_figures(void *argument)
{
    while (atomic_load(&keep_busy))
        assert_true(figures().lanes == 1);
    return NULL;
}

/* For the sanitizers: health pages read these while the lane replaces its connection. */
static void figures_may_be_read_at_any_time(void **state)
{
    NEEDS_RIG();
    pthread_t watcher;
    atomic_store(&keep_busy, true);
    assert_int_equal(pthread_create(&watcher, NULL, watch_figures, NULL), 0);
    for (uint64_t i = 1; i <= 2; i++) {
        rig_cut(rig.store);
        rig_wait(is_up_again, &i, "a new connection");
    }
    atomic_store(&keep_busy, false);
    pthread_join(watcher, NULL);
}

static void a_database_that_is_not_there_is_said_so(void **state)
{
    NEEDS_RIG();
    struct lanes *lanes = NULL;
    struct error err;
    const struct lane_options options = {.count = 2, .database_url = "host=/nonexistent", .pool = rig.pool};
    assert_false(lanes_start(&options, &lanes, &err));
    assert_int_equal(err.code, ERR_RETRY);
    assert_null(lanes);
}

/* --- what a store remembers --- */

static int freed;

static void free_data(void *data)
{
    freed++;
}

static void remember(struct work *work, void *context)
{
    work_set_data(work, context, free_data);
    assert_ptr_equal(work_data(work), context);
}

static void what_a_store_remembers_is_freed(void **state)
{
    NEEDS_RIG();
    freed = 0;
    rig_do(rig.stores[0], remember, "a");
    rig_do(rig.stores[1], remember, "b");
    rig_stop();
    assert_int_equal(freed, 2);
}

static void a_store_knows_itself_and_nobody_else(void **state)
{
    NEEDS_RIG();
    assert_string_equal(lane_store_name(rig.stores[1]), "unit-lane-1");
    auto_tenant const struct tenant *tenant = lane_store_tenant(rig.stores[1]);
    assert_ptr_equal(tenant, rig.tenants[1]);
    assert_null(lane_store_name(lanes_server_store(rig.lanes)));
    rig_say(rig.stores[1], 5, "of another store");
    assert_int_equal(rig_sql("SELECT count(*) FROM outbox"), 0);
    assert_int_equal(rig_sql("SELECT count(*) FROM store_unit_lane_1.outbox"), 1);
}

static void tell_tenant(struct work *work, void *context)
{
    const struct tenant **seen = context;
    seen[0] = work->tenant;
    seen[1] = work->file;
}

static void another_tenant_is_for_the_next_task(void **state)
{
    NEEDS_RIG();
    const struct tenant *seen[2];
    struct tenant *other = tenant_of_server(&(struct server_identity){
        .file = "x", .owners = &(struct key_ids){0}, .language = "en"}); /* any other */
    lane_store_change(rig.store, other);
    rig_do(rig.store, tell_tenant, seen);
    assert_ptr_equal(seen[0], other);
    assert_ptr_equal(seen[1], other);
    assert_string_equal(lane_store_name(rig.store), "unit-lane-0"); /* the name is the store's */
    lane_store_change(rig.store, rig.tenants[0]);
    rig_do(rig.store, tell_tenant, seen); /* the task before has ended, and let go */
    assert_ptr_equal(seen[1], rig.tenants[0]);
    assert_int_equal(atomic_load(&other->references), 1);
    tenant_unref((const struct tenant **)&other);
}

static void nothing(struct work *work, void *argument)
{
}

static void mark_run(struct work *work, void *argument)
{
    atomic_store((atomic_bool *)argument, true);
    rig_notice();
}

static bool is_marked(void *context)
{
    return atomic_load((atomic_bool *)context);
}

/* What comes from inside runs, whether the store is there or not. */
static void settle_inside(struct lane_store *store)
{
    atomic_bool mark = false;
    lane_submit_internal(store, mark_run, &mark);
    rig_wait(is_marked, &mark, "a task from inside");
}

static void a_removed_store_rests_until_it_is_back(void **state)
{
    NEEDS_RIG();
    auto_arena struct arena *arena = arena_new();
    size_t count;
    lane_store_remove(rig.store);
    assert_true(lane_store_is_removed(rig.store));
    assert_false(lane_submit(rig.store, nothing, NULL));
    assert_null(lanes_find_store(rig.lanes, "unit-lane-0"));
    assert_ptr_equal(lanes_stores(rig.lanes, arena, &count)[0], rig.stores[1]);
    assert_int_equal(count, RIG_STORES - 1);
    settle_inside(rig.store);
    assert_true(rig.store->parked);
    settle_inside(rig.store);
    assert_int_equal(rig.store->due_ms, INT64_MAX);

    assert_ptr_equal(lanes_add_store(rig.lanes, rig.tenants[0]), rig.store);
    assert_ptr_equal(lanes_find_store(rig.lanes, "unit-lane-0"), rig.store);
    rig_do(rig.store, nothing, NULL);
}

struct changing {
    atomic_bool over;
    const struct tenant *tenants[2];
};

static void *change_again_and_again(void *argument)
{
    struct changing *c = argument;
    for (int i = 0; !atomic_load(&c->over); i++) {
        lane_store_change(rig.store, c->tenants[i % 2]);
        if (i % 16 == 0) {
            lane_store_remove(rig.store);
            lanes_add_store(rig.lanes, c->tenants[0]);
        }
        lane_store_suspend(rig.store, i % 2);
    }
    return NULL;
}

static void *ask_again_and_again(void *argument)
{
    const struct changing *c = argument;
    while (!atomic_load(&c->over)) {
        auto_tenant const struct tenant *tenant = lane_store_tenant(rig.store);
        assert_true(tenant == c->tenants[0] || tenant == c->tenants[1]);
        assert_true(tenant->name[0]);
    }
    return NULL;
}

static void look_at_tenant(struct work *work, void *argument)
{
    assert_true(work->file->name[0] && work->tenant == work->file);
}

static void changes_under_way_disturb_nobody(void **state)
{
    NEEDS_RIG();
    pthread_t threads[2];
    struct changing c = {.tenants = {rig.tenants[0], rig.tenants[1]}};
    assert_int_equal(pthread_create(&threads[0], NULL, change_again_and_again, &c), 0);
    assert_int_equal(pthread_create(&threads[1], NULL, ask_again_and_again, &c), 0);
    for (int i = 0; i < 3000; i++)
        lane_submit_internal(rig.store, look_at_tenant, NULL);
    settle_inside(rig.store);
    atomic_store(&c.over, true);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    lane_store_change(rig.store, rig.tenants[0]);
    settle_inside(rig.store);
    assert_false(lane_store_is_removed(rig.store));
    assert_false(rig.store->parked);
}

int main(void)
{
#define LANE_TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_full_queue_refuses_what_comes_from_outside, begin_small, end),
        LANE_TEST(stores_take_turns),
        LANE_TEST(a_task_takes_along_what_waits_right_behind_it),
        LANE_TEST(what_comes_from_inside_is_not_passed_over),
        LANE_TEST(taking_the_last_task_leaves_the_lane_in_order),
        LANE_TEST(a_task_leaves_nothing_to_the_next),
        LANE_TEST(a_delayed_task_waits_and_is_drained),
        LANE_TEST(draining_gives_up_in_time),
        LANE_TEST(stopping_runs_what_is_queued),
        LANE_TEST(what_is_due_does_not_starve),
        LANE_TEST(every_store_is_swept_now_and_then),
        LANE_TEST(a_time_far_off_is_still_planned),
        LANE_TEST(news_of_the_catalogue_arrives),
        LANE_TEST(news_that_comes_with_other_results_is_not_lost),
        LANE_TEST(an_idle_lane_comes_back),
        LANE_TEST(figures_may_be_read_at_any_time),
        LANE_TEST(a_database_that_is_not_there_is_said_so),
        LANE_TEST(what_a_store_remembers_is_freed),
        LANE_TEST(a_store_knows_itself_and_nobody_else),
        LANE_TEST(another_tenant_is_for_the_next_task),
        LANE_TEST(a_removed_store_rests_until_it_is_back),
        LANE_TEST(changes_under_way_disturb_nobody),
    };
    return cmocka_run_group_tests(tests, rig_set_up, rig_tear_down);
}
