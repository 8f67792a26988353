/* The kernel's texts, whole and broken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>
#include <string.h>

#include "monitor/proc.h"

static void processors(void **state)
{
    struct proc_cpu before, now;
    assert_true(proc_read_cpu("cpu  100 5 50 800 40 1 2 2 0 0\ncpu0 1 1 1 1 1\n", &before));
    assert_int_equal(before.busy, 160);
    assert_int_equal(before.all, 1000);
    assert_true(proc_read_cpu("cpu  175 5 50 820 45 1 2 2 9 9", &now));
    assert_int_equal(proc_cpu_percent(&before, &now), 75);
    assert_int_equal(proc_cpu_percent(&now, &before), -1);
    assert_int_equal(proc_cpu_percent(&now, &now), -1);
    /* an old kernel says less */
    assert_true(proc_read_cpu("cpu 10 0 10 70 10\n", &now));
    assert_int_equal(now.all, 100);
    /* a counter of the idle that went back is no fault of the busy */
    assert_int_equal(proc_cpu_percent(&(struct proc_cpu){10, 20}, &(struct proc_cpu){30, 25}), 100);
}

static void what_says_nothing_of_processors(void **state)
{
    static const char *const texts[] = {"", "cpu", "cpu 1 2 3", "cpu a b c d e", "intr 1 2 3 4 5 6"};
    struct proc_cpu cpu = {7, 8};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_false(proc_read_cpu(texts[i], &cpu));
    assert_int_equal(cpu.busy, 7);
}

static void memory(void **state)
{
    struct proc_memory memory;
    assert_true(
        proc_read_memory("MemTotal:        1000 kB\nMemFree:  10 kB\nMemAvailable:     250 kB\n", &memory));
    assert_int_equal(memory.total, 1024000);
    assert_int_equal(proc_memory_percent(&memory), 75);
    assert_true(proc_read_memory("MemTotal: 1000 kB\nMemAvailable: 2000 kB\n", &memory));
    assert_int_equal(proc_memory_percent(&memory), 0);
}

static void what_says_nothing_of_memory(void **state)
{
    static const char *const texts[] = {
        "",
        "MemTotal: 1000 kB\n",
        "MemAvailable: 1000 kB\n",
        "MemTotal: 0 kB\nMemAvailable: 0 kB\n",
        "MemTotal: -5 kB\nMemAvailable: 1 kB\n",
        "MemTotal: 9223372036854775807 kB\nMemAvailable: 1 kB\n",
        "xMemTotal: 1000 kB\nxMemAvailable: 1 kB\n",
    };
    struct proc_memory memory = {7, 8};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_false(proc_read_memory(texts[i], &memory));
    assert_int_equal(memory.total, 7);
}

static void control_groups(void **state)
{
    struct proc_memory memory;
    const int64_t total = 8000000000;
    assert_true(proc_read_cgroup("1000000\n", "900000\n", "anon 5\ninactive_file 400000\n", total, &memory));
    assert_int_equal(memory.total, 1000000);
    assert_int_equal(proc_memory_percent(&memory), 50);
    /* version 1 has both, for the group and for what is below */
    assert_true(proc_read_cgroup("1000000\n", "900000\n", "inactive_file 1\ntotal_inactive_file 300000\n",
                                 total, &memory));
    assert_int_equal(proc_memory_percent(&memory), 60);
    assert_true(proc_read_cgroup("1000\n", "5000\n", "", total, &memory));
    assert_int_equal(proc_memory_percent(&memory), 100);
    assert_true(proc_read_cgroup("1000\n", "500\n", "inactive_file 900\n", total, &memory));
    assert_int_equal(proc_memory_percent(&memory), 0);
}

static void no_limit(void **state)
{
    struct proc_memory memory = {7, 8};
    static const char *const limits[] = {"max\n", "", "0\n", "-1\n", "9223372036854771712\n", "8000000000\n"};
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++)
        assert_false(proc_read_cgroup(limits[i], "500\n", "", 8000000000, &memory));
    assert_false(proc_read_cgroup("1000\n", "", "", 8000000000, &memory));
    assert_int_equal(memory.total, 7);
}

static void our_group(void **state)
{
    static const struct {
        const char *text, *path;
        bool is_v1;
    } cases[] = {
        {"0::/system.slice/lapak.service\n", "/system.slice/lapak.service", false},
        {"9:name=systemd:/\n4:memory:/jail/x\n0::/\n", "/jail/x", true},
        {"0::/a\n4:memory:/b\n", "/b", true},
        {"0::/", "/", false},
        {"", NULL, false},
        {"nonsense\nmore:of\n", NULL, false},
        {"4:cpu:/x\n", NULL, false},
    };
    auto_arena struct arena *arena = arena_new();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bool is_v1 = false;
        const char *path = proc_cgroup_path(arena, cases[i].text, &is_v1);
        assert_true(!path == !cases[i].path);
        if (path)
            assert_string_equal(path, cases[i].path);
        assert_int_equal(is_v1, cases[i].is_v1);
    }
}

static void this_machine(void **state)
{
    struct proc_cpu cpu;
    struct proc_memory memory;
    assert_true(proc_cpu_now(&cpu));
    assert_true(cpu.all >= cpu.busy && cpu.all > 0);
    assert_true(proc_memory_now(&memory));
    assert_in_range(proc_memory_percent(&memory), 0, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(processors),     cmocka_unit_test(what_says_nothing_of_processors),
        cmocka_unit_test(memory),         cmocka_unit_test(what_says_nothing_of_memory),
        cmocka_unit_test(control_groups), cmocka_unit_test(no_limit),
        cmocka_unit_test(our_group),      cmocka_unit_test(this_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
