#include "bot/admin/broadcast_card.h"

#include <inttypes.h>

#include "base/str.h"
#include "bot/broadcasting.h"
#include "bot/page.h"
#include "bot/say.h"

enum { NAME_LIMIT = 60, REASON_LIMIT = 200, BAR_CELLS = 10, MINUTE_S = 60, MINUTE_MS = 60000 };

/* --- words --- */

static const char *product_name(struct work *work, int64_t id)
{
    const struct catalogue *catalogue;
    struct error ignored;
    const struct catalogue_product *product =
        catalogue_get(work, &catalogue, &ignored) ? catalogue_product(catalogue, id) : NULL;
    return product ? str_utf8_cut(work->arena, product->name, NAME_LIMIT)
                   : arena_printf(work->arena, "#%" PRId64, id); /* hidden by now */
}

const char *broadcast_card_target(struct work *work, enum broadcast_segment segment, int64_t segment_ref)
{
    switch (segment) {
    case BROADCAST_ALL:
        return say_label(work, TEXT_BROADCAST_TO_ALL);
    case BROADCAST_BUYERS:
        return say_label(work, TEXT_BROADCAST_TO_BUYERS);
    case BROADCAST_NEVER:
        return say_label(work, TEXT_BROADCAST_TO_NEVER);
    case BROADCAST_PRODUCT:
        return say(work, TEXT_BROADCAST_TO_PRODUCT,
                   TEXT_VALUES(TV("produk", product_name(work, segment_ref))));
    case BROADCAST_ACTIVE:
        return say(work, TEXT_BROADCAST_TO_ACTIVE, TEXT_VALUES(TV("jumlah", say_number(work, segment_ref))));
    }
    return "";
}

const char *broadcast_card_people(struct work *work, int64_t count, bool exact)
{
    return say(work, exact ? TEXT_BROADCAST_PEOPLE : TEXT_BROADCAST_PEOPLE_ABOUT,
               TEXT_VALUES(TV("jumlah", say_number(work, count))));
}

const char *broadcast_card_state(const struct work *work, enum broadcast_state state)
{
    static const enum text_key keys[] = {
        [BROADCAST_SCHEDULED] = TEXT_BROADCAST_SCHEDULED, [BROADCAST_RUNNING] = TEXT_BROADCAST_RUNNING,
        [BROADCAST_PAUSED] = TEXT_BROADCAST_PAUSED,       [BROADCAST_DONE] = TEXT_BROADCAST_DONE,
        [BROADCAST_CANCELLED] = TEXT_BROADCAST_CANCELLED,
    };
    return say_label(work, keys[state]);
}

/* --- figures --- */

static int64_t ended(const struct broadcast *b)
{
    return b->queued - broadcast_outstanding(b);
}

/* Of those that are expected, or queued where those are more by now. */
static int64_t percent(const struct broadcast *b)
{
    int64_t all = b->expected > b->queued ? b->expected : b->queued;
    if (b->state == BROADCAST_DONE)
        return 100;
    return all > 0 ? ended(b) * 100 / all : 0;
}

static const char *bar(struct work *work, const struct broadcast *b)
{
    struct str s = STR_INIT(work->arena);
    for (int64_t cell = 0; cell < BAR_CELLS; cell++)
        str_add(&s, cell < percent(b) * BAR_CELLS / 100 ? "▓" : "░");
    str_addf(&s, " %" PRId64 "%%", percent(b));
    return str_done(&s);
}

static const char *figures(struct work *work, const struct broadcast *b)
{
    return say(work, TEXT_BROADCAST_FIGURES,
               TEXT_VALUES(TV("terkirim", say_number(work, b->sent)),
                           TV("blokir", say_number(work, b->blocked)),
                           TV("gagal", say_number(work, b->failed)),
                           TV("tidak_pasti", say_number(work, b->uncertain))));
}

static const char *problem(struct work *work, const struct broadcast *b)
{
    if (!b->failed || !b->problem || !*b->problem)
        return "";
    return arena_printf(work->arena, "\n%s",
                        say(work, TEXT_BROADCAST_PROBLEM,
                            TEXT_VALUES(TV("alasan", str_utf8_cut(work->arena, b->problem, REASON_LIMIT)))));
}

/* How far it is, and how long the rest may take. */
static const char *progress(struct work *work, const struct broadcast *b)
{
    if (b->state != BROADCAST_RUNNING && b->state != BROADCAST_PAUSED)
        return "";
    int64_t left = b->expected - ended(b);
    int64_t minutes = left > 0 ? (left / broadcasting_pace() + MINUTE_S - 1) / MINUTE_S : 0;
    const char *html = say(work, TEXT_BROADCAST_BAR,
                           TEXT_VALUES(TV("isi", bar(work, b)), TV("jumlah", say_number(work, b->expected))));
    if (b->state == BROADCAST_RUNNING && minutes > 0)
        html =
            arena_printf(work->arena, "%s\n%s", html,
                         say(work, TEXT_BROADCAST_LEFT, TEXT_VALUES(TV("menit", say_number(work, minutes)))));
    return arena_printf(work->arena, "\n\n%s", html);
}

const char *broadcast_card_html(struct work *work, const struct broadcast *b)
{
    const char *rest = "";
    if (b->started_ms)
        rest = arena_printf(work->arena, "\n%s%s%s", figures(work, b), problem(work, b), progress(work, b));
    return say(work, TEXT_BROADCAST_CARD,
               TEXT_VALUES(TV("nomor", say_number(work, b->id)),
                           TV("keadaan", broadcast_card_state(work, b->state)),
                           TV("tujuan", broadcast_card_target(work, b->segment, b->segment_ref)),
                           TV("tanggal", say_date(work, b->started_ms ? b->started_ms : b->starts_ms)),
                           TV_HTML("baris", rest)));
}

/* --- reports --- */

const char *broadcast_card_report_html(struct work *work, const struct broadcast *b)
{
    int64_t minutes = b->started_ms ? (b->ended_ms - b->started_ms + MINUTE_MS - 1) / MINUTE_MS : 0;
    const char *html = say(
        work, b->state == BROADCAST_CANCELLED ? TEXT_BROADCAST_REPORT_CANCELLED : TEXT_BROADCAST_REPORT,
        TEXT_VALUES(TV("nomor", say_number(work, b->id)),
                    TV("tujuan", broadcast_card_target(work, b->segment, b->segment_ref)),
                    TV("menit", say_number(work, minutes)),
                    TV_HTML("baris", arena_printf(work->arena, "%s%s", figures(work, b), problem(work, b)))));
    if (!b->uncertain)
        return html;
    return arena_printf(
        work->arena, "%s\n\n%s", html,
        say(work, TEXT_BROADCAST_UNCERTAIN, TEXT_VALUES(TV("jumlah", say_number(work, b->uncertain)))));
}

const char *broadcast_card_stalled_html(struct work *work, const struct broadcast *b)
{
    return say(work, TEXT_BROADCAST_STALLED,
               TEXT_VALUES(TV("nomor", say_number(work, b->id)),
                           TV("jumlah", say_number(work, b->refused_in_row)),
                           TV_HTML("baris", problem(work, b))));
}

/* --- buttons --- */

static bool is_over(const struct broadcast *b)
{
    return b->state == BROADCAST_DONE || b->state == BROADCAST_CANCELLED;
}

static void add(struct work *work, struct keyboard *keyboard, enum text_key label, enum button_style style,
                const char *verb, const struct broadcast *b)
{
    keyboard_data(keyboard, say_label(work, label), style, "%s:%" PRId64, verb, b->id);
}

void broadcast_card_buttons(struct work *work, struct keyboard *keyboard, const struct broadcast *b)
{
    keyboard_row(keyboard);
    if (b->state == BROADCAST_RUNNING)
        add(work, keyboard, TEXT_BUTTON_BROADCAST_PAUSE, STYLE_NONE, "abp", b);
    if (b->state == BROADCAST_PAUSED)
        add(work, keyboard, TEXT_BUTTON_BROADCAST_RESUME, STYLE_SUCCESS, "abr", b);
    if (!is_over(b))
        add(work, keyboard, TEXT_BUTTON_BROADCAST_CANCEL, STYLE_DANGER, "abc", b);
    if (b->state == BROADCAST_DONE && b->uncertain) {
        int64_t count = b->uncertain < BROADCAST_MOST_RECALLED ? b->uncertain : BROADCAST_MOST_RECALLED;
        const char *label =
            say(work, TEXT_BUTTON_BROADCAST_RESEND, TEXT_VALUES(TV("jumlah", say_number(work, count))));
        keyboard_data(keyboard, label, STYLE_PRIMARY, "abs:%" PRId64, b->id);
    }
}

json_t *broadcast_card_live_keyboard(struct work *work, const struct broadcast *b)
{
    struct keyboard keyboard;
    keyboard_begin(&keyboard);
    if (!is_over(b)) /* the report has the rest */
        broadcast_card_buttons(work, &keyboard, b);
    keyboard_row(&keyboard);
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_BROADCAST_LIST), STYLE_NONE, "abo");
    return keyboard_inline(&keyboard);
}

json_t *broadcast_card_report_keyboard(struct work *work, const struct broadcast *b)
{
    struct keyboard keyboard;
    keyboard_begin(&keyboard);
    broadcast_card_buttons(work, &keyboard, b);
    keyboard_row(&keyboard);
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_BROADCAST_LIST), STYLE_NONE, "ab");
    return keyboard_inline(&keyboard);
}

void broadcast_card_edit_live(struct work *work, const struct broadcast *b)
{
    if (b->progress_message_id)
        page_change(work, b->actor_id, b->progress_message_id, broadcast_card_html(work, b),
                    broadcast_card_live_keyboard(work, b));
}
