#include "store/own_file.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "base/yaml.h"
#include "base/yaml_writer.h"

#define CHANNEL "channel"

/* --- going out --- */

static void export_value(struct yaml_writer *writer, const json_t *value)
{
    if (json_is_boolean(value))
        yaml_writer_flag(writer, json_is_true(value));
    else if (json_is_integer(value))
        yaml_writer_number(writer, json_integer_value(value));
    else
        yaml_writer_text(writer, json_is_string(value) ? json_string_value(value) : "");
}

static void export_settings(struct work *work, struct yaml_writer *writer)
{
    yaml_writer_key(writer, "settings");
    yaml_writer_open_mapping(writer);
    for (size_t i = 0; i < settings_definition_count; i++) {
        const struct setting *row = settings_row(work, settings_definitions[i].name);
        auto_json json_t *value = row ? json_loads(row->json, JSON_DECODE_ANY, NULL) : NULL;
        if (!value)
            continue;
        yaml_writer_key(writer, row->key);
        export_value(writer, value);
    }
    yaml_writer_close_mapping(writer);
}

static void export_texts(struct work *work, struct yaml_writer *writer, bool pictures)
{
    yaml_writer_key(writer, pictures ? "pictures" : "texts");
    yaml_writer_open_mapping(writer);
    for (int i = 0; i < TEXT_OWN_COUNT; i++) {
        const struct setting *row = settings_row(work, own_text_setting(work->arena, (enum text_key)i));
        struct own_text own = own_text_read(work->arena, row ? row->json : NULL);
        const char *value = pictures ? own.photo : own.text;
        if (!value)
            continue;
        yaml_writer_key(writer, text_name((enum text_key)i));
        yaml_writer_text(writer, value);
    }
    yaml_writer_close_mapping(writer);
}

char *own_file_export(struct work *work)
{
    struct yaml_writer *writer = yaml_writer_new(work->arena);
    yaml_writer_open_mapping(writer);
    yaml_writer_key(writer, "store");
    yaml_writer_text(writer, work->tenant->name);
    export_settings(work, writer);
    export_texts(work, writer, false);
    export_texts(work, writer, true);
    yaml_writer_close_mapping(writer);
    return yaml_writer_done(writer);
}

/* --- coming in --- */

struct reader {
    struct work *work;
    int64_t actor_id;
    own_file_is_taken *is_taken;
    bool is_own;  /* a file of this very store */
    bool writing; /* the second time through: everything was checked */
    struct own_file_result *result;
    struct error *err;
};

static void fault(struct reader *reader, int line, const char *key, enum own_file_fault_kind kind)
{
    struct own_file_result *result = reader->result;
    if (result->fault_count == OWN_FILE_MOST_FAULTS)
        return;
    result->faults[result->fault_count++] = (struct own_file_fault){
        .line = line, .key = str_utf8_cut(reader->work->arena, key, 80), .kind = kind};
}

static bool is_null(const struct yaml_node *node)
{
    return node->kind == YAML_SCALAR && node->plain &&
           (!*node->text || strcmp(node->text, "~") == 0 || strcmp(node->text, "null") == 0);
}

/* Sets it where it is another one by now. Takes the value over; NULL takes the setting back. */
static bool put(struct reader *reader, const char *key, json_t *value_taken)
{
    auto_json json_t *value = value_taken;
    struct setting now;
    if (!settings_read(reader->work, key, true, &now, reader->err))
        return false;
    auto_json json_t *before = now.json ? json_loads(now.json, JSON_DECODE_ANY, NULL) : NULL;
    if (before == value || json_equal(before, value)) {
        reader->result->same++;
        return true;
    }
    reader->result->changed++;
    return settings_put(reader->work, key, json_incref(value), now.edition, reader->actor_id, "import",
                        reader->err);
}

/* Only noted: see own_file.h. */
static bool want_channel(struct reader *reader, const json_t *value)
{
    struct own_file_result *result = reader->result;
    struct setting now;
    if (!settings_read(reader->work, CHANNEL, true, &now, reader->err))
        return false;
    auto_json json_t *before = now.json ? json_loads(now.json, JSON_DECODE_ANY, NULL) : NULL;
    if (json_equal(before, value)) {
        result->same++;
        return true;
    }
    result->channel = arena_strdup(reader->work->arena, json_string_value(value));
    result->channel_edition = now.edition;
    return true;
}

static json_t *setting_value(const struct setting_definition *definition, const struct yaml_node *node)
{
    int64_t number;
    if (node->kind != YAML_SCALAR)
        return NULL;
    switch (definition->kind) {
    case SETTING_FLAG:
        return strcmp(node->text, "true") == 0    ? json_true()
               : strcmp(node->text, "false") == 0 ? json_false()
                                                  : NULL;
    case SETTING_NUMBER:
        return str_to_int64(node->text, &number) ? json_integer(number) : NULL;
    case SETTING_LINE:
    case SETTING_LINES:
        return json_string(node->text);
    }
    return NULL;
}

static bool take_setting(struct reader *reader, const struct yaml_pair *pair)
{
    const struct setting_definition *definition = settings_definition(pair->key);
    if (!definition) {
        fault(reader, pair->line, pair->key, OWN_FILE_UNKNOWN);
        return true;
    }
    auto_json json_t *value = is_null(pair->value) ? NULL : setting_value(definition, pair->value);
    if (!is_null(pair->value) && (!value || !settings_is_valid(definition, value))) {
        fault(reader, pair->line, pair->key, OWN_FILE_VALUE);
        return true;
    }
    /* A file_id of another bot would show nothing. */
    if (!reader->is_own && value && str_starts_with(pair->key, "welcome.")) {
        reader->result->pictures_left_out += reader->writing;
        return true;
    }
    if (!reader->writing)
        return true;
    return value && strcmp(pair->key, CHANNEL) == 0 ? want_channel(reader, value)
                                                    : put(reader, pair->key, json_incref(value));
}

/* What the text will be, from its row and both sections of the file. */
static bool take_text(struct reader *reader, const struct yaml_pair *pair, bool is_picture)
{
    enum text_key key;
    struct arena *arena = reader->work->arena;
    bool unset = is_null(pair->value);
    if (!text_find(pair->key, &key) || key >= TEXT_OWN_COUNT) {
        fault(reader, pair->line, pair->key, OWN_FILE_UNKNOWN);
        return true;
    }
    if (pair->value->kind != YAML_SCALAR) {
        fault(reader, pair->line, pair->key, OWN_FILE_SYNTAX);
        return true;
    }
    struct text_fault text;
    if (!is_picture && !unset && !text_check(key, pair->value->text, &text)) {
        fault(reader, pair->line, pair->key, OWN_FILE_TEXT);
        if (reader->result->fault_count)
            reader->result->faults[reader->result->fault_count - 1].text = text;
        return true;
    }
    if (!is_picture && !unset && reader->is_taken(reader->work, key, pair->value->text)) {
        fault(reader, pair->line, pair->key, OWN_FILE_TAKEN);
        return true;
    }
    if (is_picture && !unset && !reader->is_own) {
        reader->result->pictures_left_out += reader->writing;
        return true;
    }
    if (!reader->writing)
        return true;
    struct setting now;
    if (!settings_read(reader->work, own_text_setting(arena, key), true, &now, reader->err))
        return false;
    struct own_text own = own_text_read(arena, now.json);
    *(is_picture ? &own.photo : &own.text) = unset ? NULL : pair->value->text;
    return put(reader, now.key, own_text_value(&own));
}

static bool take_section(struct reader *reader, const struct yaml_pair *section)
{
    static const char *const names[] = {"settings", "texts", "pictures"};
    size_t which = 0;
    while (which < 3 && strcmp(section->key, names[which]) != 0)
        which++;
    if (which == 3 || section->value->kind != YAML_MAPPING) {
        if (!is_null(section->value) || which == 3)
            fault(reader, section->line, section->key, which == 3 ? OWN_FILE_UNKNOWN : OWN_FILE_SYNTAX);
        return true;
    }
    for (size_t i = 0; i < section->value->count; i++) {
        const struct yaml_pair *pair = &section->value->items[i];
        if (!(which ? take_text(reader, pair, which == 2) : take_setting(reader, pair)))
            return false;
    }
    return true;
}

static bool take_all(struct reader *reader, const struct yaml_node *root)
{
    for (size_t i = 0; i < root->count; i++)
        if (strcmp(root->items[i].key, "store") != 0 && !take_section(reader, &root->items[i]))
            return false;
    return true;
}

bool own_file_import(struct work *work, const char *text, size_t length, int64_t actor_id,
                     own_file_is_taken *is_taken, struct own_file_result *result_out, struct error *err)
{
    struct own_file_result result = {0};
    struct reader reader = {
        .work = work, .actor_id = actor_id, .is_taken = is_taken, .result = &result, .err = err};
    struct yaml_node *root;
    struct error why;
    if (!yaml_read_text(work->arena, "file", text, length, &root, &why)) {
        const char *colon = strchr(why.text, ':'); /* "file:12: …" */
        fault(&reader, colon ? (int)strtol(colon + 1, NULL, 10) : 0, "", OWN_FILE_SYNTAX);
    } else if (root->kind != YAML_MAPPING) {
        fault(&reader, root->line, "", OWN_FILE_SYNTAX);
    } else {
        const struct yaml_node *store = yaml_get(root, "store");
        reader.is_own = store && store->kind == YAML_SCALAR && strcmp(store->text, work->tenant->name) == 0;
        if (!take_all(&reader, root))
            return error_context(err, "import");
        reader.writing = !result.fault_count;
        if (reader.writing && !take_all(&reader, root))
            return error_context(err, "import");
    }
    *result_out = result;
    return true;
}
