/* Files that bots uploaded and people sent. A file_id belongs to one bot. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

struct sandbox;
struct web_token;

enum file_kind { FILE_PHOTO, FILE_DOCUMENT, FILE_STICKER, FILE_VIDEO };

struct file {
    char *id, *unique_id, *path; /* path: what getFile gives, "photos/file_1.png" */
    int64_t bot;
    enum file_kind kind;
    char *name, *mime; /* name may be NULL */
    unsigned char *bytes;
    size_t size;
    int width, height; /* of photos, stickers and videos */
};

/* Copies the bytes. A photo must be a PNG or JPEG within Telegram's sizes: ERR_INVALID says in Telegram's
 * words what it is instead. `name` may be NULL. */
MUST_USE bool file_add(struct sandbox *sandbox, int64_t bot, enum file_kind kind, const char *name,
                       const char *mime, const void *bytes, size_t size, struct file **file_out,
                       struct error *err);
/* NULL where there is none, or it is another bot's. */
struct file *file_find(const struct sandbox *sandbox, int64_t bot, const char *file_id);
/* By what getFile gave as file_path. */
struct file *file_find_path(const struct sandbox *sandbox, int64_t bot, const char *path);
/* A small picture for who has none to send: a PNG. */
unsigned char *file_sample_png(struct arena *arena, size_t *size_out);
/* Where the chat page finds it; in the arena. */
char *file_url(struct arena *arena, const struct sandbox *sandbox, const struct file *file);
void file_respond(const struct file *file, struct web_token *token);
void file_free(void *file);
