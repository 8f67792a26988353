#include "tenants/fault.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

enum { MOST_FAULTS = 100, MOST_KEY = 80 };

/* A key as it may be shown on a terminal: somebody else may have written it. */
static char *printable(struct arena *arena, const char *key)
{
    char *text = str_utf8_cut(arena, key, MOST_KEY);
    for (char *p = text; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = '?';
    return text;
}

static void append(struct faults *faults, struct fault fault)
{
    if (faults->count == faults->capacity) {
        faults->capacity = faults->capacity ? faults->capacity * 2 : 8;
        struct fault *items = ARENA_ARRAY(faults->arena, struct fault, faults->capacity);
        if (faults->count)
            memcpy(items, faults->items, faults->count * sizeof *items);
        faults->items = items;
    }
    faults->items[faults->count++] = fault;
}

void fault_add(struct faults *faults, const char *file, int line, const char *key, const char *format, ...)
{
    if (faults_full(faults))
        return;
    struct fault fault = {.file = arena_strdup(faults->arena, file),
                          .line = line,
                          .key = printable(faults->arena, key),
                          .text = "more is wrong from here on; only the first 100 faults are listed"};
    if (faults->count < MOST_FAULTS) {
        va_list args;
        va_start(args, format);
        fault.text = arena_vprintf(faults->arena, format, args);
        va_end(args);
    }
    append(faults, fault);
}

bool faults_full(const struct faults *faults)
{
    return faults->count > MOST_FAULTS;
}

void faults_append(struct faults *faults, const struct faults *more)
{
    for (size_t i = 0; i < more->count; i++) {
        const struct fault *fault = &more->items[i];
        fault_add(faults, fault->file, fault->line, fault->key, "%s", fault->text);
    }
}

void fault_add_yaml(struct faults *faults, const char *file, const struct error *err)
{
    const char *text = err->text;
    int line = 0;
    if (str_starts_with(text, file) && text[strlen(file)] == ':') {
        char *end;
        text += strlen(file) + 1;
        long number = strtol(text, &end, 10);
        if (end > text && *end == ':') {
            line = (int)number;
            text = end + 1;
        }
        text += strspn(text, " ");
    }
    fault_add(faults, file, line, "", "%s", text);
}

char *fault_text(struct arena *arena, const struct fault *fault)
{
    struct str s = STR_INIT(arena);
    str_add(&s, fault->file);
    if (fault->line > 0)
        str_addf(&s, ":%d", fault->line);
    if (*fault->key)
        str_addf(&s, ": %s", fault->key);
    str_addf(&s, ": %s", fault->text);
    return str_done(&s);
}

void faults_sort(struct faults *faults)
{
    for (size_t i = 1; i < faults->count; i++) {
        struct fault fault = faults->items[i];
        size_t at = i;
        for (; at > 0 && faults->items[at - 1].line > fault.line; at--)
            faults->items[at] = faults->items[at - 1];
        faults->items[at] = fault;
    }
}
