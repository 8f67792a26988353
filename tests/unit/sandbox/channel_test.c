#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "channel.h"
#include "sandbox.h"

enum { INFO = -1001, OTHER = -1002 };

static void is_found_by_id_and_name(void **state)
{
    struct sandbox sandbox = {0};
    struct channel *channel, *other;
    struct error err;
    assert_true(channel_set(&sandbox, INFO, NULL, "Info", "InfoToko", &channel, &err));
    assert_string_equal(channel->type, "channel");
    assert_ptr_equal(channel_find(&sandbox, INFO), channel);
    assert_ptr_equal(channel_find_name(&sandbox, "@infotoko"), channel);
    assert_null(channel_find_name(&sandbox, "infotoko"));
    assert_null(channel_find_name(&sandbox, "@info"));
    assert_false(channel_set(&sandbox, OTHER, NULL, NULL, "INFOTOKO", &other, &err));
    assert_int_equal(err.code, ERR_CONFLICT);
    assert_null(channel_find(&sandbox, OTHER));
    assert_true(channel_set(&sandbox, INFO, "supergroup", NULL, "", &channel, &err));
    assert_string_equal(channel->title, "Info");
    assert_null(channel->username);
    assert_true(channel_set(&sandbox, OTHER, NULL, NULL, "infotoko", &other, &err));
    assert_false(channel_set(&sandbox, 5, NULL, NULL, NULL, &other, &err));
    assert_false(channel_set(&sandbox, INFO, "private", NULL, NULL, &other, &err));
    table_clear(&sandbox.channels, channel_free);
}

static void knows_who_is_in(void **state)
{
    struct sandbox sandbox = {0};
    struct channel *channel;
    struct error err;
    assert_true(channel_set(&sandbox, INFO, NULL, NULL, NULL, &channel, &err));
    assert_string_equal(channel_status(channel, 7), "left");
    assert_true(channel_set_member(channel, 7, "member"));
    assert_string_equal(channel_status(channel, 7), "member");
    assert_true(channel_set_member(channel, 7, "kicked"));
    assert_string_equal(channel_status(channel, 7), "kicked");
    assert_false(channel_set_member(channel, 7, "admin"));
    assert_false(channel_set_member(channel, 7, NULL));
    assert_true(channel_is_in("creator") && channel_is_in("restricted"));
    assert_false(channel_is_in("left") || channel_is_in("kicked"));
    table_clear(&sandbox.channels, channel_free);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_found_by_id_and_name),
        cmocka_unit_test(knows_who_is_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
