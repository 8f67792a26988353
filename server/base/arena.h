/*
 * Memory that lives as long as one update, job or configuration.
 *
 * An arena owns everything allocated from it; arena_free() releases all of it at once. Memory comes
 * zeroed. An allocation that the system refuses ends the process: there is nothing sensible a server
 * can do then that a restart does not do better. An arena belongs to one thread at a time.
 */
#pragma once

#include <stdarg.h>
#include <stddef.h>

struct arena;

/* A new, empty arena; takes no memory but its first block (4 KiB). The caller owns it. */
struct arena *arena_new(void);

/* Releases the arena and everything from it, and sets the pointer to NULL. NULL is fine. */
void arena_free(struct arena **arena);

/* Forgets everything allocated but keeps the first block: for loops that need an arena each round. */
void arena_reset(struct arena *arena);

void *arena_alloc(struct arena *arena, size_t size) __attribute__((malloc, alloc_size(2), returns_nonnull));
char *arena_strdup(struct arena *arena, const char *text);
/* A NUL-terminated copy of `length` bytes (the bytes need not be text). */
char *arena_memdup(struct arena *arena, const void *bytes, size_t length);
char *arena_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *arena, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

#define auto_arena __attribute__((cleanup(arena_free)))

/* One zeroed object, or an array of them. */
#define ARENA_NEW(arena, type)          ((type *)arena_alloc((arena), sizeof(type)))
#define ARENA_ARRAY(arena, type, count) ((type *)arena_alloc((arena), sizeof(type) * (size_t)(count)))

/* malloc and friends for what outlives every arena; they never return NULL. */
void *xcalloc(size_t count, size_t size) __attribute__((malloc, returns_nonnull));
void *xrealloc(void *pointer, size_t size) __attribute__((returns_nonnull));
char *xstrdup(const char *text) __attribute__((malloc, returns_nonnull));

/* Cleanup for plain malloc'ed pointers: auto_freep char *p = …; */
void freep(void *pointer_to_pointer);
#define auto_freep __attribute__((cleanup(freep)))
