#include "hosting/reload.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "db/migrate.h"
#include "hosting/reload_audit.h"
#include "tenants/suspension.h"
#include "watch/alerts.h"

/* So many stores are made ready at once while the server runs: they go live together, and a stop waits for no
 * more of them. */
enum { AT_ONCE = 16 };

struct reload {
    struct reload_options options;
    pthread_mutex_t running; /* one at a time */
    struct arena *told_arena;
    struct faults told; /* of the reload before: logged, and raised as alerts */
    bool started;

    pthread_mutex_t mutex; /* what follows: for breaking it off */
    bool ending;
    struct db_canceller *canceller;
};

/* One reload. */
struct round {
    struct reload *reload;
    struct arena *arena;
    struct db *db; /* NULL until it is needed */
    struct tenant_list files;
    struct reload_report *report;
};

struct reload *reload_new(const struct reload_options *options)
{
    struct reload *reload = xcalloc(1, sizeof *reload);
    reload->options = *options;
    reload->told_arena = arena_new();
    reload->told = FAULTS_INIT(reload->told_arena);
    pthread_mutex_init(&reload->running, NULL);
    pthread_mutex_init(&reload->mutex, NULL);
    return reload;
}

void reload_free(struct reload **pointer)
{
    struct reload *reload = *pointer;
    if (!reload)
        return;
    arena_free(&reload->told_arena);
    pthread_mutex_destroy(&reload->running);
    pthread_mutex_destroy(&reload->mutex);
    free(reload);
    *pointer = NULL;
}

/* --- breaking off --- */

static bool is_ending(struct reload *reload)
{
    pthread_mutex_lock(&reload->mutex);
    bool ending = reload->ending;
    pthread_mutex_unlock(&reload->mutex);
    return ending;
}

static void set_canceller(struct reload *reload, struct db_canceller *canceller)
{
    pthread_mutex_lock(&reload->mutex);
    struct db_canceller *before = reload->canceller;
    reload->canceller = canceller;
    pthread_mutex_unlock(&reload->mutex);
    db_canceller_free(&before);
}

void reload_end(struct reload *reload)
{
    pthread_mutex_lock(&reload->mutex);
    reload->ending = true;
    if (reload->canceller)
        db_cancel(reload->canceller);
    pthread_mutex_unlock(&reload->mutex);
}

/* --- what was told --- */

/* A fault's place and text are who it is. */
static bool is_in(const struct faults *faults, const struct fault *fault)
{
    for (size_t i = 0; i < faults->count; i++) {
        const struct fault *other = &faults->items[i];
        if (str_equal(other->file, fault->file) && other->line == fault->line &&
            str_equal(other->key, fault->key) && str_equal(other->text, fault->text))
            return true;
    }
    return false;
}

static bool has_file(const struct faults *faults, const char *file)
{
    for (size_t i = 0; i < faults->count; i++)
        if (str_equal(faults->items[i].file, file))
            return true;
    return false;
}

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* The store a file is of, or NULL for the server's own files. */
static const char *store_of_file(const struct reload *reload, struct arena *arena, const char *path)
{
    const char *directory = reload->options.config->tenants_dir, *name;
    size_t length = strlen(directory);
    if (strncmp(path, directory, length) != 0 || path[length] != '/')
        return NULL;
    name = tenant_name_of_file(arena, path);
    return tenant_is_name(name) ? name : NULL;
}

static void log_fault(struct round *round, const struct fault *fault)
{
    struct reload *reload = round->reload;
    const char *store = store_of_file(reload, round->arena, fault->file);
    auto_tenant const struct tenant *running = store ? service_running(reload->options.service, store) : NULL;
    const char *text = fault_text(round->arena, fault);
    if (running)
        log_alerted(store, "its file is not followed, the store goes on as it was: %s", text);
    else if (store)
        log_alerted(NULL, "store not started: %s", text);
    else
        log_alerted(NULL, "not followed: %s", text);
}

static void tell_faults(struct round *round)
{
    struct reload *reload = round->reload;
    const struct faults *now = &round->report->faults;
    for (size_t i = 0; i < now->count; i++) {
        const struct fault *fault = &now->items[i];
        if (is_in(&reload->told, fault))
            continue;
        log_fault(round, fault);
        alert_raise(store_of_file(reload, round->arena, fault->file), ALERT_TENANT_FILE,
                    file_name(fault->file), "%s", fault_text(round->arena, fault));
    }
    for (size_t i = 0; i < reload->told.count; i++) {
        const char *file = reload->told.items[i].file;
        if (!has_file(now, file))
            alert_clear(store_of_file(reload, round->arena, file), ALERT_TENANT_FILE, file_name(file));
    }
    arena_reset(reload->told_arena);
    reload->told = FAULTS_INIT(reload->told_arena);
    faults_append(&reload->told, now);
}

/* --- the stores --- */

static void add_name(struct reload_names *names, const char *name)
{
    names->items[names->count++] = name;
}

static bool need_database(struct round *round, struct error *err)
{
    struct reload *reload = round->reload;
    if (round->db)
        return true;
    if (!db_open(reload->options.config->database_url, NULL, 0, &round->db, err))
        return false;
    set_canceller(reload, db_canceller(round->db));
    return true;
}

/* Schemas, then secrets, then service. False where nothing could be done for any of them. */
static bool add_some(struct round *round, const struct tenant_file *const *files, size_t count,
                     struct error *err)
{
    const struct reload_options *options = &round->reload->options;
    struct arena *arena = round->arena;
    struct migrate_target *targets = ARENA_ARRAY(arena, struct migrate_target, count);
    struct enrolment *enrolments = ARENA_ARRAY(arena, struct enrolment, count);
    bool *was_missing = ARENA_ARRAY(arena, bool, count);
    size_t ready = 0;
    for (size_t i = 0; i < count; i++)
        targets[i] =
            (struct migrate_target){.schema = files[i]->tenant->schema, .role = files[i]->tenant->role};
    if (!need_database(round, err) ||
        !migrate_all(round->db, options->config->schema_dir, targets, count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (targets[i].failed) {
            fault_add(&round->report->faults, files[i]->path, 0, "", "%s", targets[i].error.text);
            round->report->passing = true;
            continue;
        }
        was_missing[ready] = targets[i].from == 0;
        enrolments[ready++].tenant = files[i]->tenant;
        if (targets[i].from != targets[i].to)
            log_info(files[i]->tenant->name, "schema %s: version %d to %d", targets[i].schema,
                     targets[i].from, targets[i].to);
    }
    struct vault vault;
    vault_init(&vault, options->config->data_encryption_key, "server");
    struct suspension *suspended;
    size_t suspended_count;
    if (!enrol_stores(arena, round->db, &vault, enrolments, ready, err) ||
        !suspension_read(arena, round->db, &suspended, &suspended_count, err))
        return false;
    for (size_t i = 0; i < ready; i++) {
        if (was_missing[i] && !enrolments[i].is_new)
            log_error(enrolments[i].tenant->name,
                      "its schema was gone and was made anew, empty; lapakctl restore brings a backup back");
        service_add(options->service, &enrolments[i],
                    suspension_of(suspended, suspended_count, enrolments[i].tenant->name));
        add_name(&round->report->added, arena_strdup(arena, enrolments[i].tenant->name));
    }
    return true;
}

static bool add_new(struct round *round, struct error *err)
{
    const struct tenant_file **files =
        ARENA_ARRAY(round->arena, const struct tenant_file *, round->files.count);
    size_t count = 0, done = 0;
    for (size_t i = 0; i < round->files.count; i++)
        if (round->files.items[i].tenant && !round->files.items[i].before)
            files[count++] = &round->files.items[i];
    while (done < count && !is_ending(round->reload)) {
        size_t some = round->reload->started && count - done > AT_ONCE ? AT_ONCE : count - done;
        if (!add_some(round, files + done, some, err)) {
            for (; done < count; done++)
                fault_add(&round->report->faults, files[done]->path, 0, "", "%s", err->text);
            return false;
        }
        done += some;
    }
    return true;
}

static void follow_changes(struct round *round)
{
    for (size_t i = 0; i < round->files.count; i++) {
        const struct tenant_file *file = &round->files.items[i];
        faults_append(&round->report->faults, &file->faults);
        if (!file->tenant || !file->before)
            continue;
        if (tenant_is_same(file->tenant, file->before)) {
            round->report->unchanged++;
            continue;
        }
        service_change(round->reload->options.service, file->tenant);
        add_name(&round->report->changed, arena_strdup(round->arena, file->tenant->name));
        log_info(file->tenant->name, "its file or its secrets changed: followed");
    }
}

/* A file that is bad is still there. */
static bool has_a_file(const struct round *round, const struct tenant *tenant)
{
    for (size_t i = 0; i < round->files.count; i++) {
        const struct tenant *before = round->files.items[i].before;
        if (before && strcmp(before->name, tenant->name) == 0)
            return true;
    }
    return false;
}

static void remove_gone(struct round *round, const struct tenant *const *running, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (has_a_file(round, running[i]))
            continue;
        const char *name = arena_strdup(round->arena, running[i]->name);
        service_remove(round->reload->options.service, name);
        add_name(&round->report->removed, name);
        log_info(name, "its file is gone: out of service, its data is kept");
    }
}

static bool follow_files(struct round *round, struct error *err)
{
    struct service *service = round->reload->options.service;
    size_t count;
    const struct tenant **running = service_all(service, round->arena, &count);
    struct reload_report *report = round->report;
    report->added.items = ARENA_ARRAY(round->arena, const char *, round->files.count);
    report->changed.items = ARENA_ARRAY(round->arena, const char *, round->files.count);
    report->removed.items = ARENA_ARRAY(round->arena, const char *, count);
    follow_changes(round);
    bool ok = add_new(round, err);
    service_look_at_suspensions(service);
    if (!ok)
        report->passing = true;
    remove_gone(round, running, count); /* last: a bot that moved to another store is that one's already */
    for (size_t i = 0; i < count; i++)
        tenant_unref(&running[i]);
    return ok;
}

/* --- a whole reload --- */

static void compare_configuration(struct round *round, const struct env *env)
{
    const struct config *config = round->reload->options.config;
    struct faults faults = FAULTS_INIT(round->arena);
    const struct config *now = config_read(round->arena, config->file, env, &faults);
    faults_append(&round->report->faults, &faults);
    if (now)
        round->report->restart_for = config_difference(config, now);
}

/* False where the database, or the directory, was not to be had; the faults then say so too. */
static bool run_round(struct round *round, struct error *err)
{
    struct reload *reload = round->reload;
    const struct reload_options *options = &reload->options;
    struct faults *faults = &round->report->faults;
    struct env *env = env_read(round->arena, options->env_path, faults);
    if (faults->count) /* without it every store would seem to lack its secrets */
        return error_set(err, ERR_INVALID, "%s", fault_text(round->arena, &faults->items[0]));
    if (reload->started)
        compare_configuration(round, env);
    if (!tenants_load_again(round->arena, options->config, env, service_running, options->service,
                            &round->files, err)) {
        fault_add(faults, options->config->tenants_dir, 0, "", "%s", err->text);
        round->report->passing = true;
        return false;
    }
    bool ok = follow_files(round, err);
    tenants_release(&round->files);
    return ok;
}

/* Those whose file was taken away while nobody ran. A bad file is still there. */
static bool note_gone(struct round *round, struct error *err)
{
    const char **names = ARENA_ARRAY(round->arena, const char *, round->files.count);
    size_t count = 0;
    for (size_t i = 0; i < round->files.count; i++) {
        const char *name = tenant_name_of_file(round->arena, round->files.items[i].path);
        if (tenant_is_name(name))
            names[count++] = name;
    }
    return registration_note_gone(round->arena, round->db, names, count, clock_now_ms(), err);
}

bool reload_start(struct reload *reload, struct db *db, struct error *err)
{
    auto_arena struct arena *arena = arena_new();
    struct reload_report report = {.faults = FAULTS_INIT(arena)};
    struct round round = {.reload = reload, .arena = arena, .db = db, .report = &report};
    pthread_mutex_lock(&reload->running);
    bool ok = run_round(&round, err) && note_gone(&round, err);
    if (ok)
        tell_faults(&round);
    reload->started = true;
    pthread_mutex_unlock(&reload->running);
    return ok;
}

void reload_run(struct reload *reload, struct arena *arena, struct reload_report *report_out)
{
    struct reload_report report = {.faults = FAULTS_INIT(arena)};
    struct round round = {.reload = reload, .arena = arena, .report = &report};
    struct error err;
    pthread_mutex_lock(&reload->running);
    if (!is_ending(reload)) {
        (void)!run_round(&round, &err);
        if (!is_ending(reload))
            tell_faults(&round);
        reload_audit(reload->options.server, &report);
    }
    set_canceller(reload, NULL);
    db_close(&round.db);
    pthread_mutex_unlock(&reload->running);
    *report_out = report;
}
