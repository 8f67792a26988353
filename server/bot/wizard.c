/* What happens to a wizard: its steps, messages and buttons. */
#include "bot/wizard.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "bot/admin/screen.h"
#include "bot/amount.h"
#include "bot/wizard_internal.h"
#include "store/conversation.h"
#include "work/outbox.h"

enum { MOST_TEXT = 4000, MOST_PAGE = 1000000 };

/* --- steps --- */

size_t wizard_step_count(const struct wizard *wizard)
{
    size_t count = 0;
    while (wizard->kind->steps[count].name)
        count++;
    return count;
}

bool wizard_applies(const struct wizard *wizard, size_t step)
{
    const struct wizard_step *s = &wizard->kind->steps[step];
    return (!s->topic || str_equal(s->topic, wizard_text(wizard, WIZARD_TOPIC))) &&
           (!s->applies || s->applies(wizard));
}

static bool fixed_choices(struct turn *turn, const struct wizard_step *step, int64_t page,
                          struct wizard_choices *choices_out)
{
    *choices_out = (struct wizard_choices){0};
    int64_t at = 0;
    for (const struct wizard_fixed_choice *choice = step->fixed_choices; choice->label >= 0; choice++, at++) {
        if (at / WIZARD_CHOICES_ON_PAGE < page)
            continue;
        if (at / WIZARD_CHOICES_ON_PAGE > page) {
            choices_out->has_more = true;
            break;
        }
        choices_out->items[choices_out->count++] =
            (struct wizard_choice){choice->value, say_label(turn->work, (enum text_key)choice->label)};
    }
    return true;
}

bool wizard_choices_now(struct turn *turn, const struct wizard *wizard, struct wizard_choices *choices_out,
                        struct error *err)
{
    const struct wizard_step *step = &wizard->kind->steps[wizard->step];
    *choices_out = (struct wizard_choices){0};
    if (step->fixed_choices)
        return fixed_choices(turn, step, wizard->page, choices_out);
    return !step->choices || step->choices(turn, wizard, wizard->page, choices_out, err);
}

/* --- going on --- */

static bool show_step(struct turn *turn, struct wizard *wizard, size_t step, const char *why,
                      struct error *err)
{
    if (wizard->step != step)
        wizard->page = 0;
    wizard->step = step;
    return wizard_save(turn, wizard, err) && wizard_ask(turn, wizard, why, err);
}

static bool changed_meanwhile(struct turn *turn, const struct wizard *wizard, struct error *err)
{
    if (!turn_restart(turn, err) || !conversation_clear(turn->work, turn->update->from_id, err))
        return false;
    if (wizard->kind->changed)
        return wizard->kind->changed(turn, wizard, err);
    screen_say(turn, say(turn->work, TEXT_CHANGED_MEANWHILE, TEXT_NO_VALUES),
               wizard->kind->back(turn, wizard));
    return true;
}

static bool finish(struct turn *turn, struct wizard *wizard, struct error *err)
{
    if (!conversation_clear(turn->work, turn->update->from_id, err))
        return false;
    if (wizard->kind->finish(turn, wizard, err))
        return true;
    if (err->code == ERR_CONFLICT || err->code == ERR_NOT_FOUND)
        return changed_meanwhile(turn, wizard, err);
    return error_context(err, "wizard %s", wizard->kind->name);
}

/* The first question that is open; behind the last one the summary, or the end. */
static bool go_on(struct turn *turn, struct wizard *wizard, struct error *err)
{
    size_t count = wizard_step_count(wizard), step = count;
    for (size_t i = count; i > 0; i--) {
        const char *name = wizard->kind->steps[i - 1].name;
        if (!wizard_applies(wizard, i - 1))
            wizard_forget(wizard, name); /* asked for before an earlier answer was changed */
        else if (!wizard_answer(wizard, name))
            step = i - 1;
    }
    if (step == count && !wizard->kind->confirms)
        return finish(turn, wizard, err);
    const struct wizard_step *next = &wizard->kind->steps[step];
    if (step < count && next->waits && !next->waits(turn, wizard, err))
        return error_context(err, "wizard %s", wizard->kind->name);
    return show_step(turn, wizard, step, NULL, err);
}

/* What was found out about an answer is so no longer. */
static void forget_findings(struct wizard *wizard, size_t step)
{
    for (const struct wizard_step *s = &wizard->kind->steps[step + 1]; s->name && s->waits; s++)
        wizard_forget(wizard, s->name);
}

bool wizard_open(struct turn *turn, struct wizard *wizard, struct error *err)
{
    wizard->step = wizard_step_count(wizard) + 1; /* none yet */
    return go_on(turn, wizard, err);
}

bool wizard_ask_again(struct turn *turn, struct wizard *wizard, const char *step, const char *why,
                      struct error *err)
{
    size_t i = 0;
    while (wizard->kind->steps[i].name && strcmp(wizard->kind->steps[i].name, step) != 0)
        i++;
    wizard_forget(wizard, step);
    if (wizard->kind->steps[i].name)
        forget_findings(wizard, i);
    return show_step(turn, wizard, i, why, err);
}

static bool take(struct turn *turn, struct wizard *wizard, struct wizard_answer *answer, struct error *err)
{
    const struct wizard_step *step = &wizard->kind->steps[wizard->step];
    const char *why = NULL;
    answer->name = step->name;
    wizard_put(wizard, answer);
    forget_findings(wizard, wizard->step);
    if (step->check && !step->check(turn, wizard, &why, err))
        return error_context(err, "wizard %s", wizard->kind->name);
    if (why)
        return wizard_ask_again(turn, wizard, step->name, why, err);
    return go_on(turn, wizard, err);
}

/* --- messages --- */

/* Without blanks around it, and without control characters but line feeds and tabs, which no text of a store
 * may have. */
static const char *cleaned(struct arena *arena, const char *text)
{
    static const char blanks[] = " \t\n";
    char *copy = arena_strdup(arena, text), *to = copy;
    for (const char *p = copy; *p; p++)
        if ((unsigned char)*p >= ' ' ? *p != 0x7F : *p == '\n' || *p == '\t')
            *to++ = *p;
    while (to > copy && strchr(blanks, to[-1]))
        to--;
    *to = '\0';
    return copy + strspn(copy, blanks);
}

static bool is_within(int64_t value, const struct wizard_step *step)
{
    return value >= step->least && (!step->most || value <= step->most);
}

static bool is_line(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ')
            return false;
    return true;
}

/* "31/12/2026 17:00", or the date alone. */
static bool read_time(const struct clock_zone *zone, const char *text, int64_t *at_ms_out)
{
    int day, month, year, hour, minute, end = 0;
    char canonical[32];
    bool whole = sscanf(text, "%2d/%2d/%4d%n", &day, &month, &year, &end) == 3 && year >= 1000;
    if (!whole)
        return false;
    const char *rest = text + end;
    rest += strspn(rest, " ");
    end = 0;
    if (!*rest)
        snprintf(canonical, sizeof canonical, "%04d-%02d-%02d", year, month, day);
    else if (sscanf(rest, "%2d%*1[:.]%2d%n", &hour, &minute, &end) == 2 && !rest[end])
        snprintf(canonical, sizeof canonical, "%04d-%02d-%02d %02d:%02d", year, month, day, hour, minute);
    else
        return false;
    return clock_parse_local(zone, canonical, false, at_ms_out);
}

static bool read_text(struct turn *turn, const struct wizard_step *step, struct wizard_answer *answer)
{
    struct arena *arena = turn->work->arena;
    const char *text = cleaned(arena, turn->update->text);
    int64_t length = (int64_t)str_utf8_length(text);
    struct wizard_step limits = {.least = step->least ? step->least : 1,
                                 .most = step->most ? step->most : MOST_TEXT};
    if (step->takes & WIZARD_AMOUNT && amount_read(text, &answer->number) && is_within(answer->number, step))
        answer->input = WIZARD_AMOUNT;
    else if (step->takes & WIZARD_NUMBER && str_to_int64(text, &answer->number) &&
             is_within(answer->number, step))
        answer->input = WIZARD_NUMBER;
    else if (step->takes & WIZARD_TIME && read_time(turn->work->tenant->zone, text, &answer->number))
        answer->input = WIZARD_TIME;
    else if (step->takes & WIZARD_LINE && is_line(text) && is_within(length, &limits))
        answer->input = WIZARD_LINE;
    else if (step->takes & WIZARD_TEXT && is_within(length, &limits))
        answer->input = WIZARD_TEXT;
    if (answer->input & (WIZARD_LINE | WIZARD_TEXT))
        answer->text = text;
    return answer->input;
}

static bool read_message(struct turn *turn, const struct wizard_step *step, struct wizard_answer *answer)
{
    const struct update *update = turn->update;
    bool as_it_is = update->text_is_formatted && step->takes & WIZARD_MESSAGE;
    if (update->text && !as_it_is && read_text(turn, step, answer))
        return true;
    answer->caption = update->caption;
    if (step->takes & WIZARD_PHOTO && update->photo_file_id) {
        answer->input = WIZARD_PHOTO;
        answer->text = update->photo_file_id;
    } else if (step->takes & WIZARD_DOCUMENT && update->document_file_id) {
        answer->input = WIZARD_DOCUMENT;
        answer->text = update->document_file_id;
        answer->label = update->document_name;
        answer->size = update->document_size;
    } else if (step->takes & WIZARD_STICKER && update->sticker_file_id) {
        answer->input = WIZARD_STICKER;
        answer->text = update->sticker_file_id;
    } else if (step->takes & WIZARD_MESSAGE) {
        answer->input = WIZARD_MESSAGE;
        answer->number = update->message_id;
    }
    return answer->input;
}

/* Not by page_reply(): it must not be lost. */
static bool delete_message(struct turn *turn, struct error *err)
{
    const struct outbox_message message = {
        .chat_id = turn->update->chat_id,
        .method = "deleteMessage",
        .params = json_pack("{s:I}", "message_id", (json_int_t)turn->update->message_id)};
    return outbox_add(turn->work, &message, err);
}

bool wizard_take_message(struct turn *turn, int64_t ref, struct error *err)
{
    struct wizard *wizard;
    struct wizard_answer answer = {0};
    if (!wizard_load(turn, &wizard, err))
        return false;
    if (!wizard) {
        screen_say(turn, say_label(turn->work, TEXT_ALERT_WIZARD_OVER), NULL);
        return conversation_clear(turn->work, turn->update->from_id, err);
    }
    if (wizard->step == wizard_step_count(wizard))
        return wizard_ask(turn, wizard, say(turn->work, TEXT_WIZARD_WHY_CHOICE, TEXT_NO_VALUES), err);
    const struct wizard_step *step = &wizard->kind->steps[wizard->step];
    if (step->secret && !delete_message(turn, err))
        return error_context(err, "wizard %s", wizard->kind->name);
    if (step->waits)
        return wizard_ask(turn, wizard, NULL, err);
    if (!read_message(turn, step, &answer))
        return wizard_ask(turn, wizard, wizard_why_not(turn, step), err);
    return take(turn, wizard, &answer, err);
}

/* --- buttons --- */

/* The wizard a button belongs to; NULL where it is over. `*current_out`: the button is of the step that is
 * asked; of another one (pressed twice) it shows the question again. */
static bool load_pressed(struct turn *turn, struct wizard **wizard_out, bool *current_out, struct error *err)
{
    struct wizard *wizard;
    if (!wizard_load(turn, &wizard, err))
        return false;
    if (wizard && wizard->number != turn->numbers[0])
        wizard = NULL;
    *wizard_out = wizard;
    *current_out = wizard && turn->numbers[1] == (int64_t)wizard->step;
    if (!wizard)
        page_answer(turn->work, &turn->page, say_label(turn->work, TEXT_ALERT_WIZARD_OVER), true);
    return !wizard || *current_out || wizard_ask(turn, wizard, NULL, err);
}

static bool is_summary(const struct wizard *wizard)
{
    return wizard->step == wizard_step_count(wizard);
}

bool wizard_choose(struct turn *turn, struct error *err)
{
    struct wizard *wizard;
    struct wizard_choices choices;
    bool current;
    if (!load_pressed(turn, &wizard, &current, err))
        return false;
    if (!current || is_summary(wizard))
        return true;
    if (!wizard_choices_now(turn, wizard, &choices, err))
        return error_context(err, "wizard %s", wizard->kind->name);
    for (size_t i = 0; i < choices.count; i++)
        if (choices.items[i].value == turn->numbers[2])
            return take(turn, wizard,
                        &(struct wizard_answer){.input = WIZARD_CHOICE,
                                                .number = choices.items[i].value,
                                                .label = choices.items[i].label},
                        err);
    return wizard_ask(turn, wizard, say(turn->work, TEXT_WIZARD_WHY_CHOICE, TEXT_NO_VALUES), err);
}

bool wizard_page(struct turn *turn, struct error *err)
{
    struct wizard *wizard;
    bool current;
    if (!load_pressed(turn, &wizard, &current, err))
        return false;
    if (!current || is_summary(wizard) || turn->numbers[2] < 0 || turn->numbers[2] > MOST_PAGE)
        return true;
    wizard->page = turn->numbers[2];
    return show_step(turn, wizard, wizard->step, NULL, err);
}

bool wizard_skip(struct turn *turn, struct error *err)
{
    struct wizard *wizard;
    bool current;
    if (!load_pressed(turn, &wizard, &current, err))
        return false;
    if (!current || is_summary(wizard) || !wizard->kind->steps[wizard->step].optional)
        return true;
    wizard_put(wizard,
               &(struct wizard_answer){.name = wizard->kind->steps[wizard->step].name, .left_out = true});
    return go_on(turn, wizard, err);
}

bool wizard_back(struct turn *turn, struct error *err)
{
    struct wizard *wizard;
    bool current;
    if (!load_pressed(turn, &wizard, &current, err))
        return false;
    if (!current)
        return true;
    size_t step = wizard->step;
    while (step > 0 && (!wizard_applies(wizard, step - 1) || wizard->kind->steps[step - 1].waits))
        wizard_forget(wizard, wizard->kind->steps[--step].name);
    if (step > 0)
        wizard_forget(wizard, wizard->kind->steps[--step].name);
    else
        step = wizard->step;
    return show_step(turn, wizard, step, NULL, err);
}

bool wizard_confirm(struct turn *turn, struct error *err)
{
    struct wizard *wizard;
    bool current;
    if (!load_pressed(turn, &wizard, &current, err))
        return false;
    return !current || !is_summary(wizard) || finish(turn, wizard, err);
}

bool wizard_cancel(struct turn *turn, struct error *err)
{
    struct wizard *wizard;
    struct work *work = turn->work;
    if (!wizard_load(turn, &wizard, err))
        return false;
    if (!wizard || wizard->number != turn->numbers[0]) {
        screen_say(turn, say_label(work, TEXT_ALERT_WIZARD_OVER), NULL);
        return true;
    }
    const char *title = say(work, (enum text_key)wizard->kind->title, TEXT_NO_VALUES);
    screen_say(turn, say(work, TEXT_WIZARD_CANCELLED, TEXT_VALUES(TV_HTML("judul", title))),
               wizard->kind->back(turn, wizard));
    return conversation_clear(work, turn->update->from_id, err);
}

bool wizard_resume(struct turn *turn, struct error *err)
{
    struct wizard *wizard;
    if (!wizard_load(turn, &wizard, err))
        return false;
    if (wizard && wizard->number == turn->numbers[0])
        return wizard_ask(turn, wizard, NULL, err);
    page_answer(turn->work, &turn->page, say_label(turn->work, TEXT_ALERT_WIZARD_OVER), true);
    return true;
}

bool wizard_unfinished(struct turn *turn, const char **title_out, int64_t *number_out, struct error *err)
{
    struct wizard *wizard = NULL;
    bool own = !turn->work->tx;
    bool ok = (!own || work_begin(turn->work, err)) && wizard_load(turn, &wizard, err);
    if (own)
        work_end(turn->work);
    if (!ok)
        return false;
    *title_out = wizard ? say(turn->work, (enum text_key)wizard->kind->title, TEXT_NO_VALUES) : NULL;
    *number_out = wizard ? wizard->number : 0;
    return true;
}
