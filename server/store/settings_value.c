/* Values of settings: those in force, those of the file, and which go together. */
#include <string.h>

#include "base/json.h"
#include "store/internal.h"
#include "store/settings.h"

static json_t *value_at(const struct setting_definition *definition, const void *tenant, const void *settings)
{
    const char *at = (const char *)(definition->in_tenant ? tenant : settings) + definition->offset;
    if (definition->kind == SETTING_FLAG)
        return json_boolean(*(const bool *)at);
    if (definition->kind == SETTING_NUMBER)
        return json_integer(*(const int64_t *)at);
    const char *text = *(const char *const *)at;
    return text ? json_string(text) : NULL;
}

json_t *settings_value(const struct work *work, const struct setting_definition *definition)
{
    return value_at(definition, work->tenant, settings_of(work));
}

json_t *settings_default(const struct work *work, const struct setting_definition *definition)
{
    return value_at(definition, work->file, &settings_nothing);
}

static int64_t number_at(const struct tenant *tenant, const struct setting_definition *definition)
{
    return *(const int64_t *)((const char *)tenant + definition->offset);
}

static void take_from(struct tenant *tenant, const struct tenant *file,
                      const struct setting_definition *definition)
{
    *(int64_t *)((char *)tenant + definition->offset) = number_at(file, definition);
}

void settings_settle(struct settings *settings, const struct tenant *file)
{
    struct tenant *tenant = &settings->tenant;
    for (size_t i = 0; i < settings_definition_count; i++) {
        const struct setting_definition *least = &settings_definitions[i];
        if (!least->not_above)
            continue;
        const struct setting_definition *most = settings_definition(least->not_above);
        if (number_at(tenant, least) <= number_at(tenant, most))
            continue;
        take_from(tenant, file, least);
        take_from(tenant, file, most);
    }
}

/* The number in a row, or the one it is without. */
static int64_t number_of(const struct work *work, const struct setting_definition *definition,
                         const json_t *value)
{
    auto_json json_t *of_file = value ? NULL : settings_default(work, definition);
    return json_integer_value(value ? value : of_file);
}

bool settings_goes_together(struct work *work, const struct setting_definition *definition,
                            const json_t *value, bool *together_out, struct error *err)
{
    const char *name = definition->not_above ? definition->not_above : definition->not_below;
    struct setting row;
    if (!name) {
        *together_out = true;
        return true;
    }
    if (!settings_read(work, name, false, &row, err))
        return false;
    const struct setting_definition *other = settings_definition(name);
    auto_json json_t *set = row.json ? json_loads(row.json, JSON_DECODE_ANY, NULL) : NULL;
    bool is_set = set && settings_is_valid(other, set);
    int64_t one = number_of(work, definition, value), two = number_of(work, other, is_set ? set : NULL);
    *together_out = definition->not_above ? one <= two : one >= two;
    return true;
}
