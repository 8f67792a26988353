#include "hosting/reload_audit.h"

#include "base/json.h"
#include "base/log.h"
#include "work/audit.h"

static void write_down(struct work *work, void *argument)
{
    struct error err;
    const struct audit_entry entry = {.event = "config.reloaded", .actor = "operator", .detail = argument};
    bool begun = work_begin(work, &err);
    if (!begun)
        json_decref(argument);
    if (!begun || !audit_add(work, &entry, &err) || !work_commit(work, &err))
        log_error(NULL, "a reload is not in the audit trail: %s", err.text);
    work_end(work);
}

static void add_names(json_t *detail, const char *key, const struct reload_names *names)
{
    if (!names->count)
        return;
    json_t *list = json_array();
    for (size_t i = 0; i < names->count; i++)
        json_array_append_new(list, json_string(names->items[i]));
    json_object_set_new(detail, key, list);
}

void reload_audit(struct lane_store *server, const struct reload_report *report)
{
    json_t *detail = json_object();
    add_names(detail, "added", &report->added);
    add_names(detail, "changed", &report->changed);
    add_names(detail, "removed", &report->removed);
    if (json_object_size(detail))
        lane_submit_internal(server, write_down, detail);
    else
        json_decref(detail);
}
