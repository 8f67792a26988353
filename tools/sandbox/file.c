#include "file.h"

#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/str.h"
#include "sandbox.h"

enum {
    PHOTO_SIDES = 10000, /* width and height together */
    PHOTO_RATIO = 20,
    SAMPLE_WIDTH = 160,
    SAMPLE_HEIGHT = 120,
};

enum { MIB = 1024 * 1024 };

static const struct kind {
    const char *name, *type, *folder, *id_prefix;
    size_t most; /* bytes that are taken */
    bool without_caption;
} kinds[FILE_KINDS] = {
    [FILE_PHOTO] = {"photo", "Photo", "photos", "AgACAgUAAxkB", 10 * MIB, false},
    [FILE_DOCUMENT] = {"document", "Document", "documents", "BQACAgUAAxkB", 50 * MIB, false},
    [FILE_STICKER] = {"sticker", "Sticker", "stickers", "CAACAgUAAxkB", 512 * 1024, true},
    [FILE_VIDEO] = {"video", "Video", "videos", "BAACAgUAAxkB", 50 * MIB, false},
    [FILE_ANIMATION] = {"animation", "Animation", "animations", "CgACAgUAAxkB", 50 * MIB, false},
    [FILE_AUDIO] = {"audio", "Audio", "music", "CQACAgUAAxkB", 50 * MIB, false},
    [FILE_VOICE] = {"voice", "VoiceNote", "voice", "AwACAgUAAxkB", 50 * MIB, false},
    [FILE_VIDEO_NOTE] = {"video_note", "VideoNote", "video_notes", "DQACAgUAAxkB", 50 * MIB, true},
};

const char *file_kind_name(enum file_kind kind)
{
    return kinds[kind].name;
}

const char *file_kind_type(enum file_kind kind)
{
    return kinds[kind].type;
}

bool file_kind_find(const char *name, enum file_kind *kind_out)
{
    for (int kind = 0; kind < FILE_KINDS; kind++) {
        if (str_equal(kinds[kind].name, name)) {
            *kind_out = (enum file_kind)kind;
            return true;
        }
    }
    return false;
}

bool file_kind_has_caption(enum file_kind kind)
{
    return !kinds[kind].without_caption;
}

static bool png_size(const unsigned char *bytes, size_t size, int *width_out, int *height_out)
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    if (!png_image_begin_read_from_memory(&image, bytes, size))
        return false;
    *width_out = (int)image.width;
    *height_out = (int)image.height;
    png_image_free(&image);
    return true;
}

/* Walks a JPEG's segments to its frame header. */
static bool jpeg_size(const unsigned char *bytes, size_t size, int *width_out, int *height_out)
{
    if (size < 4 || bytes[0] != 0xff || bytes[1] != 0xd8)
        return false;
    for (size_t at = 2; at + 9 < size && bytes[at] == 0xff;) {
        unsigned char marker = bytes[at + 1];
        if (marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc) {
            *height_out = bytes[at + 5] << 8 | bytes[at + 6];
            *width_out = bytes[at + 7] << 8 | bytes[at + 8];
            return *width_out > 0 && *height_out > 0;
        }
        at += 2 + (size_t)(bytes[at + 2] << 8 | bytes[at + 3]);
    }
    return false;
}

static bool is_webp(const struct file *file)
{
    return file->length >= 12 && memcmp(file->bytes, "RIFF", 4) == 0 &&
           memcmp(file->bytes + 8, "WEBP", 4) == 0;
}

static bool measure(struct file *file, struct error *err)
{
    bool png = png_size(file->bytes, file->length, &file->width, &file->height);
    bool known = png || jpeg_size(file->bytes, file->length, &file->width, &file->height);
    if (file->kind != FILE_PHOTO) {
        if (!known)
            file->width = file->height = 512;
        const char *picture = png ? "image/png" : is_webp(file) ? "image/webp" : NULL;
        file->is_picture = file->kind == FILE_STICKER && picture;
        if (file->is_picture) {
            free(file->mime);
            file->mime = xstrdup(picture);
        }
        return true;
    }
    if (!known)
        return error_set(err, ERR_INVALID, "IMAGE_PROCESS_FAILED");
    int longer = file->width > file->height ? file->width : file->height;
    int shorter = file->width > file->height ? file->height : file->width;
    if (longer + shorter > PHOTO_SIDES || longer > PHOTO_RATIO * shorter)
        return error_set(err, ERR_INVALID, "PHOTO_INVALID_DIMENSIONS");
    free(file->mime);
    file->mime = xstrdup(png ? "image/png" : "image/jpeg");
    file->is_picture = true;
    return true;
}

static const char *extension(const struct file *file)
{
    const char *dot = file->name ? strrchr(file->name, '.') : NULL;
    if (file->kind == FILE_PHOTO)
        return strcmp(file->mime, "image/png") == 0 ? ".png" : ".jpg";
    if (!dot || strlen(dot) > 8)
        return "";
    for (const char *c = dot + 1; *c; c++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", *c))
            return "";
    return dot;
}

/* A copy; NULL where there is none that could stand in JSON. */
static char *copy_text(const char *text)
{
    return text && *text && str_is_utf8(text, strlen(text)) ? xstrdup(text) : NULL;
}

bool file_add(struct sandbox *sandbox, int64_t bot, const struct file_source *source, struct file **file_out,
              struct error *err)
{
    const struct kind *kind = &kinds[source->kind];
    if (source->length == 0)
        return error_set(err, ERR_INVALID, "file must be non-empty");
    if (source->length > kind->most)
        return error_set(err, ERR_INVALID, "too big for a %s: %zu bytes, at most %zu", kind->name,
                         source->length, kind->most);
    struct file *file = xcalloc(1, sizeof *file);
    file->bot = bot;
    file->kind = source->kind;
    file->length = source->length;
    file->size = source->size ? source->size : source->length;
    file->bytes = memcpy(xcalloc(1, source->length), source->bytes, source->length);
    file->name = copy_text(source->name);
    file->mime = copy_text(source->mime);
    if (!measure(file, err)) {
        file_free(file);
        return false;
    }
    auto_arena struct arena *arena = arena_new();
    const char *random = crypto_random_word(arena, 40);
    file->id = xstrdup(arena_printf(arena, "%s%s", kind->id_prefix, random));
    file->unique_id = xstrdup(arena_printf(arena, "AQAD%.12s", random));
    file->path = xstrdup(arena_printf(arena, "%s/file_%zu_%.8s%s", kind->folder, sandbox->files.count, random,
                                      extension(file)));
    table_set(&sandbox->files, file->id, file);
    *file_out = file;
    return true;
}

struct file *file_find(const struct sandbox *sandbox, int64_t bot, const char *file_id, bool *foreign_out)
{
    struct file *file = table_get(&sandbox->files, file_id);
    if (foreign_out)
        *foreign_out = file && file->bot != bot;
    return file && file->bot == bot ? file : NULL;
}

struct file *file_find_path(const struct sandbox *sandbox, int64_t bot, const char *path)
{
    for (const struct table_entry *e = sandbox->files.first; e; e = e->next) {
        struct file *file = e->value;
        if (file->bot == bot && strcmp(file->path, path) == 0)
            return file;
    }
    return NULL;
}

unsigned char *file_sample_png(struct arena *arena, size_t *size_out)
{
    unsigned char pixels[SAMPLE_HEIGHT][SAMPLE_WIDTH][3];
    for (int y = 0; y < SAMPLE_HEIGHT; y++) {
        for (int x = 0; x < SAMPLE_WIDTH; x++) {
            pixels[y][x][0] = (unsigned char)(x * 255 / SAMPLE_WIDTH);
            pixels[y][x][1] = (unsigned char)(y * 255 / SAMPLE_HEIGHT);
            pixels[y][x][2] = 160;
        }
    }
    png_image image = {.version = PNG_IMAGE_VERSION,
                       .width = SAMPLE_WIDTH,
                       .height = SAMPLE_HEIGHT,
                       .format = PNG_FORMAT_RGB};
    png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
    unsigned char *png = arena_alloc(arena, size);
    if (!png_image_write_to_memory(&image, png, &size, 0, pixels, 0, NULL))
        abort(); /* there is room and nothing to fail */
    *size_out = size;
    return png;
}

char *file_url(struct arena *arena, const struct sandbox *sandbox, const struct file *file)
{
    return sandbox_url(sandbox, arena, arena_printf(arena, "/sandbox/file/%s", file->id));
}

void file_respond(const struct file *file, size_t length, struct web_token *token)
{
    /* A file is whatever somebody uploaded: never a page of this origin. */
    const char *type = file->is_picture ? file->mime : "application/octet-stream";
    web_respond(token, &(struct web_response){.status = 200,
                                              .content_type = type,
                                              .body = (const char *)file->bytes,
                                              .body_length = length < file->length ? length : file->length,
                                              .extra_name = "x-content-type-options",
                                              .extra_value = "nosniff"});
}

void file_free(void *pointer)
{
    struct file *file = pointer;
    free(file->id);
    free(file->unique_id);
    free(file->path);
    free(file->name);
    free(file->mime);
    free(file->bytes);
    free(file);
}
