#include "base/arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_BLOCK = 4096, MAX_BLOCK = 256 * 1024, ALIGNMENT = 16 };

struct block {
    struct block *next;
    size_t size; /* bytes in data */
    size_t used;
    _Alignas(ALIGNMENT) unsigned char data[];
};

struct arena {
    struct block *first;
    struct block *current;
    size_t next_size;
};

static void out_of_memory(void)
{
    fputs("out of memory\n", stderr);
    abort();
}

void *xcalloc(size_t count, size_t size)
{
    void *p = calloc(count ? count : 1, size ? size : 1);
    if (!p)
        out_of_memory();
    return p;
}

void *xrealloc(void *pointer, size_t size)
{
    void *p = realloc(pointer, size ? size : 1);
    if (!p)
        out_of_memory();
    return p;
}

char *xstrdup(const char *text)
{
    size_t n = strlen(text) + 1;
    return memcpy(xcalloc(1, n), text, n);
}

void freep(void *pointer_to_pointer)
{
    free(*(void **)pointer_to_pointer);
}

static struct block *block_new(size_t size)
{
    struct block *b = malloc(sizeof *b + size);
    if (!b)
        out_of_memory();
    b->next = NULL;
    b->size = size;
    b->used = 0;
    return b;
}

struct arena *arena_new(void)
{
    struct block *b = block_new(FIRST_BLOCK - sizeof(struct block));
    struct arena *a = (struct arena *)b->data;
    b->used = (sizeof *a + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    a->first = a->current = b;
    a->next_size = FIRST_BLOCK * 2;
    return a;
}

static void free_blocks(struct block *b)
{
    while (b) {
        struct block *next = b->next;
        free(b);
        b = next;
    }
}

void arena_free(struct arena **arena)
{
    if (*arena)
        free_blocks((*arena)->first);
    *arena = NULL;
}

void arena_reset(struct arena *arena)
{
    free_blocks(arena->first->next);
    arena->first->next = NULL;
    arena->first->used = (sizeof *arena + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    arena->current = arena->first;
    arena->next_size = FIRST_BLOCK * 2;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    size_t need = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if (need < size)
        out_of_memory();
    struct block *b = arena->current;
    if (b->size - b->used < need) {
        size_t want = arena->next_size - sizeof(struct block);
        b = block_new(need > want ? need : want);
        arena->current->next = b;
        arena->current = b;
        if (arena->next_size < MAX_BLOCK)
            arena->next_size *= 2;
    }
    void *p = b->data + b->used;
    b->used += need;
    return memset(p, 0, size);
}

char *arena_memdup(struct arena *arena, const void *bytes, size_t length)
{
    char *p = arena_alloc(arena, length + 1);
    if (length)
        memcpy(p, bytes, length);
    return p;
}

char *arena_strdup(struct arena *arena, const char *text)
{
    return arena_memdup(arena, text, strlen(text));
}

char *arena_vprintf(struct arena *arena, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    char *p = arena_alloc(arena, (size_t)(n < 0 ? 0 : n) + 1);
    if (n > 0)
        vsnprintf(p, (size_t)n + 1, format, again);
    va_end(again);
    return p;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *p = arena_vprintf(arena, format, args);
    va_end(args);
    return p;
}
