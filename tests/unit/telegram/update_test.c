#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "telegram/update.h"

#define FROM                                                                                                 \
    "\"from\":{\"id\":1001,\"is_bot\":false,\"first_name\":\"Budi "                                          \
    "<b>\",\"username\":\"budi\",\"language_code\":\"id\"}"
#define CHAT "\"chat\":{\"id\":1001,\"type\":\"private\",\"first_name\":\"Budi\"}"

static const char MESSAGE[] = "{\"update_id\":7,\"message\":{\"message_id\":5," FROM "," CHAT
                              ",\"date\":1700000000,\"text\":\"halo \\ud83d\\ude00\"}}";
static const char PHOTO[] = "{\"update_id\":8,\"message\":{\"message_id\":6," FROM "," CHAT
                            ",\"date\":1700000000,\"caption\":\"bukti\",\"photo\":[{\"file_id\":\"small\","
                            "\"width\":90,\"height\":90},"
                            "{\"file_id\":\"large\",\"width\":1280,\"height\":960},{\"file_id\":\"middle\","
                            "\"width\":320,\"height\":240}]}}";
static const char CALLBACK[] =
    "{\"update_id\":9,\"callback_query\":{\"id\":\"4382\"," FROM
    ",\"chat_instance\":\"1\",\"data\":\"cart:add:3\",\"message\":{\"message_id\":77," CHAT
    ",\"date\":1700000000,\"photo\":[{\"file_id\":\"x\",\"width\":1,\"height\":1}]}}}";
static const char CALLBACK_ON_FILE[] = "{\"update_id\":11,\"callback_query\":{\"id\":\"4384\"," FROM
                                       ",\"data\":\"x\",\"message\":{\"message_id\":78," CHAT
                                       ",\"date\":1700000000,\"document\":{\"file_id\":\"d\"}}}}";
static const char OLD_CALLBACK[] = "{\"update_id\":10,\"callback_query\":{\"id\":\"4383\"," FROM
                                   ",\"data\":\"x\",\"message\":{\"message_id\":77," CHAT ",\"date\":0}}}";
static const char BLOCKED[] =
    "{\"update_id\":11,\"my_chat_member\":{" FROM "," CHAT
    ",\"date\":1,\"old_chat_member\":{\"status\":\"member\"},\"new_chat_member\":{\"status\":\"kicked\"}}}";
static const char GROUP[] =
    "{\"update_id\":12,\"message\":{\"message_id\":5," FROM
    ",\"chat\":{\"id\":-1002147483648123,\"type\":\"supergroup\",\"title\":\"x\"},\"date\":1,"
    "\"sticker\":{\"file_id\":\"s\"}}}";

struct fixture {
    struct arena *arena;
    struct update update;
    struct error err;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    f->arena = arena_new();
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    arena_free(&f->arena);
    free(f);
    return 0;
}

static bool decode(struct fixture *f, const char *text)
{
    return update_decode(f->arena, text, strlen(text), &f->update, &f->err);
}

static void reads_a_message(void **state)
{
    struct fixture *f = *state;
    assert_true(decode(f, MESSAGE));
    const struct update *u = &f->update;
    assert_int_equal(u->kind, UPDATE_MESSAGE);
    assert_int_equal(u->update_id, 7);
    assert_int_equal(u->from_id, 1001);
    assert_string_equal(u->first_name, "Budi <b>");
    assert_null(u->last_name);
    assert_string_equal(u->username, "budi");
    assert_string_equal(u->language_code, "id");
    assert_false(u->from_is_bot);
    assert_int_equal(u->chat_id, 1001);
    assert_true(u->chat_is_private);
    assert_int_equal(u->message_id, 5);
    assert_string_equal(u->text, "halo 😀");
    assert_null(u->caption);
    assert_null(u->photo_file_id);
    assert_false(u->has_media);
}

static void picks_the_largest_photo(void **state)
{
    struct fixture *f = *state;
    assert_true(decode(f, PHOTO));
    assert_string_equal(f->update.photo_file_id, "large");
    assert_string_equal(f->update.caption, "bukti");
    assert_null(f->update.text);
}

static bool is_formatted(struct fixture *f, const char *entities)
{
    const char *text =
        arena_printf(f->arena,
                     "{\"update_id\":1,\"message\":{\"message_id\":5," FROM
                     ",\"chat\":{\"id\":1001,\"type\":\"private\"},\"text\":\"halo\",\"entities\":%s}}",
                     entities);
    assert_true(decode(f, text));
    assert_string_equal(f->update.text, "halo");
    return f->update.text_is_formatted;
}

static void tells_a_formatted_text(void **state)
{
    struct fixture *f = *state;
    assert_true(decode(f, MESSAGE));
    assert_false(f->update.text_is_formatted);
    assert_true(is_formatted(f, "[{\"type\":\"bold\",\"offset\":0,\"length\":4}]"));
    assert_true(is_formatted(f, "[{\"type\":\"url\"},{\"type\":\"text_link\",\"url\":\"https://a.id\"}]"));
    assert_true(is_formatted(f, "[{\"type\":\"something_new\"}]"));
    assert_false(is_formatted(f, "[{\"type\":\"url\"},{\"type\":\"mention\"},{\"type\":\"bot_command\"}]"));
    assert_false(is_formatted(f, "[]"));
    assert_false(is_formatted(f, "{\"type\":\"bold\"}"));
    assert_true(is_formatted(f, "[7]")); /* nothing we know: better as it is */
}

static void reads_whose_message_was_forwarded(void **state)
{
    static const struct {
        const char *origin;
        int64_t from;
    } rows[] = {
        {"{\"type\":\"user\",\"sender_user\":{\"id\":42,\"is_bot\":false,\"first_name\":\"A\"}}", 42},
        {"{\"type\":\"user\",\"sender_user\":{\"id\":42,\"is_bot\":true,\"first_name\":\"A\"}}", 0},
        {"{\"type\":\"user\",\"sender_user\":{\"id\":-42}}", 0},
        {"{\"type\":\"user\",\"sender_user\":{\"id\":\"42\"}}", 0},
        {"{\"type\":\"hidden_user\",\"sender_user_name\":\"A\"}", 0},
        {"[]", 0},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[500];
        snprintf(text, sizeof text,
                 "{\"update_id\":7,\"message\":{\"message_id\":5," FROM "," CHAT
                 ",\"date\":1,\"text\":\"x\",\"forward_origin\":%s}}",
                 rows[i].origin);
        assert_true(decode(f, text));
        assert_int_equal(f->update.forwarded_from, rows[i].from);
    }
}

static void reads_callbacks(void **state)
{
    struct fixture *f = *state;
    assert_true(decode(f, CALLBACK));
    assert_int_equal(f->update.kind, UPDATE_CALLBACK);
    assert_string_equal(f->update.callback_id, "4382");
    assert_string_equal(f->update.data, "cart:add:3");
    assert_int_equal(f->update.message_id, 77);
    assert_true(f->update.message_has_photo);
    assert_false(f->update.message_has_media);
    assert_int_equal(f->update.chat_id, 1001);

    assert_true(decode(f, CALLBACK_ON_FILE));
    assert_int_equal(f->update.message_id, 78);
    assert_false(f->update.message_has_photo);
    assert_true(f->update.message_has_media);

    assert_true(decode(f, OLD_CALLBACK));
    assert_int_equal(f->update.message_id, 0);
    assert_int_equal(f->update.chat_id, 1001);

    assert_true(decode(f, "{\"update_id\":1,\"callback_query\":{\"id\":\"1\"," FROM
                          ",\"inline_message_id\":\"q\"}}"));
    assert_int_equal(f->update.chat_id, 0);
    assert_string_equal(f->update.data, "");
}

static void reads_chat_members_and_groups(void **state)
{
    struct fixture *f = *state;
    assert_true(decode(f, BLOCKED));
    assert_int_equal(f->update.kind, UPDATE_MY_CHAT_MEMBER);
    assert_true(f->update.blocked);
    assert_true(decode(f, "{\"update_id\":11,\"my_chat_member\":{" FROM "," CHAT
                          ",\"new_chat_member\":{\"status\":\"member\"}}}"));
    assert_false(f->update.blocked);
    assert_true(decode(f, GROUP));
    assert_int_equal(f->update.chat_id, -1002147483648123);
    assert_false(f->update.chat_is_private);
    assert_true(f->update.has_media);
}

static void reads_a_managed_bot(void **state)
{
    struct fixture *f = *state;
    assert_true(
        decode(f, "{\"update_id\":13,\"managed_bot\":{\"user\":{\"id\":9001,\"is_bot\":false,\"first_name\":"
                  "\"Oma\"},\"bot\":{\"id\":7000000002,\"is_bot\":true,\"first_name\":\"Teh <&>\","
                  "\"username\":\"teh_bot\"}}}"));
    assert_int_equal(f->update.kind, UPDATE_MANAGED_BOT);
    assert_int_equal(f->update.from_id, 9001);
    assert_int_equal(f->update.chat_id, 9001);
    assert_true(f->update.chat_is_private);
    assert_int_equal(f->update.managed_id, 7000000002);
    assert_string_equal(f->update.managed_username, "teh_bot");
    assert_string_equal(f->update.managed_name, "Teh <&>");
    assert_true(decode(f, "{\"update_id\":13,\"managed_bot\":{\"user\":{\"id\":1},\"bot\":{\"id\":2}}}"));
    assert_string_equal(f->update.managed_username, "");
}

static void acknowledges_what_it_did_not_ask_for(void **state)
{
    static const char *const texts[] = {
        "{\"update_id\":1}",
        "{\"update_id\":9223372036854775807,\"poll\":{}}",
        "{\"update_id\":1,\"edited_message\":{\"message_id\":5," FROM "," CHAT ",\"text\":\"x\"}}",
        "{\"update_id\":1,\"inline_query\":\"not even an object\"}",
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        assert_true(decode(f, texts[i]));
        assert_int_equal(f->update.kind, UPDATE_OTHER);
        assert_string_equal(f->update.first_name, "");
        assert_int_equal(f->update.from_id, 0);
    }
}

static void refuses_what_is_no_update(void **state)
{
    static const char *const texts[] = {
        "",
        "null",
        "[]",
        "7",
        "{}",
        "{\"update_id\":\"7\"}",
        "{\"update_id\":7.0}",
        "{\"update_id\":-1}",
        "{\"update_id\":99999999999999999999}",
        "{\"update_id\":7,\"update_id\":8}",
        "{\"update_id\":7,\"message\":[]}",
        "{\"update_id\":7,\"message\":null}",
        "{\"update_id\":7,\"message\":{}}",
        "{\"update_id\":7,\"message\":{\"message_id\":5," FROM "}}",
        "{\"update_id\":7,\"message\":{" FROM "," CHAT "}}",
        "{\"update_id\":7,\"message\":{\"message_id\":\"5\"," FROM "," CHAT "}}",
        "{\"update_id\":7,\"message\":{\"message_id\":5,\"from\":{\"id\":0}," CHAT "}}",
        "{\"update_id\":7,\"message\":{\"message_id\":5," FROM
        ",\"chat\":{\"id\":\"x\",\"type\":\"private\"}}}",
        "{\"update_id\":7,\"callback_query\":{" FROM "}}",
        "{\"update_id\":7,\"callback_query\":{\"id\":\"4\"}}",
        "{\"update_id\":7,\"callback_query\":{\"id\":4," FROM "}}",
        "{\"update_id\":7,\"my_chat_member\":{" FROM "," CHAT "}}",
        "{\"update_id\":7,\"managed_bot\":{\"bot\":{\"id\":2}}}",
        "{\"update_id\":7,\"managed_bot\":{\"user\":{\"id\":1}}}",
        "{\"update_id\":7,\"managed_bot\":{\"user\":{\"id\":1},\"bot\":{\"id\":-2}}}",
        "{\"update_id\":7,\"managed_bot\":{\"user\":{\"id\":1},\"bot\":7}}",
        "{\"update_id\":7,\"message\":{\"message_id\":5," FROM "," CHAT ",\"text\":\"a\\u0000b\"}}",
        "{\"update_id\":7,\"message\":{\"message_id\":5," FROM "," CHAT ",\"text\":\"\\ud83d\"}}",
        "{\"update_id\":7,\"message\":{\"message_id\":5," FROM "," CHAT ",\"text\":\"\xff\"}}",
        "{\"update_id\":7}x",
    };
    struct fixture *f = *state;
    f->update.update_id = 4711;
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        if (decode(f, texts[i]))
            fail_msg("taken: %s", texts[i]);
        assert_int_equal(f->err.code, ERR_INVALID);
        assert_int_equal(f->update.update_id, 4711); /* untouched */
    }
}

static void optional_members_of_a_wrong_type_are_missing(void **state)
{
    struct fixture *f = *state;
    assert_true(decode(f, "{\"update_id\":7,\"message\":{\"message_id\":5,\"from\":{\"id\":3,\"is_bot\":1,"
                          "\"first_name\":{},\"username\":[]}," CHAT
                          ",\"text\":5,\"caption\":[],\"photo\":{\"file_id\":\"x\"},\"document\":true}}"));
    assert_string_equal(f->update.first_name, "");
    assert_null(f->update.username);
    assert_null(f->update.text);
    assert_null(f->update.caption);
    assert_null(f->update.photo_file_id);
    assert_false(f->update.has_media);
}

/* {"update_id":1,…"name":"xxxx…"} with `count` times `unit`. */
static char *with_long(struct fixture *f, const char *before, const char *unit, size_t count,
                       const char *after)
{
    struct str s = STR_INIT(f->arena);
    str_add(&s, before);
    for (size_t i = 0; i < count; i++)
        str_add(&s, unit);
    str_add(&s, after);
    return str_done(&s);
}

static void bounds_texts(void **state)
{
    struct fixture *f = *state;
    const char *before = "{\"update_id\":7,\"message\":{\"message_id\":5," FROM "," CHAT ",\"text\":\"";
    assert_true(decode(f, with_long(f, before, "\\ud83d\\ude00", 2048, "\"}}")));
    assert_int_equal(str_utf16_length(f->update.text), 4096);
    assert_int_equal(strlen(f->update.text), 4 * 2048);
    assert_true(decode(f, with_long(f, before, "\\ud83d\\ude00", 50000, "\"}}")));
    assert_true(str_utf16_length(f->update.text) <= 4096);

    before = "{\"update_id\":7,\"callback_query\":{\"id\":\"1\"," FROM ",\"data\":\"";
    assert_true(decode(f, with_long(f, before, "d", 64, "\"}}")));
    assert_int_equal(strlen(f->update.data), 64);
    assert_true(decode(f, with_long(f, before, "d", 65, "\"}}")));
    assert_string_equal(f->update.data, "");
    assert_false(
        decode(f, with_long(f, "{\"update_id\":7,\"callback_query\":{\"id\":\"", "1", 5000, "\"}}")));
}

static uint64_t random_state = 20260824;

static size_t random_below(size_t limit)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (size_t)(random_state >> 33) % limit;
}

/* Changes, drops, doubles or puts in some bytes. */
static size_t mutate(char *text, size_t length, size_t room)
{
    static const char *const pieces[] = {"{",
                                         "}",
                                         "[",
                                         "]",
                                         "\"",
                                         ":",
                                         ",",
                                         "null",
                                         "-1",
                                         "1e999",
                                         "9223372036854775808",
                                         "\\u0000",
                                         "\\ud800",
                                         "true",
                                         "\xf0\x9f\x98\x80",
                                         "\xc0\x80"};
    for (size_t times = 1 + random_below(4); times > 0 && length > 0; times--) {
        size_t at = random_below(length), take = random_below(12);
        if (take > length - at)
            take = length - at;
        const char *piece = pieces[random_below(sizeof(pieces) / sizeof(*pieces))];
        switch (random_below(4)) {
        case 0:
            text[at] = (char)random_below(256);
            break;
        case 1:
            memmove(text + at, text + at + take, length - at - take);
            length -= take;
            break;
        case 2:
            if (length + take < room) {
                memmove(text + at + take, text + at, length - at);
                length += take;
            }
            break;
        default:
            if (length + strlen(piece) < room) {
                memmove(text + at + strlen(piece), text + at, length - at);
                memcpy(text + at, piece, strlen(piece));
                length += strlen(piece);
            }
        }
    }
    return length;
}

static void survives_anything(void **state)
{
    static const char *const seeds[] = {MESSAGE, PHOTO, CALLBACK, OLD_CALLBACK, BLOCKED, GROUP};
    struct fixture *f = *state;
    int taken = 0;
    for (int round = 0; round < 20000; round++) {
        const char *seed = seeds[random_below(sizeof(seeds) / sizeof(*seeds))];
        size_t room = strlen(seed) + 64;
        char *text = malloc(room);
        memcpy(text, seed, strlen(seed));
        size_t length = mutate(text, strlen(seed), room);
        text = realloc(text, length ? length : 1); /* so that reading past the end is seen */
        if (update_decode(f->arena, text, length, &f->update, &f->err)) {
            taken++;
            assert_non_null(f->update.first_name);
            assert_true(f->update.kind != UPDATE_CALLBACK || (f->update.callback_id && f->update.data));
        } else {
            assert_int_equal(f->err.code, ERR_INVALID);
        }
        free(text);
        arena_reset(f->arena);
    }
    assert_in_range(taken, 1000, 19000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reads_a_message, set_up, tear_down),
        cmocka_unit_test_setup_teardown(picks_the_largest_photo, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tells_a_formatted_text, set_up, tear_down),
        cmocka_unit_test_setup_teardown(reads_whose_message_was_forwarded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(reads_callbacks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(reads_chat_members_and_groups, set_up, tear_down),
        cmocka_unit_test_setup_teardown(reads_a_managed_bot, set_up, tear_down),
        cmocka_unit_test_setup_teardown(acknowledges_what_it_did_not_ask_for, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_what_is_no_update, set_up, tear_down),
        cmocka_unit_test_setup_teardown(optional_members_of_a_wrong_type_are_missing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bounds_texts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(survives_anything, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
