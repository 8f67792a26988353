#include "page.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "web/listener.h"

static const char *page_folder;

void page_use_folder(const char *folder)
{
    page_folder = folder;
}

static const char *type_of(const char *name)
{
    static const struct {
        const char *extension, *type;
    } types[] = {
        {".html", "text/html; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".svg", "image/svg+xml"},
        {".png", "image/png"},
    };
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < sizeof types / sizeof *types; i++)
        if (strcmp(dot, types[i].extension) == 0)
            return types[i].type;
    return "application/octet-stream";
}

static bool read_file(struct arena *arena, const char *name, struct str *bytes)
{
    FILE *file = fopen(arena_printf(arena, "%s/%s", page_folder, name), "rb");
    if (!file)
        return false;
    char block[8192];
    size_t n;
    while ((n = fread(block, 1, sizeof block, file)) > 0)
        str_add_bytes(bytes, block, n);
    bool good = !ferror(file);
    fclose(file);
    return good;
}

static void respond(struct web_request *request, const char *name)
{
    auto_arena struct arena *arena = arena_new();
    struct web_response response = {.status = 200,
                                    .content_type = type_of(name),
                                    .extra_name = "cache-control",
                                    .extra_value = "no-cache"};
    struct str bytes = STR_INIT(arena);
    if (page_folder && !strchr(name, '/') && name[0] != '.' && read_file(arena, name, &bytes)) {
        response.body = str_done(&bytes);
        response.body_length = bytes.length;
        web_respond(request->token, &response);
        return;
    }
    for (const struct page_file *file = page_files; file->name; file++) {
        if (strcmp(file->name, name) != 0)
            continue;
        response.body = (const char *)file->bytes;
        response.body_length = file->size;
        web_respond(request->token, &response);
        return;
    }
    web_respond_text(request->token, 404, "not found\n");
}

void page_on_index(struct web_request *request, void *context)
{
    respond(request, "index.html");
}

void page_on_asset(struct web_request *request, void *context)
{
    respond(request, request->rest);
}
