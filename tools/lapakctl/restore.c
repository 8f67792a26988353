/* lapakctl restore, and lapakctl verify STORE --at …: what backups are for. lapakd may run, but for a restore
 * of the server's own schema. */
#include "backup/restore.h"

#include <inttypes.h>
#include <stdio.h>

#include "ask.h"
#include "backup/check.h"
#include "backup/note.h"
#include "backups.h"
#include "base/json.h"
#include "base/str.h"
#include "output.h"

static const char actor[] = "operator";

struct trail {
    const char *event, *store;
    const struct manifest *manifest;
};

static bool write_trail(struct work *work, void *argument, struct error *err)
{
    const struct trail *trail = argument;
    return note_restored(work, trail->event, actor, trail->store, trail->manifest, err);
}

static bool note_trail(struct work *work, void *argument, struct error *err)
{
    return work_transaction(work, write_trail, argument, err);
}

/* In the store's trail, which may itself be taken back one day, and in the server's. */
static void write_down(const struct backups *backups, const char *event, const struct manifest *manifest)
{
    struct trail trail = {event, backups->subject.store, manifest};
    struct error err;
    if (!backups_with_work(backups, note_trail, &trail, &err) ||
        (!backups->is_server && !database_with_server(&backups->setup, note_trail, &trail, &err)))
        fprintf(stderr, "lapakctl: not written down in the audit trail: %s\n", err.text);
}

static int done(const struct backups *backups, bool ok, const struct error *err, const char *says)
{
    backup_progress(&backups->work, "");
    if (!ok)
        output_error(backups->context, err);
    else if (backups->context->json)
        output_json(json_pack("{s:b, s:s, s:s}", "ok", 1, "store", backups->subject.store, "says", says));
    else
        printf("%s: %s\n", backups->subject.store, says);
    return ok ? COMMAND_OK : COMMAND_FAILED;
}

/* --- asking --- */

static void print_change(const struct restore_present *present, const struct manifest *manifest)
{
    static const char *const shown[] = {"users",    "products", "stock_units", "orders",
                                        "payments", "deposits", "ledger",      "stores"};
    const struct manifest now = {.tables = present->tables, .table_count = present->table_count};
    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++) {
        int64_t is = manifest_rows(&now, shown[i]), was = manifest_rows(manifest, shown[i]);
        if (is || was)
            printf("  %-12s %10" PRId64 " now, %10" PRId64 " in the backup\n", shown[i], is, was);
    }
}

static bool agreed(const struct backups *backups, const struct restore_present *present,
                   const struct backups_found *found)
{
    struct arena *arena = backups->context->arena;
    const struct shelf_item *item = found->item;
    if (command_option(backups->context, "--yes"))
        return true;
    if (backups->context->json)
        return false;
    printf("%s: %s\n", backups->subject.store,
           present->exists ? "what is there now is replaced by the backup" : "nothing is there now");
    if (item)
        printf("The backup is from %s UTC%s.\n", shelf_time_text(arena, item->time_ms),
               shelf_is_good(item) ? "" : "; it is not known to be good");
    if (item && item->manifest)
        print_change(present, item->manifest);
    puts("What happened in the store since then is gone from it, with what was paid for it. The old state is "
         "kept until you confirm.");
    return ask_yes(arena, "Restore it?");
}

/* --- restoring --- */

static const char *success_text(const struct backups *backups, const struct load_result *result,
                                bool replaced)
{
    struct arena *arena = backups->context->arena;
    const char *then = arena_printf(arena,
                                    " Then: lapakctl restore %s --confirm (drops the old state), or --undo"
                                    " (takes it back)",
                                    backups->subject.store);
    return arena_printf(arena, "restored as of %s UTC, %" PRId64 " rows.%s%s",
                        shelf_time_text(arena, result->manifest.time_ms),
                        manifest_all_rows(&result->manifest), backups->is_server ? " Start lapakd." : "",
                        replaced ? then : "");
}

static bool restore(struct backups *backups, const struct backups_found *found,
                    struct load_result *result_out, bool *replaced_out, struct error *err)
{
    struct restore_present present;
    struct load_result result;
    if (!backups_session(backups, err) ||
        !restore_look(&backups->work, &backups->subject, backups->context->arena, &present, err))
        return false;
    if (!agreed(backups, &present, found))
        return error_set(err, ERR_REFUSED, "nothing was changed; --yes goes on without asking");
    if (!restore_load(&backups->work, &backups->subject, &found->place, backups->context->arena, &result,
                      err) ||
        !restore_swap(&backups->work, &backups->subject, clock_now_ms(), err))
        return false;
    result.manifest.size = result.size; /* of the container it came from */
    result.manifest.sha256 = result.sha256;
    write_down(backups, "backup.restored", &result.manifest);
    *result_out = result;
    *replaced_out = present.exists;
    return true;
}

static int run_restore(struct backups *backups)
{
    const char *at = command_option(backups->context, "--at");
    struct backups_found found = {0};
    struct load_result result;
    struct error err;
    bool replaced;
    bool ok = backups_find(backups, at ? at : "newest", &found, &err) &&
              restore(backups, &found, &result, &replaced, &err);
    target_close(&found.target);
    return done(backups, ok, &err, ok ? success_text(backups, &result, replaced) : "");
}

/* Configuration and logs alone; the database is left alone. */
static int run_files(struct backups *backups, const char *directory)
{
    const char *at = command_option(backups->context, "--at");
    struct backups_found found = {0};
    struct load_result result;
    struct error err;
    bool ok = backups_find(backups, at ? at : "newest", &found, &err);
    const struct load_request request = {
        .place = found.place, .store = backups->subject.store, .files = directory};
    ok = ok && load_run(&backups->work, &request, backups->context->arena, &result, &err);
    target_close(&found.target);
    return done(backups, ok, &err,
                arena_printf(backups->context->arena, "its configuration and logs are in %s", directory));
}

static int run_confirm(struct backups *backups)
{
    struct error err;
    bool ok = backups_session(backups, &err) && restore_confirm(&backups->work, &backups->subject, &err);
    if (ok)
        write_down(backups, "backup.confirmed", NULL);
    return done(backups, ok, &err, "confirmed; what was there before is gone");
}

static int run_undo(struct backups *backups)
{
    struct error err;
    bool ok = backups_session(backups, &err) &&
              restore_undo(&backups->work, &backups->subject, clock_now_ms(), &err);
    if (ok)
        write_down(backups, "backup.undone", NULL);
    return done(backups, ok, &err,
                "taken back; what had been restored is kept until --confirm, or --undo again");
}

static int run(struct command_context *context)
{
    struct backups backups;
    const char *files = command_option(context, "--files");
    bool confirm = command_option(context, "--confirm"), undo = command_option(context, "--undo");
    if (confirm + undo + (files != NULL) > 1 || ((confirm || undo) && command_option(context, "--at"))) {
        fputs("lapakctl: --confirm, --undo and --files go alone\n", stderr);
        return COMMAND_USAGE;
    }
    if (!backups_open(context, context->operands[0], &backups))
        return COMMAND_FAILED;
    int code = confirm ? run_confirm(&backups)
               : undo  ? run_undo(&backups)
               : files ? run_files(&backups, files)
                       : run_restore(&backups);
    backups_close(&backups);
    return code;
}

static const struct command_option own[] = {
    {"--at", "TIME|FILE", "the newest until then (\"2026-11-22 19:00\"), or that file; else the newest"},
    {"--yes", NULL, "replace what is there without asking"},
    {"--confirm", NULL, "the restore is right: drop what was there before"},
    {"--undo", NULL, "put back what was there before"},
    {"--files", "DIRECTORY", "only write its configuration and logs there"},
    {0},
};

const struct command command_restore = {
    "restore", "STORE", "put a backup in the place of what a store (or \"server\") has now", 1, run, own,
};

/* --- lapakctl verify STORE --at … --- */

static bool verify(struct backups *backups, const char *at, const char **says_out, struct error *err)
{
    struct backups_found found;
    struct arena *arena = backups->context->arena;
    if (!backups_find(backups, at, &found, err))
        return false;
    bool ok = found.item || error_set(err, ERR_INVALID, "--at: a time, not a file");
    if (ok && !found.item->manifest)
        ok = error_set(err, ERR_INVALID, "%s: %s", found.item->key, found.item->problem);
    ok = ok && backups_session(backups, err) &&
         check_item(&backups->work, &backups->subject, found.target, found.item, clock_now_ms(), err);
    if (ok)
        *says_out = arena_printf(arena, "%s: restored beside the store, %" PRId64 " rows, good",
                                 found.item->key, manifest_all_rows(found.item->manifest));
    target_close(&found.target);
    return ok;
}

int backups_verify(struct command_context *context)
{
    struct backups backups;
    struct error err;
    const char *says = "";
    if (!context->operand_count) {
        fputs("usage: lapakctl verify STORE --at newest|TIME\n", stderr);
        return COMMAND_USAGE;
    }
    if (!backups_open(context, context->operands[0], &backups))
        return COMMAND_FAILED;
    bool ok = verify(&backups, command_option(context, "--at"), &says, &err);
    int code = done(&backups, ok, &err, says);
    backups_close(&backups);
    return code;
}
