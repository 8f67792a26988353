/* lapakd: wiring and signals, nothing else. */
#include <curl/curl.h>
#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "bot/bot.h"
#include "bot/owner/owner.h"
#include "db/migrate.h"
#include "http/server.h"
#include "monitor/monitor.h"
#include "payment/fee.h"
#include "payment/gateway.h"
#include "store/active.h"
#include "store/audit_daily.h"
#include "store/catalogue.h"
#include "store/settings.h"
#include "telegram/api.h"
#include "telegram/chart.h"
#include "telegram/registration.h"
#include "tenants/enrolment.h"
#include "tenants/load.h"
#include "watch/alerts.h"

enum {
    EXIT_FAULT = 1,
    EXIT_USAGE = 2,
    POOL_THREADS = 8,
    DATABASE_WAIT_MS = 30000,
    STOP_SECONDS = 10, /* from SIGTERM to the end, whatever hangs */
};

struct program {
    struct arena *arena;
    struct config *config;
    struct tenant_list tenants;
    struct enrolment *enrolments;
    size_t enrolment_count;
    struct texts *texts;
    struct pool *pool;
    struct lanes *lanes;
    struct sender *sender;
    const struct tenant *server_tenant;
    const char *server_secret; /* of the owner's bot's webhook */
    struct directory *directory;
    pthread_mutex_t registration_mutex; /* the sender's thread uses it, the main thread starts and ends it */
    struct registration *registration;
    struct server *server;
};

static const char usage[] =
    "Usage: lapakd [--config FILE] [--env FILE]\n"
    "Hosts many Telegram stores in one process.\n"
    "\n"
    "  -c, --config FILE  the server's configuration (default: conf/lapak.yaml)\n"
    "  -e, --env FILE     variables for ${NAME} in YAML; the environment wins (default: .env, if there)\n"
    "  -h, --help         this text\n"
    "  -V, --version      the version\n"
    "\n"
    "Exit codes: 0 stopped by SIGTERM or SIGINT; 1 could not start or had to stop hard; 2 wrong usage.\n"
    "Check a configuration without starting: lapakctl check\n";

/* A call met a 401: registration asks once more and writes down what it finds. */
static void on_unauthorized(void *context, struct lane_store *lane)
{
    struct program *program = context;
    pthread_mutex_lock(&program->registration_mutex);
    if (program->registration)
        registration_add(program->registration, lane, NULL);
    pthread_mutex_unlock(&program->registration_mutex);
}

static void on_registration(void *context, struct lane_store *lane, enum registration_state state,
                            const char *reason)
{
    struct program *program = context;
    struct hosted_store *store = directory_of_lane(program->directory, lane);
    const char *name = lane_store_name(lane);
    atomic_store(&store->live, state == REGISTRATION_LIVE);
    atomic_store(&store->disabled, state == REGISTRATION_DISABLED);
    switch (state) {
    case REGISTRATION_STARTING:
        break;
    case REGISTRATION_LIVE:
        log_info(name, "live: webhook and commands are set");
        break;
    case REGISTRATION_DISABLED:
        log_error(name, "disabled: %s; put the right token into the env file and restart", reason);
        break;
    case REGISTRATION_UNREACHABLE:
        log_warn(name, "not registered with Telegram yet, trying again: %s", reason);
        break;
    }
}

static bool is_disabled(void *context, struct lane_store *lane)
{
    const struct program *program = context;
    return atomic_load(&directory_of_lane(program->directory, lane)->disabled);
}

static bool read_configuration(struct program *program, const char *config_path, const char *env_path)
{
    struct faults faults = FAULTS_INIT(program->arena);
    struct env *env = env_read(program->arena, env_path, &faults);
    if (!faults.count)
        program->config = config_read(program->arena, config_path, env, &faults);
    struct error err;
    if (!faults.count && !tenants_load(program->arena, program->config, env, &program->tenants, &err))
        fault_add(&faults, program->config->tenants_dir, 0, "", "%s", err.text);
    for (size_t i = 0; i < faults.count; i++)
        fprintf(stderr, "lapakd: %s\n", fault_text(program->arena, &faults.items[i]));
    return !faults.count;
}

/* A bad file stops its own store and no other. */
static void report_bad_tenants(const struct program *program)
{
    for (size_t i = 0; i < program->tenants.count; i++) {
        const struct tenant_file *file = &program->tenants.items[i];
        for (size_t k = 0; k < file->faults.count; k++)
            log_error(NULL, "store not started: %s", fault_text(program->arena, &file->faults.items[k]));
    }
}

static bool open_database(const struct program *program, struct db **db_out, struct error *err)
{
    int64_t end = clock_mono_ms() + DATABASE_WAIT_MS;
    bool told = false;
    while (!db_open(program->config->database_url, NULL, 0, db_out, err)) {
        if (clock_mono_ms() >= end)
            return false;
        if (!told)
            log_warn(NULL, "%s; waiting up to %d s", err->text, DATABASE_WAIT_MS / 1000);
        told = true;
        nanosleep(&(struct timespec){.tv_nsec = 500000000}, NULL);
    }
    return true;
}

/* Schemas and secrets; stores whose schema can't be made ready are left out. */
static bool prepare_database(struct program *program, struct error *err)
{
    auto_db struct db *db = NULL;
    if (!open_database(program, &db, err))
        return false;
    struct arena *arena = program->arena;
    struct migrate_target *targets = ARENA_ARRAY(arena, struct migrate_target, program->tenants.count);
    const struct tenant **tenants = ARENA_ARRAY(arena, const struct tenant *, program->tenants.count);
    size_t count = 0;
    for (size_t i = 0; i < program->tenants.count; i++) {
        const struct tenant *tenant = program->tenants.items[i].tenant;
        if (!tenant)
            continue;
        tenants[count] = tenant;
        targets[count++] = (struct migrate_target){.schema = tenant->schema, .role = tenant->role};
    }
    if (!migrate_all(db, program->config->schema_dir, targets, count, err))
        return false;
    program->enrolments = ARENA_ARRAY(arena, struct enrolment, count);
    for (size_t i = 0; i < count; i++) {
        if (targets[i].failed)
            log_error(tenants[i]->name, "store not started: %s", targets[i].error.text);
        else
            program->enrolments[program->enrolment_count++].tenant = tenants[i];
        if (!targets[i].failed && targets[i].from != targets[i].to)
            log_info(tenants[i]->name, "schema %s: version %d to %d", targets[i].schema, targets[i].from,
                     targets[i].to);
    }
    struct vault vault;
    vault_init(&vault, program->config->data_encryption_key, "server");
    return enrol_server(arena, db, &vault, &program->server_secret, err) &&
           enrol_stores(arena, db, &vault, program->enrolments, program->enrolment_count, err);
}

static void forget_catalogue(struct work *work)
{
    catalogue_forget(work);
    settings_forget(work);
}

static const struct job_kind *const store_jobs[] = {&verify_daily_job,  &active_job,
                                                    &monitor_round_job, &alerts_tidy_job,
                                                    &audit_daily_job,   &audit_daily_server_job};

static void set_job_kinds(struct arena *arena)
{
    const size_t store_count = sizeof store_jobs / sizeof store_jobs[0];
    size_t count = 0;
    struct job_kind *kinds =
        ARENA_ARRAY(arena, struct job_kind, checkout_job_count + bot_job_count + store_count);
    for (size_t i = 0; i < checkout_job_count; i++)
        kinds[count++] = checkout_jobs[i];
    for (size_t i = 0; i < bot_job_count; i++)
        kinds[count++] = *bot_jobs[i];
    for (size_t i = 0; i < store_count; i++)
        kinds[count++] = *store_jobs[i];
    job_set_kinds(kinds, count);
}

static bool start_engine(struct program *program, struct error *err)
{
    const struct config *config = program->config;
    gateway_set_base(config->pakasir_api_base);
    telegram_set_base(config->telegram_api_base);
    set_job_kinds(program->arena);
    checkout_set_notices(&bot_checkout_notices);
    verify_daily_start(config->database_url, &bot_verify_notices);
    audit_daily_start(config->database_url);
    active_start(config->database_url);
    bot_start_reading(config->database_url);
    outbox_set_effects(bot_outbox_effects, bot_outbox_effect_count);
    outbox_set_bulk(bot_outbox_bulk, bot_outbox_bulk_count);
    settings_on_read(bot_settings_read);

    monitor_init(&(struct monitor_options){.limits = &config->watch,
                                           .public_url = config->public_url,
                                           .is_disabled = is_disabled,
                                           .register_again = on_unauthorized,
                                           .context = program,
                                           .database_url = config->database_url,
                                           .gateway_url = config->pakasir_api_base,
                                           .log_dir = config->log_dir,
                                           .backup_dir = config->backup.directory,
                                           .certificate = config->tls_certificate,
                                           .has_owner_bot = config->owner_token});

    program->directory = directory_new(program->enrolment_count);
    program->pool = pool_start(POOL_THREADS);
    fee_set_pool(program->pool);
    const struct sender_options sender = {.api_base = config->telegram_api_base,
                                          .bot_per_second = (int)config->telegram_rate,
                                          .on_unauthorized = on_unauthorized,
                                          .context = program};
    if (!sender_start(&sender, &program->sender, err))
        return false;
    const struct outbox_sink sink = sender_sink(program->sender);
    outbox_set_sink(&sink);
    bot_init(&(struct bot_options){
        .texts = program->texts, .sender = program->sender, .calls_per_second = (int)config->telegram_rate});
    program->server_tenant = tenant_of_server(&(struct server_identity){.file = config->file,
                                                                        .token = config->owner_token,
                                                                        .owners = &config->owner_ids,
                                                                        .language = config->owner_language,
                                                                        .zone = config->owner_zone});
    const struct lane_options lanes = {.count = (int)config->lanes,
                                       .database_url = config->database_url,
                                       .pool = program->pool,
                                       .master_key = config->data_encryption_key,
                                       .server_tenant = program->server_tenant};
    if (!lanes_start(&lanes, &program->lanes, err))
        return false;
    if (!config->owner_token)
        lane_store_hold_outbox(lanes_server_store(program->lanes), true);
    lanes_on_catalogue_change(program->lanes, forget_catalogue);
    lanes_on_task(program->lanes, settings_apply);
    alerts_set_away(config->owner_database_away * 1000);
    owner_start(program->server_tenant);
    alerts_set_teller(&owner_alert_teller);
    alerts_start(program->lanes);
    return true;
}

static void start_registration(struct program *program)
{
    const struct registration_options options = {.api_base = program->config->telegram_api_base,
                                                 .public_url = program->config->public_url,
                                                 .pool = program->pool,
                                                 .lanes = program->lanes,
                                                 .commands = bot_commands,
                                                 .owner_commands = owner_commands,
                                                 .on_state = on_registration,
                                                 .context = program};
    pthread_mutex_lock(&program->registration_mutex);
    program->registration = registration_start(&options);
    const struct hosted_store *owners = directory_server(program->directory);
    if (owners)
        registration_add(program->registration, owners->lane, owners->webhook_secret);
    for (size_t i = 0; i < directory_count(program->directory); i++) {
        struct hosted_store *store = directory_at(program->directory, i);
        registration_add(program->registration, store->lane, store->webhook_secret);
    }
    pthread_mutex_unlock(&program->registration_mutex);
}

static void stop_registration(struct program *program)
{
    pthread_mutex_lock(&program->registration_mutex);
    struct registration *registration = program->registration;
    program->registration = NULL;
    pthread_mutex_unlock(&program->registration_mutex);
    registration_stop(&registration);
}

static bool start_stores(struct program *program, struct error *err)
{
    const struct config *config = program->config;
    for (size_t i = 0; i < program->enrolment_count; i++) {
        const struct enrolment *e = &program->enrolments[i];
        directory_add(program->directory, e->tenant, lanes_add_store(program->lanes, e->tenant),
                      e->webhook_secret);
    }
    if (config->owner_token)
        directory_set_server(program->directory, program->server_tenant, lanes_server_store(program->lanes),
                             program->server_secret);
    const struct server_options server = {.config = config,
                                          .directory = program->directory,
                                          .lanes = program->lanes,
                                          .sender = program->sender,
                                          .pool = program->pool};
    if (!server_start(&server, &program->server, err))
        return false;
    start_registration(program); /* only now that somebody listens */
    monitor_start(program->lanes);
    return true;
}

static bool start(struct program *program, struct error *err)
{
    if (!log_start(program->config->log_dir, LOG_INFO, isatty(STDERR_FILENO), err))
        return false;
    log_info(NULL, "lapakd %s starts", LAPAK_VERSION);
    report_bad_tenants(program);
    if (!texts_load(program->config->texts_dir, &program->texts, err) || !prepare_database(program, err) ||
        !start_engine(program, err) || !start_stores(program, err))
        return false;
    log_info(NULL, "serving %zu stores on %s:%u", directory_count(program->directory),
             program->config->listen.host, (unsigned)program->config->listen.port);
    return true;
}

/* What does not end in time is cut off: whatever was not finished is in the database, with a lease that runs
 * out. */
static void *watch_stop(void *argument)
{
    pthread_detach(pthread_self());
    nanosleep(&(struct timespec){.tv_sec = STOP_SECONDS - 1, .tv_nsec = 500000000}, NULL);
    static const char text[] = "lapakd: not finished in time, stopping hard\n";
    if (write(STDERR_FILENO, text, sizeof text - 1) < 0)
        _exit(EXIT_FAULT);
    _exit(EXIT_FAULT);
}

static void stop(struct program *program)
{
    pthread_t watcher;
    if (program->server && pthread_create(&watcher, NULL, watch_stop, NULL))
        log_warn(NULL, "stopping without a time limit");
    if (program->lanes)
        lanes_wind_down(program->lanes);
    monitor_stop();
    verify_daily_stop();
    audit_daily_stop();
    active_stop();
    bot_stop_reading();
    bot_stop_asking();
    if (program->server && !server_drain(program->server, 5000))
        log_warn(NULL, "some requests were not answered before the stop");
    stop_registration(program);
    if (program->pool)
        pool_drain(program->pool, 2000);
    if (program->sender)
        sender_drain(program->sender, 2000);
    if (program->lanes)
        lanes_drain(program->lanes, 1000);
    alerts_stop();
    fee_set_pool(NULL);
    pool_stop(&program->pool);
    if (program->sender)
        sender_end(program->sender); /* what it broke off goes to the lanes, which may still ask it */
    lanes_stop(&program->lanes);
    sender_stop(&program->sender);
    server_stop(&program->server);
    verify_daily_end();
    chart_end();
    directory_free(&program->directory);
    tenants_release(&program->tenants);
    tenant_unref(&program->server_tenant);
    texts_free(&program->texts);
    log_info(NULL, "stopped");
    log_stop();
}

static void wait_for_signal(struct program *program, const sigset_t *signals)
{
    int signal = 0;
    while (sigwait(signals, &signal) == EINTR || signal == SIGHUP)
        server_reload_certificate(program->server);
    log_info(NULL, "stopping on %s", signal == SIGINT ? "SIGINT" : "SIGTERM");
}

static int run(const char *config_path, const char *env_path)
{
    auto_arena struct arena *arena = arena_new();
    struct program program = {.arena = arena, .registration_mutex = PTHREAD_MUTEX_INITIALIZER};
    if (!read_configuration(&program, config_path, env_path)) {
        tenants_release(&program.tenants);
        return EXIT_FAULT;
    }
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &signals, NULL); /* before the first thread, so that all of them inherit it */
    signal(SIGPIPE, SIG_IGN);
    struct rlimit files;
    if (!getrlimit(RLIMIT_NOFILE, &files)) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    curl_global_init(CURL_GLOBAL_DEFAULT);

    struct error err;
    bool ok = start(&program, &err);
    if (ok)
        wait_for_signal(&program, &signals);
    else {
        log_error(NULL, "can't start: %s", err.text);
        if (!isatty(STDERR_FILENO))
            fprintf(stderr, "lapakd: can't start: %s\n", err.text);
    }
    stop(&program);
    curl_global_cleanup();
    return ok ? EXIT_SUCCESS : EXIT_FAULT;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"config", required_argument, NULL, 'c'},
                                            {"env", required_argument, NULL, 'e'},
                                            {"help", no_argument, NULL, 'h'},
                                            {"version", no_argument, NULL, 'V'},
                                            {NULL, 0, NULL, 0}};
    const char *config_path = "conf/lapak.yaml", *env_path = NULL;
    int option;
    while ((option = getopt_long(argc, argv, "c:e:hV", options, NULL)) != -1) {
        switch (option) {
        case 'c':
            config_path = optarg;
            break;
        case 'e':
            env_path = optarg;
            break;
        case 'h':
            fputs(usage, stdout);
            return EXIT_SUCCESS;
        case 'V':
            puts("lapakd " LAPAK_VERSION);
            return EXIT_SUCCESS;
        default:
            fputs("Try: lapakd --help\n", stderr);
            return EXIT_USAGE;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "lapakd: unexpected argument: %s\nTry: lapakd --help\n", argv[optind]);
        return EXIT_USAGE;
    }
    if (!env_path && access(".env", F_OK) == 0)
        env_path = ".env";
    return run(config_path, env_path);
}
