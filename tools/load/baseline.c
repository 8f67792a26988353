/*
 * lapak-baseline: what PostgreSQL and libpq alone can do with the statements of one cart update. Each thread
 * has one connection and the stores that are bound to it, and runs one transaction after the other, pipelined
 * and prepared, as a lane does; around it there is nothing: no HTTP, no JSON, no pages, no memory to manage.
 *
 * The statements are the server's own, found by their names in its list. tools/bench also compares what both
 * of them really run, in PostgreSQL's log.
 */
#include <inttypes.h>
#include <libpq-fe.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/json.h"
#include "bot/inbox.h"
#include "latency.h"
#include "store/cart.h"
#include "store/user.h"

enum { EXIT_USAGE = 2, STATEMENTS = 3, MOST_PARAMS = 6, VALUE = 40, NAME = 80, RESULTS = 6 };

/* Referring to them makes the linker take their files along, and with them their statements. */
__attribute__((used)) static void *const runs[] = {(void *)inbox_note_seen, (void *)user_touch,
                                                   (void *)cart_change};

static const char *const statement_names[STATEMENTS] = {"inbox_insert_seen", "user_touch_row",
                                                        "cart_change_item"};

/* Sent by db_begin(), which keeps it to itself. */
static const char scope_sql[] = "SELECT set_config('role', $2, true), set_config('search_path', $1, true)";

struct product {
    int64_t id, price, most;
};

struct plan {
    const char *url;
    double seconds;
    int64_t threads, first_update, first_person, persons;
    const struct product *products;
    size_t product_count;
    const struct db_statement *statements[STATEMENTS];
};

struct store {
    const char *schema, *role;
    int64_t thread;
    char names[STATEMENTS][NAME];
    int64_t done; /* transactions */
};

struct lane {
    const struct plan *plan;
    struct store **stores;
    size_t store_count;
    pthread_t thread;
    pthread_barrier_t *start;
    PGconn *conn;
    int64_t end_us, answers, late;
    uint64_t chance;
    struct latency latency;
};

static void fail(PGconn *conn, const PGresult *result, const char *what)
{
    fprintf(stderr, "lapak-baseline: %s: %s", what,
            result ? PQresultErrorMessage(result) : PQerrorMessage(conn));
    exit(EXIT_FAILURE);
}

/* --- getting ready --- */

static void must(struct lane *lane, PGresult *result, const char *what)
{
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        fail(lane->conn, result, what);
    PQclear(result);
}

/* A statement must be prepared under the search_path it runs under, or it is planned again each time. */
static void prepare_store(struct lane *lane, struct store *store)
{
    const char *const scope[] = {store->schema, store->role};
    must(lane, PQexec(lane->conn, "BEGIN"), "BEGIN");
    must(lane, PQexecPrepared(lane->conn, "scope", 2, scope, NULL, NULL, 0), "scope");
    for (int i = 0; i < STATEMENTS; i++) {
        const struct db_statement *statement = lane->plan->statements[i];
        snprintf(store->names[i], NAME, "%s_%s", store->schema, statement->name);
        must(lane, PQprepare(lane->conn, store->names[i], statement->sql, 0, NULL), statement->name);
    }
    must(lane, PQexec(lane->conn, "COMMIT"), "COMMIT");
}

static void connect_lane(struct lane *lane)
{
    const char *const keys[] = {"dbname", "application_name", "client_encoding", "options", NULL};
    const char *const values[] = {lane->plan->url, "lapak-baseline", "UTF8",
                                  "-c plan_cache_mode=force_generic_plan -c jit=off", NULL};
    lane->conn = PQconnectdbParams(keys, values, 1);
    if (PQstatus(lane->conn) != CONNECTION_OK)
        fail(lane->conn, NULL, "connect");
    must(lane, PQprepare(lane->conn, "begin", "BEGIN", 0, NULL), "begin");
    must(lane, PQprepare(lane->conn, "commit", "COMMIT", 0, NULL), "commit");
    must(lane, PQprepare(lane->conn, "scope", scope_sql, 0, NULL), "scope");
    for (size_t i = 0; i < lane->store_count; i++)
        prepare_store(lane, lane->stores[i]);
    if (!PQenterPipelineMode(lane->conn))
        fail(lane->conn, NULL, "pipeline");
}

/* --- one transaction --- */

struct params {
    const char *values[MOST_PARAMS];
    char texts[MOST_PARAMS][VALUE];
};

static void put_int(struct params *params, int at, int64_t number)
{
    snprintf(params->texts[at], VALUE, "%" PRId64, number);
    params->values[at] = params->texts[at];
}

static void put_time(struct params *params, int at, int64_t ms)
{
    time_t seconds = ms / 1000;
    struct tm tm;
    gmtime_r(&seconds, &tm);
    size_t n = strftime(params->texts[at], VALUE, "%Y-%m-%d %H:%M:%S", &tm);
    snprintf(params->texts[at] + n, VALUE - n, ".%03d+00", (int)(ms % 1000));
    params->values[at] = params->texts[at];
}

static void send_one(struct lane *lane, const char *name, int count, const struct params *params)
{
    if (!PQsendQueryPrepared(lane->conn, name, count, params ? params->values : NULL, NULL, NULL, 0))
        fail(lane->conn, NULL, name);
}

static void send_transaction(struct lane *lane, struct store *store)
{
    const struct plan *plan = lane->plan;
    int64_t now_ms = clock_now_ms(), person = plan->first_person + store->done % plan->persons;
    lane->chance = lane->chance * 6364136223846793005u + 1442695040888963407u;
    const struct product *product = &plan->products[(lane->chance >> 33) % plan->product_count];
    struct params params = {{store->schema, store->role}, {{0}}};
    send_one(lane, "begin", 0, NULL);
    send_one(lane, "scope", 2, &params);
    put_int(&params, 0, plan->first_update + store->done);
    put_time(&params, 1, now_ms);
    send_one(lane, store->names[0], 2, &params);
    put_int(&params, 0, person);
    params.values[1] = "Budi";
    params.values[2] = "Santoso";
    params.values[3] = "budi_santoso";
    params.values[4] = "id";
    put_time(&params, 5, now_ms);
    send_one(lane, store->names[1], 6, &params);
    put_int(&params, 0, person);
    put_int(&params, 1, product->id);
    put_int(&params, 2, 1);
    put_int(&params, 3, product->most);
    put_int(&params, 4, product->price);
    put_time(&params, 5, now_ms);
    send_one(lane, store->names[2], 6, &params);
    send_one(lane, "commit", 0, NULL);
    if (!PQpipelineSync(lane->conn))
        fail(lane->conn, NULL, "sync");
    store->done++;
}

static void read_transaction(struct lane *lane)
{
    for (int i = 0; i < RESULTS; i++) {
        PGresult *result = PQgetResult(lane->conn);
        ExecStatusType status = PQresultStatus(result);
        if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
            fail(lane->conn, result, "transaction");
        PQclear(result);
        while ((result = PQgetResult(lane->conn)))
            PQclear(result);
    }
    PGresult *result = PQgetResult(lane->conn);
    if (PQresultStatus(result) != PGRES_PIPELINE_SYNC)
        fail(lane->conn, result, "sync");
    PQclear(result);
}

static void *serve(void *argument)
{
    struct lane *lane = argument;
    connect_lane(lane);
    pthread_barrier_wait(lane->start);
    int64_t from_us = clock_mono_us();
    lane->end_us = from_us + (int64_t)(lane->plan->seconds * 1e6);
    for (size_t next = 0; lane->store_count && from_us < lane->end_us; next++) {
        send_transaction(lane, lane->stores[next % lane->store_count]);
        read_transaction(lane);
        int64_t now_us = clock_mono_us();
        if (now_us <= lane->end_us) {
            lane->answers++;
            latency_add(&lane->latency, now_us - from_us);
        } else {
            lane->late++;
        }
        from_us = now_us;
    }
    PQfinish(lane->conn);
    return NULL;
}

/* --- the plan --- */

static bool find_statements(struct plan *plan, struct error *err)
{
    const struct db_statement *const *list;
    size_t count = db_statements(&list);
    for (int i = 0; i < STATEMENTS; i++) {
        for (size_t k = 0; k < count; k++)
            if (strcmp(list[k]->name, statement_names[i]) == 0)
                plan->statements[i] = list[k];
        if (!plan->statements[i])
            return error_set(err, ERR_INTERNAL,
                             "the server has no statement %s any more: bring this program up to date",
                             statement_names[i]);
    }
    return true;
}

static bool read_products(struct arena *arena, const json_t *json, struct plan *plan, struct error *err)
{
    json_t *list;
    if (!json_get_array(json, "products", &list) || !json_array_size(list))
        return error_set(err, ERR_INVALID, "products are needed");
    plan->product_count = json_array_size(list);
    struct product *products = ARENA_ARRAY(arena, struct product, plan->product_count);
    for (size_t i = 0; i < plan->product_count; i++) {
        const json_t *row = json_array_get(list, i);
        if (!json_get_int(row, "id", &products[i].id) || !json_get_int(row, "price", &products[i].price) ||
            !json_get_int(row, "stock", &products[i].most))
            return error_set(err, ERR_INVALID, "products: id, price and stock are needed");
    }
    plan->products = products;
    return true;
}

static bool read_stores(struct arena *arena, const json_t *json, const struct plan *plan,
                        struct store **stores_out, size_t *count_out, struct error *err)
{
    json_t *list;
    if (!json_get_array(json, "stores", &list) || !json_array_size(list))
        return error_set(err, ERR_INVALID, "stores are needed");
    size_t count = json_array_size(list);
    struct store *stores = ARENA_ARRAY(arena, struct store, count);
    for (size_t i = 0; i < count; i++) {
        const json_t *row = json_array_get(list, i);
        const char *schema, *role;
        if (!json_get_string(row, "schema", &schema) || !json_get_string(row, "role", &role) ||
            !json_get_int(row, "lane", &stores[i].thread) || stores[i].thread < 0 ||
            stores[i].thread >= plan->threads)
            return error_set(err, ERR_INVALID, "stores: schema, role and lane are needed");
        stores[i].schema = arena_strdup(arena, schema);
        stores[i].role = arena_strdup(arena, role);
    }
    *stores_out = stores;
    *count_out = count;
    return true;
}

static bool read_plan(struct arena *arena, const char *path, struct plan *plan, struct store **stores_out,
                      size_t *count_out, struct error *err)
{
    json_error_t fault;
    auto_json json_t *json = json_load_file(path, 0, &fault);
    const char *url;
    if (!json)
        return error_set(err, ERR_INVALID, "%s: line %d: %s", path, fault.line, fault.text);
    plan->seconds = json_number_value(json_object_get(json, "seconds"));
    if (!json_get_string(json, "url", &url) || !json_get_int(json, "lanes", &plan->threads) ||
        !json_get_int(json, "first_update", &plan->first_update) ||
        !json_get_int(json, "first_person", &plan->first_person) ||
        !json_get_int(json, "persons", &plan->persons) || plan->threads < 1 || plan->threads > 64 ||
        plan->persons < 1 || !(plan->seconds > 0))
        return error_set(err, ERR_INVALID, "%s: something is missing or out of its range", path);
    plan->url = arena_strdup(arena, url);
    return read_products(arena, json, plan, err) &&
           read_stores(arena, json, plan, stores_out, count_out, err) && find_statements(plan, err);
}

/* --- the run --- */

static void report(const struct plan *plan, struct lane *lanes)
{
    struct latency all = {0};
    int64_t answers = 0, late = 0;
    for (int64_t i = 0; i < plan->threads; i++) {
        latency_join(&all, &lanes[i].latency);
        answers += lanes[i].answers;
        late += lanes[i].late;
        latency_free(&lanes[i].latency);
        free(lanes[i].stores);
    }
    auto_json json_t *json = json_pack("{s:f, s:I, s:I, s:f, s:o}", "seconds", plan->seconds, "answers",
                                       (json_int_t)answers, "late", (json_int_t)late, "rate",
                                       (double)answers / plan->seconds, "latency_us", latency_json(&all));
    latency_free(&all);
    json_dumpf(json, stdout, JSON_COMPACT);
    putchar('\n');
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fputs("usage: lapak-baseline PLAN.json\nA program of tools/bench, which writes its plans.\n", stderr);
        return EXIT_USAGE;
    }
    auto_arena struct arena *arena = arena_new();
    struct plan plan = {0};
    struct store *stores;
    size_t store_count;
    struct error err;
    if (!read_plan(arena, argv[1], &plan, &stores, &store_count, &err)) {
        fprintf(stderr, "lapak-baseline: %s\n", err.text);
        return EXIT_USAGE;
    }
    struct lane *lanes = ARENA_ARRAY(arena, struct lane, plan.threads);
    pthread_barrier_t start;
    pthread_barrier_init(&start, NULL, (unsigned)plan.threads);
    for (int64_t i = 0; i < plan.threads; i++) {
        lanes[i] = (struct lane){.plan = &plan, .start = &start, .chance = (uint64_t)i + 1};
        lanes[i].stores = xcalloc(store_count, sizeof *lanes[i].stores);
    }
    for (size_t i = 0; i < store_count; i++) {
        struct lane *lane = &lanes[stores[i].thread];
        lane->stores[lane->store_count++] = &stores[i];
    }
    for (int64_t i = 0; i < plan.threads; i++)
        if (pthread_create(&lanes[i].thread, NULL, serve, &lanes[i]))
            abort();
    for (int64_t i = 0; i < plan.threads; i++)
        pthread_join(lanes[i].thread, NULL);
    pthread_barrier_destroy(&start);
    report(&plan, lanes);
    return EXIT_SUCCESS;
}
