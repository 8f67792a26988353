#include "watch/alerts.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/log.h"

static const char *const names[] = {
#define ALERT_NAME(id, name, severity, recovers, window) name,
    ALERT_KINDS(ALERT_NAME)
#undef ALERT_NAME
};

void alert_raise(const char *store, enum alert_kind kind, const char *subject, const char *detail, ...)
{
    char text[400];
    va_list values;
    va_start(values, detail);
    vsnprintf(text, sizeof text, detail, values);
    va_end(values);
    log_warn(store, "alert: %s %s: %s", names[kind], subject, text);
}

void alert_clear(const char *store, enum alert_kind kind, const char *subject)
{
}

void alerts_start(struct lanes *lanes)
{
}

void alerts_stop(void)
{
}
