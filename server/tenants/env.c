#include "tenants/env.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"

enum { MAX_BYTES = 1024 * 1024 };

struct variable {
    const char *name, *value;
    int line;
};

struct env {
    const char *path; /* NULL: none */
    struct variable *items;
    size_t count;
};

static bool is_name_char(char c, bool first)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || (!first && c >= '0' && c <= '9');
}

bool env_is_name(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!is_name_char(text[i], i == 0))
            return false;
    return length > 0;
}

static const char *skip_blanks(const char *p)
{
    return p + strspn(p, " \t");
}

/* A quoted value that begins at p; NULL with the complaint where it does not end on this line. */
static const char *read_quoted(struct arena *arena, const char *p, const char **why_out)
{
    static const struct {
        char letter, meaning;
    } escapes[] = {{'"', '"'}, {'\\', '\\'}, {'n', '\n'}, {'t', '\t'}, {'$', '$'}};
    char quote = *p++;
    struct str value = STR_INIT(arena);
    for (; *p != quote; p++) {
        char c = *p;
        if (c == '\\' && quote == '"') {
            size_t i = 0;
            p++;
            while (i < sizeof escapes / sizeof escapes[0] && escapes[i].letter != *p)
                i++;
            if (i == sizeof escapes / sizeof escapes[0]) {
                *why_out = "an unknown \\ escape; use single quotes for a text as it stands";
                return NULL;
            }
            c = escapes[i].meaning;
        }
        if (!*p) {
            *why_out = "a quote is not closed on its line";
            return NULL;
        }
        str_add_bytes(&value, &c, 1);
    }
    p = skip_blanks(p + 1);
    if (*p && *p != '#') {
        *why_out = "there is more behind the closing quote";
        return NULL;
    }
    return str_done(&value);
}

static const char *read_value(struct arena *arena, const char *p, const char **why_out)
{
    if (*p == '"' || *p == '\'')
        return read_quoted(arena, p, why_out);
    size_t length = 0;
    while (p[length] && !(p[length] == '#' && (length == 0 || p[length - 1] == ' ' || p[length - 1] == '\t')))
        length++;
    while (length > 0 && (p[length - 1] == ' ' || p[length - 1] == '\t'))
        length--;
    return arena_memdup(arena, p, length);
}

/* One line, without its line break. True also for a line that holds no variable; then *variable is unnamed.
 */
static bool read_line(struct arena *arena, const char *text, struct variable *variable, const char **why_out)
{
    const char *p = skip_blanks(text);
    if (!*p || *p == '#')
        return true;
    if (str_starts_with(p, "export ") || str_starts_with(p, "export\t"))
        p = skip_blanks(p + strlen("export "));
    const char *equal = strchr(p, '=');
    if (!equal || !env_is_name(p, (size_t)(equal - p))) {
        *why_out = "not KEY=VALUE (no blanks around the =; KEY of letters, digits and _)";
        return false;
    }
    variable->value = read_value(arena, skip_blanks(equal + 1), why_out);
    if (!variable->value)
        return false;
    variable->name = arena_memdup(arena, p, (size_t)(equal - p));
    return true;
}

static int by_name(const void *a, const void *b)
{
    const struct variable *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order ? order : (x->line > y->line) - (x->line < y->line);
}

static void read_lines(struct env *env, struct arena *arena, const char *text, size_t length,
                       struct faults *faults)
{
    size_t lines = 1;
    for (size_t i = 0; i < length; i++)
        lines += text[i] == '\n';
    env->items = ARENA_ARRAY(arena, struct variable, lines);
    const char *end = text + length;
    int line = 1;
    for (const char *next; text < end; text = next, line++) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        next = stop ? stop + 1 : end;
        size_t width = (size_t)((stop ? stop : end) - text);
        if (width > 0 && text[width - 1] == '\r')
            width--;
        struct variable variable = {.line = line};
        const char *why = NULL;
        if (!str_is_utf8(text, width) || memchr(text, '\0', width))
            why = "not UTF-8 text";
        else
            read_line(arena, arena_memdup(arena, text, width), &variable, &why);
        if (why)
            fault_add(faults, env->path, line, "", "%s", why);
        else if (variable.name)
            env->items[env->count++] = variable;
    }
    qsort(env->items, env->count, sizeof *env->items, by_name);
    size_t kept = 0;
    for (size_t i = 0; i < env->count; i++) {
        const struct variable *variable = &env->items[i], *last = kept > 0 ? &env->items[kept - 1] : NULL;
        if (last && strcmp(last->name, variable->name) == 0)
            fault_add(faults, env->path, variable->line, variable->name, "is already on line %d", last->line);
        else
            env->items[kept++] = *variable;
    }
    env->count = kept;
}

static bool read_bytes(int fd, char *buffer, size_t *length_out, const char **why_out)
{
    struct stat info;
    size_t length = 0;
    ssize_t n = 0;
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        *why_out = "not a file";
        return false;
    }
    while (length <= MAX_BYTES && (n = read(fd, buffer + length, MAX_BYTES + 1 - length)) > 0)
        length += (size_t)n;
    *why_out = n < 0 ? strerror(errno) : "the file is larger than 1 MiB";
    *length_out = length;
    return n >= 0 && length <= MAX_BYTES;
}

struct env *env_read(struct arena *arena, const char *path, struct faults *faults)
{
    struct env *env = ARENA_NEW(arena, struct env);
    if (!path)
        return env;
    env->path = arena_strdup(arena, path);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        fault_add(faults, path, 0, "", "%s", strerror(errno));
        return env;
    }
    auto_freep char *buffer = xcalloc(1, MAX_BYTES + 1);
    size_t length = 0;
    const char *why = NULL;
    bool good = read_bytes(fd, buffer, &length, &why);
    close(fd);
    if (good)
        read_lines(env, arena, buffer, length, faults);
    else
        fault_add(faults, path, 0, "", "%s", why);
    return env;
}

static int find_name(const void *name, const void *item)
{
    return strcmp(name, ((const struct variable *)item)->name);
}

const char *env_get(const struct env *env, const char *name)
{
    const char *value = getenv(name);
    if (value || env->count == 0)
        return value;
    const struct variable *found = bsearch(name, env->items, env->count, sizeof *env->items, find_name);
    return found ? found->value : NULL;
}

const char *env_path(const struct env *env)
{
    return env->path;
}

const char *env_places(struct arena *arena, const struct env *env)
{
    return env->path ? arena_printf(arena, "the environment or %s", env->path)
                     : "the environment (no env file is read)";
}
