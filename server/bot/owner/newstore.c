/* The form: its steps, what each takes, and how it begins. */
#include <ctype.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "bot/owner/managed.h"
#include "bot/owner/newstore_internal.h"
#include "payment/method.h"
#include "work/outbox.h"

enum {
    TITLE_OF_BOT = 1,
    MYSELF = 1,
    WAYS_DONE = 0, /* the others are a row of `methods` and one */
    WAYS_ON_PAGE = WIZARD_CHOICES_ON_PAGE - 1,
    MOST_SECRET = 200,
    MOST_SUGGESTED = 28, /* of a bot's name, before its "_bot" */
};

const struct config *newstore_config;
const char *newstore_env_path;

void newstore_init(const struct config *config, const char *env_path)
{
    newstore_config = config;
    newstore_env_path = env_path;
}

void newstore_visit(struct newstore_visit *visit, struct work *work, int64_t person, int64_t ref)
{
    *visit = (struct newstore_visit){
        .update = {.update_id = ref,
                   .kind = UPDATE_MESSAGE,
                   .from_id = person,
                   .chat_id = person,
                   .chat_is_private = true,
                   .first_name = "",
                   .data = ""},
        .turn = {.work = work, .role = ROLE_OWNER},
    };
    visit->turn.update = &visit->update;
}

/* --- name --- */

static bool check_name(struct turn *turn, struct wizard *wizard, const char **why_out, struct error *err)
{
    struct work *work = turn->work;
    struct store_row row;
    const char *name = wizard_text(wizard, "name");
    if (!tenant_is_name(name)) {
        *why_out = say(work, TEXT_NEWSTORE_WHY_NAME, TEXT_NO_VALUES);
        return true;
    }
    /* also of one that is gone: its data would be back */
    if (stores_get(work->arena, work->tx, name, &row, err))
        *why_out = say(work, TEXT_NEWSTORE_WHY_TAKEN, TEXT_VALUES(TV("toko", name)));
    else if (err->code != ERR_NOT_FOUND)
        return false;
    return true;
}

/* --- bot --- */

/* "Kopi Digital" and "kopi_digital_bot" of "kopi-digital". */
static const char *suggested_link(struct arena *arena, const char *manager, const char *name)
{
    struct str title = STR_INIT(arena), username = STR_INIT(arena);
    bool begins = true;
    for (const char *p = name; *p; p++) {
        char letter = begins ? (char)toupper((unsigned char)*p) : *p;
        if (*p == '-')
            str_add(&title, "%20");
        else
            str_add_bytes(&title, &letter, 1);
        begins = *p == '-';
        if (username.length < MOST_SUGGESTED)
            str_add_bytes(&username, *p == '-' ? "_" : p, 1);
    }
    return arena_printf(arena, "https://t.me/newbot/%s/%s_bot?name=%s", manager, str_done(&username),
                        str_done(&title));
}

static bool more_of_bot(struct turn *turn, const struct wizard *wizard, const char **html_out,
                        struct keyboard *keyboard, struct error *err)
{
    struct work *work = turn->work;
    struct owner_bot bot;
    if (!stores_owner_bot(work->arena, work->tx, &bot, err))
        return false;
    if (!bot.can_manage_bots || !bot.username || !*bot.username)
        return true;
    keyboard_url(keyboard, say_label(work, TEXT_BUTTON_NEWSTORE_LINK),
                 suggested_link(work->arena, bot.username, wizard_text(wizard, "name")));
    *html_out = say(work, TEXT_NEWSTORE_LINK, TEXT_NO_VALUES);
    return true;
}

static bool check_bot(struct turn *turn, struct wizard *wizard, const char **why_out, struct error *err)
{
    int64_t id;
    wizard_forget(wizard, ANSWER_MANAGED);
    wizard_forget(wizard, ANSWER_USERNAME);
    if (!tenant_parse_token(wizard_text(wizard, "bot"), &id))
        *why_out = say(turn->work, TEXT_NEWSTORE_WHY_TOKEN, TEXT_NO_VALUES);
    return true;
}

static const char *show_bot(struct turn *turn, const struct wizard *wizard)
{
    const char *username = wizard_text(wizard, ANSWER_USERNAME);
    return username ? arena_printf(turn->work->arena, "@%s", username)
                    : say_label(turn->work, TEXT_WIZARD_A_SECRET);
}

/* A job that looks into the form's last answer; its ref is the update's. */
static bool add_job(struct turn *turn, const struct wizard *wizard, const char *kind, struct error *err)
{
    auto_json json_t *data = json_pack("{s:I, s:I}", "person", (json_int_t)turn->update->from_id, "form",
                                       (json_int_t)wizard_id(wizard));
    return job_add_with(turn->work, kind, turn->update->update_id, json_text(turn->work->arena, data), err);
}

static bool look_into_bot(struct turn *turn, const struct wizard *wizard, struct error *err)
{
    return add_job(turn, wizard, JOB_BOT, err);
}

static bool look_into_key(struct turn *turn, const struct wizard *wizard, struct error *err)
{
    return add_job(turn, wizard, JOB_KEY, err);
}

/* --- title, admins --- */

static bool title_choices(struct turn *turn, const struct wizard *wizard, int64_t page,
                          struct wizard_choices *choices_out, struct error *err)
{
    const char *title = wizard_text(wizard, ANSWER_TITLE);
    *choices_out = (struct wizard_choices){0};
    if (title && *title)
        *choices_out = (struct wizard_choices){.count = 1, .items = {{TITLE_OF_BOT, title}}};
    return true;
}

static bool check_title(struct turn *turn, struct wizard *wizard, const char **why_out, struct error *err)
{
    if (wizard_input_of(wizard, "title") == WIZARD_CHOICE)
        wizard_put_text(wizard, "title", wizard_text(wizard, ANSWER_TITLE));
    if (str_utf16_length(wizard_text(wizard, "title")) > 64)
        *why_out = say(turn->work, TEXT_NEWSTORE_WHY_TITLE, TEXT_NO_VALUES);
    return true;
}

bool newstore_read_ids(struct arena *arena, const char *text, int64_t self, struct key_ids *ids_out)
{
    int64_t *ids = ARENA_ARRAY(arena, int64_t, NEWSTORE_MOST_ADMINS);
    size_t count = 0;
    for (char *rest = arena_strdup(arena, text), *word; (word = strsep(&rest, ", "));) {
        int64_t id = self;
        size_t i = 0;
        bool is_self = self && (strcasecmp(word, "saya") == 0 || strcasecmp(word, "me") == 0);
        if (!*word)
            continue;
        if (!is_self && (!str_to_int64(word, &id) || id <= 0))
            return false;
        while (i < count && ids[i] != id)
            i++;
        if (i < count)
            continue;
        if (count == NEWSTORE_MOST_ADMINS)
            return false;
        ids[count++] = id;
    }
    *ids_out = (struct key_ids){count, ids};
    return count > 0;
}

static bool check_admins(struct turn *turn, struct wizard *wizard, const char **why_out, struct error *err)
{
    struct arena *arena = turn->work->arena;
    const char *text = wizard_text(wizard, "admins");
    struct key_ids ids;
    if (!newstore_read_ids(arena, text ? text : "me", turn->update->from_id, &ids)) {
        *why_out = say(turn->work, TEXT_NEWSTORE_WHY_ADMINS, TEXT_NO_VALUES);
        return true;
    }
    struct str s = STR_INIT(arena);
    for (size_t i = 0; i < ids.count; i++)
        str_addf(&s, "%s%lld", i ? ", " : "", (long long)ids.items[i]);
    wizard_put_text(wizard, "admins", str_done(&s));
    return true;
}

/* --- the gateway --- */

static bool check_project(struct turn *turn, struct wizard *wizard, const char **why_out, struct error *err)
{
    const char *text = wizard_text(wizard, "project");
    for (const char *p = text; *p; p++)
        if (!isalnum((unsigned char)*p) && !strchr("-_", *p))
            *why_out = say(turn->work, TEXT_NEWSTORE_WHY_PROJECT, TEXT_NO_VALUES);
    /* another project has other keys */
    wizard_forget(wizard, "api_key");
    wizard_forget(wizard, STEP_KEY_CHECKED);
    wizard_forget(wizard, "secret");
    return true;
}

static const char *why_no_secret(struct turn *turn, const char *text)
{
    for (const char *p = text; *p; p++)
        if (*p <= ' ' || *p > '~')
            return say(turn->work, TEXT_NEWSTORE_WHY_SECRET, TEXT_NO_VALUES);
    return NULL;
}

static bool check_key(struct turn *turn, struct wizard *wizard, const char **why_out, struct error *err)
{
    wizard_forget(wizard, ANSWER_UNSURE);
    *why_out = why_no_secret(turn, wizard_text(wizard, "api_key"));
    return true;
}

static bool check_secret(struct turn *turn, struct wizard *wizard, const char **why_out, struct error *err)
{
    *why_out = why_no_secret(turn, wizard_text(wizard, "secret"));
    return true;
}

static bool more_of_secret(struct turn *turn, const struct wizard *wizard, const char **html_out,
                           struct keyboard *keyboard, struct error *err)
{
    if (wizard_has(wizard, ANSWER_UNSURE))
        *html_out = say(turn->work, TEXT_NEWSTORE_KEY_UNSURE, TEXT_NO_VALUES);
    return true;
}

/* --- ways to pay --- */

struct key_texts newstore_ways(struct arena *arena, const char *ways)
{
    const char **names = ARENA_ARRAY(arena, const char *, method_count);
    size_t count = 0;
    for (char *rest = arena_strdup(arena, ways), *word; (word = strsep(&rest, ",")) && count < method_count;)
        if (*word)
            names[count++] = word;
    return (struct key_texts){count, names};
}

static bool is_chosen(const struct key_texts *ways, const struct method *method)
{
    for (size_t i = 0; i < ways->count; i++)
        if (str_equal(ways->items[i], method->name))
            return true;
    return false;
}

static bool way_choices(struct turn *turn, const struct wizard *wizard, int64_t page,
                        struct wizard_choices *choices_out, struct error *err)
{
    struct arena *arena = turn->work->arena;
    struct key_texts ways = newstore_ways(arena, wizard_text(wizard, ANSWER_WAYS));
    int64_t at = 0;
    *choices_out = (struct wizard_choices){0};
    for (size_t i = 0; i < method_count; i++) {
        if (methods[i].kind == METHOD_BALANCE)
            continue;
        int64_t on_page = at++ / WAYS_ON_PAGE;
        if (on_page == page)
            choices_out->items[choices_out->count++] = (struct wizard_choice){
                (int64_t)i + 1, arena_printf(arena, "%s %s", is_chosen(&ways, &methods[i]) ? "☑️" : "⬜",
                                             say_label(turn->work, methods[i].label))};
        choices_out->has_more = on_page > page;
    }
    choices_out->items[choices_out->count++] =
        (struct wizard_choice){WAYS_DONE, say_label(turn->work, TEXT_BUTTON_NEWSTORE_WAYS_DONE)};
    return true;
}

/* In the order in which they are shown. */
static void toggle_way(struct arena *arena, struct wizard *wizard, const struct method *toggled)
{
    struct key_texts ways = newstore_ways(arena, wizard_text(wizard, ANSWER_WAYS));
    struct str s = STR_INIT(arena);
    for (size_t i = 0; i < method_count; i++)
        if (is_chosen(&ways, &methods[i]) != (&methods[i] == toggled))
            str_addf(&s, "%s%s", s.length ? "," : "", methods[i].name);
    wizard_put_text(wizard, ANSWER_WAYS, str_done(&s));
}

static bool check_ways(struct turn *turn, struct wizard *wizard, const char **why_out, struct error *err)
{
    int64_t choice = wizard_number(wizard, "methods");
    if (choice != WAYS_DONE) {
        toggle_way(turn->work->arena, wizard, &methods[choice - 1]);
        *why_out = "";
    } else if (!*wizard_text(wizard, ANSWER_WAYS)) {
        *why_out = say(turn->work, TEXT_NEWSTORE_WHY_WAYS, TEXT_NO_VALUES);
    }
    return true;
}

static const char *show_ways(struct turn *turn, const struct wizard *wizard)
{
    struct key_texts ways = newstore_ways(turn->work->arena, wizard_text(wizard, ANSWER_WAYS));
    struct str s = STR_INIT(turn->work->arena);
    for (size_t i = 0; i < method_count; i++)
        if (is_chosen(&ways, &methods[i]))
            str_addf(&s, "%s%s", s.length ? ", " : "", say_label(turn->work, methods[i].label));
    return str_done(&s);
}

/* --- the form --- */

static const struct wizard_fixed_choice sandbox_choices[] = {
    {0, TEXT_BUTTON_NEWSTORE_REAL}, {1, TEXT_BUTTON_NEWSTORE_SANDBOX}, {0, -1}};
static const struct wizard_fixed_choice language_choices[] = {
    {NEWSTORE_ID, TEXT_BUTTON_NEWSTORE_ID}, {NEWSTORE_EN, TEXT_BUTTON_NEWSTORE_EN}, {0, -1}};
static const struct wizard_fixed_choice zone_choices[] = {{NEWSTORE_WIB, TEXT_BUTTON_NEWSTORE_WIB},
                                                          {NEWSTORE_WITA, TEXT_BUTTON_NEWSTORE_WITA},
                                                          {NEWSTORE_WIT, TEXT_BUTTON_NEWSTORE_WIT},
                                                          {0, -1}};

static const struct wizard_step steps[] = {
    {.name = "name",
     .label = TEXT_NEWSTORE_NAME,
     .prompt = TEXT_NEWSTORE_ASK_NAME,
     .takes = WIZARD_LINE,
     .least = 1,
     .most = 100,
     .check = check_name},
    {.name = "bot",
     .label = TEXT_NEWSTORE_BOT,
     .prompt = TEXT_NEWSTORE_ASK_BOT,
     .takes = WIZARD_LINE,
     .secret = true,
     .least = 1,
     .most = MOST_SECRET,
     .check = check_bot,
     .show = show_bot,
     .more = more_of_bot},
    {.name = STEP_BOT_CHECKED,
     .label = -1,
     .prompt = TEXT_NEWSTORE_BOT_WAITS,
     .secret = true,
     .waits = look_into_bot},
    {.name = "title",
     .label = TEXT_NEWSTORE_STORE_TITLE,
     .prompt = TEXT_NEWSTORE_ASK_TITLE,
     .takes = WIZARD_LINE | WIZARD_CHOICE,
     .least = 1,
     .most = 64,
     .check = check_title,
     .choices = title_choices},
    {.name = "admins",
     .label = TEXT_NEWSTORE_ADMINS,
     .prompt = TEXT_NEWSTORE_ASK_ADMINS,
     .takes = WIZARD_LINE | WIZARD_CHOICE,
     .least = 1,
     .most = 1500,
     .check = check_admins,
     .fixed_choices = (const struct wizard_fixed_choice[]){{MYSELF, TEXT_BUTTON_NEWSTORE_ME}, {0, -1}}},
    {.name = "project",
     .label = TEXT_NEWSTORE_PROJECT,
     .prompt = TEXT_NEWSTORE_ASK_PROJECT,
     .takes = WIZARD_LINE,
     .least = 1,
     .most = 64,
     .check = check_project},
    {.name = "api_key",
     .label = TEXT_NEWSTORE_KEY,
     .prompt = TEXT_NEWSTORE_ASK_KEY,
     .takes = WIZARD_LINE,
     .secret = true,
     .least = 1,
     .most = MOST_SECRET,
     .check = check_key},
    {.name = STEP_KEY_CHECKED,
     .label = -1,
     .prompt = TEXT_NEWSTORE_KEY_WAITS,
     .secret = true,
     .waits = look_into_key},
    {.name = "secret",
     .label = TEXT_NEWSTORE_SECRET,
     .prompt = TEXT_NEWSTORE_ASK_SECRET,
     .takes = WIZARD_LINE,
     .secret = true,
     .least = 1,
     .most = MOST_SECRET,
     .check = check_secret,
     .more = more_of_secret},
    {.name = "sandbox",
     .label = TEXT_NEWSTORE_SANDBOX,
     .prompt = TEXT_NEWSTORE_ASK_SANDBOX,
     .takes = WIZARD_CHOICE,
     .fixed_choices = sandbox_choices},
    {.name = "methods",
     .label = TEXT_NEWSTORE_WAYS,
     .prompt = TEXT_NEWSTORE_ASK_WAYS,
     .takes = WIZARD_CHOICE,
     .check = check_ways,
     .choices = way_choices,
     .show = show_ways},
    {.name = "language",
     .label = TEXT_NEWSTORE_LANGUAGE,
     .prompt = TEXT_NEWSTORE_ASK_LANGUAGE,
     .takes = WIZARD_CHOICE,
     .fixed_choices = language_choices},
    {.name = "zone",
     .label = TEXT_NEWSTORE_ZONE,
     .prompt = TEXT_NEWSTORE_ASK_ZONE,
     .takes = WIZARD_CHOICE,
     .fixed_choices = zone_choices},
    {.name = NULL},
};

static bool finish(struct turn *turn, struct wizard *wizard, struct error *err)
{
    auto_json json_t *data = json_pack("{s:I, s:I, s:s}", "person", (json_int_t)turn->update->from_id, "form",
                                       (json_int_t)wizard_id(wizard), "answers", wizard_pack(wizard));
    screen_say(turn,
               say(turn->work, TEXT_NEWSTORE_WRITING, TEXT_VALUES(TV("toko", wizard_text(wizard, "name")))),
               NULL);
    return job_add_with(turn->work, JOB_WRITE, turn->update->update_id, json_text(turn->work->arena, data),
                        err);
}

/* Whether the form asks for a secret now. */
static bool takes_secret(struct turn *turn, bool *takes_out, struct error *err)
{
    struct wizard *wizard = NULL;
    for (const struct wizard_step *step = steps; step->name && !wizard; step++)
        if (step->secret && !wizard_at(turn, &newstore_wizard, 0, step->name, &wizard, err))
            return false;
    *takes_out = wizard;
    return true;
}

bool newstore_guard(struct turn *turn, bool *guarded_out, struct error *err)
{
    const struct update *update = turn->update;
    int64_t bot_id;
    bool takes = false;
    *guarded_out = false;
    if (!update->text || !tenant_parse_token(update->text, &bot_id))
        return true;
    if (!takes_secret(turn, &takes, err))
        return false;
    if (takes)
        return true;
    const struct outbox_message message = {
        .chat_id = update->chat_id,
        .method = "deleteMessage",
        .params = json_pack("{s:I}", "message_id", (json_int_t)update->message_id)};
    *guarded_out = true;
    screen_say(turn, say(turn->work, TEXT_NEWSTORE_TOKEN_DELETED, TEXT_NO_VALUES), NULL);
    return outbox_add(turn->work, &message, err);
}

static const char *back(struct turn *turn, const struct wizard *wizard)
{
    return "os";
}

const struct wizard_kind newstore_wizard = {
    .name = "newstore",
    .title = TEXT_NEWSTORE_TITLE,
    .role = ROLE_OWNER,
    .steps = steps,
    .confirms = true,
    .finish = finish,
    .back = back,
};

static struct wizard *begin(struct turn *turn)
{
    struct wizard *wizard = wizard_new(turn, &newstore_wizard);
    wizard_put_text(wizard, ANSWER_WAYS, "qris");
    return wizard;
}

static bool has_place(struct turn *turn)
{
    if (newstore_env_path)
        return true;
    screen_say(turn, say(turn->work, TEXT_NEWSTORE_NO_ENV, TEXT_NO_VALUES), NULL);
    return false;
}

bool newstore_open(struct turn *turn, struct error *err)
{
    return !has_place(turn) || wizard_open(turn, begin(turn), err);
}

static void put_managed(struct wizard *wizard, int64_t bot_id)
{
    wizard_put_text(wizard, "bot", "");
    wizard_put_number(wizard, ANSWER_MANAGED, bot_id);
    wizard_forget(wizard, ANSWER_USERNAME);
}

bool newstore_open_with(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    struct managed_bot bot;
    if (!has_place(turn))
        return true;
    if (!managed_get(work, turn->numbers[0], &bot, err)) {
        turn_old_button(turn);
        return err->code == ERR_NOT_FOUND;
    }
    if (bot.store) {
        screen_say(turn,
                   say(work, TEXT_NEWSTORE_WHY_BOT_USED,
                       TEXT_VALUES(TV("bot", bot.username), TV("toko", bot.store))),
                   NULL);
        return true;
    }
    struct wizard *wizard = begin(turn);
    put_managed(wizard, turn->numbers[0]);
    wizard_put_text(wizard, ANSWER_USERNAME, bot.username);
    return wizard_open(turn, wizard, err);
}

bool newstore_take_bot(struct turn *turn, int64_t bot_id, bool *taken_out, struct error *err)
{
    struct wizard *wizard;
    if (!wizard_at(turn, &newstore_wizard, 0, "bot", &wizard, err))
        return false;
    *taken_out = wizard;
    if (!wizard)
        return true;
    put_managed(wizard, bot_id);
    return wizard_open(turn, wizard, err) && owner_send_page(turn, err);
}
