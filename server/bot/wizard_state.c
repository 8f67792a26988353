/* What a wizard knows: the answers so far, and where they are kept between two updates. */
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "bot/wizard_internal.h"
#include "store/conversation.h"

struct wizard *wizard_new(struct turn *turn, const struct wizard_kind *kind)
{
    struct wizard *wizard = ARENA_NEW(turn->work->arena, struct wizard);
    *wizard = (struct wizard){.kind = kind, .arena = turn->work->arena, .number = turn->update->update_id};
    return wizard;
}

/* --- answers --- */

struct wizard_answer *wizard_answer(const struct wizard *wizard, const char *name)
{
    struct wizard_answer *answer = wizard->answers;
    while (answer && strcmp(answer->name, name) != 0)
        answer = answer->next;
    return answer;
}

void wizard_forget(struct wizard *wizard, const char *name)
{
    for (struct wizard_answer **at = &wizard->answers; *at; at = &(*at)->next) {
        if (strcmp((*at)->name, name) == 0) {
            *at = (*at)->next;
            return;
        }
    }
}

void wizard_put(struct wizard *wizard, const struct wizard_answer *answer)
{
    struct wizard_answer *copy = ARENA_NEW(wizard->arena, struct wizard_answer);
    wizard_forget(wizard, answer->name);
    *copy = *answer;
    copy->next = wizard->answers;
    wizard->answers = copy;
}

void wizard_put_number(struct wizard *wizard, const char *name, int64_t value)
{
    wizard_put(wizard, &(struct wizard_answer){.name = name, .number = value});
}

void wizard_put_text(struct wizard *wizard, const char *name, const char *value)
{
    wizard_put(wizard, &(struct wizard_answer){.name = name, .text = arena_strdup(wizard->arena, value)});
}

void wizard_put_choice(struct wizard *wizard, const char *name, int64_t value, const char *label)
{
    wizard_put(wizard, &(struct wizard_answer){.name = name,
                                               .input = WIZARD_CHOICE,
                                               .number = value,
                                               .label = arena_strdup(wizard->arena, label)});
}

static const struct wizard_answer *given(const struct wizard *wizard, const char *name)
{
    const struct wizard_answer *answer = wizard_answer(wizard, name);
    return answer && !answer->left_out ? answer : NULL;
}

bool wizard_has(const struct wizard *wizard, const char *name)
{
    return given(wizard, name) != NULL;
}

int64_t wizard_number(const struct wizard *wizard, const char *name)
{
    const struct wizard_answer *answer = given(wizard, name);
    int64_t number = 0;
    if (!answer || (answer->text && !str_to_int64(answer->text, &number)))
        return 0;
    return answer->text ? number : answer->number;
}

const char *wizard_text(const struct wizard *wizard, const char *name)
{
    const struct wizard_answer *answer = given(wizard, name);
    return answer ? answer->text : NULL;
}

unsigned wizard_input_of(const struct wizard *wizard, const char *name)
{
    const struct wizard_answer *answer = given(wizard, name);
    return answer ? answer->input : 0;
}

const char *wizard_document(const struct wizard *wizard, const char *name, int64_t *size_out)
{
    const struct wizard_answer *answer = given(wizard, name);
    *size_out = answer ? answer->size : 0;
    return answer && answer->label ? answer->label : "";
}

const char *wizard_caption(const struct wizard *wizard, const char *name)
{
    const struct wizard_answer *answer = given(wizard, name);
    return answer && answer->caption ? answer->caption : "";
}

/* --- keeping it --- */

static json_t *answer_json(const struct wizard_answer *answer)
{
    json_t *json = json_pack("{s:s, s:I}", "name", answer->name, "input", (json_int_t)answer->input);
    json_object_set_new(json, "value",
                        answer->text ? json_string(answer->text) : json_integer(answer->number));
    if (answer->left_out)
        json_object_set_new(json, "left_out", json_true());
    if (answer->label)
        json_object_set_new(json, "label", json_string(answer->label));
    if (answer->caption)
        json_object_set_new(json, "caption", json_string(answer->caption));
    if (answer->size)
        json_object_set_new(json, "size", json_integer(answer->size));
    return json;
}

const char *wizard_pack(const struct wizard *wizard)
{
    json_t *answers = json_array();
    for (const struct wizard_answer *answer = wizard->answers; answer; answer = answer->next)
        json_array_append_new(answers, answer_json(answer));
    auto_json json_t *json =
        json_pack("{s:s, s:I, s:I, s:o}", "kind", wizard->kind->name, "step", (json_int_t)wizard->step,
                  "page", (json_int_t)wizard->page, "answers", answers);
    return json_text(wizard->arena, json);
}

bool wizard_save(struct turn *turn, const struct wizard *wizard, struct error *err)
{
    return conversation_set_with(turn->work, turn->update->from_id, WIZARD_CONVERSATION, wizard->number,
                                 wizard_pack(wizard), turn->work->now_ms + WIZARD_MS, err);
}

static const struct wizard_kind *find_kind(const char *name)
{
    for (size_t i = 0; i < wizard_kind_count; i++)
        if (strcmp(wizard_kinds[i]->name, name) == 0)
            return wizard_kinds[i];
    return NULL;
}

static const char *copy_of(struct arena *arena, const json_t *json, const char *name)
{
    const char *text;
    return json_get_string(json, name, &text) ? arena_strdup(arena, text) : NULL;
}

static void read_answer(struct wizard *wizard, const json_t *json)
{
    struct wizard_answer answer = {.name = copy_of(wizard->arena, json, "name")};
    int64_t input = 0;
    if (!answer.name || !json_get_int(json, "input", &input))
        return;
    answer.input = (unsigned)input;
    answer.text = copy_of(wizard->arena, json, "value");
    json_get_int(json, "value", &answer.number);
    json_get_bool(json, "left_out", &answer.left_out);
    answer.label = copy_of(wizard->arena, json, "label");
    answer.caption = copy_of(wizard->arena, json, "caption");
    json_get_int(json, "size", &answer.size);
    wizard_put(wizard, &answer);
}

struct wizard *wizard_unpack(struct turn *turn, int64_t number, const char *packed)
{
    auto_json json_t *json = NULL;
    struct error ignored;
    const char *name;
    int64_t step;
    json_t *answers;
    if (!json_parse(packed, strlen(packed), &json, &ignored) || !json_get_string(json, "kind", &name) ||
        !json_get_int(json, "step", &step) || !json_get_array(json, "answers", &answers))
        return NULL;
    const struct wizard_kind *kind = find_kind(name);
    if (!kind || kind->role > turn->role)
        return NULL;
    struct wizard *wizard = wizard_new(turn, kind);
    wizard->number = number;
    json_get_int(json, "page", &wizard->page);
    for (size_t i = json_array_size(answers); i > 0; i--)
        read_answer(wizard, json_array_get(answers, i - 1));
    if (step < 0 || (size_t)step > wizard_step_count(wizard))
        return NULL;
    wizard->step = (size_t)step;
    return wizard;
}

bool wizard_load(struct turn *turn, struct wizard **wizard_out, struct error *err)
{
    int64_t number;
    const char *data;
    if (!conversation_data(turn->work, turn->update->from_id, WIZARD_CONVERSATION, &number, &data, err))
        return error_context(err, "wizard");
    *wizard_out = data ? wizard_unpack(turn, number, data) : NULL;
    return true;
}

int64_t wizard_id(const struct wizard *wizard)
{
    return wizard->number;
}

bool wizard_at(struct turn *turn, const struct wizard_kind *kind, int64_t number, const char *step,
               struct wizard **wizard_out, struct error *err)
{
    struct wizard *wizard;
    if (!wizard_load(turn, &wizard, err))
        return false;
    bool fits = wizard && wizard->kind == kind && (!number || wizard->number == number) &&
                wizard->step < wizard_step_count(wizard) && str_equal(kind->steps[wizard->step].name, step);
    *wizard_out = fits ? wizard : NULL;
    return true;
}
