#include "html.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

enum { DEEPEST = 64 };

/* What the parser's tags become; "" where the type depends on attributes. */
static const struct tag {
    const char *name;
    const char *entity;
} tags[] = {
    {"b", "bold"},
    {"strong", "bold"},
    {"i", "italic"},
    {"em", "italic"},
    {"u", "underline"},
    {"ins", "underline"},
    {"s", "strikethrough"},
    {"strike", "strikethrough"},
    {"del", "strikethrough"},
    {"span", "spoiler"},
    {"tg-spoiler", "spoiler"},
    {"a", "text_link"},
    {"code", "code"},
    {"pre", "pre"},
    {"blockquote", "blockquote"},
    {"tg-emoji", "custom_emoji"},
};

struct open_tag {
    const struct tag *tag;
    const char *argument; /* href, language, emoji-id, "expandable"; or NULL */
    size_t entity_begin;  /* UTF-16 units */
    size_t text_begin;    /* bytes */
};

struct parser {
    struct arena *arena;
    const char *html;
    size_t at;
    struct str text;
    size_t units; /* of the text so far */
    struct open_tag open[DEEPEST];
    size_t depth;
    json_t *entities;
};

static void put(struct parser *p, uint32_t point)
{
    char utf8[4];
    size_t n = 0;
    if (point < 0x80) {
        utf8[n++] = (char)point;
    } else if (point < 0x800) {
        utf8[n++] = (char)(0xc0 | point >> 6);
    } else if (point < 0x10000) {
        utf8[n++] = (char)(0xe0 | point >> 12);
        utf8[n++] = (char)(0x80 | (point >> 6 & 0x3f));
    } else {
        utf8[n++] = (char)(0xf0 | point >> 18);
        utf8[n++] = (char)(0x80 | (point >> 12 & 0x3f));
        utf8[n++] = (char)(0x80 | (point >> 6 & 0x3f));
    }
    if (point >= 0x80)
        utf8[n++] = (char)(0x80 | (point & 0x3f));
    str_add_bytes(&p->text, utf8, n);
    p->units += point >= 0x10000 ? 2 : 1;
}

/* &lt; &gt; &amp; &quot; &#60; &#x3c;, the semicolon may be missing. Gives the length of what was read, or 0.
 */
static size_t read_reference(const char *at, uint32_t *point_out)
{
    static const struct {
        const char *name;
        uint32_t point;
    } named[] = {{"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}};
    size_t end = 1;
    uint32_t point = 0;
    if (at[1] == '#') {
        bool is_hex = at[2] == 'x';
        char *stop;
        const char *digits = at + 2 + is_hex;
        if (!(is_hex ? isxdigit((unsigned char)*digits) : isdigit((unsigned char)*digits)))
            return 0;
        unsigned long value = strtoul(digits, &stop, is_hex ? 16 : 10);
        if (value == 0 || value >= 0x10ffff || (value >= 0xd800 && value <= 0xdfff) || stop - digits > 9)
            return 0;
        point = (uint32_t)value;
        end = (size_t)(stop - at);
    } else {
        while (isalpha((unsigned char)at[end]))
            end++;
        for (size_t i = 0; i < sizeof named / sizeof *named; i++)
            if (end - 1 == strlen(named[i].name) && strncmp(at + 1, named[i].name, end - 1) == 0)
                point = named[i].point;
        if (!point)
            return 0;
    }
    *point_out = point;
    return at[end] == ';' ? end + 1 : end;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip_spaces(struct parser *p)
{
    while (is_space(p->html[p->at]))
        p->at++;
}

static const struct tag *tag_find(const char *name)
{
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
        if (strcmp(tags[i].name, name) == 0)
            return &tags[i];
    return NULL;
}

static char *lower(char *text)
{
    for (char *c = text; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return text;
}

static bool read_value(struct parser *p, const char *tag, size_t begin, const char **value_out,
                       struct error *err)
{
    struct str value = STR_INIT(p->arena);
    char quote = p->html[p->at];
    if (quote != '"' && quote != '\'') {
        size_t from = p->at;
        while (isalnum((unsigned char)p->html[p->at]) || p->html[p->at] == '.' || p->html[p->at] == '-')
            p->at++;
        if (p->at == from)
            return error_set(err, ERR_INVALID,
                             "Unexpected end of name token in the tag \"%s\" at byte offset %zu", tag, begin);
        *value_out = lower(arena_memdup(p->arena, p->html + from, p->at - from));
        return true;
    }
    for (p->at++; p->html[p->at] && p->html[p->at] != quote;) {
        uint32_t point;
        size_t length = p->html[p->at] == '&' ? read_reference(p->html + p->at, &point) : 0;
        if (length > 0 && point < 0x80) {
            char c = (char)point;
            str_add_bytes(&value, &c, 1);
            p->at += length;
        } else {
            str_add_bytes(&value, p->html + p->at++, 1);
        }
    }
    if (!p->html[p->at])
        return error_set(err, ERR_INVALID, "Unclosed start tag at byte offset %zu", begin);
    p->at++;
    *value_out = str_done(&value);
    return true;
}

/* What an attribute says about its tag; unknown ones are ignored, as Telegram does. */
static void take_attribute(struct parser *p, struct open_tag *open, const char *name, const char *value)
{
    const char *tag = open->tag->name;
    if ((strcmp(tag, "a") == 0 && strcmp(name, "href") == 0) ||
        (strcmp(tag, "tg-emoji") == 0 && strcmp(name, "emoji-id") == 0))
        open->argument = value;
    else if (strcmp(tag, "code") == 0 && strcmp(name, "class") == 0 && str_starts_with(value, "language-"))
        open->argument = value + strlen("language-");
    else if (strcmp(tag, "span") == 0 && strcmp(name, "class") == 0 && str_starts_with(value, "tg-"))
        open->argument = value;
    else if (strcmp(tag, "blockquote") == 0 && strcmp(name, "expandable") == 0)
        open->argument = "expandable";
}

static bool read_attributes(struct parser *p, struct open_tag *open, size_t begin, struct error *err)
{
    const char *tag = open->tag->name;
    for (;;) {
        skip_spaces(p);
        if (!p->html[p->at])
            return error_set(err, ERR_INVALID, "Unclosed start tag at byte offset %zu", begin);
        if (p->html[p->at] == '>')
            break;
        size_t from = p->at;
        while (p->html[p->at] && !is_space(p->html[p->at]) && p->html[p->at] != '=' && p->html[p->at] != '>')
            p->at++;
        if (p->at == from)
            return error_set(err, ERR_INVALID, "Empty attribute name in the tag \"%s\" at byte offset %zu",
                             tag, begin);
        const char *name = lower(arena_memdup(p->arena, p->html + from, p->at - from));
        skip_spaces(p);
        const char *value = "";
        if (p->html[p->at] == '=') {
            p->at++;
            skip_spaces(p);
            if (!read_value(p, tag, begin, &value, err))
                return false;
        } else if (strcmp(tag, "blockquote") != 0) {
            return error_set(
                err, ERR_INVALID,
                "Expected equal sign in declaration of an attribute of the tag \"%s\" at byte offset %zu",
                tag, begin);
        }
        take_attribute(p, open, name, value);
    }
    p->at++;
    if (strcmp(tag, "span") == 0 && !str_equal(open->argument, "tg-spoiler"))
        return error_set(err, ERR_INVALID, "Tag \"span\" must have class \"tg-spoiler\" at byte offset %zu",
                         begin);
    return true;
}

static bool start_tag(struct parser *p, struct error *err)
{
    size_t begin = p->at++;
    size_t from = p->at;
    while (p->html[p->at] && !is_space(p->html[p->at]) && p->html[p->at] != '>')
        p->at++;
    if (!p->html[p->at])
        return error_set(err, ERR_INVALID, "Unclosed start tag at byte offset %zu", begin);
    const char *name = lower(arena_memdup(p->arena, p->html + from, p->at - from));
    const struct tag *tag = tag_find(name);
    if (!tag)
        return error_set(err, ERR_INVALID, "Unsupported start tag \"%.60s\" at byte offset %zu", name, begin);
    if (p->depth == DEEPEST)
        return error_set(err, ERR_INVALID, "Too many nested tags at byte offset %zu", begin);
    struct open_tag *open = &p->open[p->depth];
    *open = (struct open_tag){.tag = tag, .entity_begin = p->units, .text_begin = p->text.length};
    if (!read_attributes(p, open, begin, err))
        return false;
    p->depth++;
    return true;
}

static bool inside(const struct parser *p, const char *entity)
{
    for (size_t i = 0; i < p->depth; i++)
        if (strcmp(p->open[i].tag->entity, entity) == 0)
            return true;
    return false;
}

static void add_entity(struct parser *p, const struct open_tag *open)
{
    const char *type = open->tag->entity;
    const char *argument = open->argument;
    /* code and pre hold no other entities; <pre><code class="language-x"> is one pre with a language. */
    if (strcmp(type, "code") == 0 && p->depth > 0 && strcmp(p->open[p->depth - 1].tag->entity, "pre") == 0) {
        if (argument)
            p->open[p->depth - 1].argument = argument;
        return;
    }
    if (p->units == open->entity_begin || inside(p, "code") || inside(p, "pre"))
        return;
    if (strcmp(type, "blockquote") == 0 && argument)
        type = "expandable_blockquote";
    const char *url = NULL;
    if (strcmp(type, "text_link") == 0) {
        url = argument && *argument ? argument : p->text.text + open->text_begin;
        if (str_starts_with(url, "tg://user?id="))
            type = "text_mention";
        else if (!str_starts_with(url, "http://") && !str_starts_with(url, "https://") &&
                 !str_starts_with(url, "tg://") && !strchr(url, '.'))
            return; /* not an address: Telegram leaves the text without a link */
    }
    json_t *entity = json_pack("{s:s,s:I,s:I}", "type", type, "offset", (json_int_t)open->entity_begin,
                               "length", (json_int_t)(p->units - open->entity_begin));
    if (url)
        json_object_set_new(entity, "url", json_string(url));
    if (strcmp(type, "pre") == 0 && argument)
        json_object_set_new(entity, "language", json_string(argument));
    if (strcmp(type, "custom_emoji") == 0 && argument)
        json_object_set_new(entity, "custom_emoji_id", json_string(argument));
    json_array_append_new(p->entities, entity);
}

static bool end_tag(struct parser *p, struct error *err)
{
    size_t begin = p->at;
    p->at += 2;
    size_t from = p->at;
    while (p->html[p->at] && !is_space(p->html[p->at]) && p->html[p->at] != '>')
        p->at++;
    const char *name = lower(arena_memdup(p->arena, p->html + from, p->at - from));
    skip_spaces(p);
    if (p->depth == 0)
        return error_set(err, ERR_INVALID, "Unexpected end tag at byte offset %zu", begin);
    if (p->html[p->at] != '>')
        return error_set(err, ERR_INVALID, "Unclosed end tag at byte offset %zu", begin);
    p->at++;
    struct open_tag *open = &p->open[p->depth - 1];
    if (*name && strcmp(name, open->tag->name) != 0)
        return error_set(err, ERR_INVALID,
                         "Unmatched end tag at byte offset %zu, expected \"</%s>\", found \"</%.60s>\"",
                         begin, open->tag->name, name);
    p->depth--;
    add_entity(p, open);
    return true;
}

static int by_offset(const void *a, const void *b)
{
    json_int_t x = json_integer_value(json_object_get(*(json_t *const *)a, "offset"));
    json_int_t y = json_integer_value(json_object_get(*(json_t *const *)b, "offset"));
    if (x != y)
        return x < y ? -1 : 1;
    x = json_integer_value(json_object_get(*(json_t *const *)a, "length"));
    y = json_integer_value(json_object_get(*(json_t *const *)b, "length"));
    return x == y ? 0 : x > y ? -1 : 1;
}

/* Entities end in the order of their end tags; Telegram gives them in the order of their beginnings. */
static json_t *sorted(struct arena *arena, json_t *entities)
{
    size_t count = json_array_size(entities);
    json_t **items = ARENA_ARRAY(arena, json_t *, count + 1);
    json_t *result = json_array();
    for (size_t i = 0; i < count; i++)
        items[i] = json_array_get(entities, i);
    qsort(items, count, sizeof *items, by_offset);
    for (size_t i = 0; i < count; i++)
        json_array_append(result, items[i]);
    json_decref(entities);
    return result;
}

static bool parse(struct parser *p, struct error *err)
{
    while (p->html[p->at]) {
        const char *at = p->html + p->at;
        uint32_t point;
        size_t length;
        if (*at == '<') {
            if (!(at[1] == '/' ? end_tag(p, err) : start_tag(p, err)))
                return false;
        } else if (*at == '&' && (length = read_reference(at, &point)) > 0) {
            put(p, point);
            p->at += length;
        } else {
            length = str_utf8_decode(at, strnlen(at, 4), &point);
            if (length == 0)
                return error_set(err, ERR_INVALID, "Text must be encoded in UTF-8");
            put(p, point);
            p->at += length;
        }
    }
    if (p->depth > 0)
        return error_set(err, ERR_INVALID, "Can't find end tag corresponding to start tag \"%s\"",
                         p->open[p->depth - 1].tag->name);
    return true;
}

bool html_parse(struct arena *arena, const char *html, char **text_out, json_t **entities_out,
                struct error *err)
{
    struct parser p = {.arena = arena, .html = html, .text = STR_INIT(arena), .entities = json_array()};
    str_add(&p.text, "");
    if (!parse(&p, err)) {
        json_decref(p.entities);
        return false;
    }
    *text_out = str_done(&p.text);
    *entities_out = sorted(arena, p.entities);
    return true;
}

void html_trim(char *text, json_t *entities)
{
    size_t n = 0;
    for (const char *c = text; *c; c++) /* one unit stays one unit, so that the offsets stay true */
        text[n++] = (unsigned char)*c < ' ' && *c != '\n' ? ' ' : *c;
    while (n > 0 && is_space(text[n - 1]))
        n--;
    text[n] = '\0';
    size_t cut = strspn(text, " \n");
    memmove(text, text + cut, n - cut + 1);

    json_int_t total = (json_int_t)str_utf16_length(text);
    for (size_t i = json_array_size(entities); i-- > 0;) {
        json_t *entity = json_array_get(entities, i);
        json_int_t begin = json_integer_value(json_object_get(entity, "offset")) - (json_int_t)cut;
        json_int_t end = begin + json_integer_value(json_object_get(entity, "length"));
        begin = begin < 0 ? 0 : begin;
        end = end > total ? total : end;
        if (end <= begin) {
            json_array_remove(entities, i);
            continue;
        }
        json_object_set_new(entity, "offset", json_integer(begin));
        json_object_set_new(entity, "length", json_integer(end - begin));
    }
}
