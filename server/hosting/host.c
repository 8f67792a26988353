#include "hosting/host.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "backup/jobs.h"
#include "base/clock.h"
#include "base/log.h"
#include "bot/bot.h"
#include "bot/owner/newstore.h"
#include "bot/owner/owner.h"
#include "db/migrate.h"
#include "hosting/commands.h"
#include "hosting/reload.h"
#include "hosting/serve.h"
#include "hosting/service.h"
#include "hosting/suspending.h"
#include "hosting/trigger.h"
#include "http/server.h"
#include "monitor/monitor.h"
#include "payment/fee.h"
#include "payment/gateway.h"
#include "store/active.h"
#include "store/audit_daily.h"
#include "store/catalogue.h"
#include "store/retention.h"
#include "store/settings.h"
#include "telegram/api.h"
#include "telegram/chart.h"
#include "watch/alerts.h"

enum {
    POOL_THREADS = 8,
    DATABASE_WAIT_MS = 30000,
    STOP_SECONDS = 10, /* from SIGTERM to the end, whatever hangs */
};

struct host {
    struct arena *arena;
    const char *env_path;
    struct handover *handover;
    struct config *config;
    struct texts *texts;
    struct pool *pool;
    struct sender *sender;
    struct lanes *lanes;
    const struct tenant *server_tenant;
    struct registered *known; /* what Telegram was told of the stores before */
    size_t known_count;
    const char *server_secret; /* of the owner's bot's webhook */
    struct directory *directory;
    struct service *service;
    struct trigger *trigger;
    struct reload *reload;
    struct server *server;
    struct command_room room;
    struct control *control;
};

struct host *host_new(const char *config_path, const char *env_path, struct handover *handover)
{
    struct arena *arena = arena_new();
    struct faults faults = FAULTS_INIT(arena);
    struct env *env = env_read(arena, env_path, &faults);
    struct config *config = faults.count ? NULL : config_read(arena, config_path, env, &faults);
    for (size_t i = 0; i < faults.count; i++)
        fprintf(stderr, "lapakd: %s\n", fault_text(arena, &faults.items[i]));
    if (!config) {
        arena_free(&arena);
        return NULL;
    }
    struct host *host = xcalloc(1, sizeof *host);
    host->arena = arena;
    host->config = config;
    host->env_path = env_path;
    host->handover = handover;
    return host;
}

/* --- the steps of starting --- */

static bool start_log(struct host *host, struct error *err)
{
    if (!log_start(host->config->log_dir, LOG_INFO, isatty(STDERR_FILENO), err))
        return false;
    log_info(NULL, "lapakd %s starts", LAPAK_VERSION);
    return texts_load(host->config->texts_dir, &host->texts, err);
}

static bool open_database(const struct host *host, struct db **db_out, struct error *err)
{
    int64_t end = clock_mono_ms() + DATABASE_WAIT_MS;
    bool told = false;
    while (!db_open(host->config->database_url, NULL, 0, db_out, err)) {
        if (clock_mono_ms() >= end)
            return false;
        if (!told)
            log_warn(NULL, "%s; waiting up to %d s", err->text, DATABASE_WAIT_MS / 1000);
        told = true;
        nanosleep(&(struct timespec){.tv_nsec = 500000000}, NULL);
    }
    return true;
}

/* The server's own schema, before anybody works in it. */
static bool migrate_server(struct host *host, struct error *err)
{
    auto_db struct db *db = NULL;
    struct vault vault;
    vault_init(&vault, host->config->data_encryption_key, "server");
    return open_database(host, &db, err) && migrate_all(db, host->config->schema_dir, NULL, 0, err) &&
           enrol_server(host->arena, db, &vault, &host->server_secret, err);
}

static void forget_catalogue(struct work *work)
{
    catalogue_forget(work);
    settings_forget(work);
}

static const struct job_kind *const store_jobs[] = {
    &verify_daily_job,       &active_job,    &monitor_round_job,    &alerts_tidy_job, &audit_daily_job,
    &audit_daily_server_job, &retention_job, &retention_server_job,
};

static void set_job_kinds(struct arena *arena)
{
    const size_t store_count = sizeof store_jobs / sizeof store_jobs[0];
    size_t count = 0;
    struct job_kind *kinds = ARENA_ARRAY(arena, struct job_kind,
                                         checkout_job_count + bot_job_count + store_count + backup_job_count);
    for (size_t i = 0; i < backup_job_count; i++)
        kinds[count++] = backup_jobs[i];
    for (size_t i = 0; i < checkout_job_count; i++)
        kinds[count++] = checkout_jobs[i];
    for (size_t i = 0; i < bot_job_count; i++)
        kinds[count++] = *bot_jobs[i];
    for (size_t i = 0; i < store_count; i++)
        kinds[count++] = *store_jobs[i];
    job_set_kinds(kinds, count);
}

/* Who calls whom: rooms below call up through these tables. */
static const struct backup_notices backup_notices = {.done = owner_backup_done};

static bool wire(struct host *host, struct error *err)
{
    const struct config *config = host->config;
    gateway_set_base(config->pakasir_api_base);
    telegram_set_base(config->telegram_api_base);
    set_job_kinds(host->arena);
    checkout_set_notices(&bot_checkout_notices);
    verify_daily_start(config->database_url, &bot_verify_notices);
    audit_daily_start(config->database_url);
    retention_start(config->database_url, config->log_dir, config->log_days);
    active_start(config->database_url);
    backup_start(config);
    backup_set_notices(&backup_notices);
    bot_start_reading(config->database_url);
    outbox_set_effects(bot_outbox_effects, bot_outbox_effect_count);
    outbox_set_bulk(bot_outbox_bulk, bot_outbox_bulk_count);
    settings_on_read(bot_settings_read);
    newstore_init(config, host->env_path);
    return true;
}

static bool start_sending(struct host *host, struct error *err)
{
    const struct config *config = host->config;
    host->directory = directory_new(1024);
    host->service = service_new(host->directory);
    monitor_init(&(struct monitor_options){.limits = &config->watch,
                                           .public_url = config->public_url,
                                           .is_disabled = service_is_disabled,
                                           .register_again = service_register_again,
                                           .context = host->service,
                                           .database_url = config->database_url,
                                           .gateway_url = config->pakasir_api_base,
                                           .log_dir = config->log_dir,
                                           .backup_dir = config->backup.directory,
                                           .certificate = config->tls_certificate,
                                           .has_owner_bot = config->owner_token});
    host->pool = pool_start(POOL_THREADS);
    fee_set_pool(host->pool);
    const struct sender_options sender = {.api_base = config->telegram_api_base,
                                          .bot_per_second = (int)config->telegram_rate,
                                          .on_unauthorized = service_register_again,
                                          .context = host->service};
    if (!sender_start(&sender, &host->sender, err))
        return false;
    const struct outbox_sink sink = sender_sink(host->sender);
    outbox_set_sink(&sink);
    bot_init(&(struct bot_options){
        .texts = host->texts, .sender = host->sender, .calls_per_second = (int)config->telegram_rate});
    return true;
}

static bool start_lanes(struct host *host, struct error *err)
{
    const struct config *config = host->config;
    host->server_tenant = tenant_of_server(&(struct server_identity){.file = config->file,
                                                                     .token = config->owner_token,
                                                                     .owners = &config->owner_ids,
                                                                     .language = config->owner_language,
                                                                     .zone = config->owner_zone});
    const struct lane_options lanes = {.count = (int)config->lanes,
                                       .database_url = config->database_url,
                                       .pool = host->pool,
                                       .master_key = config->data_encryption_key,
                                       .server_tenant = host->server_tenant,
                                       .on_stores_change = suspending_follow};
    if (!lanes_start(&lanes, &host->lanes, err))
        return false;
    if (!config->owner_token)
        lane_store_hold_outbox(lanes_server_store(host->lanes), true);
    backup_set_lanes(host->lanes);
    lanes_on_catalogue_change(host->lanes, forget_catalogue);
    lanes_on_task(host->lanes, settings_apply);
    alerts_set_away(config->owner_database_away * 1000);
    owner_start(&(struct owner_options){.lanes = host->lanes,
                                        .summary_at = config->owner_summary_at,
                                        .backups = {.is_on = backup_is_on, .ask = backup_ask}});
    alerts_set_teller(&owner_alert_teller);
    alerts_start(host->lanes);
    return true;
}

/* The stores' files, as they come and go from now on. */
static bool start_stores(struct host *host, struct error *err)
{
    const struct config *config = host->config;
    auto_db struct db *db = NULL;
    service_use_lanes(host->service, host->lanes);
    if (config->owner_token)
        directory_set_server(host->directory, lanes_server_store(host->lanes), host->server_secret);
    host->trigger = trigger_new(config->tenants_dir, host->env_path);
    host->reload = reload_new(&(struct reload_options){.config = config,
                                                       .env_path = host->env_path,
                                                       .service = host->service,
                                                       .server = lanes_server_store(host->lanes)});
    return open_database(host, &db, err) && reload_start(host->reload, db, err) &&
           registration_read(host->arena, db, &host->known, &host->known_count, err);
}

static bool start_listening(struct host *host, struct error *err)
{
    const struct config *config = host->config;
    const struct server_options options = {
        .config = config,
        .directory = host->directory,
        .lanes = host->lanes,
        .sender = host->sender,
        .pool = host->pool,
        .socket_fd = handover_take_socket(host->handover, config->listen.host, config->listen.port)};
    return server_start(&options, &host->server, err);
}

/* Only now that somebody listens. */
static bool start_registration(struct host *host, struct error *err)
{
    service_start_registration(host->service,
                               &(struct registration_options){.api_base = host->config->telegram_api_base,
                                                              .public_url = host->config->public_url,
                                                              .pool = host->pool,
                                                              .lanes = host->lanes,
                                                              .commands = bot_commands,
                                                              .known = host->known,
                                                              .known_count = host->known_count,
                                                              .owner_commands = owner_commands});
    monitor_start(host->lanes);
    trigger_start(host->trigger, host->reload);
    log_info(NULL, "serving %zu stores on %s:%u", service_figures(host->service).hosted,
             host->config->listen.host, (unsigned)host->config->listen.port);
    return true;
}

/* Whoever can't be asked goes on serving. */
static bool start_control(struct host *host, struct error *err)
{
    host->room =
        (struct command_room){.reload = host->reload, .service = host->service, .started_ms = clock_now_ms()};
    struct error why;
    if (!control_start(host->config->control_socket, host_commands, host_command_count, &host->room,
                       &host->control, &why))
        log_error(NULL, "lapakctl can't reach this server: %s", why.text);
    return true;
}

bool host_start(struct host *host, struct error *err)
{
    static bool (*const steps[])(struct host * host, struct error * err) = {
        start_log,       migrate_server,     wire,          start_sending, start_lanes, start_stores,
        start_listening, start_registration, start_control,
    };
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (!steps[i](host, err))
            return false;
    return true;
}

static void reload(void *context)
{
    const struct host *host = context;
    trigger_ask(host->trigger);
}

void host_serve(struct host *host, const sigset_t *signals)
{
    serve(&(struct serve_options){.server = host->server,
                                  .handover = host->handover,
                                  .signals = signals,
                                  .reload = reload,
                                  .context = host});
}

/* --- stopping --- */

/* What does not end in time is cut off: whatever was not finished is in the database, with a lease that runs
 * out. */
static void *watch_stop(void *argument)
{
    pthread_detach(pthread_self());
    nanosleep(&(struct timespec){.tv_sec = STOP_SECONDS - 1, .tv_nsec = 500000000}, NULL);
    static const char text[] = "lapakd: not finished in time, stopping hard\n";
    if (write(STDERR_FILENO, text, sizeof text - 1) < 0)
        _exit(EXIT_FAILURE);
    _exit(EXIT_FAILURE);
}

void host_stop(struct host **pointer)
{
    struct host *host = *pointer;
    pthread_t watcher;
    if (host->server && pthread_create(&watcher, NULL, watch_stop, NULL))
        log_warn(NULL, "stopping without a time limit");
    if (host->reload)
        reload_end(host->reload);
    trigger_stop(&host->trigger);
    control_stop(&host->control);
    if (host->lanes)
        lanes_wind_down(host->lanes);
    monitor_stop();
    verify_daily_stop();
    audit_daily_stop();
    retention_stop();
    active_stop();
    backup_stop();
    bot_stop_reading();
    bot_stop_asking();
    if (host->server && !server_drain(host->server, 5000))
        log_warn(NULL, "some requests were not answered before the stop");
    if (host->service)
        service_stop_registration(host->service);
    if (host->pool)
        pool_drain(host->pool, 2000);
    if (host->sender)
        sender_drain(host->sender, 2000);
    if (host->lanes)
        lanes_drain(host->lanes, 1000);
    alerts_stop();
    fee_set_pool(NULL);
    pool_stop(&host->pool);
    if (host->sender)
        sender_end(host->sender); /* what it broke off goes to the lanes, which may still ask it */
    lanes_stop(&host->lanes);
    sender_stop(&host->sender);
    server_stop(&host->server);
    verify_daily_end();
    chart_end();
    reload_free(&host->reload);
    service_free(&host->service);
    directory_free(&host->directory);
    tenant_unref(&host->server_tenant);
    texts_free(&host->texts);
    log_info(NULL, "stopped");
    log_stop();
    struct arena *arena = host->arena;
    arena_free(&arena);
    free(host);
    *pointer = NULL;
}
