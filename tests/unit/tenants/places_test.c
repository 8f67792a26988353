#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tenants/places.h"

static char before[1024], directory[32];

static void touch(const char *path)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
}

static int setup(void **unused)
{
    snprintf(directory, sizeof directory, "/tmp/lapak-places-XXXXXX");
    return getcwd(before, sizeof before) && mkdtemp(directory) && chdir(directory) == 0 &&
                   mkdir("conf", 0700) == 0 && mkdir("etc", 0700) == 0
               ? 0
               : -1;
}

static int teardown(void **unused)
{
    static const char *const files[] = {"conf/lapak.yaml", "conf/env", "etc/env", ".env"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        unlink(files[i]);
    rmdir("conf");
    rmdir("etc");
    return chdir(before) == 0 && rmdir(directory) == 0 ? 0 : -1;
}

static void what_is_asked_for_counts(void **unused)
{
    auto_arena struct arena *arena = arena_new();
    touch("conf/lapak.yaml");
    touch(".env");
    assert_string_equal(places_config("/srv/x.yaml"), "/srv/x.yaml");
    assert_string_equal(places_env(arena, "/srv/env", NULL), "/srv/env");
}

static void a_checkout_has_its_own(void **unused)
{
    auto_arena struct arena *arena = arena_new();
    assert_string_equal(places_config(NULL),
                        "conf/lapak.yaml"); /* also where there is none: it is named as missing */
    assert_null(places_env(arena, NULL, NULL));
    touch("conf/lapak.yaml");
    touch("conf/env");
    assert_string_equal(places_config(NULL), "conf/lapak.yaml");
    assert_null(places_env(arena, NULL, NULL));
    touch(".env");
    assert_string_equal(places_env(arena, NULL, NULL), ".env");
    assert_string_equal(places_env(arena, NULL, "etc/lapak.yaml"), ".env");
}

static void elsewhere_the_env_file_is_beside_the_configuration(void **unused)
{
    auto_arena struct arena *arena = arena_new();
    assert_null(places_env(arena, NULL, "etc/lapak.yaml"));
    touch("etc/env");
    assert_string_equal(places_env(arena, NULL, "etc/lapak.yaml"), "etc/env");
    assert_int_equal(chdir("etc"), 0);
    assert_string_equal(places_env(arena, NULL, "lapak.yaml"), "env");
    assert_int_equal(chdir(".."), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_asked_for_counts, setup, teardown),
        cmocka_unit_test_setup_teardown(a_checkout_has_its_own, setup, teardown),
        cmocka_unit_test_setup_teardown(elsewhere_the_env_file_is_beside_the_configuration, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
