/* Files that bots uploaded and people sent. A file_id belongs to one bot. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

struct sandbox;
struct web_token;

enum file_kind {
    FILE_PHOTO,
    FILE_DOCUMENT,
    FILE_STICKER,
    FILE_VIDEO,
    FILE_ANIMATION,
    FILE_AUDIO,
    FILE_VOICE,
    FILE_VIDEO_NOTE,
    FILE_KINDS
};

struct file {
    char *id, *unique_id, *path; /* path: what getFile gives, "photos/file_1.png" */
    int64_t bot;
    enum file_kind kind;
    char *name, *mime; /* both may be NULL */
    unsigned char *bytes;
    size_t length; /* of the bytes that are kept */
    size_t size;   /* what Telegram says of it */
    int width, height;
    bool is_picture; /* one that the chat page can show */
};

/* What a file is made of. */
struct file_source {
    enum file_kind kind;
    const char *name, *mime; /* both may be NULL */
    const void *bytes;
    size_t length;
    size_t size; /* claims another size, for files too big to be made; 0: the length */
};

/* "photo": the member of a message that holds such a file, and the parameter of the method that sends it. */
const char *file_kind_name(enum file_kind kind);
/* "Photo", as Telegram's errors call it. */
const char *file_kind_type(enum file_kind kind);
/* False where no kind is called so. */
bool file_kind_find(const char *name, enum file_kind *kind_out);
/* A message with such a file may have a caption. */
bool file_kind_has_caption(enum file_kind kind);

/* Copies the bytes. A photo must be a PNG or JPEG within Telegram's sizes: ERR_INVALID says in Telegram's
 * words what it is instead. */
MUST_USE bool file_add(struct sandbox *sandbox, int64_t bot, const struct file_source *source,
                       struct file **file_out, struct error *err);
/* NULL where there is none, or it is another bot's: `foreign_out` (may be NULL) tells which. */
struct file *file_find(const struct sandbox *sandbox, int64_t bot, const char *file_id, bool *foreign_out);
/* By what getFile gave as file_path. */
struct file *file_find_path(const struct sandbox *sandbox, int64_t bot, const char *path);
/* A small picture for who has none to send: a PNG. */
unsigned char *file_sample_png(struct arena *arena, size_t *size_out);
/* Where the chat page finds it; in the arena. */
char *file_url(struct arena *arena, const struct sandbox *sandbox, const struct file *file);
/* Its bytes, the first `length` of them. */
void file_respond(const struct file *file, size_t length, struct web_token *token);
void file_free(void *file);
