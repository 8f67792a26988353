/* The stores' part of /metrics. */
#include "http/internal.h"
#include "store/verify_daily.h"
#include "watch/figures.h"

/* Above this many stores, figures per store would make the page too long to scrape every few seconds. */
enum { MOST_STORES_LISTED = 200 };

/* One store, as this process knows it. */
struct row {
    struct hosted_store *store;
    const char *labels;
    bool known; /* `figures` are */
    struct store_figures figures;
    int64_t differences; /* in the books; -1: not looked at */
};

struct table {
    struct str *page;
    struct row *rows;
    size_t count;
};

/* --- counted by this process --- */

static int64_t row_live(const struct row *row)
{
    return atomic_load(&row->store->live);
}

static int64_t row_updates(const struct row *row)
{
    return (int64_t)atomic_load(&row->store->updates);
}

static int64_t row_failures(const struct row *row)
{
    return (int64_t)atomic_load(&row->store->failures);
}

static int64_t row_hints(const struct row *row)
{
    return (int64_t)atomic_load(&row->store->hints);
}

static int64_t row_queue(const struct row *row)
{
    return (int64_t)lane_store_queued(row->store->lane);
}

static int64_t row_differences(const struct row *row)
{
    return row->differences;
}

/* --- as of the last round; -1: not known --- */

#define FIGURE(member)                                                                                       \
    static int64_t row_##member(const struct row *row)                                                       \
    {                                                                                                        \
        return row->known && row->figures.checked_ms ? row->figures.member : -1;                             \
    }
FIGURE(orders)
FIGURE(revenue)
FIGURE(people)
FIGURE(parked)
FIGURE(outbox_waiting)
FIGURE(outbox_late_seconds)
FIGURE(jobs_late_seconds)
FIGURE(failed_in_row)
FIGURE(webhook_pending)

static int64_t row_gateway(const struct row *row)
{
    return row->known && row->figures.gateway_known ? row->figures.gateway_ok : -1;
}

static int64_t row_checked(const struct row *row)
{
    return row->known && row->figures.checked_ms ? row->figures.checked_ms / 1000 : -1;
}

static int64_t row_backup(const struct row *row)
{
    return row->known && row->figures.backup_ms ? row->figures.backup_ms / 1000 : -1;
}

static int64_t row_backup_failed(const struct row *row)
{
    return row->known ? row->figures.backup_error != NULL : -1;
}

struct column {
    const char *name, *type, *help;
    int64_t (*figure)(const struct row *row);
};
static const struct column columns[] = {
    {"lapak_store_live", "gauge", "Whether the store's bot is registered.", row_live},
    {"lapak_store_updates_total", "counter", "Updates handled, by store.", row_updates},
    {"lapak_store_failures_total", "counter", "Updates that failed, by store.", row_failures},
    {"lapak_store_payment_hints_total", "counter", "Payment webhooks, by store.", row_hints},
    {"lapak_store_queue", "gauge", "Tasks waiting, by store.", row_queue},
    {"lapak_store_orders_today", "gauge", "Orders paid today, by the store's calendar.", row_orders},
    {"lapak_store_revenue_today_rupiah", "gauge", "What they came to.", row_revenue},
    {"lapak_store_people", "gauge", "People who ever wrote to the store.", row_people},
    {"lapak_store_parked", "gauge", "Jobs, updates and payments set aside for somebody to decide.",
     row_parked},
    {"lapak_store_outbox_waiting", "gauge", "Messages on their way to Telegram.", row_outbox_waiting},
    {"lapak_store_outbox_late_seconds", "gauge", "How long the oldest of them that is due waits.",
     row_outbox_late_seconds},
    {"lapak_store_jobs_late_seconds", "gauge", "How long the oldest job that is due waits.",
     row_jobs_late_seconds},
    {"lapak_store_payments_failed_in_row", "gauge", "Payments without an invoice, one after the other.",
     row_failed_in_row},
    {"lapak_store_webhook_pending", "gauge", "Updates that Telegram keeps for the store.",
     row_webhook_pending},
    {"lapak_store_gateway_up", "gauge", "Whether the gateway answered the last round.", row_gateway},
    {"lapak_store_checked_timestamp_seconds", "gauge", "When the last round came by.", row_checked},
    {"lapak_store_backup_timestamp_seconds", "gauge", "When the last good backup was made.", row_backup},
    {"lapak_store_backup_failed", "gauge", "Whether one failed since.", row_backup_failed},
};

static void add_column(const struct table *table, const struct column *column)
{
    metrics_introduce(table->page, column->name, column->type, column->help);
    for (size_t i = 0; i < table->count && table->count <= MOST_STORES_LISTED; i++) {
        int64_t value = column->figure(&table->rows[i]);
        if (value >= 0)
            metrics_row(table->page, column->name, table->rows[i].labels, value);
    }
}

/* --- over all stores --- */

static int64_t sum(const struct table *table, int64_t (*figure)(const struct row *row))
{
    int64_t total = 0;
    for (size_t i = 0; i < table->count; i++) {
        int64_t value = figure(&table->rows[i]);
        total += value > 0 ? value : 0;
    }
    return total;
}

static int64_t most(const struct table *table, int64_t (*figure)(const struct row *row))
{
    int64_t found = 0;
    for (size_t i = 0; i < table->count; i++) {
        int64_t value = figure(&table->rows[i]);
        found = value > found ? value : found;
    }
    return found;
}

/* Of those that have one; -1 where none has. */
static int64_t least(const struct table *table, int64_t (*figure)(const struct row *row))
{
    int64_t found = -1;
    for (size_t i = 0; i < table->count; i++) {
        int64_t value = figure(&table->rows[i]);
        if (value >= 0 && (found < 0 || value < found))
            found = value;
    }
    return found;
}

static const struct {
    const char *name, *help;
    int64_t (*over)(const struct table *table, int64_t (*figure)(const struct row *row));
    int64_t (*figure)(const struct row *row);
} totals[] = {
    {"lapak_orders_today", "Orders paid today, in all stores.", sum, row_orders},
    {"lapak_revenue_today_rupiah", "What they came to.", sum, row_revenue},
    {"lapak_people", "People who ever wrote to a store, in all stores.", sum, row_people},
    {"lapak_parked", "Jobs, updates and payments set aside, in all stores.", sum, row_parked},
    {"lapak_outbox_waiting", "Messages on their way to Telegram, in all stores.", sum, row_outbox_waiting},
    {"lapak_outbox_late_seconds", "How long the oldest of them that is due waits.", most,
     row_outbox_late_seconds},
    {"lapak_jobs_late_seconds", "How long the oldest job that is due waits, in any store.", most,
     row_jobs_late_seconds},
    {"lapak_webhook_pending", "Updates that Telegram keeps for us, in all stores.", sum, row_webhook_pending},
    {"lapak_rounds_oldest_timestamp_seconds", "When a round came by the store that waits longest for one.",
     least, row_checked},
    {"lapak_backups_oldest_timestamp_seconds", "The last good backup of the store whose is the oldest.",
     least, row_backup},
    {"lapak_backups_failed", "Stores whose last backup failed.", sum, row_backup_failed},
};

static void add_totals(const struct table *table)
{
    for (size_t i = 0; i < sizeof totals / sizeof totals[0]; i++) {
        int64_t value = totals[i].over(table, totals[i].figure);
        metrics_introduce(table->page, totals[i].name, "gauge", totals[i].help);
        if (value >= 0)
            metrics_row(table->page, totals[i].name, "", value);
    }
}

static void add_states(const struct table *table)
{
    static const char name[] = "lapak_stores";
    int64_t live = 0, disabled = 0, suspended = 0;
    for (size_t i = 0; i < table->count; i++) {
        suspended += lane_store_is_suspended(table->rows[i].store->lane);
        live += atomic_load(&table->rows[i].store->live);
        disabled += atomic_load(&table->rows[i].store->disabled);
    }
    metrics_figure(table->page, name, "gauge", "Stores by state.", "state=\"hosted\"", (int64_t)table->count);
    metrics_row(table->page, name, "state=\"live\"", live);
    metrics_row(table->page, name, "state=\"disabled\"", disabled);
    metrics_row(table->page, name, "state=\"suspended\"", suspended);
}

/* Differences are told of every store, however many there are. */
static void add_books(const struct table *table)
{
    static const char name[] = "lapak_verify_differences";
    struct verify_figures f;
    verify_daily_figures(&f);
    metrics_figure(table->page, "lapak_verify_runs_total", "counter",
                   "Daily checks of a store's books by outcome.", "outcome=\"clean\"", (int64_t)f.clean);
    metrics_row(table->page, "lapak_verify_runs_total", "outcome=\"differences\"", (int64_t)f.differing);
    metrics_row(table->page, "lapak_verify_runs_total", "outcome=\"failed\"", (int64_t)f.failed);
    metrics_introduce(table->page, name, "gauge",
                      "Differences in a store's books at the last check by this process.");
    for (size_t i = 0; i < table->count; i++) {
        int64_t count = row_differences(&table->rows[i]);
        if (count > 0 || (count == 0 && table->count <= MOST_STORES_LISTED))
            metrics_row(table->page, name, table->rows[i].labels, count);
    }
}

void status_stores(struct str *page, struct server *server)
{
    struct table table = {.page = page};
    struct directory *directory = server->options.directory;
    struct hosted_store **stores = directory_list(directory, page->arena, &table.count);
    table.rows = ARENA_ARRAY(page->arena, struct row, table.count);
    for (size_t i = 0; i < table.count; i++) {
        struct row *row = &table.rows[i];
        const char *store = stores[i]->name;
        row->store = stores[i];
        row->labels = arena_printf(page->arena, "store=\"%s\"", store);
        row->known = figures_known(store, &row->figures);
        row->differences = -1;
        (void)!verify_daily_differences(store, &row->differences);
    }
    add_states(&table);
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
        add_column(&table, &columns[i]);
    add_totals(&table);
    add_books(&table);
}
