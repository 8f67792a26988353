#include "backup/load.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup/bundle.h"
#include "backup/process.h"
#include "backup/script.h"
#include "backup/snapshot.h"
#include "base/crypto_stream.h"
#include "base/str.h"
#include "db/schema.h"

enum { MOST_LOAD_MS = 3 * 60 * 60 * 1000, MOST_MANIFEST = 64 * 1024 };

struct load {
    const struct backup_context *context;
    const struct load_request *request;
    struct arena *arena;
    struct target_get *get;
    int fd; /* of a file; -1 */
    struct crypto_digest *digest;
    int64_t size;
    struct bundle_reader *reader;
    struct script *script;
    struct manifest manifest;
    bool has_manifest, has_dump;
};

/* --- the container's bytes --- */

static bool read_bytes(void *context, void *bytes_out, size_t capacity, size_t *length_out, struct error *err)
{
    struct load *load = context;
    if (load->get) {
        if (!load->request->place.target->kind->get_read(load->get, bytes_out, capacity, length_out, err))
            return false;
    } else {
        ssize_t n = read(load->fd, bytes_out, capacity);
        if (n < 0)
            return error_set(err, ERR_RETRY, "%s: %s", load->request->place.path, strerror(errno));
        *length_out = (size_t)n;
    }
    crypto_digest_add(load->digest, bytes_out, *length_out);
    load->size += (int64_t)*length_out;
    return true;
}

static bool open_place(struct load *load, struct error *err)
{
    const struct load_place *place = &load->request->place;
    if (!place->path)
        return place->target->kind->get_begin(place->target, place->key, &load->get, err);
    load->fd = open(place->path, O_RDONLY | O_CLOEXEC);
    return load->fd >= 0 || error_set(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_REFUSED, "%s: %s",
                                      place->path, strerror(errno));
}

/* --- into the database --- */

static bool on_statement(void *context, const char *sql, struct error *err)
{
    struct load *load = context;
    struct db_rows rows;
    if (!db_exec(load->context->db, sql, &rows, err))
        return false;
    db_rows_free(&rows);
    return true;
}

static bool on_copy_begin(void *context, const char *sql, struct error *err)
{
    return schema_copy_begin(((struct load *)context)->context->db, sql, err);
}

static bool on_copy_data(void *context, const void *bytes, size_t length, struct error *err)
{
    return schema_copy_data(((struct load *)context)->context->db, bytes, length, err);
}

static bool on_copy_end(void *context, struct error *err)
{
    return schema_copy_end(((struct load *)context)->context->db, err);
}

static bool feed_dump(void *context, const void **bytes_out, size_t *length_out, struct error *err)
{
    return bundle_read(((struct load *)context)->reader, bytes_out, length_out, err);
}

static bool take_script(void *context, const void *bytes, size_t length, struct error *err)
{
    return script_feed(((struct load *)context)->script, bytes, length, err);
}

static bool restore_dump(struct load *load, struct error *err)
{
    static const char *const arguments[] = {"pg_restore", "--no-owner", "--file=-", NULL};
    const struct script_sink sink = {on_statement, on_copy_begin, on_copy_data, on_copy_end, load};
    char **environment;
    struct db *db = load->context->db;
    if (!schema_program_environment(load->arena, load->context->config->database_url, &environment, err) ||
        !schema_drop(db, load->request->schema, err))
        return false;
    const struct process process = {.arguments = arguments,
                                    .environment = environment,
                                    .most_ms = MOST_LOAD_MS,
                                    .feed = feed_dump,
                                    .take = take_script,
                                    .context = load};
    load->script = script_new(load->manifest.schema, load->request->schema, &sink);
    bool ok = process_run(&process, err) && script_end(load->script, err);
    script_free(&load->script);
    /* The dump set what it likes for its session; and in the middle of a COPY nothing else can be said. */
    if (!ok) {
        db_recycle(db);
        return error_context(err, "loading it");
    }
    return schema_session(db, err);
}

/* --- entries --- */

static bool read_manifest(struct load *load, struct error *err)
{
    char *text = arena_alloc(load->arena, MOST_MANIFEST + 1);
    const void *bytes;
    size_t length = 0, n = 1;
    while (n) {
        if (!bundle_read(load->reader, &bytes, &n, err))
            return false;
        if (length + n > MOST_MANIFEST)
            return error_set(err, ERR_INVALID, "its manifest is far too large");
        memcpy(text + length, bytes, n);
        length += n;
    }
    load->has_manifest =
        manifest_parse(load->arena, load->context->config->backup.key, text, length, &load->manifest, err);
    return load->has_manifest;
}

/* "config/kopi.yaml", "logs/2026-11-22.log": a folder and a name, nothing that leads elsewhere. */
static bool write_out(struct load *load, const char *name, struct error *err)
{
    if (!target_is_key(name))
        return true;
    char *path = arena_printf(load->arena, "%s/%s", load->request->files, name);
    char *folder = arena_strdup(load->arena, path);
    *strrchr(folder, '/') = '\0';
    if ((mkdir(load->request->files, 0700) != 0 && errno != EEXIST) ||
        (mkdir(folder, 0700) != 0 && errno != EEXIST))
        return error_set(err, ERR_REFUSED, "%s: %s", folder, strerror(errno));
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return error_set(err, ERR_REFUSED, "%s: %s", path, strerror(errno));
    const void *bytes;
    size_t n = 1;
    bool ok = true;
    while (ok && n) {
        ok = bundle_read(load->reader, &bytes, &n, err) &&
             (!n || write(fd, bytes, n) == (ssize_t)n ||
              error_set(err, ERR_RETRY, "%s: %s", path, strerror(errno)));
    }
    close(fd);
    return ok;
}

static bool read_entries(struct load *load, struct error *err)
{
    const char *name;
    while (true) {
        if (!bundle_next(load->reader, &name, err))
            return false;
        if (!name)
            return true;
        bool ok = true;
        if (str_equal(name, BUNDLE_MANIFEST)) {
            ok = read_manifest(load, err);
        } else if (str_equal(name, BUNDLE_DUMP)) {
            load->has_dump = true;
            if (!load->has_manifest)
                return error_set(err, ERR_INVALID, "it has no manifest inside");
            ok = !load->request->schema || restore_dump(load, err);
        } else if (load->request->files) {
            ok = write_out(load, name, err);
        }
        if (!ok)
            return false;
    }
}

static bool check_whose(const struct load *load, const struct container_header *header, struct error *err)
{
    return str_equal(header->store, load->request->store) ||
           error_set(err, ERR_INVALID, "it is a backup of %s, not of %s", header->store,
                     load->request->store);
}

static bool check_counts(struct load *load, struct error *err)
{
    const struct manifest_count *tables;
    size_t count;
    if (!load->request->schema)
        return true;
    if (db_reconnects(load->context->db))
        return error_set(err, ERR_RETRY, "the connection to the database was lost meanwhile");
    if (!snapshot_count(load->context->db, load->arena, load->request->schema, &tables, &count, err))
        return false;
    const char *difference = manifest_difference(load->arena, &load->manifest, tables, count);
    return !difference || error_set(err, ERR_INVALID, "it does not hold what was backed up: %s", difference);
}

static bool read_all(struct load *load, struct load_result *result_out, struct error *err)
{
    struct container_header header;
    const struct container_source source = {read_bytes, load};
    uint8_t digest[32];
    if (!bundle_reader_open(load->context->config->backup.key, source, &header, &load->reader, err))
        return false;
    if (!check_whose(load, &header, err) || !read_entries(load, err))
        return false;
    if (!load->has_manifest || !load->has_dump)
        return error_set(err, ERR_INVALID, "it is not complete: no %s inside",
                         load->has_manifest ? BUNDLE_DUMP : BUNDLE_MANIFEST);
    if (!check_counts(load, err))
        return false;
    crypto_digest_get(load->digest, digest);
    *result_out = (struct load_result){.manifest = load->manifest,
                                       .size = load->size,
                                       .sha256 = str_hex(load->arena, digest, sizeof digest)};
    return true;
}

bool load_run(const struct backup_context *context, const struct load_request *request, struct arena *arena,
              struct load_result *result_out, struct error *err)
{
    struct load load = {.context = context, .request = request, .arena = arena, .fd = -1};
    if (!open_place(&load, err))
        return false;
    load.digest = crypto_digest_new();
    bool ok = read_all(&load, result_out, err);
    bundle_reader_close(&load.reader);
    crypto_digest_free(&load.digest);
    if (load.get)
        request->place.target->kind->get_end(load.get);
    if (load.fd >= 0)
        close(load.fd);
    const char *what = request->place.path ? request->place.path : request->place.key;
    return ok || error_context(err, "%s", what);
}
