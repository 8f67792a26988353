/* lapakctl backup: makes one now, tries it out, copies it to the second place. lapakd may run. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "backup/note.h"
#include "backups.h"
#include "base/json.h"
#include "base/str.h"
#include "output.h"
#include "store/own_file.h"
#include "watch/figures.h"

static const char actor[] = "operator";

struct attempt {
    struct backups *backups;
    bool ok;
    struct backup_outcome outcome;
    struct error err;
};

static bool export_own(struct work *work, void *argument, struct error *err)
{
    struct backups *backups = argument;
    backups->subject.own_file = arena_strdup(backups->context->arena, own_file_export(work));
    return true;
}

static bool write_trail(struct work *work, void *argument, struct error *err)
{
    const struct attempt *a = argument;
    return a->ok ? note_made(work, actor, &a->outcome.manifest, err)
                 : note_failed(work, actor, a->err.text, err);
}

static bool note_in_trail(struct work *work, void *argument, struct error *err)
{
    return work_transaction(work, write_trail, argument, err);
}

static bool write_figures(struct work *work, void *argument, struct error *err)
{
    const struct attempt *a = argument;
    const char *why = !a->ok ? a->err.text : a->outcome.offsite.code ? a->outcome.offsite.text : NULL;
    const char *problem = why ? note_reason(work->arena, why) : NULL;
    return figures_write_backup(work, a->backups->subject.store, a->ok ? a->outcome.manifest.time_ms : 0,
                                problem, err);
}

static bool note_figures(struct work *work, void *argument, struct error *err)
{
    return work_transaction(work, write_figures, argument, err);
}

/* What was made is made: where it can't be written down that is told, and no more. */
static void write_down(struct attempt *attempt)
{
    struct error err;
    if (!backups_with_work(attempt->backups, note_in_trail, attempt, &err) ||
        !database_with_server(&attempt->backups->setup, note_figures, attempt, &err))
        fprintf(stderr, "lapakctl: %s: not written down: %s\n", attempt->backups->subject.store, err.text);
}

static json_t *attempt_json(const struct attempt *a)
{
    const char *store = a->backups->subject.store;
    if (!a->ok)
        return json_pack("{s:s, s:b, s:s}", "store", store, "ok", 0, "error",
                         note_reason(a->backups->context->arena, a->err.text));
    const struct manifest *m = &a->outcome.manifest;
    return json_pack(
        "{s:s, s:b, s:s, s:s, s:I, s:I, s:s, s:I, s:s?}", "store", store, "ok",
        a->outcome.offsite.code == ERR_NONE, "time", shelf_time_text(a->backups->context->arena, m->time_ms),
        "key", a->outcome.key, "size", (json_int_t)m->size, "rows", (json_int_t)manifest_all_rows(m),
        "sha256", m->sha256, "removed", (json_int_t)a->outcome.removed, "offsite_error",
        a->outcome.offsite.code ? note_reason(a->backups->context->arena, a->outcome.offsite.text) : NULL);
}

static void print_attempt(const struct attempt *a)
{
    const struct manifest *m = &a->outcome.manifest;
    struct arena *arena = a->backups->context->arena;
    if (!a->ok) {
        fprintf(stderr, "lapakctl: %s: no backup: %s\n", a->backups->subject.store, a->err.text);
        return;
    }
    printf("%s: %s: %s, %" PRId64 " rows, tried out and good\n", m->store, shelf_time_text(arena, m->time_ms),
           backups_size_text(arena, m->size), manifest_all_rows(m));
    if (a->outcome.offsite.code)
        fprintf(stderr, "lapakctl: %s: the second place does not have it: %s\n", m->store,
                a->outcome.offsite.text);
}

static bool run_one(struct backups *backups, json_t *json)
{
    struct attempt attempt = {.backups = backups};
    attempt.ok = (backups->is_server || backups_with_work(backups, export_own, backups, &attempt.err)) &&
                 backups_session(backups, &attempt.err) &&
                 backup_make(&backups->work, &backups->subject, backups->context->arena, &attempt.outcome,
                             &attempt.err);
    backup_progress(&backups->work, "");
    if (backups->db)
        write_down(&attempt);
    if (backups->context->json)
        json_array_append_new(json, attempt_json(&attempt));
    else
        print_attempt(&attempt);
    fflush(stdout);
    return attempt.ok && !attempt.outcome.offsite.code;
}

/* The server and every store whose file is good; a bad file is a failure, and the others go on. */
static bool run_all(struct command_context *context, json_t *json)
{
    struct command_setup setup;
    struct tenant_list list;
    struct backups backups;
    if (!command_read_setup(context, &setup) || !command_read_tenants(context, &setup, &list))
        return false;
    backups_of(context, &setup, backups_server_tenant(&setup), &backups);
    bool good = run_one(&backups, json);
    backups_close(&backups);
    for (size_t i = 0; i < list.count && !target_is_stopping(); i++) {
        if (!list.items[i].tenant) {
            if (!context->json)
                output_faults(context, &list.items[i].faults);
            good = false;
            continue;
        }
        backups_of(context, &setup, tenant_ref(list.items[i].tenant), &backups);
        good = run_one(&backups, json) && good;
        backups_close(&backups);
    }
    tenants_release(&list);
    return good && !target_is_stopping();
}

static int run(struct command_context *context)
{
    bool all = command_option(context, "--all");
    struct backups backups;
    if (all == (context->operand_count == 1)) {
        fputs("usage: lapakctl backup STORE | server | --all\n", stderr);
        return COMMAND_USAGE;
    }
    json_t *json = json_array();
    bool good = false, begun = true;
    if (all) {
        good = run_all(context, json);
    } else {
        begun = backups_open(context, context->operands[0], &backups);
        good = begun && run_one(&backups, json);
        if (begun)
            backups_close(&backups);
    }
    if (context->json && begun)
        output_json(json_pack("{s:b, s:O}", "ok", good, "backups", json));
    json_decref(json);
    return good ? COMMAND_OK : COMMAND_FAILED;
}

static const struct command_option own[] = {{"--all", NULL, "of the server and of every store"}, {0}};

const struct command command_backup = {
    "backup", "STORE | server | --all", "make an encrypted backup now, and try it out", -1, run, own,
};
