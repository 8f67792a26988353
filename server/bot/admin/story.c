#include "bot/admin/story.h"

#include <inttypes.h>

#include "bot/admin/log_words.h"
#include "bot/admin/screen.h"
#include "bot/buyer/purchase_page.h"
#include "store/search.h"

enum { PAYMENTS_SHOWN = 5, EVENTS_ON_PAGE = 12, NOTE_LIMIT = 200, NAME_LIMIT = 60, MOST_DATA = 64 };

const char *story_count(struct work *work, int64_t count)
{
    return count < SEARCH_MOST_COUNTED ? say_number(work, count)
                                       : arena_printf(work->arena, "%d+", SEARCH_MOST_COUNTED - 1);
}

void story_arrows(struct keyboard *keyboard, const char *prefix, const struct search_ends *ends)
{
    keyboard_row(keyboard);
    if (ends->has_back)
        keyboard_data(keyboard, "⬅️", STYLE_NONE, "%s:%" PRId64, prefix, ends->back);
    if (ends->has_next)
        keyboard_data(keyboard, "➡️", STYLE_NONE, "%s:%" PRId64, prefix, ends->next);
}

/* --- payments --- */

static const enum text_key payment_states[] = {
    [PAYMENT_CREATING] = TEXT_PAYMENT_CREATING,   [PAYMENT_WAITING] = TEXT_PAYMENT_WAITING,
    [PAYMENT_COMPLETED] = TEXT_PAYMENT_COMPLETED, [PAYMENT_CANCELLED] = TEXT_PAYMENT_CANCELLED,
    [PAYMENT_EXPIRED] = TEXT_PAYMENT_EXPIRED,     [PAYMENT_FAILED] = TEXT_PAYMENT_FAILED,
};

/* A word of the database's as a label; the word itself where it is not among them. */
struct word {
    const char *word;
    enum text_key label;
};
static const char *say_word(struct work *work, const struct word *words, size_t count, const char *word)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(words[i].word, word))
            return say_label(work, words[i].label);
    return word;
}
#define SAY_WORD(work, words, word) say_word((work), (words), sizeof(words) / sizeof(words)[0], (word))

static const struct word resolutions[] = {
    {"delivered", TEXT_PAYMENT_DELIVERED},
    {"credited", TEXT_PAYMENT_CREDITED},
    {"refunded", TEXT_PAYMENT_REFUNDED},
};

/* What came in place of what was asked for, if it did. */
static const char *say_problem(struct work *work, const struct payment *payment)
{
    if (!payment->problem)
        return "";
    bool parked = payment_is_parked(payment);
    const char *came = payment->paid_amount ? say_price(work, payment->paid_amount) : "?";
    return say(work, parked ? TEXT_PAYMENT_LINE_PARKED : TEXT_PAYMENT_LINE_RESOLVED,
               TEXT_VALUES(TV("harga", came), TV("diminta", say_price(work, payment->amount)),
                           TV("status", SAY_WORD(work, resolutions, payment->resolution))));
}

const char *story_payments(struct work *work, const struct payment *payments, size_t count)
{
    struct str s = STR_INIT(work->arena);
    for (size_t i = 0; i < count && i < PAYMENTS_SHOWN; i++) {
        const struct payment *payment = &payments[i];
        str_add(&s, i ? "\n" : "");
        str_add(&s, say(work, TEXT_PAYMENT_LINE,
                        TEXT_VALUES(TV("metode", purchase_say_method(work, payment->method)),
                                    TV("harga", say_price(work, payment->amount)),
                                    TV("status", say_label(work, payment_states[payment->state])),
                                    TV("tanggal", say_date(work, payment->created_ms)))));
        if (payment->txn_id)
            str_add(&s, say(work, TEXT_PAYMENT_LINE_GATEWAY, TEXT_VALUES(TV("nomor", payment->txn_id))));
        str_add(&s, say_problem(work, payment));
    }
    return str_done(&s);
}

/* --- ends and dates --- */

const char *story_reason(struct work *work, const char *word)
{
    static const struct word reasons[] = {
        {"expired", TEXT_ENDED_BY_TIME},       {"buyer", TEXT_ENDED_BY_BUYER},
        {"gateway", TEXT_ENDED_BY_GATEWAY},    {"admin", TEXT_ENDED_BY_ADMIN},
        {"no invoice", TEXT_ENDED_NO_INVOICE}, {"mismatch", TEXT_ENDED_MISMATCH},
        {"no proof", TEXT_ENDED_NO_PROOF},     {"rejected", TEXT_ENDED_REJECTED},
    };
    return word && *word ? SAY_WORD(work, reasons, word) : "";
}

void story_add_date(struct work *work, struct str *s, enum text_key key, int64_t at_ms, const char *why)
{
    if (!at_ms)
        return;
    str_add(s, s->length ? "\n" : "");
    str_add(s, say(work, key, TEXT_VALUES(TV("tanggal", say_date(work, at_ms)), TV("alasan", why))));
}

/* --- what happened --- */

static const struct word entries[] = {
    {"deposit", TEXT_HISTORY_DEPOSIT},   {"purchase", TEXT_HISTORY_PURCHASE},
    {"refund", TEXT_HISTORY_REFUND},     {"adjustment", TEXT_HISTORY_ADJUSTMENT},
    {"transfer", TEXT_HISTORY_TRANSFER}, {"late_payment", TEXT_HISTORY_LATE_PAYMENT},
};
static const struct word ends[] = {
    {"completed", TEXT_PAYMENT_COMPLETED},
    {"cancelled", TEXT_PAYMENT_CANCELLED},
    {"expired", TEXT_PAYMENT_EXPIRED},
    {"failed", TEXT_PAYMENT_FAILED},
};

static const char *say_actor(struct work *work, const struct event *event)
{
    if (!event->actor_id)
        return say_label(work, TEXT_LOG_SERVER);
    return *event->actor_name ? say_name(work, event->actor_name, NULL) : say_number(work, event->actor_id);
}

static const char *say_amount(struct work *work, const struct event *event)
{
    return arena_printf(work->arena, "%s%s", event->kind == EVENT_LEDGER && event->amount > 0 ? "+" : "",
                        say_price(work, event->amount));
}

/* The event in a few words; plain. */
static const char *say_what(struct work *work, const struct event *event)
{
    static const enum text_key keys[EVENT_KINDS] = {
        [EVENT_MADE] = TEXT_EVENT_MADE,
        [EVENT_PAYMENT_MADE] = TEXT_EVENT_PAYMENT_MADE,
        [EVENT_PAYMENT_HINTED] = TEXT_EVENT_PAYMENT_HINTED,
        [EVENT_PROVED] = TEXT_EVENT_PROVED,
        [EVENT_DECISION] = TEXT_EVENT_DECISION,
        [EVENT_PAYMENT_ENDED] = TEXT_EVENT_PAYMENT_ENDED,
        [EVENT_LEDGER] = TEXT_EVENT_LEDGER,
        [EVENT_PAID] = TEXT_EVENT_PAID,
        [EVENT_COMPLETED] = TEXT_EVENT_COMPLETED,
        [EVENT_ENDED] = TEXT_EVENT_ENDED,
    };
    const char *what = event->what;
    switch (event->kind) {
    case EVENT_PAYMENT_MADE:
        what = purchase_say_method(work, what);
        break;
    case EVENT_PAYMENT_ENDED:
        what = SAY_WORD(work, ends, what);
        break;
    case EVENT_DECISION:
        what = log_action(work, &(struct admin_log_entry){.action = what});
        break;
    case EVENT_LEDGER:
        what = SAY_WORD(work, entries, what);
        break;
    case EVENT_ENDED:
        what = story_reason(work, what);
        break;
    default:
        break;
    }
    return say(work, keys[event->kind],
               TEXT_VALUES(TV("jenis", what), TV("harga", say_amount(work, event)),
                           TV("admin", str_utf8_cut(work->arena, say_actor(work, event), NAME_LIMIT))));
}

static void add_event(struct work *work, struct str *s, const struct event *event)
{
    str_add(s,
            say(work, TEXT_STORY_LINE,
                TEXT_VALUES(TV("tanggal", say_date(work, event->at_ms)), TV("isi", say_what(work, event)))));
    if (event->kind == EVENT_DECISION && *event->note)
        str_add(s, say(work, TEXT_STORY_NOTE,
                       TEXT_VALUES(TV("catatan", str_utf8_cut(work->arena, event->note, NOTE_LIMIT)))));
    str_add(s, "\n");
}

void story_show(struct turn *turn, const struct story *story, int64_t page)
{
    struct work *work = turn->work;
    struct str lines = STR_INIT(work->arena);
    struct keyboard keyboard;
    size_t pages = (story->count + EVENTS_ON_PAGE - 1) / EVENTS_ON_PAGE;
    size_t at = page > 0 && (uint64_t)page < pages ? (size_t)page : 0;
    size_t end = story->count - at * EVENTS_ON_PAGE; /* behind the page's newest one */
    size_t begin = end > EVENTS_ON_PAGE ? end - EVENTS_ON_PAGE : 0;
    for (size_t i = begin; i < end; i++)
        add_event(work, &lines, &story->events[i]);
    keyboard_begin(&keyboard);
    if (begin > 0)
        keyboard_data(&keyboard, "⬅️", STYLE_NONE, "%s:%" PRId64 ":%zu", story->verb, story->id, at + 1);
    if (at > 0)
        keyboard_data(&keyboard, "➡️", STYLE_NONE, "%s:%" PRId64 ":%zu", story->verb, story->id, at - 1);
    screen_show(
        turn,
        say(work, TEXT_STORY, TEXT_VALUES(TV("judul", story->title), TV_HTML("baris", str_done(&lines)))),
        &keyboard, story->back);
}
