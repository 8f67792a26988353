#include "tenants/key.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/str.h"
#include "tenants/key_value.h"

enum { MOST_VALUE = 64 };

struct reader {
    struct arena *arena;
    const struct key_table *table;
    const char *file;
    const struct env *env;
    unsigned char *values;
    struct faults *faults;
    bool *done; /* by row: written in the file, or already complained of */
};

/* What every list in a configuration looks like: struct key_ids, key_texts, key_addresses. */
struct list {
    size_t count;
    void *items;
};
static_assert(sizeof(struct list) == sizeof(struct key_ids) &&
                  sizeof(struct list) == sizeof(struct key_texts) &&
                  sizeof(struct list) == sizeof(struct key_addresses),
              "lists look alike");

static void complain(struct reader *r, int line, const char *key, const char *text)
{
    fault_add(r->faults, r->file, line, key, "%s", text);
}

/* --- variables --- */

/* Length of a `${NAME}` at the start of the text, or 0. */
static size_t variable_length(const char *text)
{
    const char *close = str_starts_with(text, "${") ? strchr(text, '}') : NULL;
    return close && env_is_name(text + 2, (size_t)(close - text) - 2) ? (size_t)(close - text) + 1 : 0;
}

static bool is_variable(const char *text)
{
    size_t length = variable_length(text);
    return length > 0 && text[length] == '\0';
}

/* The value of the `${NAME}` of this length, or NULL with the complaint. */
static const char *variable_value(struct reader *r, const char *text, size_t length, const char **why_out)
{
    const char *name = arena_memdup(r->arena, text + 2, length - 3);
    for (const char *const *word = r->table->forbidden; word && *word; word++) {
        if (strcmp(*word, name) == 0) {
            *why_out = arena_printf(r->arena, "${%s} is the server's own and may not stand here", name);
            return NULL;
        }
    }
    const char *value = env_get(r->env, name);
    if (!value)
        *why_out = arena_printf(r->arena, "${%s} is not set in %s", name, env_places(r->arena, r->env));
    else if (!*value)
        *why_out = arena_printf(r->arena, "${%s} is set, but empty", name);
    else if (!str_is_utf8(value, strlen(value)))
        *why_out = arena_printf(r->arena, "${%s} is not UTF-8", name);
    else
        return value;
    return NULL;
}

/* The text with its variables in, or NULL with the complaint. What comes out of a variable is not looked at
 * again. */
static const char *expand(struct reader *r, const char *text, const char **why_out)
{
    struct str s = STR_INIT(r->arena);
    for (const char *dollar; (dollar = strstr(text, "${"));) {
        size_t length = variable_length(dollar);
        if (length == 0) {
            *why_out = "${ must be followed by the name of a variable and }";
            return NULL;
        }
        const char *value = variable_value(r, dollar, length, why_out);
        if (!value)
            return NULL;
        str_add_bytes(&s, text, (size_t)(dollar - text));
        str_add(&s, value);
        text = dollar + length;
    }
    str_add(&s, text);
    return str_done(&s);
}

/* --- values --- */

/* A scalar of the file, or an element of a list, to *target. */
static bool read_scalar(struct reader *r, const struct key *key, int line, const struct yaml_node *node,
                        void *target)
{
    struct key_scalar scalar = {.arena = r->arena, .key = key, .why = "is refused"};
    const struct key_type *type = key_type(key->kind);
    _Alignas(int64_t) unsigned char value[MOST_VALUE];
    assert(type->size <= sizeof value);
    if (node->kind != YAML_SCALAR) {
        complain(r, line, key->name,
                 type->list ? "an element must be a single value" : "must be a single value");
        return false;
    }
    bool number = key->kind == KEY_INT || key->kind == KEY_IDS || key->kind == KEY_BOOL;
    bool has_variable = strstr(node->text, "${") != NULL;
    if (node->plain && key_is_null(node->text)) {
        scalar.why = "has no value";
    } else if (key->kind == KEY_SECRET && !is_variable(node->text)) {
        scalar.why = "a secret must not be written here; put it in .env and write ${NAME}";
    } else if (number && !node->plain && !has_variable) {
        scalar.why = "must stand without quotes";
    } else {
        scalar.bare = node->plain && !has_variable;
        scalar.text = expand(r, node->text, &scalar.why);
        if (scalar.text && type->parse(&scalar, value) &&
            (!key->check || key->check(node->text, scalar.text, &scalar.why))) {
            memcpy(target, value, type->size);
            return true;
        }
    }
    complain(r, line, key->name, scalar.why);
    return false;
}

static void read_list(struct reader *r, const struct key *key, int line, const struct yaml_node *node)
{
    size_t size = key_type(key->kind)->size, count = 0;
    if (node->kind != YAML_SEQUENCE) {
        complain(r, line, key->name, "must be a list: [a, b], or [] for none");
        return;
    }
    if ((int64_t)node->count < key->least || (int64_t)node->count > key->most) {
        fault_add(r->faults, r->file, line, key->name, "must have %" PRId64 " to %" PRId64 " elements",
                  key->least, key->most);
        return;
    }
    unsigned char *items = arena_alloc(r->arena, size * node->count);
    for (size_t i = 0; i < node->count; i++) {
        const struct yaml_node *element = node->items[i].value;
        unsigned char *item = items + size * count;
        if (!read_scalar(r, key, element->line, element, item))
            continue;
        bool again = false;
        for (size_t other = 0; other < count && !again; other++)
            again = memcmp(items + size * other, item, size) == 0;
        if (again)
            complain(r, element->line, key->name, "the same element stands twice");
        count++;
    }
    struct list list = {count, items};
    memcpy(r->values + key->offset, &list, sizeof list);
}

static void read_value(struct reader *r, const struct key *key, int line, const struct yaml_node *node)
{
    if (key_type(key->kind)->list)
        read_list(r, key, line, node);
    else
        read_scalar(r, key, line, node, r->values + key->offset);
}

/* --- the tree --- */

static bool is_below(const char *name, const char *section)
{
    size_t length = strlen(section);
    return length == 0 || (str_starts_with(name, section) && name[length] == '.');
}

/* "telegram.token, telegram.admins": what may stand in a section. */
static const char *known_keys(struct reader *r, const char *section)
{
    struct str s = STR_INIT(r->arena);
    const char *last = "";
    for (size_t i = 0; i < r->table->count; i++) {
        const char *name = r->table->keys[i].name;
        if (!is_below(name, section))
            continue;
        name += *section ? strlen(section) + 1 : 0;
        const char *word = arena_memdup(r->arena, name, strcspn(name, "."));
        if (strcmp(word, last) != 0)
            str_addf(&s, "%s%s", s.length ? ", " : "", word);
        last = word;
    }
    return str_done(&s);
}

static void read_section(struct reader *r, const char *section, const struct yaml_node *mapping);

/* A key that is no row of the table: a section, or unknown. */
static void read_other(struct reader *r, const char *section, const char *name, const struct yaml_pair *pair)
{
    bool is_section = false;
    for (size_t i = 0; i < r->table->count && !strchr(pair->key, '.'); i++)
        is_section = is_section || is_below(r->table->keys[i].name, name);
    if (!is_section || !*pair->key) {
        fault_add(r->faults, r->file, pair->line, name, "unknown key; known here: %s",
                  known_keys(r, section));
    } else if (pair->value->kind == YAML_MAPPING) {
        read_section(r, name, pair->value);
    } else {
        fault_add(r->faults, r->file, pair->line, name, "must be a section of: %s", known_keys(r, name));
        for (size_t i = 0; i < r->table->count; i++)
            r->done[i] = r->done[i] || is_below(r->table->keys[i].name, name);
    }
}

static void read_section(struct reader *r, const char *section, const struct yaml_node *mapping)
{
    for (size_t p = 0; p < mapping->count && !faults_full(r->faults); p++) {
        const struct yaml_pair *pair = &mapping->items[p];
        const char *name = *section ? arena_printf(r->arena, "%s.%s", section, pair->key) : pair->key;
        size_t row = 0;
        while (row < r->table->count &&
               (strcmp(r->table->keys[row].name, name) != 0 || strchr(pair->key, '.')))
            row++;
        if (row == r->table->count) {
            read_other(r, section, name, pair);
        } else {
            r->done[row] = true;
            read_value(r, &r->table->keys[row], pair->line, pair->value);
        }
    }
}

/* The deepest pair on the way to the key; NULL where not even its first section is written. */
static const struct yaml_pair *nearest(const struct yaml_node *node, const char *name)
{
    const struct yaml_pair *found = NULL;
    while (node && node->kind == YAML_MAPPING) {
        size_t length = strcspn(name, "."), i = 0;
        while (i < node->count &&
               (strncmp(node->items[i].key, name, length) != 0 || node->items[i].key[length]))
            i++;
        if (i == node->count)
            break;
        found = &node->items[i];
        node = name[length] ? found->value : NULL;
        name += length + 1;
    }
    return found;
}

int key_line(const struct yaml_node *root, const char *name)
{
    const struct yaml_pair *pair = nearest(root, name);
    return pair ? pair->line : root->line;
}

static void use_fallback(struct reader *r, const struct key *key, const struct yaml_node *root)
{
    if (!key->fallback)
        return;
    struct yaml_node node = {.kind = YAML_SCALAR, .text = key->fallback, .plain = true};
    read_scalar(r, key, root->line, &node, r->values + key->offset);
}

bool key_read(struct arena *arena, const struct key_table *table, const char *file,
              const struct yaml_node *root, const struct env *env, void *values, struct faults *faults)
{
    size_t before = faults->count;
    struct reader r = {arena, table, file, env, values, faults, ARENA_ARRAY(arena, bool, table->count)};
    if (root->kind != YAML_MAPPING) {
        fault_add(faults, file, root->line, "", "must be a list of keys with values: %s", known_keys(&r, ""));
        return false;
    }
    read_section(&r, "", root);
    for (size_t i = 0; i < table->count; i++) {
        const struct key *key = &table->keys[i];
        if (!r.done[i] && key->required)
            complain(&r, key_line(root, key->name), key->name, "is missing");
        else if (!r.done[i])
            use_fallback(&r, key, root);
    }
    return faults->count == before;
}

static bool same_list(const struct key_type *type, const struct list *a, const struct list *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!type->same((const char *)a->items + i * type->size, (const char *)b->items + i * type->size))
            return false;
    return true;
}

const char *key_difference(const struct key_table *table, const void *a, const void *b)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct key *key = &table->keys[i];
        const struct key_type *type = key_type(key->kind);
        const char *x = (const char *)a + key->offset, *y = (const char *)b + key->offset;
        if (type->list ? !same_list(type, (const void *)x, (const void *)y) : !type->same(x, y))
            return key->name;
    }
    return NULL;
}
