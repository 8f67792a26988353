/* The table of kinds. */
#include <string.h>

#include "watch/internal.h"

static const struct {
    const char *name;
    enum alert_severity severity;
    bool recovers;
    int window_s;
} kinds[] = {
#define ALERT_ROW(id, name, severity, recovers, window) {name, severity, recovers, window},
    ALERT_KINDS(ALERT_ROW)
#undef ALERT_ROW
};

const char *alert_kind_name(enum alert_kind kind)
{
    return kinds[kind].name;
}

enum alert_severity alert_kind_severity(enum alert_kind kind)
{
    return kinds[kind].severity;
}

bool alert_kind_recovers(enum alert_kind kind)
{
    return kinds[kind].recovers;
}

int64_t alert_window_ms(enum alert_kind kind)
{
    return (int64_t)kinds[kind].window_s * 1000;
}

enum alert_kind alert_kind_of(const char *name)
{
    for (int i = 0; i < ALERT_KIND_COUNT; i++) {
        if (strcmp(kinds[i].name, name) == 0)
            return (enum alert_kind)i;
    }
    return ALERT_ERROR;
}

const char *alert_severity_name(enum alert_severity severity)
{
    static const char *const names[] = {
        [ALERT_NOTE] = "note", [ALERT_WARNING] = "warning", [ALERT_CRITICAL] = "critical"};
    return names[severity];
}
