#include "watch/alerts.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/log.h"

static const struct alert_teller *teller;

void alerts_set_teller(const struct alert_teller *table)
{
    teller = table;
}

void alert_raise(const char *store, enum alert_kind kind, const char *subject, const char *detail, ...)
{
    char text[400];
    va_list values;
    va_start(values, detail);
    vsnprintf(text, sizeof text, detail, values);
    va_end(values);
    log_warn(store, "alert: %s %s: %s", alert_kind_name(kind), subject, text);
}

void alert_clear(const char *store, enum alert_kind kind, const char *subject)
{
}

void alert_clear_store(const char *store)
{
}

void alerts_start(struct lanes *lanes)
{
}

void alerts_stop(void)
{
}
