#include "bot/admin/broadcast_new.h"

#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/str.h"
#include "bot/admin/admin.h"
#include "bot/admin/broadcast_card.h"
#include "bot/admin/screen.h"
#include "bot/broadcasting.h"
#include "store/broadcast.h"

enum {
    MOST_BUTTON = 60,
    MOST_URL = 500,
    MOST_CODE = 32,
    MOST_AHEAD_DAYS = 366,
    DAY_MS = 24 * 3600 * 1000,
    NOW = 0, /* the answer to "when" */
};

/* --- the message --- */

static json_t *button(const struct wizard *wizard)
{
    const char *label = wizard_text(wizard, "button"), *url = wizard_text(wizard, "url");
    struct keyboard keyboard;
    if (!label || !url)
        return NULL;
    keyboard_begin(&keyboard);
    keyboard_url(&keyboard, label, url);
    return keyboard_inline(&keyboard);
}

/* A plain text is kept as the text it is; everything else is copied from the admin's chat. The params are the
 * caller's. */
static const char *message_of(const struct turn *turn, const struct wizard *wizard, json_t **params_out)
{
    bool is_text = wizard_input_of(wizard, "message") == WIZARD_TEXT;
    json_t *keyboard = button(wizard);
    json_t *params = is_text ? json_pack("{s:s}", "text", wizard_text(wizard, "message"))
                             : json_pack("{s:I, s:I}", "from_chat_id", (json_int_t)turn->update->chat_id,
                                         "message_id", (json_int_t)wizard_number(wizard, "message"));
    if (keyboard)
        json_object_set_new(params, "reply_markup", keyboard);
    *params_out = params;
    return is_text ? "sendMessage" : "copyMessage";
}

static bool send_preview(struct turn *turn, const struct wizard *wizard, struct error *err)
{
    struct outbox_message message = {.chat_id = turn->update->chat_id,
                                     .effect = EFFECT_BROADCAST_PREVIEW,
                                     .effect_ref = turn->update->chat_id};
    message.method = message_of(turn, wizard, &message.params);
    return outbox_add(turn->work, &message, err);
}

/* --- steps --- */

static bool has_button(const struct wizard *wizard)
{
    return wizard_has(wizard, "button");
}

static bool is_for_product(const struct wizard *wizard)
{
    return wizard_has(wizard, "segment") && wizard_number(wizard, "segment") == BROADCAST_PRODUCT;
}

static bool is_for_active(const struct wizard *wizard)
{
    return wizard_has(wizard, "segment") && wizard_number(wizard, "segment") == BROADCAST_ACTIVE;
}

/* What Telegram takes for a button: http(s), a host with a dot in it, nothing odd. */
static bool is_url(const char *text)
{
    size_t scheme = str_starts_with(text, "https://")  ? strlen("https://")
                    : str_starts_with(text, "http://") ? strlen("http://")
                                                       : 0;
    size_t host = strcspn(text + scheme, "/?#");
    const char *dot = memchr(text + scheme, '.', host);
    if (!scheme || !dot || dot == text + scheme || dot + 1 == text + scheme + host)
        return false;
    for (const unsigned char *p = (const unsigned char *)text; *p; p++)
        if (*p <= ' ' || strchr("\"<>\\^`{|}", *p) || *p > '~')
            return false;
    return memchr(text + scheme, '@', host) == NULL;
}

static bool check_url(struct turn *turn, struct wizard *wizard, const char **why_out, struct error *err)
{
    if (!is_url(wizard_text(wizard, "url")))
        *why_out = say(turn->work, TEXT_BROADCAST_WHY_URL, TEXT_NO_VALUES);
    return true;
}

static const struct catalogue_product *by_code(const struct catalogue *catalogue, const char *code)
{
    for (size_t i = 0; i < catalogue->product_count; i++)
        if (strcasecmp(catalogue->products[i].code, code) == 0)
            return &catalogue->products[i];
    return NULL;
}

/* A code that was typed becomes the product's id. */
static bool check_product(struct turn *turn, struct wizard *wizard, const char **why_out, struct error *err)
{
    if (wizard_input_of(wizard, "product") != WIZARD_LINE)
        return true;
    const struct catalogue_product *product = by_code(turn->catalogue, wizard_text(wizard, "product"));
    if (product)
        wizard_put_number(wizard, "product", product->id);
    else
        *why_out = say(turn->work, TEXT_BROADCAST_WHY_PRODUCT, TEXT_NO_VALUES);
    return true;
}

static bool product_choices(struct turn *turn, const struct wizard *wizard, int64_t page,
                            struct wizard_choices *choices_out, struct error *err)
{
    size_t first = (size_t)page * WIZARD_CHOICES_ON_PAGE;
    struct wizard_choices choices = {0};
    for (size_t i = first; i < turn->catalogue->product_count && choices.count < WIZARD_CHOICES_ON_PAGE; i++)
        choices.items[choices.count++] =
            (struct wizard_choice){turn->catalogue->products[i].id, turn->catalogue->products[i].name};
    choices.has_more = first + choices.count < turn->catalogue->product_count;
    *choices_out = choices;
    return true;
}

static const char *show_product(struct turn *turn, const struct wizard *wizard)
{
    return broadcast_card_target(turn->work, BROADCAST_PRODUCT, wizard_number(wizard, "product"));
}

/* The last question: from here on everything is known, and the admin sees what people will see. */
static bool check_time(struct turn *turn, struct wizard *wizard, const char **why_out, struct error *err)
{
    int64_t at_ms = wizard_number(wizard, "when"), now_ms = turn->work->now_ms;
    if (at_ms != NOW && (at_ms < now_ms || at_ms > now_ms + (int64_t)MOST_AHEAD_DAYS * DAY_MS)) {
        *why_out = say(turn->work, TEXT_BROADCAST_WHY_TIME, TEXT_NO_VALUES);
        return true;
    }
    return send_preview(turn, wizard, err);
}

static const char *show_time(struct turn *turn, const struct wizard *wizard)
{
    int64_t at_ms = wizard_number(wizard, "when");
    return at_ms == NOW ? say_label(turn->work, TEXT_BROADCAST_NOW) : say_date(turn->work, at_ms);
}

static const struct wizard_fixed_choice segment_choices[] = {
    {BROADCAST_ALL, TEXT_BROADCAST_TO_ALL},         {BROADCAST_BUYERS, TEXT_BROADCAST_TO_BUYERS},
    {BROADCAST_NEVER, TEXT_BROADCAST_TO_NEVER},     {BROADCAST_PRODUCT, TEXT_BROADCAST_CHOOSE_PRODUCT},
    {BROADCAST_ACTIVE, TEXT_BROADCAST_CHOOSE_DAYS}, {0, -1},
};
static const struct wizard_fixed_choice day_choices[] = {
    {7, TEXT_BROADCAST_DAYS_7}, {30, TEXT_BROADCAST_DAYS_30}, {90, TEXT_BROADCAST_DAYS_90}, {0, -1}};
static const struct wizard_fixed_choice time_choices[] = {{NOW, TEXT_BROADCAST_NOW}, {0, -1}};

static const struct wizard_step steps[] = {
    {.name = "message",
     .label = TEXT_BROADCAST_MESSAGE,
     .prompt = TEXT_BROADCAST_ASK_MESSAGE,
     .takes = WIZARD_TEXT | WIZARD_MESSAGE,
     .least = 1,
     .most = HTML_TEXT_LIMIT},
    {.name = "button",
     .label = TEXT_BROADCAST_BUTTON,
     .prompt = TEXT_BROADCAST_ASK_BUTTON,
     .takes = WIZARD_LINE,
     .least = 1,
     .most = MOST_BUTTON,
     .optional = true},
    {.name = "url",
     .label = TEXT_BROADCAST_URL,
     .prompt = TEXT_BROADCAST_ASK_URL,
     .takes = WIZARD_LINE,
     .least = 1,
     .most = MOST_URL,
     .applies = has_button,
     .check = check_url},
    {.name = "segment",
     .label = TEXT_BROADCAST_SEGMENT,
     .prompt = TEXT_BROADCAST_ASK_SEGMENT,
     .takes = WIZARD_CHOICE,
     .fixed_choices = segment_choices},
    {.name = "product",
     .label = TEXT_BROADCAST_PRODUCT,
     .prompt = TEXT_BROADCAST_ASK_PRODUCT,
     .takes = WIZARD_CHOICE | WIZARD_LINE,
     .least = 1,
     .most = MOST_CODE,
     .applies = is_for_product,
     .check = check_product,
     .choices = product_choices,
     .show = show_product},
    {.name = "days",
     .label = TEXT_BROADCAST_DAYS,
     .prompt = TEXT_BROADCAST_ASK_DAYS,
     .takes = WIZARD_CHOICE | WIZARD_NUMBER,
     .least = 1,
     .most = BROADCAST_MOST_DAYS,
     .applies = is_for_active,
     .fixed_choices = day_choices},
    {.name = "when",
     .label = TEXT_BROADCAST_WHEN,
     .prompt = TEXT_BROADCAST_ASK_WHEN,
     .takes = WIZARD_CHOICE | WIZARD_TIME,
     .check = check_time,
     .fixed_choices = time_choices,
     .show = show_time},
    {.name = NULL},
};

/* --- the end --- */

static int64_t ref_of(const struct wizard *wizard, enum broadcast_segment segment)
{
    return segment == BROADCAST_PRODUCT  ? wizard_number(wizard, "product")
           : segment == BROADCAST_ACTIVE ? wizard_number(wizard, "days")
                                         : 0;
}

static bool preview(struct turn *turn, struct wizard *wizard, const char **html_out, struct error *err)
{
    struct work *work = turn->work;
    enum broadcast_segment segment = (enum broadcast_segment)wizard_number(wizard, "segment");
    int64_t count;
    bool exact;
    if (!broadcast_estimate(work, segment, ref_of(wizard, segment), &count, &exact, err))
        return false;
    *html_out =
        say(work, TEXT_BROADCAST_SURE, TEXT_VALUES(TV("jumlah", broadcast_card_people(work, count, exact))));
    return true;
}

static bool finish(struct turn *turn, struct wizard *wizard, struct error *err)
{
    enum broadcast_segment segment = (enum broadcast_segment)wizard_number(wizard, "segment");
    auto_json json_t *params = NULL;
    const char *method = message_of(turn, wizard, &params);
    const struct broadcast_plan plan = {.actor_id = turn->update->from_id,
                                        .method = method,
                                        .params = params,
                                        .segment = segment,
                                        .segment_ref = ref_of(wizard, segment),
                                        .starts_ms = wizard_number(wizard, "when")};
    if (!broadcast_add(turn->work, &plan, &turn->numbers[0], err))
        return false;
    page_answer(turn->work, &turn->page, say_label(turn->work, TEXT_ALERT_SAVED), false);
    return broadcasts_show(turn, err);
}

static const char *back(struct turn *turn, const struct wizard *wizard)
{
    return "ab";
}

const struct wizard_kind broadcast_wizard = {.name = "broadcast",
                                             .title = TEXT_BROADCAST_NEW,
                                             .role = ROLE_ADMIN,
                                             .steps = steps,
                                             .confirms = true,
                                             .preview = preview,
                                             .finish = finish,
                                             .back = back};

bool broadcasts_make(struct turn *turn, struct error *err)
{
    return wizard_open(turn, wizard_new(turn, &broadcast_wizard), err);
}
