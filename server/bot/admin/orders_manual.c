/* What is done by hand: the queue, oldest first, one item with what its buyer answered, and doing it. */
#include <inttypes.h>

#include "base/str.h"
#include "bot/admin/orders.h"
#include "bot/admin/screen.h"
#include "bot/admin/story.h"
#include "store/search.h"

enum {
    NUMBERS_IN_A_ROW = 4,
    PRODUCT_LIMIT = 80,
    MOST_CONTENT = 4096,
    MOST_NOTE = 500,
    FILE_NAME_LIMIT = 190
};

/* --- the queue --- */

static const char *list_items(struct turn *turn, struct keyboard *keyboard,
                              const struct order_manual_page *page)
{
    struct work *work = turn->work;
    struct str lines = STR_INIT(work->arena);
    for (size_t i = 0; i < page->count; i++) {
        const struct order_manual *item = &page->items[i];
        str_add(&lines, say(work, TEXT_QUEUE_LINE,
                            TEXT_VALUES(TV("nomor", say_number(work, (int64_t)i + 1)),
                                        TV("produk", str_utf8_cut(work->arena, item->name, PRODUCT_LIMIT)),
                                        TV("jumlah", say_number(work, item->quantity)),
                                        TV("order_id", say_number(work, item->order_id)),
                                        TV("tanggal", say_date(work, item->paid_ms)))));
        str_add(&lines, "\n");
        if (i % NUMBERS_IN_A_ROW == 0)
            keyboard_row(keyboard);
        keyboard_data(keyboard, say_keycap(work, (int64_t)i + 1), STYLE_NONE, "aoi:%" PRId64, item->item_id);
    }
    return page->count ? str_done(&lines) : say_label(work, TEXT_QUEUE_EMPTY);
}

/* `line` (HTML, NULL: none) stands above it. */
static bool show_queue(struct turn *turn, int64_t from, const char *line, struct error *err)
{
    struct work *work = turn->work;
    struct order_manual_page page;
    struct keyboard keyboard;
    if (!order_list_manual(work, from, SEARCH_ROWS, &page, err))
        return error_context(err, "queue");
    keyboard_begin(&keyboard);
    const char *lines = list_items(turn, &keyboard, &page);
    const struct search_ends ends = {
        .has_back = page.has_previous, .back = page.previous, .has_next = page.has_next, .next = page.next};
    story_arrows(&keyboard, "aoq", &ends);
    const char *html =
        say(work, TEXT_QUEUE,
            TEXT_VALUES(TV("jumlah", story_count(work, page.total_count)), TV_HTML("baris", lines)));
    screen_show(turn, line ? arena_printf(work->arena, "%s\n\n%s", line, html) : html, &keyboard, "ao");
    return true;
}

/* Number: the item that the page begins with. */
bool orders_queue(struct turn *turn, struct error *err)
{
    return show_queue(turn, turn->numbers[0], NULL, err);
}

/* --- one of them --- */

/* Whether it is in the queue (still). */
static bool find(struct work *work, int64_t item_id, struct order_manual *item_out, bool *found_out,
                 struct error *err)
{
    struct order_manual_page page;
    if (!order_list_manual(work, item_id, 1, &page, err))
        return error_context(err, "queue");
    *found_out = page.count && page.items[0].item_id == item_id;
    if (*found_out)
        *item_out = page.items[0];
    return true;
}

static bool show_changed(struct turn *turn, struct error *err)
{
    page_answer(turn->work, &turn->page, say_label(turn->work, TEXT_ALERT_CHANGED_MEANWHILE), true);
    return show_queue(turn, 0, NULL, err);
}

static const char *say_answer(struct work *work, const struct order_manual *item)
{
    if (!*item->question)
        return say_label(work, TEXT_MANUAL_NO_QUESTION);
    return say(
        work, TEXT_MANUAL_ANSWER,
        TEXT_VALUES(TV("pertanyaan", item->question), TV("jawaban", item->answer ? item->answer : "–")));
}

bool orders_item(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    struct order_manual item;
    struct order_record record;
    struct keyboard keyboard;
    bool found;
    if (!find(work, turn->numbers[0], &item, &found, err))
        return false;
    if (!found)
        return show_changed(turn, err);
    if (!order_search_record(work, item.order_id, &record, err))
        return screen_explain(turn, err) || error_context(err, "queue");
    const struct person *buyer = &record.buyer;
    keyboard_begin(&keyboard);
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_FULFIL), STYLE_SUCCESS, "aof:%" PRId64,
                  item.item_id);
    keyboard_row(&keyboard);
    screen_button(turn, &keyboard, TEXT_BUTTON_OPEN_ORDER, "aod:%" PRId64, item.order_id);
    screen_button(turn, &keyboard, TEXT_BUTTON_BUYER, "aud:%" PRId64, item.telegram_id);
    const char *html =
        say(work, TEXT_MANUAL,
            TEXT_VALUES(TV("produk", str_utf8_cut(work->arena, item.name, PRODUCT_LIMIT)),
                        TV("jumlah", say_number(work, item.quantity)),
                        TV("nomor", say_number(work, item.order_id)), TV("order_id", item.reference),
                        TV("tanggal", say_date(work, item.paid_ms)),
                        TV_HTML("pembeli", say_person(work, buyer->telegram_id, buyer->first_name,
                                                      buyer->last_name, buyer->username)),
                        TV_HTML("jawaban", say_answer(work, &item))));
    screen_show(turn, html, &keyboard, arena_printf(work->arena, "aoq:%" PRId64, item.item_id));
    return true;
}

/* --- doing it --- */

bool orders_fulfil(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    struct order_manual item;
    bool found;
    if (!find(work, turn->numbers[0], &item, &found, err))
        return false;
    if (!found)
        return show_changed(turn, err);
    struct wizard *wizard = wizard_new(turn, &orders_fulfil_wizard);
    wizard_put_number(wizard, "item", item.item_id);
    wizard_put_text(wizard, WIZARD_ABOUT,
                    arena_printf(work->arena, "#%" PRId64 " · %s × %" PRId64, item.order_id,
                                 str_utf8_cut(work->arena, item.name, PRODUCT_LIMIT), item.quantity));
    return wizard_open(turn, wizard, err);
}

static bool preview(struct turn *turn, struct wizard *wizard, const char **html_out, struct error *err)
{
    *html_out = say(turn->work, wizard_has(wizard, "content") ? TEXT_FULFIL_SURE : TEXT_FULFIL_SURE_WITHOUT,
                    TEXT_NO_VALUES);
    return true;
}

static bool finish(struct turn *turn, struct wizard *wizard, struct error *err)
{
    struct work *work = turn->work;
    int64_t size;
    const char *content = wizard_text(wizard, "content"), *note = wizard_text(wizard, "note");
    bool is_file = wizard_input_of(wizard, "content") == WIZARD_DOCUMENT;
    const char *name = wizard_document(wizard, "content", &size);
    if (!*name)
        name = say_label(work, TEXT_FULFIL_FILE_NAME); /* some apps send none */
    const struct correction correction =
        screen_correction(turn, note ? note : say_label(work, TEXT_FULFIL_NOTE));
    if (!correction_fulfil(work, &correction, wizard_number(wizard, "item"), is_file ? NULL : content,
                           is_file ? content : NULL,
                           is_file ? str_utf8_cut(work->arena, name, FILE_NAME_LIMIT) : NULL, err))
        return error_context(err, "fulfil");
    return show_queue(
        turn, 0, say(work, TEXT_FULFIL_DONE, TEXT_VALUES(TV("isi", wizard_text(wizard, WIZARD_ABOUT)))), err);
}

static const char *back(struct turn *turn, const struct wizard *wizard)
{
    return arena_printf(turn->work->arena, "aoi:%" PRId64, wizard_number(wizard, "item"));
}

static bool changed(struct turn *turn, const struct wizard *wizard, struct error *err)
{
    return show_changed(turn, err);
}

static const struct wizard_step steps[] = {
    {.name = "content",
     .label = TEXT_LABEL_CONTENT,
     .prompt = TEXT_FULFIL_ASK,
     .takes = WIZARD_TEXT | WIZARD_DOCUMENT,
     .least = 1,
     .most = MOST_CONTENT,
     .optional = true},
    {.name = "note",
     .label = TEXT_LABEL_NOTE,
     .prompt = TEXT_FULFIL_ASK_NOTE,
     .takes = WIZARD_TEXT,
     .least = 1,
     .most = MOST_NOTE,
     .optional = true},
    {0},
};
const struct wizard_kind orders_fulfil_wizard = {
    .name = "order_fulfil",
    .title = TEXT_FULFIL_TITLE,
    .role = ROLE_ADMIN,
    .steps = steps,
    .confirms = true,
    .preview = preview,
    .finish = finish,
    .back = back,
    .changed = changed,
};
