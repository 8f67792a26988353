#include "store/admin_audit.h"

#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "work/audit.h"

/* The first that fits. */
static const struct audited {
    const char *action, *subject;
    const char *key; /* of a setting: how it begins */
    const char *event;
} audited[] = {
    {"set", "setting", "admin:", "role.granted"},
    {"reset", "setting", "admin:", "role.revoked"},
    {"set", "setting", "", "config.changed"},
    {"reset", "setting", "", "config.changed"},
    {"refund", "order", NULL, "money.corrected"},
    {"mark_paid", "order", NULL, "money.corrected"},
    {"cancel", "order", NULL, "money.corrected"},
    {"replace_unit", "unit", NULL, "money.corrected"},
    {"settle_mismatch", "payment", NULL, "money.corrected"},
    {"adjust_balance", "user", NULL, "money.corrected"},
    {"confirm_deposit", "deposit", NULL, "money.corrected"},
    {"reject_deposit", "deposit", NULL, "money.corrected"},
};
enum { AUDITED = sizeof audited / sizeof audited[0] };

/* Texts of these are our own words: states, a setting's name, a reference. */
static bool is_own_word(const char *name)
{
    static const char *const names[] = {"key", "state", "payment", "order", "with"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (!strcmp(names[i], name))
            return true;
    return false;
}

static json_t *told(const json_t *picture)
{
    json_t *object = json_object();
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)picture, name, value)
    {
        if (json_is_integer(value) || json_is_boolean(value) || (json_is_string(value) && is_own_word(name)))
            json_object_set(object, name, value);
    }
    return object;
}

static const struct audited *find(const struct admin_log *entry)
{
    const char *key = "";
    json_get_string(entry->after, "key", &key);
    for (size_t i = 0; i < AUDITED; i++) {
        const struct audited *row = &audited[i];
        if (!strcmp(row->action, entry->action) && !strcmp(row->subject, entry->subject) &&
            (!row->key || str_starts_with(key, row->key)))
            return row;
    }
    return NULL;
}

bool admin_audit(struct work *work, const struct admin_log *entry, struct error *err)
{
    const struct audited *row = find(entry);
    if (!row)
        return true;
    const struct audit_entry audit = {
        .event = row->event,
        .actor = audit_person(work->arena, entry->actor_id),
        .detail = json_pack("{s:s, s:s, s:I, s:o, s:o}", "action", entry->action, "subject", entry->subject,
                            "id", (json_int_t)entry->subject_id, "before", told(entry->before), "after",
                            told(entry->after)),
    };
    return audit_add(work, &audit, err);
}
