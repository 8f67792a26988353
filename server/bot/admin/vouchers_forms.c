/* Forms about coupons: a new one, and one field of one. */
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "base/crypto.h"
#include "base/str.h"
#include "bot/admin/screen.h"
#include "bot/admin/vouchers.h"

enum { CODE_LENGTH = 8, MOST_TYPED_CODE = 60 };
enum scope { EVERYTHING = 1, A_CATEGORY, A_PRODUCT };

/* What a form is about, beside its answers. */
#define COUPON   "coupon"
#define REVISION "revision"
#define FIELD    "field"
/* Answers that may say that there is no limit. */
#define MAXIMUM_NAME "maximum"
#define MINIMUM_NAME "minimum"
#define USES_NAME    "uses"
#define EACH_NAME    "each"
#define ENDS_NAME    "ends"

/* --- which steps --- */

static bool is_percent(const struct wizard *wizard)
{
    return wizard_has(wizard, "kind") && wizard_number(wizard, "kind") == COUPON_PERCENT;
}

static bool is_flat(const struct wizard *wizard)
{
    return wizard_number(wizard, "kind") == COUPON_FLAT;
}

static bool is_limited(const struct wizard *wizard)
{
    return wizard_has(wizard, "scope") && wizard_number(wizard, "scope") != EVERYTHING;
}

static bool is_for_product(const struct wizard *wizard)
{
    return wizard_number(wizard, "scope") == A_PRODUCT;
}

static bool changes(const struct wizard *wizard, enum voucher_field field)
{
    return wizard_number(wizard, FIELD) == (int64_t)field;
}

#define CHANGES(name, field)                                                                                 \
    static bool changes_##name(const struct wizard *wizard)                                                  \
    {                                                                                                        \
        return changes(wizard, field);                                                                       \
    }
CHANGES(code, VOUCHER_CODE)
CHANGES(discount, VOUCHER_DISCOUNT)
CHANGES(maximum, VOUCHER_MAXIMUM)
CHANGES(minimum, VOUCHER_MINIMUM)
CHANGES(uses, VOUCHER_USES)
CHANGES(each, VOUCHER_USES_EACH)
CHANGES(starts, VOUCHER_STARTS)
CHANGES(ends, VOUCHER_ENDS)

static bool changes_percent(const struct wizard *wizard)
{
    return changes_discount(wizard) && is_percent(wizard);
}

static bool changes_flat(const struct wizard *wizard)
{
    return changes_discount(wizard) && is_flat(wizard);
}

/* --- what speaks against an answer --- */

/* In capitals, as it is kept. */
static const char *code_of(struct arena *arena, const struct wizard *wizard)
{
    const char *typed = wizard_text(wizard, "code");
    char *code = typed ? arena_strdup(arena, typed) : crypto_random_word(arena, CODE_LENGTH);
    for (char *p = code; *p; p++)
        *p = (char)toupper((unsigned char)*p);
    return code;
}

static bool is_code(const char *code)
{
    size_t length = strlen(code);
    return length >= COUPON_CODE_LEAST && length <= COUPON_CODE_MOST &&
           strspn(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == length;
}

static const char *why_taken(struct turn *turn, const char *code)
{
    return say(turn->work, TEXT_VOUCHER_WHY_TAKEN, TEXT_VALUES(TV("kode", code)));
}

static bool check_code(struct turn *turn, struct wizard *wizard, const char **why_out, struct error *err)
{
    struct work *work = turn->work;
    struct coupon other;
    const char *code = code_of(work->arena, wizard);
    if (!is_code(code)) {
        *why_out = say(work, TEXT_VOUCHER_WHY_CODE, TEXT_NO_VALUES);
        return true;
    }
    wizard_put_text(wizard, "capitals", code);
    if (!coupon_find(work, code, &other, err))
        return err->code == ERR_NOT_FOUND;
    if (other.id != wizard_number(wizard, COUPON))
        *why_out = why_taken(turn, code);
    return true;
}

static const char *show_code(struct turn *turn, const struct wizard *wizard)
{
    return wizard_text(wizard, "capitals");
}

static const char *show_percent(struct turn *turn, const struct wizard *wizard)
{
    return vouchers_value(turn->work, COUPON_PERCENT, wizard_number(wizard, "percent"));
}

/* The coupon that is changed; a new one has nothing yet. */
static bool load(struct turn *turn, const struct wizard *wizard, bool lock, struct coupon *coupon_out,
                 struct error *err)
{
    int64_t id = wizard_number(wizard, COUPON);
    *coupon_out = (struct coupon){.starts_ms = turn->work->now_ms};
    return !id || coupon_get(turn->work, id, lock, coupon_out, err);
}

/* A number that was typed; 0 where the limit was taken away. */
static int64_t limit_of(const struct wizard *wizard, const char *name)
{
    return wizard_input_of(wizard, name) == WIZARD_CHOICE ? 0 : wizard_number(wizard, name);
}

static bool check_uses(struct turn *turn, struct wizard *wizard, const char **why_out, struct error *err)
{
    struct coupon coupon;
    int64_t uses = limit_of(wizard, USES_NAME);
    if (!load(turn, wizard, false, &coupon, err))
        return false;
    if (uses && uses < coupon.uses)
        *why_out = say(turn->work, TEXT_VOUCHER_WHY_USES,
                       TEXT_VALUES(TV("jumlah", say_number(turn->work, coupon.uses))));
    return true;
}

static bool check_each(struct turn *turn, struct wizard *wizard, const char **why_out, struct error *err)
{
    int64_t each = limit_of(wizard, EACH_NAME), most = 0, id = wizard_number(wizard, COUPON);
    if (each && id && !coupon_most_by_one(turn->work, id, &most, err))
        return false;
    if (each && each < most)
        *why_out =
            say(turn->work, TEXT_VOUCHER_WHY_EACH, TEXT_VALUES(TV("jumlah", say_number(turn->work, most))));
    return true;
}

/* When it starts by the answer; by what it has where there is none. "Now" is a choice. */
static int64_t start_of(const struct wizard *wizard, const struct coupon *coupon, int64_t now_ms)
{
    if (wizard_input_of(wizard, "starts") == WIZARD_CHOICE)
        return now_ms;
    return wizard_has(wizard, "starts") ? wizard_number(wizard, "starts") : coupon->starts_ms;
}

static int64_t end_of(const struct wizard *wizard, const struct coupon *coupon)
{
    return wizard_has(wizard, ENDS_NAME) ? limit_of(wizard, ENDS_NAME) : coupon->ends_ms;
}

static bool check_times(struct turn *turn, struct wizard *wizard, const char **why_out, struct error *err)
{
    struct work *work = turn->work;
    struct coupon coupon;
    if (!load(turn, wizard, false, &coupon, err))
        return false;
    int64_t starts_ms = start_of(wizard, &coupon, work->now_ms), ends_ms = end_of(wizard, &coupon);
    bool ends = ends_ms || wizard_input_of(wizard, ENDS_NAME) == WIZARD_TIME;
    if (ends && ends_ms <= starts_ms)
        *why_out =
            say(work, TEXT_VOUCHER_WHY_TIMES,
                TEXT_VALUES(TV("mulai", say_date(work, starts_ms)), TV("berakhir", say_date(work, ends_ms))));
    return true;
}

/* --- steps, as both forms have them --- */

static const struct wizard_fixed_choice kinds[] = {
    {COUPON_PERCENT, TEXT_VOUCHER_PERCENT}, {COUPON_FLAT, TEXT_VOUCHER_FLAT}, {.label = -1}};
static const struct wizard_fixed_choice scopes[] = {{EVERYTHING, TEXT_VOUCHER_EVERYTHING},
                                                    {A_CATEGORY, TEXT_VOUCHER_A_CATEGORY},
                                                    {A_PRODUCT, TEXT_VOUCHER_A_PRODUCT},
                                                    {.label = -1}};
static const struct wizard_fixed_choice no_limit[] = {{1, TEXT_VOUCHER_NO_LIMIT}, {.label = -1}};
static const struct wizard_fixed_choice at_once[] = {{1, TEXT_VOUCHER_NOW}, {.label = -1}};

#define STEP(name_, id, takes_, least_, most_)                                                               \
    .name = (name_), .label = TEXT_VOUCHER_FIELD_##id, .prompt = TEXT_VOUCHER_ASK_##id, .takes = (takes_),   \
    .least = (least_), .most = (most_)
#define STEP_CODE    STEP("code", CODE, WIZARD_LINE, 1, MOST_TYPED_CODE), .check = check_code, .show = show_code
#define STEP_KIND    STEP("kind", KIND, WIZARD_CHOICE, 0, 0), .fixed_choices = kinds
#define STEP_PERCENT STEP("percent", PERCENT, WIZARD_NUMBER, 1, 100), .show = show_percent
#define STEP_FLAT    STEP("flat", FLAT, WIZARD_AMOUNT, 1, COUPON_MOST)
/* With a button that says that there is no limit. */
#define FREE(id, takes_, most_)                                                                              \
    STEP(id##_NAME, id, (takes_) | WIZARD_CHOICE, 1, most_), .fixed_choices = no_limit
#define STEP_MAXIMUM FREE(MAXIMUM, WIZARD_AMOUNT, COUPON_MOST)
#define STEP_MINIMUM FREE(MINIMUM, WIZARD_AMOUNT, COUPON_MOST)
#define STEP_USES    FREE(USES, WIZARD_NUMBER, COUPON_MOST), .check = check_uses
#define STEP_EACH    FREE(EACH, WIZARD_NUMBER, COUPON_MOST), .check = check_each
#define STEP_ENDS    FREE(ENDS, WIZARD_TIME, 0), .check = check_times
#define STEP_STARTS                                                                                          \
    STEP("starts", STARTS, WIZARD_TIME | WIZARD_CHOICE, 0, 0), .fixed_choices = at_once, .check = check_times

/* The answers put into it, as far as there are any. */
static void fill_in(struct coupon *coupon, struct turn *turn, const struct wizard *wizard)
{
    if (wizard_has(wizard, "code"))
        coupon->code = wizard_text(wizard, "capitals");
    if (wizard_has(wizard, "kind"))
        coupon->kind = is_percent(wizard) ? COUPON_PERCENT : COUPON_FLAT;
    if (is_flat(wizard)) /* it is what it takes off at most */
        coupon->maximum_discount = 0;
    if (wizard_has(wizard, "percent") || wizard_has(wizard, "flat"))
        coupon->value = wizard_number(wizard, is_percent(wizard) ? "percent" : "flat");
    if (wizard_has(wizard, MAXIMUM_NAME))
        coupon->maximum_discount = limit_of(wizard, MAXIMUM_NAME);
    if (wizard_has(wizard, MINIMUM_NAME))
        coupon->minimum_total = limit_of(wizard, MINIMUM_NAME);
    if (wizard_has(wizard, USES_NAME))
        coupon->most_uses = limit_of(wizard, USES_NAME);
    if (wizard_has(wizard, EACH_NAME))
        coupon->most_uses_each = limit_of(wizard, EACH_NAME);
    coupon->starts_ms = start_of(wizard, coupon, turn->work->now_ms);
    coupon->ends_ms = end_of(wizard, coupon);
}

/* --- a new one --- */

static const struct wizard_step new_steps[] = {
    {STEP_CODE, .optional = true},
    {STEP_KIND},
    {STEP_PERCENT, .applies = is_percent},
    {STEP_FLAT, .applies = is_flat},
    {STEP_MAXIMUM, .applies = is_percent},
    {STEP_MINIMUM},
    {STEP("scope", SCOPE, WIZARD_CHOICE, 0, 0), .fixed_choices = scopes},
    {.name = "category",
     .label = TEXT_VOUCHER_FIELD_CATEGORY,
     .prompt = TEXT_VOUCHER_CHOOSE_CATEGORY,
     .takes = WIZARD_CHOICE,
     .applies = is_limited,
     .choices = vouchers_choose_category},
    {.name = "product",
     .label = TEXT_VOUCHER_FIELD_PRODUCT,
     .prompt = TEXT_VOUCHER_CHOOSE_PRODUCT,
     .takes = WIZARD_CHOICE,
     .applies = is_for_product,
     .choices = vouchers_choose_product},
    {STEP_USES},
    {STEP_EACH},
    {STEP_STARTS},
    {STEP_ENDS},
    {.name = NULL},
};

static struct coupon new_coupon(struct turn *turn, const struct wizard *wizard)
{
    struct arena *arena = turn->work->arena;
    struct coupon coupon = {.code = code_of(arena, wizard), .starts_ms = turn->work->now_ms};
    int64_t *target = ARENA_NEW(arena, int64_t);
    fill_in(&coupon, turn, wizard);
    if (!is_limited(wizard))
        return coupon;
    *target = wizard_number(wizard, is_for_product(wizard) ? "product" : "category");
    *(is_for_product(wizard) ? &coupon.products : &coupon.categories) = (struct coupon_ids){1, target};
    return coupon;
}

/* What was right when it was asked and is not any more is asked again; nothing was written. */
static bool new_again(struct turn *turn, struct wizard *wizard, const struct coupon *coupon,
                      struct error *err)
{
    struct work *work = turn->work;
    if (err->code == ERR_CONFLICT)
        return wizard_ask_again(turn, wizard, "code", why_taken(turn, coupon->code), err);
    return err->code == ERR_INVALID && /* the end came nearer while the form was open */
           wizard_ask_again(turn, wizard, ENDS_NAME,
                            say(work, TEXT_VOUCHER_WHY_TIMES,
                                TEXT_VALUES(TV("mulai", say_date(work, coupon->starts_ms)),
                                            TV("berakhir", say_date(work, coupon->ends_ms)))),
                            err);
}

static bool new_finish(struct turn *turn, struct wizard *wizard, struct error *err)
{
    struct work *work = turn->work;
    int64_t id;
    const struct coupon coupon = new_coupon(turn, wizard);
    if (!coupon_add(work, turn->update->from_id, &coupon, &id, err))
        return new_again(turn, wizard, &coupon, err);
    return vouchers_show(turn, id, say(work, TEXT_VOUCHER_MADE, TEXT_VALUES(TV("kode", coupon.code))), err);
}

static const char *new_back(struct turn *turn, const struct wizard *wizard)
{
    return VOUCHERS_HOME;
}

const struct wizard_kind vouchers_new_wizard = {
    .name = "voucher_new",
    .title = TEXT_VOUCHER_NEW_TITLE,
    .role = ROLE_ADMIN,
    .steps = new_steps,
    .confirms = true,
    .finish = new_finish,
    .back = new_back,
};

bool vouchers_ask_new(struct turn *turn, struct error *err)
{
    return wizard_open(turn, wizard_new(turn, &vouchers_new_wizard), err);
}

/* --- one field --- */

static const struct wizard_step edit_steps[] = {
    {STEP_CODE, .applies = changes_code},
    {STEP_KIND, .applies = changes_discount},
    {STEP_PERCENT, .applies = changes_percent},
    {STEP_FLAT, .applies = changes_flat},
    {STEP_MAXIMUM, .applies = changes_maximum},
    {STEP_MINIMUM, .applies = changes_minimum},
    {STEP_USES, .applies = changes_uses},
    {STEP_EACH, .applies = changes_each},
    {STEP_STARTS, .applies = changes_starts},
    {STEP_ENDS, .applies = changes_ends},
    {.name = NULL},
};

static bool edit_finish(struct turn *turn, struct wizard *wizard, struct error *err)
{
    struct coupon coupon;
    if (!load(turn, wizard, true, &coupon, err))
        return false;
    fill_in(&coupon, turn, wizard);
    coupon.revision = wizard_number(wizard, REVISION); /* the one that was seen */
    if (!coupon_edit(turn->work, turn->update->from_id, &coupon, err))
        return false;
    page_answer(turn->work, &turn->page, say_label(turn->work, TEXT_ALERT_SAVED), false);
    return vouchers_show(turn, coupon.id, say(turn->work, TEXT_VOUCHER_SAVED, TEXT_NO_VALUES), err);
}

static const char *edit_back(struct turn *turn, const struct wizard *wizard)
{
    return vouchers_data(turn, wizard_number(wizard, COUPON));
}

static bool edit_changed(struct turn *turn, const struct wizard *wizard, struct error *err)
{
    return vouchers_show_changed(turn, wizard_number(wizard, COUPON), err);
}

const struct wizard_kind vouchers_edit_wizard = {
    .name = "voucher_edit",
    .title = TEXT_VOUCHER_EDIT_TITLE,
    .role = ROLE_ADMIN,
    .steps = edit_steps,
    .finish = edit_finish,
    .back = edit_back,
    .changed = edit_changed,
};

/* Numbers: the coupon, the field. */
bool vouchers_ask_field(struct turn *turn, struct error *err)
{
    struct coupon coupon;
    int64_t id = turn->numbers[0], field = turn->numbers[1];
    bool found = coupon_get(turn->work, id, false, &coupon, err);
    if (!found && err->code != ERR_NOT_FOUND)
        return error_context(err, "voucher");
    bool can = found && field >= VOUCHER_CODE && field <= VOUCHER_ENDS &&
               (field != VOUCHER_MAXIMUM || coupon.kind == COUPON_PERCENT);
    if (!can)
        return vouchers_show(turn, id, NULL, err);
    struct wizard *wizard = wizard_new(turn, &vouchers_edit_wizard);
    wizard_put_number(wizard, COUPON, id);
    wizard_put_number(wizard, REVISION, coupon.revision);
    wizard_put_number(wizard, FIELD, field);
    return wizard_open(turn, wizard, err);
}
