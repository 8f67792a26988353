#include "store/text.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/yaml.h"

enum {
    TEXTS_MAGIC = 0x74657874,
    LANGUAGES = 2,
    MOST_OPEN_TAGS = 16,
    MOST_PLAIN_LENGTH = 190,
    MOST_QUOTED = 40
};

const char *const text_languages[LANGUAGES + 1] = {"id", "en", NULL};

static const struct definition {
    const char *name;
    const char *placeholders;
    bool plain;
} definitions[TEXT_COUNT] = {
#define TEXT(id, name_, placeholders_)  [TEXT_##id] = {name_, placeholders_, false},
#define PLAIN(id, name_, placeholders_) [TEXT_##id] = {name_, placeholders_, true},
#include "store/text_keys.h"
#include "store/text_keys_admin.h"
#include "store/text_keys_owner.h"
#undef TEXT
#undef PLAIN
};

/* Either a stretch of the template or a placeholder's name. */
struct segment {
    const char *text;
    size_t length;
    bool is_placeholder;
};
struct text_template {
    const char *text;
    struct segment *segments;
    size_t count;
};
struct texts {
    uint32_t magic;
    struct arena *arena;
    struct text_template templates[LANGUAGES][TEXT_COUNT];
};

/* --- checks --- */

static const char *const tags[] = {"b",   "strong", "i",    "em",  "u",          "ins",        "s",
                                   "del", "strike", "code", "pre", "blockquote", "tg-spoiler", "a"};

static bool is_tag(const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++)
        if (strlen(tags[i]) == length && memcmp(tags[i], name, length) == 0)
            return true;
    return false;
}

static bool complain(struct text_fault *fault_out, enum text_fault_kind kind, const char *detail,
                     size_t length, const char *format, ...) __attribute__((format(printf, 5, 6)));
static bool complain(struct text_fault *fault_out, enum text_fault_kind kind, const char *detail,
                     size_t length, const char *format, ...)
{
    va_list args;
    *fault_out = (struct text_fault){.kind = kind};
    snprintf(fault_out->detail, sizeof fault_out->detail, "%.*s",
             (int)(length < MOST_QUOTED ? length : MOST_QUOTED), detail);
    va_start(args, format);
    vsnprintf(fault_out->why, sizeof fault_out->why, format, args);
    va_end(args);
    return false;
}

/* `at` is behind '<'; `end` at '>'. */
static bool check_opening(const char *at, const char *end, struct text_fault *fault_out)
{
    size_t name = strcspn(at, " >");
    if (!is_tag(at, name))
        return complain(fault_out, TEXT_FAULT_MARKUP, at, name, "<%.*s> is no tag Telegram knows",
                        (int)(name < 40 ? name : 40), at);
    bool is_link = name == 1 && *at == 'a';
    const char *rest = at + name;
    if (!is_link && rest != end && strncmp(at, "blockquote expandable>", 22) != 0)
        return complain(fault_out, TEXT_FAULT_MARKUP, at, name, "<%.*s> takes no attributes", (int)name, at);
    if (is_link && (strncmp(rest, " href=\"", 7) != 0 || end - rest < 9 || end[-1] != '"' ||
                    memchr(rest + 7, '"', (size_t)(end - rest - 8)) != NULL))
        return complain(fault_out, TEXT_FAULT_MARKUP, "<a", 2, "a link must be written <a href=\"…\">");
    return true;
}

static bool check_entity(const char *at)
{
    static const char *const entities[] = {"&lt;", "&gt;", "&amp;", "&quot;"};
    for (size_t i = 0; i < sizeof entities / sizeof entities[0]; i++)
        if (str_starts_with(at, entities[i]))
            return true;
    return false;
}

/* Tags that Telegram knows, closed in the order they were opened; no bare < > &. */
static bool check_html(const char *text, struct text_fault *fault_out)
{
    struct {
        const char *name;
        size_t length;
    } open[MOST_OPEN_TAGS];
    size_t depth = 0;
    for (const char *p = text; *p; p++) {
        if (*p == '&' && !check_entity(p))
            return complain(fault_out, TEXT_FAULT_MARKUP, "&", 1, "a bare & must be written &amp;");
        if (*p == '>')
            return complain(fault_out, TEXT_FAULT_MARKUP, ">", 1, "a bare > must be written &gt;");
        if (*p != '<')
            continue;
        const char *end = strchr(p, '>');
        if (!end || strspn(p + 1, "/abcdefghijklmnopqrstuvwxyz") == 0)
            return complain(fault_out, TEXT_FAULT_MARKUP, "<", 1, "a bare < must be written &lt;");
        if (p[1] == '/') {
            size_t length = (size_t)(end - p - 2);
            if (!depth || open[depth - 1].length != length ||
                memcmp(open[depth - 1].name, p + 2, length) != 0)
                return complain(fault_out, TEXT_FAULT_MARKUP, p + 1, length + 1,
                                "</%.*s> closes what is not open", (int)(length < 40 ? length : 40), p + 2);
            depth--;
        } else {
            if (!check_opening(p + 1, end, fault_out))
                return false;
            if (depth == MOST_OPEN_TAGS)
                return complain(fault_out, TEXT_FAULT_MARKUP, "<", 1, "tags are nested too deep");
            open[depth].name = p + 1;
            open[depth++].length = strcspn(p + 1, " >");
        }
        p = end;
    }
    if (depth)
        return complain(fault_out, TEXT_FAULT_MARKUP, open[depth - 1].name, open[depth - 1].length,
                        "<%.*s> is not closed", (int)open[depth - 1].length, open[depth - 1].name);
    return true;
}

static bool may_use(const char *placeholders, const char *name, size_t length)
{
    for (const char *p = placeholders; *p;) {
        size_t word = strcspn(p, " ");
        if (word == length && memcmp(p, name, length) == 0)
            return true;
        p += word;
        p += strspn(p, " ");
    }
    return false;
}

static bool check_placeholders(const struct definition *definition, const char *text,
                               struct text_fault *fault_out)
{
    for (const char *p = strpbrk(text, "{}"); p; p = strpbrk(p, "{}")) {
        size_t length = *p == '{' ? strcspn(p + 1, "{}") : 0;
        if (*p != '{' || p[1 + length] != '}')
            return complain(fault_out, TEXT_FAULT_BRACE, p, 1, "a %c stands alone", *p);
        if (!may_use(definition->placeholders, p + 1, length))
            return complain(fault_out, TEXT_FAULT_PLACEHOLDER, p + 1, length,
                            "unknown placeholder {%.*s} (%s%.100s)", (int)(length < 40 ? length : 40), p + 1,
                            *definition->placeholders ? "it may use: " : "it may use none",
                            definition->placeholders);
        p += length + 2;
    }
    return true;
}

bool text_check(enum text_key key, const char *template_text, struct text_fault *fault_out)
{
    const struct definition *definition = &definitions[key];
    if (template_text[strspn(template_text, " \t\r\n")] == '\0')
        return complain(fault_out, TEXT_FAULT_EMPTY, "", 0, "the text is empty");
    if (!str_is_utf8(template_text, strlen(template_text)))
        return complain(fault_out, TEXT_FAULT_ENCODING, "", 0, "the text is not UTF-8");
    if (!check_placeholders(definition, template_text, fault_out))
        return false;
    if (!definition->plain)
        return check_html(template_text, fault_out);
    if (str_utf16_length(template_text) > MOST_PLAIN_LENGTH)
        return complain(fault_out, TEXT_FAULT_LENGTH, "", 0,
                        "longer than %d characters, the most a button or an answer can show",
                        MOST_PLAIN_LENGTH);
    return true;
}

/* --- loading --- */

static void add_segment(struct text_template *template, const char *text, size_t length, bool is_placeholder)
{
    if (length)
        template->segments[template->count++] =
            (struct segment){.text = text, .length = length, .is_placeholder = is_placeholder};
}

/* `text` was checked and lives as long as the template. */
static void compile(struct arena *arena, const char *text, struct text_template *template_out)
{
    size_t most = 1;
    for (const char *p = text; *p; p++)
        most += *p == '{' ? 2 : 0;
    *template_out =
        (struct text_template){.text = text, .segments = ARENA_ARRAY(arena, struct segment, most)};
    const char *p = text;
    for (const char *brace = strchr(p, '{'); brace; brace = strchr(p, '{')) {
        const char *end = strchr(brace, '}');
        add_segment(template_out, p, (size_t)(brace - p), false);
        add_segment(template_out, brace + 1, (size_t)(end - brace - 1), true);
        p = end + 1;
    }
    add_segment(template_out, p, strlen(p), false);
}

/* A file's keys: from the first up to the one before the last. */
static const struct text_file {
    const char *suffix;
    size_t first, end;
} files[] = {{"", 0, TEXT_OWN_COUNT},
             {".admin", TEXT_OWN_COUNT, TEXT_ADMIN_COUNT},
             {".owner", TEXT_ADMIN_COUNT, TEXT_COUNT}};

const char *text_name(enum text_key key)
{
    return definitions[key].name;
}

const char *text_placeholders(enum text_key key)
{
    return definitions[key].placeholders;
}

bool text_is_plain(enum text_key key)
{
    return definitions[key].plain;
}

static bool find_key(const struct text_file *file, const char *name, enum text_key *key_out)
{
    for (size_t i = file->first; i < file->end; i++)
        if (strcmp(definitions[i].name, name) == 0) {
            *key_out = (enum text_key)i;
            return true;
        }
    return false;
}

bool text_find(const char *name, enum text_key *key_out)
{
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        if (find_key(&files[i], name, key_out))
            return true;
    return false;
}

static bool load_file(struct texts *texts, size_t language, const char *path, const struct text_file *file,
                      struct error *err)
{
    struct yaml_node *root;
    if (!yaml_read_file(texts->arena, path, &root, err))
        return false;
    if (root->kind != YAML_MAPPING)
        return error_set(err, ERR_INVALID, "%s:%d: not a mapping of keys to texts", path, root->line);
    struct text_template *templates = texts->templates[language];
    for (size_t i = 0; i < root->count; i++) {
        const struct yaml_pair *pair = &root->items[i];
        enum text_key key;
        struct text_fault fault;
        if (!find_key(file, pair->key, &key))
            return error_set(err, ERR_INVALID, "%s:%d: %.60s: unknown key", path, pair->line, pair->key);
        if (pair->value->kind != YAML_SCALAR)
            return error_set(err, ERR_INVALID, "%s:%d: %s: not a text", path, pair->line, pair->key);
        char *text = arena_strdup(texts->arena, pair->value->text);
        for (size_t length = strlen(text); length && text[length - 1] == '\n'; length--)
            text[length - 1] = '\0';
        if (!text_check(key, text, &fault))
            return error_set(err, ERR_INVALID, "%s:%d: %s: %s", path, pair->line, pair->key, fault.why);
        compile(texts->arena, text, &templates[key]);
    }
    for (size_t i = file->first; i < file->end; i++)
        if (!templates[i].text)
            return error_set(err, ERR_INVALID, "%s:%d: %s: missing", path, root->line, definitions[i].name);
    return true;
}

static bool load_language(struct texts *texts, size_t language, const char *directory, struct error *err)
{
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        const char *path =
            arena_printf(texts->arena, "%s/%s%s.yaml", directory, text_languages[language], files[i].suffix);
        if (!load_file(texts, language, path, &files[i], err))
            return false;
    }
    return true;
}

bool texts_load(const char *directory, struct texts **texts_out, struct error *err)
{
    struct texts *texts = xcalloc(1, sizeof *texts);
    texts->magic = TEXTS_MAGIC;
    texts->arena = arena_new();
    for (size_t i = 0; i < LANGUAGES; i++) {
        if (!load_language(texts, i, directory, err)) {
            texts_free(&texts);
            return false;
        }
    }
    *texts_out = texts;
    return true;
}

void texts_free(struct texts **texts)
{
    if (!*texts)
        return;
    assert((*texts)->magic == TEXTS_MAGIC);
    arena_free(&(*texts)->arena);
    (*texts)->magic = 0;
    freep(texts);
    *texts = NULL;
}

/* --- use --- */

static const struct text_template *find(const struct texts *texts, const char *language, enum text_key key)
{
    assert(texts->magic == TEXTS_MAGIC);
    assert(key < TEXT_COUNT);
    size_t i = LANGUAGES - 1;
    while (i && strcmp(text_languages[i], language) != 0)
        i--;
    return &texts->templates[i][key];
}

const char *text_get(const struct texts *texts, const char *language, enum text_key key)
{
    return find(texts, language, key)->text;
}

static void add_value(struct str *s, const struct segment *segment, bool plain,
                      const struct text_value *values, size_t value_count)
{
    for (size_t i = 0; i < value_count; i++) {
        if (strncmp(values[i].name, segment->text, segment->length) != 0 ||
            values[i].name[segment->length] != '\0')
            continue;
        const char *value = values[i].value ? values[i].value : "";
        if (plain || values[i].is_html)
            str_add(s, value);
        else
            str_add_html(s, value);
        return;
    }
}

static char *render(const struct text_template *template, enum text_key key, struct arena *arena,
                    const struct text_value *values, size_t value_count)
{
    struct str s = STR_INIT(arena);
    for (size_t i = 0; i < template->count; i++) {
        const struct segment *segment = &template->segments[i];
        if (segment->is_placeholder)
            add_value(&s, segment, definitions[key].plain, values, value_count);
        else
            str_add_bytes(&s, segment->text, segment->length);
    }
    return str_done(&s);
}

char *text_render(const struct texts *texts, const char *language, enum text_key key, struct arena *arena,
                  const struct text_value *values, size_t value_count)
{
    return render(find(texts, language, key), key, arena, values, value_count);
}

/* --- a store's own --- */

const struct text_template *text_compile(struct arena *arena, const char *checked)
{
    struct text_template *template = ARENA_NEW(arena, struct text_template);
    compile(arena, arena_strdup(arena, checked), template);
    return template;
}

char *text_render_own(const struct text_template *own, enum text_key key, struct arena *arena,
                      const struct text_value *values, size_t value_count)
{
    return render(own, key, arena, values, value_count);
}

const char *text_of_template(const struct text_template *own)
{
    return own->text;
}
