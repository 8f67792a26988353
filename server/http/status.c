/* GET /healthz (the process), /readyz (database and lanes), /metrics (Prometheus text; loopback and
 * metrics_allow only). */
#include "base/log.h"
#include "bot/bot.h"
#include "http/internal.h"
#include "watch/alerts.h"
#include "watch/machine.h"

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

/* Nothing where there is none. */
static void add_owner_bot(struct str *page, struct server *server)
{
    const struct hosted_store *owners = directory_server(server->options.directory);
    if (owners)
        metrics_figure(page, "lapak_owner_bot_up", "gauge",
                       "Whether the owner's bot is registered with Telegram.", "",
                       atomic_load(&owners->live));
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
    add_owner_bot(&page, server);
    status_stores(&page, server);
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
