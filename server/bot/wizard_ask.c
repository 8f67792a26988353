/* What a wizard shows: the question with what was entered so far, or the summary. */
#include <inttypes.h>

#include "base/str.h"
#include "bot/amount.h"
#include "bot/wizard_internal.h"

enum { SHOWN_LIMIT = 150, LABEL_LIMIT = 60, SHORT_LABEL = 18, MOST_TEXT = 4000 };

/* --- what was entered so far --- */

static const char *kind_of_media(struct turn *turn, const struct wizard_answer *answer)
{
    switch (answer->input) {
    case WIZARD_PHOTO:
        return say_label(turn->work, TEXT_WIZARD_A_PHOTO);
    case WIZARD_STICKER:
        return say_label(turn->work, TEXT_WIZARD_A_STICKER);
    case WIZARD_MESSAGE:
        return say_label(turn->work, TEXT_WIZARD_A_MESSAGE);
    default:
        return NULL;
    }
}

static const char *shown(struct turn *turn, const struct wizard *wizard, const struct wizard_step *step,
                         const struct wizard_answer *answer)
{
    struct work *work = turn->work;
    const char *media = kind_of_media(turn, answer);
    if (answer->left_out)
        return say_label(work, TEXT_WIZARD_LEFT_OUT);
    if (step->show)
        return step->show(turn, wizard);
    if (step->secret)
        return say_label(work, TEXT_WIZARD_A_SECRET);
    if (media)
        return media;
    if (answer->label)
        return answer->label;
    if (answer->text)
        return answer->text;
    return answer->input == WIZARD_AMOUNT ? say_price(work, answer->number)
           : answer->input == WIZARD_TIME ? say_date(work, answer->number)
                                          : say_number(work, answer->number);
}

static const char *answers_html(struct turn *turn, const struct wizard *wizard)
{
    struct work *work = turn->work;
    struct str s = STR_INIT(work->arena);
    for (size_t i = 0; i < wizard_step_count(wizard); i++) {
        const struct wizard_step *step = &wizard->kind->steps[i];
        const struct wizard_answer *answer = wizard_answer(wizard, step->name);
        if (!answer || step->label < 0 || !wizard_applies(wizard, i))
            continue;
        const char *value = str_utf8_cut(work->arena, shown(turn, wizard, step, answer), SHOWN_LIMIT);
        str_add(&s,
                say(work, TEXT_WIZARD_ANSWER,
                    TEXT_VALUES(TV("nama", say_label(work, (enum text_key)step->label)), TV("isi", value))));
        str_add(&s, "\n");
    }
    if (s.length)
        str_add(&s, "\n");
    return str_done(&s);
}

/* --- the question --- */

static const char *why_html(struct turn *turn, const char *why)
{
    if (!why || !*why)
        return "";
    return arena_printf(turn->work->arena, "%s\n\n",
                        say(turn->work, TEXT_WIZARD_WHY, TEXT_VALUES(TV_HTML("alasan", why))));
}

static const char *title_of(struct turn *turn, const struct wizard *wizard)
{
    const char *title = say(turn->work, (enum text_key)wizard->kind->title, TEXT_NO_VALUES);
    const char *about = wizard_text(wizard, WIZARD_ABOUT);
    if (!about)
        return title;
    return say(turn->work, TEXT_WIZARD_ABOUT, TEXT_VALUES(TV_HTML("judul", title), TV("isi", about)));
}

static const char *question_html(struct turn *turn, const struct wizard *wizard, const char *why)
{
    struct work *work = turn->work;
    const struct wizard_step *step = &wizard->kind->steps[wizard->step];
    const char *question = say(work, (enum text_key)step->prompt, TEXT_NO_VALUES);
    int64_t at = 0, of = 0;
    for (size_t i = 0; i < wizard_step_count(wizard); i++) {
        bool applies = wizard_applies(wizard, i) && !wizard->kind->steps[i].waits;
        of += applies;
        at += applies && i <= wizard->step;
    }
    if (of == 1)
        return say(work, TEXT_WIZARD_ONLY_STEP,
                   TEXT_VALUES(TV_HTML("judul", title_of(turn, wizard)),
                               TV_HTML("alasan", why_html(turn, why)), TV_HTML("pertanyaan", question)));
    return say(work, TEXT_WIZARD_STEP,
               TEXT_VALUES(TV_HTML("judul", title_of(turn, wizard)), TV("langkah", say_number(work, at)),
                           TV("jumlah", say_number(work, of)), TV_HTML("isian", answers_html(turn, wizard)),
                           TV_HTML("alasan", why_html(turn, why)), TV_HTML("pertanyaan", question)));
}

static bool summary_html(struct turn *turn, struct wizard *wizard, const char *why, const char **html_out,
                         struct error *err)
{
    const char *question = NULL;
    if (wizard->kind->preview && !wizard->kind->preview(turn, wizard, &question, err))
        return false;
    if (!question)
        question = say(turn->work, TEXT_WIZARD_SURE, TEXT_NO_VALUES);
    *html_out = say(turn->work, TEXT_WIZARD_CONFIRM,
                    TEXT_VALUES(TV_HTML("judul", title_of(turn, wizard)),
                                TV_HTML("isian", answers_html(turn, wizard)),
                                TV_HTML("alasan", why_html(turn, why)), TV_HTML("pertanyaan", question)));
    return true;
}

/* --- buttons --- */

/* Short labels stand side by side. */
static void add_choices(struct turn *turn, const struct wizard *wizard, struct keyboard *keyboard,
                        const struct wizard_choices *choices)
{
    bool before_is_short = false;
    for (size_t i = 0; i < choices->count; i++) {
        const char *label = str_utf8_cut(turn->work->arena, choices->items[i].label, LABEL_LIMIT);
        bool is_short = str_utf16_length(label) <= SHORT_LABEL;
        if (!is_short || !before_is_short)
            keyboard_row(keyboard);
        keyboard_data(keyboard, label, STYLE_NONE, "z:%" PRId64 ":%zu:%" PRId64, wizard->number, wizard->step,
                      choices->items[i].value);
        before_is_short = is_short && !before_is_short;
    }
    keyboard_row(keyboard);
    if (wizard->page > 0)
        keyboard_data(keyboard, "⬅️", STYLE_NONE, "zp:%" PRId64 ":%zu:%" PRId64, wizard->number,
                      wizard->step, wizard->page - 1);
    if (choices->has_more)
        keyboard_data(keyboard, "➡️", STYLE_NONE, "zp:%" PRId64 ":%zu:%" PRId64, wizard->number,
                      wizard->step, wizard->page + 1);
}

static bool has_step_before(const struct wizard *wizard)
{
    for (size_t i = 0; i < wizard->step; i++)
        if (wizard_applies(wizard, i))
            return true;
    return false;
}

static void add_ways(struct turn *turn, const struct wizard *wizard, struct keyboard *keyboard)
{
    struct work *work = turn->work;
    bool is_summary = wizard->step == wizard_step_count(wizard);
    keyboard_row(keyboard);
    if (is_summary)
        keyboard_data(keyboard, say_label(work, TEXT_BUTTON_SAVE), STYLE_SUCCESS, "zk:%" PRId64 ":%zu",
                      wizard->number, wizard->step);
    else if (wizard->kind->steps[wizard->step].optional)
        keyboard_data(keyboard, say_label(work, TEXT_BUTTON_SKIP), STYLE_NONE, "zs:%" PRId64 ":%zu",
                      wizard->number, wizard->step);
    keyboard_row(keyboard);
    if (has_step_before(wizard))
        keyboard_data(keyboard, say_label(work, TEXT_BUTTON_STEP_BACK), STYLE_NONE, "zb:%" PRId64 ":%zu",
                      wizard->number, wizard->step);
    keyboard_data(keyboard, say_label(work, TEXT_BUTTON_CANCEL), STYLE_NONE, "zx:%" PRId64, wizard->number);
}

static bool add_more(struct turn *turn, const struct wizard *wizard, const char **html_out,
                     struct keyboard *keyboard, struct error *err)
{
    const struct wizard_step *step = &wizard->kind->steps[wizard->step];
    keyboard_row(keyboard);
    return !step->more || step->more(turn, wizard, html_out, keyboard, err) ||
           error_context(err, "wizard %s", wizard->kind->name);
}

bool wizard_ask(struct turn *turn, struct wizard *wizard, const char *why, struct error *err)
{
    struct wizard_choices choices = {0};
    const char *html, *more = NULL;
    bool is_summary = wizard->step == wizard_step_count(wizard);
    if (is_summary ? !summary_html(turn, wizard, why, &html, err)
                   : !wizard_choices_now(turn, wizard, &choices, err))
        return error_context(err, "wizard %s", wizard->kind->name);
    if (!is_summary) {
        html = question_html(turn, wizard, why);
        if (wizard->kind->steps[wizard->step].takes == WIZARD_CHOICE && !choices.count)
            html = arena_printf(turn->work->arena, "%s\n\n%s", html,
                                say(turn->work, TEXT_WIZARD_NO_CHOICES, TEXT_NO_VALUES));
    }
    struct keyboard keyboard;
    keyboard_begin(&keyboard);
    add_choices(turn, wizard, &keyboard, &choices);
    if (!is_summary && !add_more(turn, wizard, &more, &keyboard, err)) {
        keyboard_drop(&keyboard);
        return false;
    }
    if (more)
        html = arena_printf(turn->work->arena, "%s\n\n%s", html, more);
    add_ways(turn, wizard, &keyboard);
    page_show(turn->work, &turn->page, html, keyboard_inline(&keyboard));
    return true;
}

/* --- refusing a message --- */

const char *wizard_why_not(struct turn *turn, const struct wizard_step *step)
{
    /* The choice comes last: where a message would do, too, that is what is asked for. */
    static const struct {
        unsigned input;
        enum text_key why;
    } rows[] = {
        {WIZARD_AMOUNT, TEXT_WIZARD_WHY_AMOUNT},     {WIZARD_NUMBER, TEXT_WIZARD_WHY_NUMBER},
        {WIZARD_TIME, TEXT_WIZARD_WHY_TIME},         {WIZARD_TEXT, TEXT_WIZARD_WHY_TEXT},
        {WIZARD_LINE, TEXT_WIZARD_WHY_LINE},         {WIZARD_PHOTO, TEXT_WIZARD_WHY_PHOTO},
        {WIZARD_DOCUMENT, TEXT_WIZARD_WHY_DOCUMENT}, {WIZARD_STICKER, TEXT_WIZARD_WHY_STICKER},
        {WIZARD_CHOICE, TEXT_WIZARD_WHY_CHOICE},
    };
    struct work *work = turn->work;
    size_t i = 0;
    while (i + 1 < sizeof rows / sizeof rows[0] && !(step->takes & rows[i].input))
        i++;
    bool is_amount = rows[i].input == WIZARD_AMOUNT, is_number = rows[i].input == WIZARD_NUMBER;
    int64_t least = step->least || is_number ? step->least : 1;
    int64_t most = step->most ? step->most : is_amount ? AMOUNT_MOST : is_number ? INT64_MAX : MOST_TEXT;
    return say(work, rows[i].why,
               TEXT_VALUES(TV("minimum", is_amount ? say_price(work, least) : say_number(work, least)),
                           TV("maksimum", is_amount ? say_price(work, most) : say_number(work, most))));
}
