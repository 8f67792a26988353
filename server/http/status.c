/* GET /healthz (the process), /readyz (database and lanes), /metrics (Prometheus text; loopback and
 * metrics_allow only). */
#include "base/log.h"
#include "bot/bot.h"
#include "http/internal.h"
#include "store/verify_daily.h"
#include "watch/alerts.h"
#include "watch/machine.h"

/* Above this many stores, figures per store would make the page too long to scrape every few seconds. */
enum { MOST_STORES_LISTED = 200 };

void status_healthz(struct web_request *request, void *context)
{
    web_respond_text(request->token, 200, "ok\n");
}

bool server_ready(struct server *server)
{
    struct lane_figures lanes;
    lanes_figures(server->options.lanes, &lanes);
    return lanes.lanes_up == lanes.lanes;
}

void status_readyz(struct web_request *request, void *context)
{
    struct server *server = context;
    if (atomic_load(&server->draining))
        web_respond_text(request->token, 503, "stopping\n");
    else if (!server_ready(server))
        web_respond_text(request->token, 503, "a lane has no database\n");
    else
        web_respond_text(request->token, 200, "ready\n");
}

static void add_lanes(struct str *page, struct server *server)
{
    struct lane_figures f;
    lanes_figures(server->options.lanes, &f);
    metrics_figure(page, "lapak_lanes", "gauge", "Lanes configured.", "", f.lanes);
    metrics_figure(page, "lapak_lanes_up", "gauge", "Lanes with a good database connection.", "", f.lanes_up);
    metrics_figure(page, "lapak_lane_tasks_total", "counter", "Tasks done by the lanes.", "",
                   (int64_t)f.tasks);
    metrics_figure(page, "lapak_lane_queue", "gauge", "Tasks waiting for a lane.", "", (int64_t)f.queued);
    metrics_figure(page, "lapak_lane_refused_total", "counter",
                   "Tasks refused because a store's queue was full.", "", (int64_t)f.refused);
    metrics_figure(page, "lapak_database_reconnects_total", "counter", "Database connections replaced.", "",
                   (int64_t)f.reconnects);
    metrics_figure(page, "lapak_outbox_total", "counter", "Outbox rows by outcome.", "outcome=\"sent\"",
                   (int64_t)f.outbox_sent);
    metrics_row(page, "lapak_outbox_total", "outcome=\"failed\"", (int64_t)f.outbox_failed);
    metrics_row(page, "lapak_outbox_total", "outcome=\"retried\"", (int64_t)f.outbox_retried);
    metrics_figure(page, "lapak_jobs_total", "counter", "Jobs by outcome.", "outcome=\"done\"",
                   (int64_t)f.jobs_done);
    metrics_row(page, "lapak_jobs_total", "outcome=\"failed\"", (int64_t)f.jobs_failed);
    metrics_row(page, "lapak_jobs_total", "outcome=\"parked\"", (int64_t)f.jobs_parked);
}

static void add_sender(struct str *page, struct server *server)
{
    struct sender_figures f;
    sender_figures(server->options.sender, &f);
    metrics_figure(page, "lapak_telegram_calls_total", "counter", "Bot API calls by outcome.",
                   "outcome=\"all\"", (int64_t)f.calls);
    metrics_row(page, "lapak_telegram_calls_total", "outcome=\"failed\"", (int64_t)f.failed);
    metrics_row(page, "lapak_telegram_calls_total", "outcome=\"too_many_requests\"",
                (int64_t)f.too_many_requests);
    metrics_row(page, "lapak_telegram_calls_total", "outcome=\"dropped\"", (int64_t)f.dropped);
    metrics_figure(page, "lapak_telegram_waiting", "gauge", "Bot API calls waiting.", "", (int64_t)f.waiting);
    metrics_figure(page, "lapak_telegram_in_flight", "gauge", "Bot API calls under way.", "",
                   (int64_t)f.in_flight);
    metrics_figure(page, "lapak_pool_waiting", "gauge", "Worker pool tasks waiting.", "",
                   (int64_t)pool_waiting(server->options.pool));
}

static void add_store_figure(struct str *page, struct directory *directory, const char *name,
                             const char *type, const char *help,
                             int64_t (*figure)(struct hosted_store *store))
{
    size_t count;
    struct hosted_store **stores = directory_list(directory, page->arena, &count);
    for (size_t i = 0; i < count; i++) {
        struct hosted_store *store = stores[i];
        const char *labels = arena_printf(page->arena, "store=\"%s\"", store->name);
        if (i == 0)
            metrics_figure(page, name, type, help, labels, figure(store));
        else
            metrics_row(page, name, labels, figure(store));
    }
}

static int64_t store_updates(struct hosted_store *store)
{
    return (int64_t)atomic_load(&store->updates);
}

static int64_t store_failures(struct hosted_store *store)
{
    return (int64_t)atomic_load(&store->failures);
}

static int64_t store_hints(struct hosted_store *store)
{
    return (int64_t)atomic_load(&store->hints);
}

static int64_t store_queue(struct hosted_store *store)
{
    return (int64_t)lane_store_queued(store->lane);
}

static int64_t store_live(struct hosted_store *store)
{
    return atomic_load(&store->live);
}

/* What nobody looked at yet has no row. */
static void add_books(struct str *page, struct server *server)
{
    size_t count;
    struct hosted_store **stores = directory_list(server->options.directory, page->arena, &count);
    bool list_all = count <= MOST_STORES_LISTED, introduced = false;
    struct verify_figures f;
    verify_daily_figures(&f);
    metrics_figure(page, "lapak_verify_runs_total", "counter", "Daily checks of a store's books by outcome.",
                   "outcome=\"clean\"", (int64_t)f.clean);
    metrics_row(page, "lapak_verify_runs_total", "outcome=\"differences\"", (int64_t)f.differing);
    metrics_row(page, "lapak_verify_runs_total", "outcome=\"failed\"", (int64_t)f.failed);
    for (size_t i = 0; i < count; i++) {
        const char *name = stores[i]->name;
        int64_t differences;
        if (!verify_daily_differences(name, &differences) || (!list_all && !differences))
            continue;
        const char *labels = arena_printf(page->arena, "store=\"%s\"", name);
        if (introduced)
            metrics_row(page, "lapak_verify_differences", labels, differences);
        else
            metrics_figure(page, "lapak_verify_differences", "gauge",
                           "Differences in a store's books at the last check by this process.", labels,
                           differences);
        introduced = true;
    }
}

/* Nothing where there is none. */
static void add_owner_bot(struct str *page, struct server *server)
{
    const struct hosted_store *owners = directory_server(server->options.directory);
    if (owners)
        metrics_figure(page, "lapak_owner_bot_up", "gauge",
                       "Whether the owner's bot is registered with Telegram.", "",
                       atomic_load(&owners->live));
}

static void add_stores(struct str *page, struct server *server)
{
    struct directory *directory = server->options.directory;
    size_t count;
    struct hosted_store **stores = directory_list(directory, page->arena, &count);
    int64_t live = 0, disabled = 0;
    for (size_t i = 0; i < count; i++) {
        live += atomic_load(&stores[i]->live);
        disabled += atomic_load(&stores[i]->disabled);
    }
    metrics_figure(page, "lapak_stores", "gauge", "Stores by state.", "state=\"hosted\"", (int64_t)count);
    metrics_row(page, "lapak_stores", "state=\"live\"", live);
    metrics_row(page, "lapak_stores", "state=\"disabled\"", disabled);
    if (count > MOST_STORES_LISTED)
        return;
    add_store_figure(page, directory, "lapak_store_live", "gauge", "Whether the store's bot is registered.",
                     store_live);
    add_store_figure(page, directory, "lapak_store_updates_total", "counter", "Updates handled, by store.",
                     store_updates);
    add_store_figure(page, directory, "lapak_store_failures_total", "counter",
                     "Updates that failed, by store.", store_failures);
    add_store_figure(page, directory, "lapak_store_payment_hints_total", "counter",
                     "Payment webhooks, by store.", store_hints);
    add_store_figure(page, directory, "lapak_store_queue", "gauge", "Tasks waiting, by store.", store_queue);
}

void status_metrics(struct web_request *request, void *context)
{
    struct server *server = context;
    char address[64];
    web_peer_address(request, address);
    if (!web_peer_is_loopback(request) && !config_allows_metrics(server->options.config, address)) {
        web_respond_text(request->token, 403, "not for this address; see metrics_allow\n");
        return;
    }
    auto_arena struct arena *arena = arena_new();
    struct str page = STR_INIT(arena);
    metrics_figure(&page, "lapak_build_info", "gauge", "The version that runs.",
                   "version=\"" LAPAK_VERSION "\"", 1);
    metrics_render(&page);
    add_lanes(&page, server);
    add_sender(&page, server);
    add_stores(&page, server);
    add_owner_bot(&page, server);
    add_books(&page, server);
    alerts_render(&page);
    metrics_figure(&page, "lapak_forged_total", "counter",
                   "Buttons and commands refused because they are above the person's role.", "",
                   (int64_t)bot_forged());
    metrics_figure(&page, "lapak_log_errors_total", "counter", "Error lines logged.", "",
                   (int64_t)log_errors());
    metrics_figure(&page, "lapak_log_dropped_total", "counter",
                   "Log lines dropped because the disk was too slow.", "", (int64_t)log_dropped());
    metrics_process(&page);
    machine_render(&page);
    web_respond(request->token, &(struct web_response){.status = 200,
                                                       .content_type = "text/plain; version=0.0.4",
                                                       .body = str_done(&page),
                                                       .body_length = page.length});
}
