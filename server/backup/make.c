#include "backup/make.h"

#include <stdlib.h>
#include <string.h>

#include "backup/check.h"
#include "backup/dump.h"
#include "backup/shelf.h"
#include "base/crypto_stream.h"
#include "base/str.h"
#include "db/schema.h"

enum { BUFFER = 256 * 1024 };

struct backup_subject backup_subject_of(const struct tenant *tenant, const char *own_file)
{
    return (struct backup_subject){.store = tenant->name,
                                   .schema = tenant->schema,
                                   .role = tenant->role ? tenant->role : "",
                                   .file = tenant->file,
                                   .own_file = own_file,
                                   .zone = tenant->zone};
}

void backup_progress(const struct backup_context *context, const char *step)
{
    if (context->progress)
        context->progress(context->progress_context, step);
}

bool backup_session(const struct backup_context *context, const char *schema, struct error *err)
{
    bool locked;
    if (!context->config->backup.has_key)
        return error_set(err, ERR_INVALID,
                         "there is no BACKUP_KEY in the environment or the env file; make one with: openssl "
                         "rand -base64 32, and keep a copy elsewhere");
    if (!schema_session(context->db, err) || !schema_lock(context->db, schema, &locked, err))
        return false;
    return locked || error_set(err, ERR_CONFLICT, "another backup or restore of it is under way");
}

/* --- writing --- */

struct output {
    struct target *target;
    struct target_put *put;
    struct crypto_digest *digest;
    int64_t size;
};

static bool write_output(void *context, const void *bytes, size_t length, struct error *err)
{
    struct output *output = context;
    crypto_digest_add(output->digest, bytes, length);
    output->size += (int64_t)length;
    return output->target->kind->put_write(output->put, bytes, length, err);
}

static bool write_bundle(const struct backup_context *context, const struct backup_subject *subject,
                         const struct snapshot *snapshot, const struct manifest *manifest,
                         struct output *output, struct error *err)
{
    struct container_header header = {.time_ms = manifest->time_ms};
    struct bundle_writer *writer = NULL;
    memcpy(header.store, subject->store, strlen(subject->store));
    bool ok = bundle_writer_open(context->config->backup.key, &header,
                                 (struct container_sink){write_output, output}, &writer, err) &&
              dump_write(context, subject, snapshot, manifest, writer, err) && bundle_finish(writer, err);
    bundle_writer_close(&writer);
    return ok;
}

/* The whole container into the place; what it is goes to the manifest. */
static bool write_container(const struct backup_context *context, const struct backup_subject *subject,
                            const struct snapshot *snapshot, struct target *target, const char *key,
                            struct arena *arena, struct manifest *manifest, struct error *err)
{
    struct output output = {.target = target};
    uint8_t digest[32];
    if (!target->kind->put_begin(target, key, &output.put, err))
        return false;
    output.digest = crypto_digest_new();
    bool ok = write_bundle(context, subject, snapshot, manifest, &output, err);
    crypto_digest_get(output.digest, digest);
    crypto_digest_free(&output.digest);
    if (!ok) {
        target->kind->put_abort(output.put);
        return false;
    }
    manifest->size = output.size;
    manifest->sha256 = str_hex(arena, digest, sizeof digest);
    return target->kind->put_end(output.put, err);
}

static bool put_manifest(const struct backup_context *context, struct target *target,
                         const struct manifest *manifest, struct error *err)
{
    auto_arena struct arena *arena = arena_new();
    const char *text = manifest_text(arena, context->config->backup.key, manifest);
    return target_put_whole(target, shelf_manifest_key(arena, manifest->store, manifest->time_ms), text,
                            strlen(text), err);
}

/* Without its manifest it is of no use to anybody. Always false. */
static bool take_away(struct target *target, const char *key)
{
    struct error ignored; /* what stays shelf_prune() clears away one day */
    (void)!target->kind->remove(target, key, &ignored);
    return false;
}

/* A second later than what is there already: the time is its name. */
static bool free_time(struct target *target, const char *store, int64_t now_ms, int64_t *time_out,
                      struct error *err)
{
    auto_arena struct arena *arena = arena_new();
    struct target_object *objects;
    size_t count;
    int64_t time = now_ms - now_ms % 1000;
    if (!target->kind->list(target, arena, arena_printf(arena, "%s/", store), &objects, &count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (str_equal(objects[i].key, shelf_container_key(arena, store, time))) {
            time += 1000;
            i = (size_t)-1;
        }
    }
    *time_out = time;
    return true;
}

static bool dump_into(const struct backup_context *context, const struct backup_subject *subject,
                      struct target *target, struct arena *arena, struct manifest *manifest_out,
                      const char **key_out, struct error *err)
{
    struct snapshot snapshot;
    struct manifest manifest = {.store = arena_strdup(arena, subject->store),
                                .schema = arena_strdup(arena, subject->schema),
                                .lapak_version = LAPAK_VERSION,
                                .sha256 = ""};
    if (!free_time(target, subject->store, clock_now_ms(), &manifest.time_ms, err) ||
        !snapshot_open(context->db, arena, subject->schema, &snapshot, err))
        return false;
    manifest.data_key = manifest_data_key(arena, context->config->data_encryption_key);
    manifest.schema_version = snapshot.schema_version;
    manifest.tables = snapshot.tables;
    manifest.table_count = snapshot.table_count;
    manifest.audit_id = snapshot.audit_id;
    manifest.audit_hash = snapshot.audit_hash;
    const char *key = shelf_container_key(arena, subject->store, manifest.time_ms);
    bool ok =
        snapshot.table_count > 0 || error_set(err, ERR_NOT_FOUND, "there is no schema %s", subject->schema);
    ok = ok && write_container(context, subject, &snapshot, target, key, arena, &manifest, err);
    snapshot_close(&snapshot);
    if (!ok)
        return false;
    if (!put_manifest(context, target, &manifest, err))
        return take_away(target, key);
    *manifest_out = manifest;
    *key_out = key;
    return true;
}

/* --- the second place --- */

static bool copy_container(struct target *from, struct target *to, const char *key, struct error *err)
{
    struct target_get *get;
    struct target_put *put;
    if (!from->kind->get_begin(from, key, &get, err))
        return false;
    bool ok = to->kind->put_begin(to, key, &put, err);
    if (ok) {
        auto_freep char *buffer = xcalloc(1, BUFFER);
        size_t n = 1;
        while (ok && n)
            ok = from->kind->get_read(get, buffer, BUFFER, &n, err) &&
                 (!n || to->kind->put_write(put, buffer, n, err));
        if (ok)
            ok = to->kind->put_end(put, err);
        else
            to->kind->put_abort(put);
    }
    from->kind->get_end(get);
    return ok;
}

static struct retention_rule rule_of(const struct backup_context *context,
                                     const struct backup_subject *subject)
{
    const struct backup_config *config = &context->config->backup;
    return (struct retention_rule){config->daily, config->weekly, config->monthly, subject->zone};
}

/* The newest good one of the first place into the second, where it is not there yet. */
static bool bring_up(const struct backup_context *context, const struct backup_subject *subject,
                     struct target *from, struct target *to, size_t *removed_out, struct error *err)
{
    auto_arena struct arena *arena = arena_new();
    struct shelf_item *here, *there;
    size_t here_count, there_count, newest = 0;
    const uint8_t *key = context->config->backup.key;
    const struct retention_rule rule = rule_of(context, subject);
    if (!shelf_list(from, arena, key, subject->store, &here, &here_count, err) ||
        !shelf_list(to, arena, key, subject->store, &there, &there_count, err))
        return false;
    while (newest < here_count && !shelf_is_good(&here[newest]))
        newest++;
    *removed_out = 0;
    if (newest == here_count)
        return true;
    for (size_t i = 0; i < there_count; i++)
        if (str_equal(there[i].key, here[newest].key) && shelf_is_good(&there[i]))
            return true;
    /* The manifest comes last: without it the copy is not known to be whole. */
    if (!copy_container(from, to, here[newest].key, err))
        return false;
    if (!check_bytes(context, to, &here[newest], err) ||
        !put_manifest(context, to, here[newest].manifest, err))
        return take_away(to, here[newest].key);
    return shelf_prune(to, key, subject->store, &rule, clock_now_ms(), removed_out, err);
}

static bool copy_offsite(const struct backup_context *context, const struct backup_subject *subject,
                         struct target *from, size_t *removed_out, struct error *err)
{
    auto_target struct target *to = NULL;
    *removed_out = 0;
    if (!context->config->backup.offsite)
        return true;
    backup_progress(context, "copying it elsewhere");
    return target_open(context->config->backup.offsite, &to, err) &&
           bring_up(context, subject, from, to, removed_out, err);
}

bool backup_copy_offsite(const struct backup_context *context, const struct backup_subject *subject,
                         struct error *err)
{
    auto_target struct target *from = NULL;
    size_t removed;
    return target_open(context->config->backup.directory, &from, err) &&
           copy_offsite(context, subject, from, &removed, err);
}

/* --- all of it --- */

bool backup_make(const struct backup_context *context, const struct backup_subject *subject,
                 struct arena *arena, struct backup_outcome *outcome_out, struct error *err)
{
    auto_target struct target *target = NULL;
    struct backup_outcome outcome = {0};
    const struct retention_rule rule = rule_of(context, subject);
    size_t removed;
    backup_progress(context, "dumping");
    if (!target_open(context->config->backup.directory, &target, err) ||
        !dump_into(context, subject, target, arena, &outcome.manifest, &outcome.key, err))
        return false;
    struct shelf_item item = {.store = subject->store,
                              .time_ms = outcome.manifest.time_ms,
                              .key = outcome.key,
                              .size = outcome.manifest.size,
                              .manifest = &outcome.manifest};
    if (!check_item(context, subject, target, &item, clock_now_ms(), err)) {
        struct error ignored; /* the next one is made within the hour: they must not pile up */
        (void)!shelf_prune(target, context->config->backup.key, subject->store, &rule, clock_now_ms(),
                           &removed, &ignored);
        return false;
    }
    if (!shelf_prune(target, context->config->backup.key, subject->store, &rule, clock_now_ms(),
                     &outcome.removed, err))
        return false;
    if (copy_offsite(context, subject, target, &removed, &outcome.offsite)) {
        outcome.removed += removed;
        outcome.offsite = (struct error){0}; /* of a try that was repeated */
    }
    *outcome_out = outcome;
    return true;
}
