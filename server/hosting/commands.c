#include "hosting/commands.h"

#include <unistd.h>

#include "base/json.h"

static json_t *names_json(const struct reload_names *names)
{
    json_t *list = json_array();
    for (size_t i = 0; i < names->count; i++)
        json_array_append_new(list, json_string(names->items[i]));
    return list;
}

static json_t *faults_json(struct arena *arena, const struct faults *faults)
{
    json_t *list = json_array();
    for (size_t i = 0; i < faults->count; i++) {
        const struct fault *fault = &faults->items[i];
        json_array_append_new(list,
                              json_pack("{s:o, s:i, s:o, s:o}", "file", json_string_of(arena, fault->file),
                                        "line", fault->line, "key", json_string_of(arena, fault->key), "text",
                                        json_string_of(arena, fault->text)));
    }
    return list;
}

/* {"added": […], "changed": […], "removed": […], "unchanged": N, "faults": [{file, line, key, text}],
 * "restart_for": a key of conf/lapak.yaml, or null} */
static json_t *run_reload(void *context, struct arena *arena, const json_t *request, struct error *err)
{
    struct command_room *room = context;
    struct reload_report report;
    reload_run(room->reload, arena, &report);
    return json_pack("{s:o, s:o, s:o, s:I, s:o, s:s?}", "added", names_json(&report.added), "changed",
                     names_json(&report.changed), "removed", names_json(&report.removed), "unchanged",
                     (json_int_t)report.unchanged, "faults", faults_json(arena, &report.faults),
                     "restart_for", report.restart_for);
}

/* {"version", "pid", "since" (ms since 1970), "stores", "live", "disabled", "suspended"} */
static json_t *run_status(void *context, struct arena *arena, const json_t *request, struct error *err)
{
    struct command_room *room = context;
    struct service_figures f = service_figures(room->service);
    return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I}", "version", LAPAK_VERSION, "pid",
                     (json_int_t)getpid(), "since", (json_int_t)room->started_ms, "stores",
                     (json_int_t)f.hosted, "live", (json_int_t)f.live, "disabled", (json_int_t)f.disabled,
                     "suspended", (json_int_t)f.suspended);
}

const struct control_command host_commands[] = {
    {"reload", run_reload},
    {"status", run_status},
};
const size_t host_command_count = sizeof host_commands / sizeof *host_commands;
