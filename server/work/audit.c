#include "work/audit.h"

#include "base/json.h"

bool audit_add(struct work *work, const struct audit_entry *entry, struct error *err)
{
    auto_json json_t *detail = entry->detail;
    return true;
}

void audit_note(struct lane_store *store, const char *event, const char *subject)
{
}
