#include "bench.h"

#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "bot/bot.h"

static struct texts *texts;

int bench_set_up(void **state)
{
    struct error err;
    if (!texts_load(TEXTS_DIR, &texts, &err))
        fail_msg("%s", err.text);
    bot_init(&(struct bot_options){.texts = texts});
    return 0;
}

int bench_tear_down(void **state)
{
    texts_free(&texts);
    return 0;
}

static void fill(struct bench *bench, size_t categories, size_t products, const char *name)
{
    struct catalogue_category *all = ARENA_ARRAY(bench->arena, struct catalogue_category, categories);
    struct catalogue_product *list =
        ARENA_ARRAY(bench->arena, struct catalogue_product, categories * products);
    size_t number = 0;
    for (size_t i = 0; i < categories; i++) {
        const struct catalogue_product **own =
            ARENA_ARRAY(bench->arena, const struct catalogue_product *, products);
        all[i] = (struct catalogue_category){
            .id = (int64_t)i + 1, .name = name, .emoji = "🎬", .product_count = products, .products = own};
        for (size_t j = 0; j < products; j++, number++) {
            list[number] = (struct catalogue_product){.id = (int64_t)number + 1,
                                                      .category = &all[i],
                                                      .code = "CODE",
                                                      .name = name,
                                                      .description = name,
                                                      .snk = name,
                                                      .question = "",
                                                      .price = 1000000000,
                                                      .stock = (int64_t)(number % 5),
                                                      .sold = 123456789,
                                                      .number = number + 1};
            own[j] = &list[number];
        }
    }
    bench->catalogue = (struct catalogue){.category_count = categories,
                                          .categories = all,
                                          .product_count = number,
                                          .products = list,
                                          .user_count = 7,
                                          .completed_order_count = 3};
}

struct bench *bench_open(const char *language, size_t categories, size_t products, const char *name)
{
    struct bench *bench = xcalloc(1, sizeof *bench);
    bench->arena = arena_new();
    bench->tenant.name = "kopi";
    bench->tenant.title = str_utf8_cut(bench->arena, name, 64);
    bench->tenant.language = language;
    bench->tenant.invoice_minutes = 15;
    bench->tenant.low_stock = 3;
    bench->tenant.most_open = 3;
    bench->tenant.deposit_least = 10000;
    bench->tenant.deposit_most = 10000000;
    fill(bench, categories, products, name);
    bench->update = (struct update){.update_id = 1,
                                    .kind = UPDATE_MESSAGE,
                                    .from_id = 1001,
                                    .first_name = name,
                                    .last_name = name,
                                    .username = "someone",
                                    .chat_id = 1001,
                                    .chat_is_private = true,
                                    .message_id = 5};
    bench->work = (struct work){.store = &bench->store,
                                .tenant = &bench->tenant,
                                .file = &bench->tenant,
                                .arena = bench->arena,
                                .now_ms = 1780000000000};
    bench->turn =
        (struct turn){.work = &bench->work, .update = &bench->update, .catalogue = &bench->catalogue};
    return bench;
}

void bench_close(struct bench **bench)
{
    page_forget(&(*bench)->turn.page);
    arena_free(&(*bench)->arena);
    freep(bench);
    *bench = NULL;
}

/* Tags closed in order, entities known: what Telegram's parser asks for. */
static void check_html(const char *html)
{
    const char *open[32];
    size_t depth = 0;
    for (const char *p = html; *p; p++) {
        if (*p == '&' && !str_starts_with(p, "&lt;") && !str_starts_with(p, "&gt;") &&
            !str_starts_with(p, "&amp;") && !str_starts_with(p, "&quot;"))
            fail_msg("bad entity in %s", html);
        if (*p != '<')
            continue;
        size_t length = strcspn(p + 1, " >");
        if (p[1] != '/') {
            assert_true(depth < 32);
            open[depth++] = p + 1;
        } else if (!depth || strncmp(open[--depth], p + 2, length - 1) != 0) {
            fail_msg("tags out of order in %s", html);
        }
        p = strchr(p, '>');
        assert_non_null(p);
    }
    assert_int_equal(depth, 0);
}

static void check_buttons(const json_t *rows)
{
    size_t i, j, total = 0;
    json_t *row, *button;
    json_array_foreach(rows, i, row)
    {
        assert_true(json_array_size(row) > 0 && json_array_size(row) <= 8);
        json_array_foreach(row, j, button)
        {
            const char *text = json_string_value(json_object_get(button, "text"));
            const char *data = json_string_value(json_object_get(button, "callback_data"));
            assert_true(text && *text && str_utf16_length(text) <= 64);
            total++;
            if (!data)
                continue;
            int64_t numbers[TURN_MOST_NUMBERS];
            char word[TURN_WORD_BYTES];
            assert_in_range(strlen(data), 1, 64);
            if (!route_of_callback(data, numbers, word))
                fail_msg("the button \"%s\" leads nowhere", data);
        }
    }
    assert_in_range(total, 1, 100);
}

void bench_check_call(struct arena *arena, const char *method, const json_t *params)
{
    const json_t *markup = json_object_get(params, "reply_markup");
    const char *text = json_string_value(json_object_get(params, "text"));
    const char *caption = json_string_value(json_object_get(params, "caption"));
    if (!caption)
        caption = json_string_value(json_object_get(json_object_get(params, "media"), "caption"));
    bool is_answer = str_equal(method, "answerCallbackQuery");
    if (text && is_answer)
        assert_in_range(str_utf16_length(text), 0, 200);
    if (text && !is_answer) {
        assert_in_range(html_length(text), 1, HTML_TEXT_LIMIT);
        assert_string_equal(json_string_value(json_object_get(params, "parse_mode")), "HTML");
        check_html(text);
    }
    if (caption) {
        assert_in_range(html_length(caption), 0, HTML_CAPTION_LIMIT);
        check_html(caption);
    }
    if (markup && json_object_get(markup, "inline_keyboard"))
        check_buttons(json_object_get(markup, "inline_keyboard"));
}

json_t *bench_reply(struct bench *bench)
{
    const char *text = page_reply(&bench->work, &bench->update, &bench->turn.page);
    json_t *reply;
    struct error err;
    if (!json_parse(text, strlen(text), &reply, &err))
        fail_msg("%s: %s", text, err.text);
    bench_check_call(bench->arena, json_string_value(json_object_get(reply, "method")), reply);
    return reply;
}
