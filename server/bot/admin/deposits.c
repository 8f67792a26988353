/* Ways to deposits: what waits for an admin, and lists. */
#include "bot/admin/deposits.h"

#include <inttypes.h>

#include "base/str.h"
#include "bot/admin/screen.h"
#include "bot/admin/story.h"

enum { NUMBERS_IN_A_ROW = 4, NAME_LIMIT = 40 };

static const enum text_key titles[DEPOSIT_FILTERS] = {
    [DEPOSITS_ALL] = TEXT_DEPOSITS_ALL,
    [DEPOSITS_PENDING] = TEXT_DEPOSITS_PENDING,
    [DEPOSITS_REVIEW] = TEXT_DEPOSITS_REVIEW,
    [DEPOSITS_COMPLETED] = TEXT_DEPOSITS_COMPLETED,
    [DEPOSITS_CANCELLED] = TEXT_DEPOSITS_CANCELLED,
    [DEPOSITS_EXPIRED] = TEXT_DEPOSITS_EXPIRED,
    [DEPOSITS_REJECTED] = TEXT_DEPOSITS_REJECTED,
    [DEPOSITS_OF_PERSON] = TEXT_DEPOSITS_OF_PERSON,
    [DEPOSITS_PARKED] = TEXT_DEPOSITS_PARKED,
};

/* --- home --- */

static void filter_button(struct turn *turn, struct keyboard *keyboard, enum deposit_filter filter,
                          enum button_style style)
{
    keyboard_data(keyboard, say_label(turn->work, titles[filter]), style, "agl:%d:0:0", (int)filter);
}

bool deposits_home(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    struct deposit_counts counts;
    struct keyboard keyboard;
    if (!deposit_search_counts(work, &counts, err))
        return error_context(err, "deposits");
    keyboard_begin(&keyboard);
    filter_button(turn, &keyboard, DEPOSITS_REVIEW, counts.review ? STYLE_PRIMARY : STYLE_NONE);
    filter_button(turn, &keyboard, DEPOSITS_PARKED, counts.parked ? STYLE_DANGER : STYLE_NONE);
    keyboard_row(&keyboard);
    filter_button(turn, &keyboard, DEPOSITS_PENDING, STYLE_NONE);
    filter_button(turn, &keyboard, DEPOSITS_COMPLETED, STYLE_NONE);
    keyboard_row(&keyboard);
    filter_button(turn, &keyboard, DEPOSITS_CANCELLED, STYLE_NONE);
    filter_button(turn, &keyboard, DEPOSITS_EXPIRED, STYLE_NONE);
    filter_button(turn, &keyboard, DEPOSITS_REJECTED, STYLE_NONE);
    keyboard_row(&keyboard);
    filter_button(turn, &keyboard, DEPOSITS_ALL, STYLE_NONE);
    screen_button(turn, &keyboard, TEXT_BUTTON_SEARCH, "aos");
    const char *html = say(work, TEXT_DEPOSITS,
                           TEXT_VALUES(TV("periksa", story_count(work, counts.review)),
                                       TV("parkir", story_count(work, counts.parked))));
    screen_show(turn, html, &keyboard, NULL);
    return true;
}

/* --- lists --- */

/* A line and a number button for each. */
static const char *list_deposits(struct turn *turn, struct keyboard *keyboard,
                                 const struct deposit_search_page *page, enum deposit_filter filter,
                                 int64_t ref)
{
    struct work *work = turn->work;
    struct str lines = STR_INIT(work->arena);
    for (size_t i = 0; i < page->count; i++) {
        const struct deposit_found *deposit = &page->deposits[i];
        const char *name = say_name(work, deposit->first_name, deposit->last_name);
        str_add(&lines, say(work, TEXT_DEPOSITS_LINE,
                            TEXT_VALUES(TV("nomor", say_number(work, (int64_t)i + 1)),
                                        TV("status", deposits_sign(deposit->state)),
                                        TV("order_id", say_number(work, deposit->id)),
                                        TV("harga", say_price(work, deposit->amount)),
                                        TV("jenis", say_label(work, deposit->kind == DEPOSIT_MANUAL
                                                                        ? TEXT_DEPOSIT_BY_HAND
                                                                        : TEXT_DEPOSIT_BY_GATEWAY)),
                                        TV("tanggal", say_date(work, deposit->created_ms)),
                                        TV("nama", str_utf8_cut(work->arena, name, NAME_LIMIT)))));
        str_add(&lines, "\n");
        if (i % NUMBERS_IN_A_ROW == 0)
            keyboard_row(keyboard);
        keyboard_data(keyboard, say_keycap(work, (int64_t)i + 1), STYLE_NONE, "agv:%" PRId64 ":%d:%" PRId64,
                      deposit->id, (int)filter, ref);
    }
    return page->count ? str_done(&lines) : say_label(work, TEXT_LIST_EMPTY);
}

static const char *say_title(struct turn *turn, enum deposit_filter filter, int64_t ref,
                             const struct deposit_search_page *page)
{
    struct work *work = turn->work;
    const char *title = say_label(work, titles[filter]), *of = say_number(work, ref);
    if (filter != DEPOSITS_OF_PERSON)
        return title;
    if (page->count)
        of = say_name(work, page->deposits[0].first_name, page->deposits[0].last_name);
    return arena_printf(work->arena, "%s: %s", title, str_utf8_cut(work->arena, of, NAME_LIMIT));
}

/* Numbers: the filter, whose, the deposit that the page's ones are beyond. */
bool deposits_list(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    int64_t filter = turn->numbers[0], ref = turn->numbers[1];
    struct deposit_search_page page;
    struct keyboard keyboard;
    if (filter < 0 || filter >= DEPOSIT_FILTERS)
        return deposits_home(turn, err);
    if (!deposit_search(work, (enum deposit_filter)filter, ref, turn->numbers[2], &page, err))
        return error_context(err, "deposits");
    keyboard_begin(&keyboard);
    const char *lines = list_deposits(turn, &keyboard, &page, (enum deposit_filter)filter, ref);
    story_arrows(&keyboard, deposits_list_prefix(turn, (enum deposit_filter)filter, ref), &page.ends);
    const char *title = say_title(turn, (enum deposit_filter)filter, ref, &page);
    screen_show(turn, say(work, TEXT_LIST, TEXT_VALUES(TV("judul", title), TV_HTML("baris", lines))),
                &keyboard, "ag");
    return true;
}

const char *deposits_list_prefix(struct turn *turn, enum deposit_filter filter, int64_t ref)
{
    return arena_printf(turn->work->arena, "agl:%d:%" PRId64, (int)filter, ref);
}
