/* One store: how it is, and what can be done about it. */
#include <inttypes.h>

#include "bot/owner/hop.h"
#include "bot/owner/screens.h"
#include "bot/owner/words.h"

enum { REASON_LIMIT = 300, ERRORS_ON_PAGE = 6, HOUR_MS = 3600 * 1000 };

/* --- how it is --- */

static const char *state_html(struct work *work, const struct store_row *store)
{
    static const struct {
        const char *state;
        enum text_key label;
    } labels[] = {{"live", TEXT_OWNER_STATE_LIVE},
                  {"starting", TEXT_OWNER_STATE_STARTING},
                  {"unreachable", TEXT_OWNER_STATE_UNREACHABLE},
                  {"disabled", TEXT_OWNER_STATE_DISABLED},
                  {"removed", TEXT_OWNER_STATE_REMOVED}};
    const char *label = store->state;
    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++)
        if (str_equal(labels[i].state, store->state))
            label = say_label(work, labels[i].label);
    const char *reason =
        store->reason ? arena_printf(work->arena, "\n<i>%s</i>", str_html(work->arena, store->reason)) : "";
    return say(work, TEXT_OWNER_STORE_STATE,
               TEXT_VALUES(TV("tanda", owner_state_sign(store)), TV("keadaan", label),
                           TV("sejak", say_date(work, store->since_ms)), TV_HTML("alasan", reason)));
}

static const char *suspended_html(struct work *work, const struct store_row *store)
{
    if (!store->suspended_ms)
        return "";
    const char *person = owner_person_html(work, store->suspended_by);
    const char *reason = store->suspended_reason ? store->suspended_reason : "–";
    return say(work, TEXT_OWNER_STORE_SUSPENDED,
               TEXT_VALUES(TV_HTML("orang", person), TV("sejak", say_date(work, store->suspended_ms)),
                           TV("alasan", str_utf8_cut(work->arena, reason, REASON_LIMIT))));
}

static const char *when(struct work *work, int64_t at_ms)
{
    return at_ms ? say_date(work, at_ms) : "–";
}

static const char *webhook_html(struct work *work, const struct store_figures *f)
{
    if (!f->checked_ms)
        return "–";
    const char *pending = say_number(work, f->webhook_pending);
    return f->webhook_error ? say(work, TEXT_OWNER_STORE_WEBHOOK_BAD,
                                  TEXT_VALUES(TV("galat", f->webhook_error), TV("jumlah", pending)))
                            : say(work, TEXT_OWNER_STORE_WEBHOOK_GOOD, TEXT_VALUES(TV("jumlah", pending)));
}

static const char *figures_html(struct work *work, const struct store_figures *f, int64_t alerts)
{
    const char *gateway = !f->gateway_known ? "–" : f->gateway_ok ? "✅" : "❌";
    const char *failed =
        f->backup_error ? say(work, TEXT_OWNER_STORE_BACKUP_BAD, TEXT_VALUES(TV("galat", f->backup_error)))
                        : "";
    return say(
        work, TEXT_OWNER_STORE_FIGURES,
        TEXT_VALUES(
            TV("order", say_number(work, f->orders)), TV("omzet", say_price(work, f->revenue)),
            TV("pembeli", say_number(work, f->people)), TV("antrean", say_number(work, f->outbox_waiting)),
            TV("telat", say_number(work, f->outbox_late_seconds)),
            TV("tugas", say_number(work, f->jobs_late_seconds)),
            TV("disisihkan", say_number(work, f->parked)), TV("gagal", say_number(work, f->failed_in_row)),
            TV_HTML("webhook", webhook_html(work, f)), TV("pakasir", gateway),
            TV("cadangan", when(work, f->backup_ms)), TV_HTML("cadangan_galat", failed),
            TV("peringatan", say_number(work, alerts)), TV("putaran", when(work, f->checked_ms))));
}

/* --- the page --- */

static void add_acts(struct turn *turn, struct keyboard *keyboard, const struct store_row *store)
{
    bool removed = str_equal(store->state, "removed");
    if (store->suspended_ms)
        screen_button(turn, keyboard, TEXT_BUTTON_OWNER_RESUME, "otr:%s", store->name);
    else if (!removed)
        screen_button(turn, keyboard, TEXT_BUTTON_OWNER_SUSPEND, "otu:%s", store->name);
    if (!removed)
        screen_button(turn, keyboard, TEXT_BUTTON_OWNER_BACKUP, "otb:%s", store->name);
    keyboard_row(keyboard);
    screen_button(turn, keyboard, TEXT_BUTTON_OWNER_TRAIL, "ota:%s:0", store->name);
    screen_button(turn, keyboard, TEXT_BUTTON_OWNER_ERRORS, "ote:%s:0", store->name);
    owner_refresh_button(turn, keyboard, arena_printf(turn->work->arena, "ot:%s", store->name));
}

bool store_show(struct turn *turn, const char *name, struct error *err)
{
    struct work *work = turn->work;
    struct store_row store;
    struct store_figures figures;
    int64_t alerts;
    if (!stores_get(work->arena, work->tx, name, &store, err))
        return screen_explain(turn, err);
    if (!figures_get(work, name, &figures, err) || !alerts_open_count(work, name, &alerts, err))
        return error_context(err, "store %s", name);
    struct keyboard keyboard;
    keyboard_begin(&keyboard);
    add_acts(turn, &keyboard, &store);
    const char *bot = store.bot_username ? arena_printf(work->arena, "@%s", store.bot_username) : "–";
    screen_show(
        turn,
        say(work, TEXT_OWNER_STORE,
            TEXT_VALUES(TV("toko", name), TV("bot", bot), TV_HTML("keadaan", state_html(work, &store)),
                        TV_HTML("jeda", suspended_html(work, &store)),
                        TV_HTML("angka", figures_html(work, &figures, alerts)))),
        &keyboard, "os");
    return true;
}

bool store_open(struct turn *turn, struct error *err)
{
    return store_show(turn, turn->word, err);
}

/* --- errors of the last hour --- */

/* Behind the alert of that id, where it is not 0. */
static bool errors_after(struct work *work, const char *store, int64_t id, struct alert_row **rows_out,
                         size_t *count_out, struct error *err)
{
    struct alert_row last = {0};
    if (id > 0 && !alert_get(work, id, &last, err) && err->code != ERR_NOT_FOUND)
        return false;
    return alert_errors(work, store, work->now_ms - HOUR_MS, last.last_ms, last.id, ERRORS_ON_PAGE + 1,
                        rows_out, count_out, err);
}

static const char *error_lines(struct work *work, const struct alert_row *rows, size_t count)
{
    struct str s = STR_INIT(work->arena);
    for (size_t i = 0; i < count; i++) {
        str_add(&s, i ? "\n\n" : "");
        str_add(&s, say(work, TEXT_OWNER_ERRORS_LINE,
                        TEXT_VALUES(TV("waktu", say_date(work, rows[i].last_ms)),
                                    TV("jumlah", say_number(work, rows[i].count)),
                                    TV("isi", str_utf8_cut(work->arena, rows[i].detail, REASON_LIMIT)))));
    }
    return str_done(&s);
}

bool store_errors(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    struct alert_row *rows;
    size_t count;
    bool server = str_equal(turn->word, TENANT_SERVER_NAME);
    if (!errors_after(work, server ? "" : turn->word, turn->numbers[0], &rows, &count, err))
        return error_context(err, "errors");
    bool more = count > ERRORS_ON_PAGE;
    count -= more;
    struct keyboard keyboard;
    keyboard_begin(&keyboard);
    if (turn->numbers[0] > 0)
        keyboard_data(&keyboard, "⏮️", STYLE_NONE, "ote:%s:0", turn->word);
    if (more)
        keyboard_data(&keyboard, "➡️", STYLE_NONE, "ote:%s:%" PRId64, turn->word, rows[count - 1].id);
    owner_ways_back(work, &keyboard, turn->word);
    const char *lines =
        count ? error_lines(work, rows, count) : say(work, TEXT_OWNER_ERRORS_NONE, TEXT_NO_VALUES);
    page_show(work, &turn->page,
              say(work, TEXT_OWNER_ERRORS, TEXT_VALUES(TV("toko", turn->word), TV_HTML("baris", lines))),
              keyboard_inline(&keyboard));
    return true;
}
