#include "files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"

struct arena *arena;
char directory[64];
struct faults faults;

int files_setup(void **unused)
{
    arena = arena_new();
    faults = FAULTS_INIT(arena);
    strcpy(directory, "/tmp/tenants_test.XXXXXX");
    return mkdtemp(directory) ? 0 : -1;
}

int files_teardown(void **unused)
{
    int failed = system(arena_printf(arena, "rm -r %s", directory));
    arena_free(&arena);
    return failed;
}

char *files_write_bytes(const char *name, const void *bytes, size_t length)
{
    char *path = arena_printf(arena, "%s/%s", directory, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
    return path;
}

char *files_write(const char *name, const char *text)
{
    return files_write_bytes(name, text, strlen(text));
}

char *files_faults(const struct faults *list)
{
    struct str s = STR_INIT(arena);
    char *prefix = arena_printf(arena, "%s/", directory);
    for (size_t i = 0; i < list->count; i++) {
        const char *text = fault_text(arena, &list->items[i]);
        for (const char *at; (at = strstr(text, prefix)); text = at + strlen(prefix))
            str_add_bytes(&s, text, (size_t)(at - text));
        str_addf(&s, "%s\n", text);
    }
    return str_done(&s);
}

void files_expect(const struct faults *list, const char *lines)
{
    const char *found = files_faults(list);
    if (strcmp(found, lines) != 0)
        fail_msg("expected:\n%sfound:\n%s", lines, found);
}
