#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/json.h"
#include "bot.h"
#include "control.h"
#include "file.h"
#include "outgoing.h"
#include "person.h"
#include "sandbox.h"

/* One request to send, with what came of it. */
struct fixture {
    struct sandbox sandbox;
    struct bot bot;
    struct person *person;
    struct control control;
    struct outgoing out;
};

static void setup(struct fixture *f)
{
    *f = (struct fixture){.bot = {.id = 7}};
    f->person = person_of_crowd(&f->sandbox, 2001);
    f->control = (struct control){.sandbox = &f->sandbox, .arena = arena_new()};
}

static void teardown(struct fixture *f)
{
    outgoing_free(&f->out);
    json_decref(f->control.body);
    arena_free(&f->control.arena);
    table_clear(&f->sandbox.files, file_free);
    table_clear(&f->sandbox.people, person_free);
    journal_free(&f->sandbox);
}

static bool reads(struct fixture *f, const char *body)
{
    outgoing_free(&f->out);
    json_decref(f->control.body);
    f->control.body = json_loads(body, 0, NULL);
    assert_non_null(f->control.body);
    return outgoing_read(&f->control, &f->bot, f->person, &f->out);
}

static void refused(struct fixture *f, const char *body, const char *why)
{
    assert_false(reads(f, body));
    if (!strstr(f->control.err.text, why))
        fail_msg("%s: %s", body, f->control.err.text);
}

static void reads_files(void **state)
{
    struct fixture f;
    setup(&f);
    assert_true(reads(&f, "{\"document\":{\"name\":\"a.csv\",\"mime\":\"text/csv\",\"base64\":\"AP8=\"},"
                          "\"caption\":\" isi \"}"));
    assert_int_equal(f.out.file->kind, FILE_DOCUMENT);
    assert_string_equal(f.out.file->name, "a.csv");
    assert_string_equal(f.out.file->mime, "text/csv");
    assert_memory_equal(f.out.file->bytes, "\0\xff", 2);
    assert_int_equal(f.out.file->size, 2);
    assert_string_equal(f.out.text, "isi");
    assert_true(reads(&f, "{\"document\":{\"content\":\"a\",\"size\":20971521,\"mime\":null}}"));
    assert_int_equal(f.out.file->length, 1);
    assert_int_equal(f.out.file->size, 20971521);
    assert_null(f.out.file->name);
    assert_null(f.out.file->mime);
    for (int kind = 0; kind < FILE_KINDS; kind++) {
        char body[100];
        snprintf(body, sizeof body, "{\"%s\":true,\"caption\":\"x\"}", file_kind_name((enum file_kind)kind));
        assert_true(reads(&f, body));
        assert_int_equal(f.out.file->kind, kind);
        assert_int_equal(f.out.text != NULL, file_kind_has_caption((enum file_kind)kind));
    }
    refused(&f, "{\"document\":{\"content\":\"\"}}", "non-empty");
    refused(&f, "{\"document\":\"???\"}", "base64");
    refused(&f, "{\"document\":5}", "must be");
    refused(&f, "{\"document\":{\"content\":\"a\",\"size\":-1}}", "negative");
    refused(&f, "{\"photo\":\"AAAA\"}", "IMAGE_PROCESS_FAILED");
    teardown(&f);
}

static void reads_the_rest(void **state)
{
    struct fixture f;
    setup(&f);
    assert_true(reads(&f, "{\"text\":\"/start hai\",\"reply_to\":5,\"media_group\":\"9\"}"));
    assert_int_equal(json_array_size(f.out.entities), 1);
    assert_int_equal(f.out.reply_to, 5);
    assert_string_equal(f.out.album, "9");
    assert_true(
        reads(&f, "{\"text\":\"🙂x\",\"entities\":[{\"type\":\"bold\",\"offset\":2,\"length\":1}]}"));
    assert_int_equal(json_array_size(f.out.entities), 1);
    assert_true(reads(&f, "{\"contact\":true,\"forward_from\":2002}"));
    assert_non_null(json_object_get(f.out.extra, "contact"));
    assert_string_equal(json_string_value(json_object_get(f.out.origin, "type")), "user");
    assert_true(reads(&f, "{\"text\":\"a\",\"forward_name\":\"Anonim\"}"));
    assert_string_equal(json_string_value(json_object_get(f.out.origin, "type")), "hidden_user");
    refused(&f, "{}", "is needed");
    refused(&f, "{\"text\":\"  \"}", "1 to 4096");
    refused(&f, "{\"text\":\"🙂x\",\"entities\":[{\"type\":\"bold\",\"offset\":2,\"length\":2}]}",
            "entity 0");
    refused(&f, "{\"text\":\"a\",\"entities\":[{\"offset\":0,\"length\":1}]}", "entity 0");
    refused(&f, "{\"text\":\"a\",\"entities\":{}}", "array");
    teardown(&f);
}

static void a_file_belongs_to_one_bot(void **state)
{
    struct fixture f;
    bool foreign;
    setup(&f);
    assert_true(reads(&f, "{\"sticker\":true}"));
    const char *id = f.out.file->id;
    assert_ptr_equal(file_find(&f.sandbox, 7, id, &foreign), f.out.file);
    assert_false(foreign);
    assert_null(file_find(&f.sandbox, 8, id, &foreign));
    assert_true(foreign);
    assert_null(file_find(&f.sandbox, 7, "CAACAg", &foreign));
    assert_false(foreign);
    assert_null(file_find_path(&f.sandbox, 8, f.out.file->path));
    assert_true(f.out.file->is_picture);
    teardown(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_files),
        cmocka_unit_test(reads_the_rest),
        cmocka_unit_test(a_file_belongs_to_one_bot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
