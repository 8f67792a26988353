#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void memory_is_zeroed_and_aligned(void **unused)
{
    auto_arena struct arena *arena = arena_new();
    for (size_t size = 1; size < 3000; size += 37) {
        unsigned char *p = arena_alloc(arena, size);
        assert_int_equal((uintptr_t)p % 16, 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xff, size);
    }
}

static void a_large_block_does_not_move_what_is_there(void **unused)
{
    auto_arena struct arena *arena = arena_new();
    char *small = arena_strdup(arena, "small");
    char *large = arena_alloc(arena, 3 * 1024 * 1024);
    memset(large, 'x', 3 * 1024 * 1024);
    assert_string_equal(small, "small");
}

static void reset_gives_zeroed_memory_again(void **unused)
{
    auto_arena struct arena *arena = arena_new();
    memset(arena_alloc(arena, 2000), 0xff, 2000);
    memset(arena_alloc(arena, 9000), 0xff, 9000);
    arena_reset(arena);
    unsigned char *p = arena_alloc(arena, 2000);
    for (size_t i = 0; i < 2000; i++)
        assert_int_equal(p[i], 0);
}

static void copies_hold_any_bytes_and_end_in_nul(void **unused)
{
    auto_arena struct arena *arena = arena_new();
    char *copy = arena_memdup(arena, "a\0b", 3);
    assert_memory_equal(copy, "a\0b", 4);
    assert_string_equal(arena_memdup(arena, NULL, 0), "");
    assert_string_equal(arena_printf(arena, "%s-%d", "x", 7), "x-7");
}

static void free_forgets_the_pointer(void **unused)
{
    struct arena *arena = arena_new();
    arena_free(&arena);
    assert_null(arena);
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_and_aligned),
        cmocka_unit_test(a_large_block_does_not_move_what_is_there),
        cmocka_unit_test(reset_gives_zeroed_memory_again),
        cmocka_unit_test(copies_hold_any_bytes_and_end_in_nul),
        cmocka_unit_test(free_forgets_the_pointer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
