#include "backup/dump.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup/process.h"
#include "base/str.h"
#include "db/schema.h"

enum {
    MOST_DUMP_MS = 60 * 60 * 1000,
    MOST_LOG = 64 * 1024 * 1024, /* of one file, its end */
    LOG_DAYS_MS = 2 * 24 * 3600 * 1000,
    BUFFER = 64 * 1024,
};

static bool write_text(struct bundle_writer *writer, const char *name, const char *text, struct error *err)
{
    return bundle_entry(writer, name, err) && bundle_write(writer, text, strlen(text), err);
}

/* The file's last `most` bytes; a log may grow meanwhile. One that went away meanwhile is none. */
static bool write_file(struct bundle_writer *writer, const char *name, const char *path, int64_t most,
                       struct error *err)
{
    struct stat st;
    char buffer[BUFFER];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT || error_set(err, ERR_INTERNAL, "%s: %s", path, strerror(errno));
    bool ok = fstat(fd, &st) == 0 && (st.st_size <= most || lseek(fd, st.st_size - most, SEEK_SET) >= 0);
    ok = ok || error_set(err, ERR_INTERNAL, "%s: %s", path, strerror(errno));
    ok = ok && bundle_entry(writer, name, err);
    ssize_t n = 1;
    for (int64_t left = most; ok && n > 0 && left > 0; left -= n) {
        n = read(fd, buffer, sizeof buffer);
        ok = n >= 0 || error_set(err, ERR_INTERNAL, "%s: %s", path, strerror(errno));
        ok = ok && bundle_write(writer, buffer, (size_t)(n > 0 ? n : 0), err);
    }
    close(fd);
    return ok;
}

/* --- configuration --- */

static bool write_tenant_names(const struct backup_context *context, struct bundle_writer *writer,
                               struct error *err)
{
    auto_arena struct arena *arena = arena_new();
    struct str names = STR_INIT(arena);
    DIR *dir = opendir(context->config->tenants_dir);
    struct dirent *entry;
    while (dir && (entry = readdir(dir))) {
        if (entry->d_name[0] != '.')
            str_addf(&names, "%s\n", entry->d_name);
    }
    if (dir)
        closedir(dir);
    return write_text(writer, "config/tenants.txt", str_done(&names), err);
}

/* The files as they stand: secrets are not in them, only the names of variables. */
static bool write_configuration(const struct backup_context *context, const struct backup_subject *subject,
                                struct bundle_writer *writer, struct error *err)
{
    auto_arena struct arena *arena = arena_new();
    bool server = str_equal(subject->store, TENANT_SERVER_NAME);
    const char *name = server ? "config/lapak.yaml" : arena_printf(arena, "config/%s.yaml", subject->store);
    return write_file(writer, name, subject->file, MOST_LOG, err) &&
           (!subject->own_file || write_text(writer, "config/own.yaml", subject->own_file, err)) &&
           (!server || write_tenant_names(context, writer, err));
}

/* --- the database --- */

static bool take_dump(void *context, const void *bytes, size_t length, struct error *err)
{
    return bundle_write(context, bytes, length, err);
}

/* Uncompressed: the bundle compresses all that is in it. */
static bool write_database(const struct backup_context *context, const struct backup_subject *subject,
                           const struct snapshot *snapshot, struct bundle_writer *writer, struct error *err)
{
    auto_arena struct arena *arena = arena_new();
    const char *const arguments[] = {"pg_dump",
                                     "--format=custom",
                                     "--compress=0",
                                     "--no-password",
                                     "--lock-wait-timeout=10000",
                                     arena_printf(arena, "--snapshot=%s", snapshot->id),
                                     arena_printf(arena, "--schema=%s", subject->schema),
                                     NULL};
    struct process process = {
        .arguments = arguments, .most_ms = MOST_DUMP_MS, .take = take_dump, .context = writer};
    char **environment;
    if (!schema_program_environment(arena, context->config->database_url, &environment, err))
        return false;
    process.environment = environment;
    return bundle_entry(writer, BUNDLE_DUMP, err) && process_run(&process, err);
}

/* --- logs --- */

static bool is_recent_log(const char *name, int64_t since_ms)
{
    int64_t at_ms;
    auto_arena struct arena *arena = arena_new();
    return strlen(name) == strlen("2026-11-22.log") && str_equal(name + 10, ".log") &&
           clock_parse_local(NULL, arena_memdup(arena, name, 10), true, &at_ms) && at_ms > since_ms;
}

static bool write_logs(const struct backup_context *context, const struct backup_subject *subject,
                       int64_t now_ms, struct bundle_writer *writer, struct error *err)
{
    auto_arena struct arena *arena = arena_new();
    const char *folder = arena_printf(arena, "%s/%s", context->config->log_dir, subject->store);
    DIR *dir = opendir(folder);
    struct dirent *entry;
    bool ok = true;
    while (ok && dir && (entry = readdir(dir))) {
        if (is_recent_log(entry->d_name, now_ms - LOG_DAYS_MS))
            ok = write_file(writer, arena_printf(arena, "logs/%s", entry->d_name),
                            arena_printf(arena, "%s/%s", folder, entry->d_name), MOST_LOG, err);
    }
    if (dir)
        closedir(dir);
    return ok;
}

bool dump_write(const struct backup_context *context, const struct backup_subject *subject,
                const struct snapshot *snapshot, const struct manifest *manifest,
                struct bundle_writer *writer, struct error *err)
{
    auto_arena struct arena *arena = arena_new();
    return write_text(writer, BUNDLE_MANIFEST, manifest_text(arena, context->config->backup.key, manifest),
                      err) &&
           write_configuration(context, subject, writer, err) &&
           write_database(context, subject, snapshot, writer, err) &&
           write_logs(context, subject, manifest->time_ms, writer, err);
}
