/* lapakctl audit STORE|server: who did what, and whether anybody wrote over it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "command.h"
#include "database.h"
#include "output.h"
#include "work/audit.h"

enum {
    PAGE = 500,
    DEFAULT_DAYS = 7,
    MOST_MS = 3600 * 1000,
    STRAY_MS = 600 * 1000, /* rows are in the order of their commits, which may be behind their time */
};

/* "7d", "12h", "30m", a date, or a date and time of day in the store's zone. */
static bool parse_since(const struct tenant *tenant, const char *text, int64_t now_ms, int64_t *since_out)
{
    static const struct {
        char letter;
        int64_t ms;
    } units[] = {{'d', 86400000}, {'h', 3600000}, {'m', 60000}};
    size_t digits = strspn(text, "0123456789");
    for (size_t i = 0; digits && digits <= 6 && i < sizeof units / sizeof units[0]; i++) {
        int64_t count = 0;
        for (size_t k = 0; k < digits; k++)
            count = count * 10 + (text[k] - '0');
        if (text[digits] == units[i].letter && !text[digits + 1]) {
            *since_out = now_ms - count * units[i].ms;
            return true;
        }
    }
    return clock_parse_local(tenant->zone, text, false, since_out);
}

struct reading {
    struct command_context *context;
    const struct tenant *tenant;
    int64_t since_ms;
    size_t printed;
    json_t *rows; /* with --json */
};

static void print_row(struct reading *reading, const struct audit_row *row)
{
    char stamp[25];
    clock_format_utc(row->created_ms, stamp);
    reading->printed++;
    if (reading->context->json) {
        struct error ignored;
        json_t *detail = NULL;
        if (!json_parse(row->detail, strlen(row->detail), &detail, &ignored))
            detail = json_string(row->detail);
        json_array_append_new(reading->rows,
                              json_pack("{s:I, s:s, s:s, s:s, s:o}", "id", (json_int_t)row->id, "at", stamp,
                                        "event", row->event, "actor", row->actor, "detail", detail));
        return;
    }
    printf("%6" PRId64 "  %s  %-18s %-20s %s\n", row->id, stamp, row->event, row->actor, row->detail);
}

/* Newest first, a page at a time. */
static bool read_rows(struct work *work, void *argument, struct error *err)
{
    struct reading *reading = argument;
    struct audit_row *rows;
    size_t count = PAGE;
    int64_t before = 0;
    bool more = true;
    while (more) {
        auto_arena struct arena *arena = arena_new();
        struct arena *kept = work->arena;
        work->arena = arena;
        bool ok = audit_list(work, before, PAGE, &rows, &count, err);
        work->arena = kept;
        if (!ok)
            return false;
        for (size_t i = 0; i < count; i++)
            if (rows[i].created_ms >= reading->since_ms)
                print_row(reading, &rows[i]);
        more = count == PAGE && rows[count - 1].created_ms >= reading->since_ms - STRAY_MS;
        before = count ? rows[count - 1].id : 0;
    }
    return true;
}

/* --- verifying --- */

static bool verify(const struct command_setup *setup, const struct tenant *tenant, struct arena *arena,
                   struct audit_result *result_out, struct error *err)
{
    auto_db struct db *db = NULL;
    struct vault vault;
    struct audit_known known;
    const struct db_scope scope = {.id = 1, .schema = tenant->schema, .role = tenant->role};
    vault_init(&vault, setup->config->data_encryption_key, tenant->name);
    if (!database_open(setup, &db, err) || !audit_known_get(db, &vault, tenant->name, &known, err) ||
        !audit_verify(db, &scope, &vault, arena, &(struct audit_range){.head = known.head}, MOST_MS,
                      result_out, err))
        return false;
    if (result_out->good && known.forged) {
        result_out->good = false;
        result_out->says =
            arena_printf(arena, "as lapak.audit_heads has it (%s) was not written by lapakd", known.forged);
    }
    return true;
}

static void print_result(const struct tenant *tenant, const struct audit_result *result)
{
    if (result->good)
        printf("%s: %" PRId64 " rows, all as they were written\n", tenant->name, result->rows);
    else if (result->bad_id)
        printf("%s: row %" PRId64 " %s\n", tenant->name, result->bad_id, result->says);
    else
        printf("%s: the end of the trail %s\n", tenant->name, result->says);
}

static json_t *result_json(const struct audit_result *result)
{
    return json_pack("{s:b, s:I, s:o, s:s?}", "good", result->good, "rows", (json_int_t)result->rows,
                     "bad_id", result->bad_id ? json_integer(result->bad_id) : json_null(), "says",
                     result->says);
}

static int run_with(struct command_context *context, const struct command_setup *setup,
                    const struct tenant *tenant)
{
    const char *since = command_option(context, "--since");
    bool verifies = command_option(context, "--verify");
    int64_t now_ms = clock_now_ms();
    struct reading reading = {.context = context,
                              .tenant = tenant,
                              .since_ms = now_ms - DEFAULT_DAYS * (int64_t)86400000,
                              .rows = json_array()};
    struct audit_result result = {.good = true};
    struct error err;
    bool ok = !since || parse_since(tenant, since, now_ms, &reading.since_ms) ||
              error_set(&err, ERR_INVALID, "--since %.40s: neither 7d, 12h or 30m nor a date", since);
    ok = ok && database_with_store(setup, tenant, read_rows, &reading, &err) &&
         (!verifies || verify(setup, tenant, context->arena, &result, &err));
    if (!ok)
        output_error(context, &err);
    else if (context->json)
        output_json(json_pack("{s:s, s:O, s:o}", "bot_store_name", tenant->name, "rows", reading.rows,
                              "verified", verifies ? result_json(&result) : json_null()));
    else if (verifies)
        print_result(tenant, &result);
    else if (!reading.printed)
        printf("%s: nothing since then\n", tenant->name);
    json_decref(reading.rows);
    return ok && result.good ? COMMAND_OK : COMMAND_FAILED;
}

static const struct tenant *find_tenant(struct command_context *context, const struct command_setup *setup)
{
    const struct config *config = setup->config;
    if (!str_equal(context->operands[0], TENANT_SERVER_NAME))
        return command_read_tenant(context, setup, context->operands[0]);
    return tenant_of_server(&(struct server_identity){.file = config->file,
                                                      .token = config->owner_token,
                                                      .owners = &config->owner_ids,
                                                      .language = config->owner_language,
                                                      .zone = config->owner_zone});
}

static int run(struct command_context *context)
{
    struct command_setup setup;
    if (!command_read_setup(context, &setup))
        return COMMAND_FAILED;
    const struct tenant *tenant = find_tenant(context, &setup);
    if (!tenant)
        return COMMAND_FAILED;
    int code = run_with(context, &setup, tenant);
    tenant_unref(&tenant);
    return code;
}

static const struct command_option options[] = {
    {"--since", "TIME", "from then on: 7d (the default), 12h, 30m, 2026-11-22, \"2026-11-22 08:00\""},
    {"--verify", NULL, "check the whole trail; exit 1 naming the first row that is not as it was written"},
    {0},
};

const struct command command_audit = {
    .name = "audit",
    .usage = "STORE|server",
    .help = "who changed what, and signs of fraud, newest first; changes nothing",
    .operands = 1,
    .run = run,
    .options = options,
};
