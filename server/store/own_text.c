#include "store/own_text.h"

#include <string.h>

#include "base/json.h"
#include "base/str.h"

#define PREFIX "text:"

struct own_texts {
    const struct text_template *templates[TEXT_OWN_COUNT];
    const char *photos[TEXT_OWN_COUNT];
    size_t broken_count;
    struct own_text_broken *broken;
};

const char *own_text_setting(struct arena *arena, enum text_key key)
{
    return arena_printf(arena, PREFIX "%s", text_name(key));
}

bool own_text_key(const char *setting, enum text_key *key_out)
{
    enum text_key key;
    if (!str_starts_with(setting, PREFIX) || !text_find(setting + strlen(PREFIX), &key) ||
        key >= TEXT_OWN_COUNT)
        return false;
    *key_out = key;
    return true;
}

json_t *own_text_value(const struct own_text *own)
{
    if (!own->text && !own->photo)
        return NULL;
    json_t *json = json_object();
    if (own->text)
        json_object_set_new(json, "text", json_string(own->text));
    if (own->photo)
        json_object_set_new(json, "photo", json_string(own->photo));
    return json;
}

static const char *member(struct arena *arena, const json_t *json, const char *name)
{
    const char *text;
    return json_get_string(json, name, &text) && *text ? arena_strdup(arena, text) : NULL;
}

struct own_text own_text_read(struct arena *arena, const char *json)
{
    auto_json json_t *value = json ? json_loads(json, 0, NULL) : NULL;
    return (struct own_text){.text = member(arena, value, "text"), .photo = member(arena, value, "photo")};
}

static void add(struct own_texts *texts, struct arena *arena, const struct setting *row, enum text_key key)
{
    struct own_text own = own_text_read(arena, row->json);
    struct text_fault fault;
    texts->photos[key] = own.photo;
    if (own.text && text_check(key, own.text, &fault))
        texts->templates[key] = text_compile(arena, own.text);
    else if (own.text)
        texts->broken[texts->broken_count++] = (struct own_text_broken){row, key, fault};
}

const struct own_texts *own_texts_build(struct arena *arena, const struct setting *rows, size_t count)
{
    struct own_texts *texts = NULL;
    enum text_key key;
    for (size_t i = 0; i < count; i++) {
        if (!own_text_key(rows[i].key, &key))
            continue;
        if (!texts) {
            texts = ARENA_NEW(arena, struct own_texts);
            texts->broken = ARENA_ARRAY(arena, struct own_text_broken, count);
        }
        add(texts, arena, &rows[i], key);
    }
    return texts;
}

const struct text_template *own_text_template(const struct work *work, enum text_key key)
{
    const struct own_texts *texts = settings_of(work)->texts;
    return texts && key < TEXT_OWN_COUNT ? texts->templates[key] : NULL;
}

const char *own_text_photo(const struct work *work, enum text_key key)
{
    const struct own_texts *texts = settings_of(work)->texts;
    return texts && key < TEXT_OWN_COUNT ? texts->photos[key] : NULL;
}

size_t own_text_broken(const struct work *work, const struct own_text_broken **broken_out)
{
    const struct own_texts *texts = settings_of(work)->texts;
    *broken_out = texts ? texts->broken : NULL;
    return texts ? texts->broken_count : 0;
}
