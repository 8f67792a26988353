#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void error_fill(struct error *err, enum error_code code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    err->code = code;
    err->retry_after = 0;
    err->answered = false;
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
}

void error_prefix(struct error *err, const char *format, ...)
{
    char inner[sizeof err->text];
    memcpy(inner, err->text, sizeof inner);
    va_list args;
    va_start(args, format);
    int n = vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    if (n >= 0 && (size_t)n < sizeof err->text - 1) {
        char *end = stpncpy(err->text + n, ": ", sizeof err->text - 1 - (size_t)n);
        stpncpy(end, inner, (size_t)(err->text + sizeof err->text - 1 - end));
        err->text[sizeof err->text - 1] = '\0';
    }
}

const char *error_code_name(enum error_code code)
{
    static const char *const names[] = {
        [ERR_NONE] = "none",           [ERR_INVALID] = "invalid",   [ERR_NOT_FOUND] = "not found",
        [ERR_CONFLICT] = "conflict",   [ERR_REFUSED] = "refused",   [ERR_RETRY] = "retry",
        [ERR_UNCERTAIN] = "uncertain", [ERR_INTERNAL] = "internal",
    };
    return names[code];
}
