#include "bot/admin/log_words.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "bot/admin/calculator.h"
#include "bot/admin/store_settings.h"
#include "store/own_text.h"
#include "store/user.h"

enum { VALUE_LIMIT = 300, NAME_LIMIT = 60 };

/* A word of the database's and its label. */
struct word {
    const char *word;
    enum text_key label;
};
#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

static const char *in_words(const struct work *work, const struct word *words, size_t count, const char *word)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(words[i].word, word) == 0)
            return say_label(work, words[i].label);
    return NULL;
}

/* --- who --- */

bool log_actor(struct turn *turn, int64_t actor_id, const char **html_out, struct error *err)
{
    if (actor_id)
        return say_known_person(turn->work, actor_id, html_out, err);
    *html_out = str_html(turn->work->arena, say_label(turn->work, TEXT_LOG_SERVER));
    return true;
}

bool log_actor_name(struct turn *turn, int64_t actor_id, const char **html_out, struct error *err)
{
    struct work *work = turn->work;
    struct person person;
    if (!actor_id)
        return log_actor(turn, 0, html_out, err);
    if (user_get(work, actor_id, &person, err)) {
        *html_out = str_html(work->arena, say_name(work, person.first_name, person.last_name));
        return true;
    }
    *html_out = say_number(work, actor_id);
    return err->code == ERR_NOT_FOUND;
}

/* --- what --- */

static const struct word actions[] = {
    {"set", TEXT_LOG_ACTION_SET},
    {"reset", TEXT_LOG_ACTION_RESET},
    {"add", TEXT_LOG_ACTION_ADD},
    {"edit", TEXT_LOG_ACTION_EDIT},
    {"edit_content", TEXT_LOG_ACTION_EDIT_CONTENT},
    {"move", TEXT_LOG_ACTION_MOVE},
    {"hide", TEXT_LOG_ACTION_HIDE},
    {"delete", TEXT_LOG_ACTION_DELETE},
    {"stop", TEXT_LOG_ACTION_STOP},
    {"pause", TEXT_LOG_ACTION_PAUSE},
    {"resume", TEXT_LOG_ACTION_RESUME},
    {"mark_paid", TEXT_LOG_ACTION_MARK_PAID},
    {"cancel", TEXT_LOG_ACTION_CANCEL},
    {"refund", TEXT_LOG_ACTION_REFUND},
    {"resend", TEXT_LOG_ACTION_RESEND},
    {"replace_unit", TEXT_LOG_ACTION_REPLACE_UNIT},
    {"fulfil", TEXT_LOG_ACTION_FULFIL},
    {"settle_mismatch", TEXT_LOG_ACTION_SETTLE},
    {"adjust_balance", TEXT_LOG_ACTION_ADJUST},
    {"confirm_deposit", TEXT_LOG_ACTION_CONFIRM},
    {"reject_deposit", TEXT_LOG_ACTION_REJECT},
    {"shut_out", TEXT_LOG_ACTION_SHUT_OUT},
    {"let_in", TEXT_LOG_ACTION_LET_IN},
    {"message", TEXT_LOG_ACTION_MESSAGE},
    {"stock_add", TEXT_LOG_ACTION_STOCK_ADD},
    {"stock_remove", TEXT_LOG_ACTION_STOCK_REMOVE},
    {"stock_remove_many", TEXT_LOG_ACTION_STOCK_REMOVE},
    {"stock_restore", TEXT_LOG_ACTION_STOCK_RESTORE},
    {"stock_view", TEXT_LOG_ACTION_STOCK_VIEW},
    {"stock_export", TEXT_LOG_ACTION_STOCK_EXPORT},
    {"content_view", TEXT_LOG_ACTION_CONTENT_VIEW},
    {"sticker_refused", TEXT_LOG_ACTION_STICKER_REFUSED},
    {"photo_refused", TEXT_LOG_ACTION_PHOTO_REFUSED},
    {"text_broken", TEXT_LOG_ACTION_TEXT_BROKEN},
    {CALCULATOR_ACTION, TEXT_LOG_ACTION_CALCULATE},
};

const char *log_action(struct work *work, const struct admin_log_entry *entry)
{
    const char *label = in_words(work, actions, COUNT(actions), entry->action);
    return label ? label : entry->action;
}

/* --- about what --- */

static const struct subject {
    const char *word;
    enum text_key label;
    const char *page, *rest; /* callback data of its page, around the id; NULL: it has none */
} subjects[] = {
    {"order", TEXT_LOG_SUBJECT_ORDER, "aod:", ""},
    {"deposit", TEXT_LOG_SUBJECT_DEPOSIT, "agd:", ""},
    {"payment", TEXT_LOG_SUBJECT_PAYMENT, NULL, NULL},
    {"user", TEXT_LOG_SUBJECT_USER, "aud:", ""},
    {"unit", TEXT_LOG_SUBJECT_UNIT, "asu:", ""},
    {"product", TEXT_LOG_SUBJECT_PRODUCT, "app:", ""},
    {"category", TEXT_LOG_SUBJECT_CATEGORY, "apc:", ":0"},
    {"coupon", TEXT_LOG_SUBJECT_COUPON, "avd:", ""},
    {"broadcast", TEXT_LOG_SUBJECT_BROADCAST, "abd:", ""},
    {"setting", TEXT_LOG_SUBJECT_SETTING, NULL, NULL},
    {CALCULATOR_SUBJECT, TEXT_LOG_SUBJECT_CALCULATOR, "ach:", ""},
};

static const struct subject *subject_of(const struct admin_log_entry *entry)
{
    for (size_t i = 0; i < COUNT(subjects); i++)
        if (strcmp(subjects[i].word, entry->subject) == 0)
            return &subjects[i];
    return NULL;
}

/* "title", "text:welcome", "admin:9003"; NULL where the entry is about something else. In the arena. */
static const char *setting_key(struct work *work, const struct admin_log_entry *entry)
{
    const char *picture = entry->after ? entry->after : entry->before, *key;
    auto_json json_t *json = picture ? json_loads(picture, 0, NULL) : NULL;
    if (strcmp(entry->subject, "setting") != 0 || !json_get_string(json, "key", &key))
        return NULL;
    return arena_strdup(work->arena, key);
}

/* Its name where it is a person: kept with the row, because they may be unknown to the store. */
static const char *setting_subject(struct work *work, const char *key)
{
    const struct setting_screen *screen = setting_screen(key);
    if (screen)
        return say_label(work, screen->label);
    if (str_starts_with(key, "admin:"))
        return say(work, TEXT_LOG_SUBJECT_ADMIN, TEXT_VALUES(TV("nomor", key + strlen("admin:"))));
    if (str_starts_with(key, "text:"))
        return say(work, TEXT_LOG_SUBJECT_TEXT,
                   TEXT_VALUES(TV("nama", str_utf8_cut(work->arena, key + strlen("text:"), NAME_LIMIT))));
    return str_utf8_cut(work->arena, key, NAME_LIMIT);
}

const char *log_subject(struct turn *turn, const struct admin_log_entry *entry)
{
    struct work *work = turn->work;
    const struct subject *subject = subject_of(entry);
    const char *key = setting_key(work, entry), *id = say_number(work, entry->subject_id);
    if (key)
        return setting_subject(work, key);
    if (subject && !entry->subject_id) /* there is but one of them */
        return say_label(work, subject->label);
    if (subject)
        return arena_printf(work->arena, "%s %s", say_label(work, subject->label), id);
    return arena_printf(work->arena, "%s %s", str_utf8_cut(work->arena, entry->subject, NAME_LIMIT), id);
}

const char *log_subject_data(struct turn *turn, const struct admin_log_entry *entry)
{
    struct work *work = turn->work;
    const struct subject *subject = subject_of(entry);
    const char *key = setting_key(work, entry);
    const struct setting_screen *screen = key ? setting_screen(key) : NULL;
    enum text_key text;
    if (screen)
        return setting_page_data(turn, screen);
    if (key && str_starts_with(key, "admin:") && turn->role >= ROLE_OWNER)
        return arena_printf(work->arena, "amd:%s", key + strlen("admin:"));
    if (key && own_text_key(key, &text))
        return arena_printf(work->arena, "art:%d", (int)text);
    return subject && subject->page
               ? arena_printf(work->arena, "%s%" PRId64 "%s", subject->page, entry->subject_id, subject->rest)
               : NULL;
}

/* --- before and after --- */

static const struct word members[] = {
    {"value", TEXT_LOG_MEMBER_VALUE},
    {"state", TEXT_LOG_MEMBER_STATE},
    {"balance", TEXT_LOG_MEMBER_BALANCE},
    {"total", TEXT_LOG_MEMBER_TOTAL},
    {"refunded", TEXT_LOG_MEMBER_REFUNDED},
    {"payment", TEXT_LOG_MEMBER_PAYMENT},
    {"amount", TEXT_LOG_MEMBER_AMOUNT},
    {"name", TEXT_LOG_MEMBER_NAME},
    {"price", TEXT_LOG_MEMBER_PRICE},
    {"hidden", TEXT_LOG_MEMBER_HIDDEN},
    {"shut_out", TEXT_LOG_MEMBER_SHUT_OUT},
    {"code", TEXT_VOUCHER_FIELD_CODE},
    {"kind", TEXT_VOUCHER_FIELD_KIND},
    {"maximum_discount", TEXT_VOUCHER_FIELD_MAXIMUM},
    {"minimum_total", TEXT_VOUCHER_FIELD_MINIMUM},
    {"categories", TEXT_VOUCHER_FIELD_CATEGORY},
    {"products", TEXT_VOUCHER_FIELD_PRODUCT},
    {"most_uses", TEXT_VOUCHER_FIELD_USES},
    {"most_uses_each", TEXT_VOUCHER_FIELD_EACH},
    {"starts", TEXT_VOUCHER_FIELD_STARTS},
    {"ends", TEXT_VOUCHER_FIELD_ENDS},
    {"stopped", TEXT_VOUCHER_STOPPED},
};

const char *log_member(struct work *work, const char *name)
{
    const char *label = in_words(work, members, COUNT(members), name);
    return label ? label : str_utf8_cut(work->arena, name, NAME_LIMIT);
}

const char *log_value(struct work *work, const json_t *value)
{
    if (!value || json_is_null(value))
        return say_label(work, TEXT_WIZARD_LEFT_OUT);
    if (json_is_boolean(value))
        return say_label(work, json_is_true(value) ? TEXT_LOG_YES : TEXT_LOG_NO);
    if (json_is_string(value))
        return str_utf8_cut(work->arena, json_string_value(value), VALUE_LIMIT);
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    const char *cut = str_utf8_cut(work->arena, text ? text : "", VALUE_LIMIT);
    free(text);
    return cut;
}
