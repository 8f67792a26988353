/* lapakctl tenants: every store, its file and what the server knows of it. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "database.h"
#include "output.h"
#include "tenants/enrolment.h"
#include "tenants/suspension.h"

/* One line of the list: a file, a row of lapak.stores, or both. */
struct line {
    const char *name, *state, *bot, *since, *remark;
    const char *suspended; /* since when; NULL: it is open */
};

enum { COLUMNS = 5 };

static const char *since_text(struct arena *arena, int64_t ms)
{
    const struct clock_zone *utc;
    char text[17] = "";
    if (ms && clock_zone_load("UTC", &utc))
        clock_format(utc, ms, text);
    return *text ? arena_printf(arena, "%s UTC", text) : "-";
}

static const char *file_name(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    char *name = arena_strdup(arena, slash ? slash + 1 : path);
    name[strcspn(name, ".")] = '\0';
    return name;
}

static void fill_from_row(struct arena *arena, struct line *line, const struct enrolled_store *row)
{
    line->state = row->state;
    line->bot = row->bot_username ? arena_printf(arena, "@%s", row->bot_username) : "-";
    line->since = since_text(arena, row->since_ms);
    line->remark = row->reason ? row->reason : "";
}

static size_t make_lines(struct arena *arena, const struct tenant_list *list,
                         const struct enrolled_store *rows, size_t row_count, struct line *lines, bool *good)
{
    size_t count = 0;
    bool *used = ARENA_ARRAY(arena, bool, row_count);
    for (size_t i = 0; i < list->count; i++) {
        const struct tenant_file *file = &list->items[i];
        struct line *line = &lines[count++];
        *line = (struct line){file_name(arena, file->path), "new", "-", "-", "not started yet"};
        for (size_t r = 0; r < row_count; r++) {
            if (str_equal(rows[r].name, line->name)) {
                fill_from_row(arena, line, &rows[r]);
                used[r] = true;
            }
        }
        if (!file->tenant) {
            line->state = "faulty";
            line->remark = fault_text(arena, &file->faults.items[0]);
        }
        *good = *good && file->tenant && strcmp(line->state, "disabled") != 0;
    }
    for (size_t r = 0; r < row_count; r++) {
        if (!used[r]) {
            lines[count] = (struct line){.name = rows[r].name};
            fill_from_row(arena, &lines[count], &rows[r]);
            lines[count].state = "removed";
            lines[count++].remark = "no file any more; its data is kept";
        }
    }
    return count;
}

static void mark_suspended(struct arena *arena, const struct suspension *list, size_t suspended,
                           struct line *lines, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct suspension *s = suspension_of(list, suspended, lines[i].name);
        if (!s)
            continue;
        lines[i].suspended = since_text(arena, s->at_ms);
        lines[i].remark =
            arena_printf(arena, "suspended since %s%s%s%s%s", lines[i].suspended, s->reason ? ": " : "",
                         s->reason ? s->reason : "", *lines[i].remark ? "; " : "", lines[i].remark);
    }
}

static void print_lines(const struct command_context *context, const struct line *lines, size_t count)
{
    if (context->json) {
        json_t *stores = json_array();
        for (size_t i = 0; i < count; i++)
            json_array_append_new(
                stores, json_pack("{s:s, s:s, s:s, s:s, s:s, s:b}", "bot_store_name", lines[i].name, "state",
                                  lines[i].state, "bot", lines[i].bot, "since", lines[i].since, "remark",
                                  lines[i].remark, "suspended", lines[i].suspended != NULL));
        output_json(json_pack("{s:o}", "stores", stores));
        return;
    }
    const char **cells = ARENA_ARRAY(context->arena, const char *, (count + 1) * COLUMNS);
    static const char *const heading[COLUMNS] = {"STORE", "STATE", "BOT", "SINCE", "REMARK"};
    memcpy(cells, heading, sizeof heading);
    for (size_t i = 0; i < count; i++) {
        const char *row[COLUMNS] = {lines[i].name, lines[i].state, lines[i].bot, lines[i].since,
                                    lines[i].remark};
        memcpy(&cells[(i + 1) * COLUMNS], row, sizeof row);
    }
    output_table(cells, count + 1, COLUMNS);
}

static int run(struct command_context *context)
{
    struct command_setup setup;
    struct tenant_list list;
    if (!command_read_setup(context, &setup) || !command_read_tenants(context, &setup, &list))
        return COMMAND_FAILED;
    auto_db struct db *db = NULL;
    struct error err;
    struct enrolled_store *rows;
    struct suspension *suspensions;
    size_t row_count, suspended;
    bool good = true;
    if (database_open(&setup, &db, &err) && enrolled_stores(context->arena, db, &rows, &row_count, &err) &&
        suspension_read(context->arena, db, &suspensions, &suspended, &err)) {
        struct line *lines = ARENA_ARRAY(context->arena, struct line, list.count + row_count);
        size_t count = make_lines(context->arena, &list, rows, row_count, lines, &good);
        mark_suspended(context->arena, suspensions, suspended, lines, count);
        print_lines(context, lines, count);
    } else {
        output_error(context, &err);
        good = false;
    }
    tenants_release(&list);
    return good ? COMMAND_OK : COMMAND_FAILED;
}

const struct command command_tenants = {
    "tenants", "", "list the stores with their state", 0, run,
};
