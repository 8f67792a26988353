/* lapakctl alerts: what is wrong now, for operators without an owner's bot. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "database.h"
#include "output.h"
#include "watch/alerts.h"

enum { COLUMNS = 7, A_PAGE = 500 };

struct listing {
    const struct command_context *context;
    const char *store; /* NULL: all */
    struct alert_row *rows;
    size_t count;
};

static bool read_all(struct work *work, void *argument, struct error *err)
{
    struct listing *listing = argument;
    struct arena *arena = listing->context->arena;
    size_t count;
    work->arena = arena; /* the rows outlive the visit */
    do {
        struct alert_row *page;
        int64_t before = listing->count ? listing->rows[listing->count - 1].id : 0;
        if (!alert_list(work, listing->store, before, A_PAGE, &page, &count, err))
            return false;
        struct alert_row *all = ARENA_ARRAY(arena, struct alert_row, listing->count + count);
        memcpy(all, listing->rows ? listing->rows : page, listing->count * sizeof *all);
        memcpy(all + listing->count, page, count * sizeof *all);
        listing->rows = all;
        listing->count += count;
    } while (count == A_PAGE);
    return true;
}

static bool visit(struct work *work, void *argument, struct error *err)
{
    return work_transaction(work, read_all, argument, err);
}

static const char *time_text(struct arena *arena, int64_t ms)
{
    char text[25];
    clock_format_utc(ms, text);
    return arena_strdup(arena, text);
}

static const char *state_of(const struct alert_row *row)
{
    return row->muted_until_ms > clock_now_ms() ? "muted" : row->acked_ms ? "acknowledged" : "open";
}

static void print_json(const struct listing *listing)
{
    struct arena *arena = listing->context->arena;
    json_t *alerts = json_array();
    for (size_t i = 0; i < listing->count; i++) {
        const struct alert_row *row = &listing->rows[i];
        json_array_append_new(
            alerts,
            json_pack("{s:I, s:s?, s:s, s:s, s:s, s:s, s:I, s:s, s:s, s:s}", "id", (json_int_t)row->id,
                      "bot_store_name", row->store, "kind", alert_kind_name(row->kind), "severity",
                      alert_severity_name(alert_kind_severity(row->kind)), "subject", row->subject, "detail",
                      row->detail, "count", (json_int_t)row->count, "first", time_text(arena, row->first_ms),
                      "last", time_text(arena, row->last_ms), "state", state_of(row)));
    }
    output_json(json_pack("{s:o}", "alerts", alerts));
}

static void print_table(const struct listing *listing)
{
    struct arena *arena = listing->context->arena;
    const char **cells = ARENA_ARRAY(arena, const char *, (listing->count + 1) * COLUMNS);
    static const char *const heading[COLUMNS] = {"STORE", "SEVERITY", "ALERT", "TIMES",
                                                 "LAST",  "STATE",    "DETAIL"};
    if (!listing->count) {
        puts("no open alerts");
        return;
    }
    memcpy(cells, heading, sizeof heading);
    for (size_t i = 0; i < listing->count; i++) {
        const struct alert_row *row = &listing->rows[i];
        bool error = row->kind == ALERT_ERROR || !*row->subject; /* an error's subject is its detail */
        const char *line[COLUMNS] = {
            row->store ? row->store : "(server)",
            alert_severity_name(alert_kind_severity(row->kind)),
            error ? alert_kind_name(row->kind)
                  : arena_printf(arena, "%s %s", alert_kind_name(row->kind), row->subject),
            arena_printf(arena, "%" PRId64, row->count),
            time_text(arena, row->last_ms),
            state_of(row),
            row->detail,
        };
        memcpy(&cells[(i + 1) * COLUMNS], line, sizeof line);
    }
    output_table(cells, listing->count + 1, COLUMNS);
}

static int run(struct command_context *context)
{
    struct command_setup setup;
    struct listing listing = {.context = context,
                              .store = context->operand_count ? context->operands[0] : NULL};
    struct error err;
    if (!command_read_setup(context, &setup))
        return COMMAND_FAILED;
    if (!database_with_store(&setup, NULL, visit, &listing, &err)) {
        output_error(context, &err);
        return COMMAND_FAILED;
    }
    if (context->json)
        print_json(&listing);
    else
        print_table(&listing);
    return COMMAND_OK;
}

const struct command command_alerts = {
    .name = "alerts",
    .usage = "[STORE]",
    .help = "list what is wrong now: the open alerts of the store, or of all and the server",
    .operands = -1,
    .run = run,
};
