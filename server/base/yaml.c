#include "base/yaml.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml.h>

enum { MAX_BYTES = 16 * 1024 * 1024, MAX_DEPTH = 32 };

struct reader {
    yaml_parser_t parser;
    struct arena *arena;
    const char *name;
    struct error *err;
};

static bool fault(struct reader *r, size_t line, const char *what)
{
    return error_set(r->err, ERR_INVALID, "%s:%zu: %s", r->name, line + 1, what);
}

static bool next_event(struct reader *r, yaml_event_t *event_out)
{
    if (yaml_parser_parse(&r->parser, event_out))
        return true;
    const char *problem = r->parser.problem ? r->parser.problem : "not YAML";
    size_t line = r->parser.problem_mark.line;
    if (r->parser.error == YAML_READER_ERROR) /* the reader knows no mark */
        line = r->parser.mark.line;
    return fault(r, line, problem);
}

static bool read_node(struct reader *r, yaml_event_t *event, int depth, struct yaml_node **node_out);

static bool read_scalar(struct reader *r, const yaml_event_t *event, struct yaml_node *node)
{
    const char *value = (const char *)event->data.scalar.value;
    size_t length = event->data.scalar.length;
    if (memchr(value, '\0', length))
        return fault(r, event->start_mark.line, "a text holds a NUL character");
    node->kind = YAML_SCALAR;
    node->text = arena_memdup(r->arena, value, length);
    node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    return true;
}

static int by_key(const void *a, const void *b)
{
    const struct yaml_pair *const *x = a, *const *y = b;
    int order = strcmp((*x)->key, (*y)->key);
    return order ? order : (*x > *y) - (*x < *y);
}

static bool keys_are_unique(struct reader *r, struct yaml_node *mapping)
{
    if (mapping->count < 2)
        return true;
    auto_freep struct yaml_pair **sorted = xcalloc(mapping->count, sizeof *sorted);
    for (size_t i = 0; i < mapping->count; i++)
        sorted[i] = &mapping->items[i];
    qsort(sorted, mapping->count, sizeof(struct yaml_pair *), by_key);
    for (size_t i = 1; i < mapping->count; i++) {
        if (strcmp(sorted[i - 1]->key, sorted[i]->key) == 0)
            return error_set(r->err, ERR_INVALID, "%s:%d: %s: the key is already on line %d", r->name,
                             sorted[i]->line, sorted[i]->key, sorted[i - 1]->line);
    }
    return true;
}

static struct yaml_pair *add_item(struct reader *r, struct yaml_node *node, size_t *capacity)
{
    if (node->count == *capacity) {
        *capacity = *capacity ? *capacity * 2 : 8;
        struct yaml_pair *items = ARENA_ARRAY(r->arena, struct yaml_pair, *capacity);
        if (node->count)
            memcpy(items, node->items, node->count * sizeof *items);
        node->items = items;
    }
    return &node->items[node->count++];
}

/* Reads the key of a mapping's next pair from its event. */
static bool read_key(struct reader *r, const yaml_event_t *event, struct yaml_pair *pair)
{
    if (event->type != YAML_SCALAR_EVENT || event->data.scalar.anchor || event->data.scalar.tag)
        return fault(r, event->start_mark.line, "a key must be a plain text");
    struct yaml_node key = {0};
    if (!read_scalar(r, event, &key))
        return false;
    pair->key = key.text;
    pair->line = (int)event->start_mark.line + 1;
    return true;
}

static bool read_children(struct reader *r, int depth, struct yaml_node *node)
{
    size_t capacity = 0;
    for (;;) {
        yaml_event_t event;
        if (!next_event(r, &event))
            return false;
        if (event.type == YAML_SEQUENCE_END_EVENT || event.type == YAML_MAPPING_END_EVENT) {
            yaml_event_delete(&event);
            return node->kind == YAML_SEQUENCE || keys_are_unique(r, node);
        }
        struct yaml_pair pair = {0};
        if (node->kind == YAML_MAPPING) {
            bool good = read_key(r, &event, &pair);
            yaml_event_delete(&event);
            if (!good || !next_event(r, &event))
                return false;
        }
        if (!read_node(r, &event, depth + 1, &pair.value))
            return false;
        *add_item(r, node, &capacity) = pair;
    }
}

/* The node that begins with `event`; deletes the event. */
static bool read_node(struct reader *r, yaml_event_t *event, int depth, struct yaml_node **node_out)
{
    struct yaml_node *node = ARENA_NEW(r->arena, struct yaml_node);
    const yaml_char_t *anchor = NULL, *tag = NULL;
    size_t line = event->start_mark.line;
    node->line = (int)line + 1;
    bool good = true;
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        anchor = event->data.scalar.anchor;
        tag = event->data.scalar.tag;
        good = read_scalar(r, event, node);
        break;
    case YAML_SEQUENCE_START_EVENT:
        anchor = event->data.sequence_start.anchor;
        tag = event->data.sequence_start.tag;
        node->kind = YAML_SEQUENCE;
        break;
    case YAML_MAPPING_START_EVENT:
        anchor = event->data.mapping_start.anchor;
        tag = event->data.mapping_start.tag;
        node->kind = YAML_MAPPING;
        break;
    case YAML_ALIAS_EVENT:
        good = fault(r, line, "aliases (*name) are not allowed");
        break;
    default:
        good = fault(r, line, "a value is missing");
        break;
    }
    if (good && anchor)
        good = fault(r, line, "anchors (&name) are not allowed; put a text that begins with & in quotes");
    if (good && tag)
        good = fault(r, line, "tags (!name) are not allowed; put a text that begins with ! in quotes");
    yaml_event_delete(event);
    if (good && depth > MAX_DEPTH)
        good = fault(r, line, "nested too deeply");
    if (good && node->kind != YAML_SCALAR)
        good = read_children(r, depth, node);
    if (good)
        *node_out = node;
    return good;
}

/* One event that must be of this type; `what` is the complaint when it is another. */
static bool expect(struct reader *r, yaml_event_type_t type, const char *what)
{
    yaml_event_t event;
    if (!next_event(r, &event))
        return false;
    bool good = event.type == type || fault(r, event.start_mark.line, what);
    yaml_event_delete(&event);
    return good;
}

static bool read_document(struct reader *r, struct yaml_node **root_out)
{
    yaml_event_t event;
    struct yaml_node *root = NULL;
    if (!expect(r, YAML_STREAM_START_EVENT, "not YAML") ||
        !expect(r, YAML_DOCUMENT_START_EVENT, "the file is empty") || !next_event(r, &event) ||
        !read_node(r, &event, 1, &root) || !expect(r, YAML_DOCUMENT_END_EVENT, "not one YAML document") ||
        !expect(r, YAML_STREAM_END_EVENT, "a second document begins here; one file holds one"))
        return false;
    *root_out = root;
    return true;
}

bool yaml_read_text(struct arena *arena, const char *name, const char *text, size_t length,
                    struct yaml_node **root_out, struct error *err)
{
    struct reader r = {.arena = arena, .name = name, .err = err};
    if (length > MAX_BYTES)
        return error_set(err, ERR_INVALID, "%s:1: the file is larger than 16 MiB", name);
    if (!yaml_parser_initialize(&r.parser))
        abort();
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, length);
    bool good = read_document(&r, root_out);
    yaml_parser_delete(&r.parser);
    return good;
}

bool yaml_read_file(struct arena *arena, const char *path, struct yaml_node **root_out, struct error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO must not make us wait */
    struct stat info;
    if (fd < 0)
        return error_set(err, ERR_NOT_FOUND, "%s: %s", path, strerror(errno));
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        close(fd);
        return error_set(err, ERR_NOT_FOUND, "%s: not a file", path);
    }
    auto_freep char *text = malloc(MAX_BYTES + 1);
    if (!text)
        abort();
    size_t length = 0;
    ssize_t n;
    while ((n = read(fd, text + length, MAX_BYTES + 1 - length)) > 0)
        length += (size_t)n;
    close(fd);
    if (n < 0)
        return error_set(err, ERR_NOT_FOUND, "%s: can't be read", path);
    return yaml_read_text(arena, path, text, length, root_out, err);
}

struct yaml_node *yaml_get(const struct yaml_node *mapping, const char *key)
{
    if (!mapping || mapping->kind != YAML_MAPPING)
        return NULL;
    for (size_t i = 0; i < mapping->count; i++)
        if (strcmp(mapping->items[i].key, key) == 0)
            return mapping->items[i].value;
    return NULL;
}
