/*
 * The daily summary: what was sold on the day before, and what is the matter. A job of the server's that
 * looks at the clock each hour, so that a time that was changed in the configuration counts at once; the day
 * it was sent for is a column of lapak.owner_bot.
 */
#include <stdio.h>

#include "bot/owner/owner.h"
#include "bot/owner/screens.h"
#include "watch/machine.h"

enum {
    HOUR_MS = 3600 * 1000,
    DAY_MS = 24 * HOUR_MS,
    LATE_MS = 6 * HOUR_MS, /* the server was down: later than this it waits for the next day */
    BACKUP_MS = 26 * HOUR_MS,
    LISTED = 5
};

static const char *the_time; /* "08:00"; NULL: none */

/* --- what it says --- */

static const char *best_html(struct work *work, const struct figures_day *day)
{
    struct str s = STR_INIT(work->arena);
    for (size_t i = 0; i < day->best_count; i++) {
        const struct figures_of_day *store = &day->best[i];
        str_addf(&s, "\n%zu. %s", i + 1,
                 say(work, TEXT_OWNER_SUMMARY_STORE,
                     TEXT_VALUES(TV("toko", store->store), TV("order", say_number(work, store->orders)),
                                 TV("omzet", say_price(work, store->revenue)))));
    }
    return str_done(&s);
}

/* "a, b, c, …"; plain. */
static const char *joined(struct work *work, const char *const *names, size_t count, int64_t all)
{
    struct str s = STR_INIT(work->arena);
    for (size_t i = 0; i < count; i++)
        str_addf(&s, "%s%s", i ? ", " : "", names[i]);
    if ((int64_t)count < all)
        str_add(&s, ", …");
    return str_done(&s);
}

static bool troubled(struct work *work, struct str *s, struct error *err)
{
    const char *names[LISTED];
    struct store_row *rows;
    struct figures_missing missing;
    size_t count;
    int64_t all;
    if (!stores_not_live(work->arena, work->tx, LISTED, &rows, &count, &all, err) ||
        !figures_without_backup(work, work->now_ms - BACKUP_MS, &missing, err))
        return false;
    for (size_t i = 0; i < count; i++)
        names[i] = rows[i].name;
    if (all)
        str_addf(s, "\n%s",
                 say(work, TEXT_OWNER_SUMMARY_NOT_LIVE,
                     TEXT_VALUES(TV("jumlah", say_number(work, all)),
                                 TV("toko", joined(work, names, count, all)))));
    if (missing.all)
        str_addf(s, "\n%s",
                 say(work, TEXT_OWNER_SUMMARY_NO_BACKUP,
                     TEXT_VALUES(
                         TV("jumlah", say_number(work, missing.all)),
                         TV("toko", joined(work, missing.stores,
                                           missing.count < LISTED ? missing.count : LISTED, missing.all)))));
    return true;
}

static bool matters_html(struct work *work, const char **html_out, struct error *err)
{
    struct str s = STR_INIT(work->arena);
    struct machine_figures machine;
    int64_t alerts;
    if (!troubled(work, &s, err) || !alerts_open_count(work, NULL, &alerts, err))
        return false;
    machine_get(&machine);
    if (alerts)
        str_addf(&s, "\n%s",
                 say(work, TEXT_OWNER_SUMMARY_ALERTS, TEXT_VALUES(TV("jumlah", say_number(work, alerts)))));
    int disk = owner_fullest_disk(&machine);
    if (!s.length)
        str_addf(&s, "\n%s", say(work, TEXT_OWNER_SUMMARY_ALL_WELL, TEXT_NO_VALUES));
    if (disk >= 0)
        str_addf(&s, "\n%s",
                 say(work, TEXT_OWNER_SUMMARY_DISK, TEXT_VALUES(TV("persen", say_number(work, disk)))));
    *html_out = str_done(&s);
    return true;
}

static bool send_summary(struct work *work, struct error *err)
{
    /* The day before, whatever its length was. */
    struct clock_civil now = clock_to_civil(work->tenant->zone, work->now_ms);
    int64_t noon_ms;
    const char *today_noon = arena_printf(work->arena, "%04d-%02d-%02d 12:00", now.year, now.month, now.day);
    if (!clock_parse_local(work->tenant->zone, today_noon, false, &noon_ms))
        return error_set(err, ERR_INTERNAL, "summary: no noon");
    const char *day = owner_day(work, noon_ms - DAY_MS);
    struct figures_day figures;
    const char *matters;
    if (!figures_day(work, day, &figures, err) || !matters_html(work, &matters, err))
        return error_context(err, "summary");
    const char *html =
        say(work, TEXT_OWNER_SUMMARY,
            TEXT_VALUES(TV("hari", day), TV("order", say_number(work, figures.orders)),
                        TV("omzet", say_price(work, figures.revenue)),
                        TV_HTML("terlaris", best_html(work, &figures)), TV_HTML("catatan", matters)));
    struct keyboard keyboard;
    keyboard_begin(&keyboard);
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_OWNER_STORES), STYLE_NONE, "os");
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_OWNER_ALERTS_ALL), STYLE_NONE, "oa");
    return owner_send(work, html, keyboard_inline(&keyboard), err);
}

/* --- when --- */

/* Today's time for it, in ms; false where there is none. */
static bool time_of_today(const struct tenant *tenant, int64_t now_ms, int64_t *at_ms_out)
{
    char text[32];
    struct clock_civil now = clock_to_civil(tenant->zone, now_ms);
    if (!the_time)
        return false;
    snprintf(text, sizeof text, "%04d-%02d-%02d %s", now.year, now.month, now.day, the_time);
    return clock_parse_local(tenant->zone, text, false, at_ms_out);
}

/* The next look: an hour from now, or at the time itself. */
static int64_t next_look(const struct tenant *tenant, int64_t now_ms)
{
    int64_t at_ms;
    bool ahead = time_of_today(tenant, now_ms, &at_ms) && at_ms > now_ms && at_ms < now_ms + HOUR_MS;
    return ahead ? at_ms : now_ms + HOUR_MS;
}

/* Sent once a day; on the day the server was set up not at all, where its time is over. */
DB_SERVER_STATEMENT(owner_summary_take,
                    "UPDATE owner_bot SET summary_on = $1::date WHERE summary_on IS DISTINCT FROM $1::date");
DB_SERVER_STATEMENT(owner_summary_last, "SELECT summary_on IS NOT NULL FROM owner_bot");

static bool prepare(struct work *work, int64_t ref, struct job_step *step_out, struct error *err)
{
    int64_t at_ms;
    struct db_rows last, taken;
    if (time_of_today(work->tenant, work->now_ms, &at_ms) && work->now_ms >= at_ms) {
        if (!db_query(work->tx, &owner_summary_last, DB_NO_PARAMS, &last, err) ||
            !db_query(work->tx, &owner_summary_take, DB_PARAMS(P_TEXT(owner_day(work, work->now_ms))), &taken,
                      err))
            return error_context(err, "summary");
        bool first = !last.count || !db_bool(&last, 0, 0);
        bool in_time = work->now_ms < at_ms + (first ? HOUR_MS / 4 : LATE_MS);
        if (taken.affected && in_time && !send_summary(work, err))
            return false;
    }
    *step_out = (struct job_step){.kind = JOB_AGAIN, .due_ms = next_look(work->tenant, work->now_ms)};
    return true;
}

void summary_set_time(const char *time_of_day)
{
    the_time = time_of_day && *time_of_day && !str_equal(time_of_day, "off") ? time_of_day : NULL;
}

const struct job_kind owner_summary_job = {
    .name = "owner_summary", .prepare = prepare, .first_due = next_look, .place = JOB_OF_SERVER};
