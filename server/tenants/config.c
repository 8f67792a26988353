#include "tenants/config.h"

#include <stddef.h>
#include <string.h>

#include "base/str.h"
#include "tenants/tenant.h"

/* A password in the text: nothing, or a variable. `length` bytes. */
static bool is_open_password(const char *text, size_t length)
{
    return length > 0 && !(length > 3 && text[0] == '$' && text[1] == '{' &&
                           memchr(text, '}', length) == text + length - 1);
}

/* Both forms libpq takes: postgresql://user:password@host/db and host=… password=…; options of a URI, too. */
static bool check_database_url(const char *written, const char *value, const char **why_out)
{
    const char *authority = strstr(written, "://");
    if (authority) {
        authority += strlen("://");
        const char *end = authority + strcspn(authority, "/?"),
                   *at = memrchr(authority, '@', (size_t)(end - authority));
        const char *colon = at ? memchr(authority, ':', (size_t)(at - authority)) : NULL;
        if (colon && is_open_password(colon + 1, (size_t)(at - colon) - 1))
            goto refused;
    }
    for (const char *p = written; (p = strstr(p, "password"));) {
        p += strlen("password");
        p += strspn(p, " ");
        if (*p == '=') {
            p += 1 + strspn(p + 1, " '");
            if (is_open_password(p, strcspn(p, " '&")))
                goto refused;
        }
    }
    return true;
refused:
    *why_out = "a password must not be written here; put the whole URL in .env and write ${DATABASE_URL}";
    return false;
}

static bool check_time_of_day(const char *written, const char *value, const char **why_out)
{
    int64_t at_ms;
    *why_out = "must be a time of day: \"03:00\"";
    auto_arena struct arena *arena = arena_new();
    return strlen(value) == 5 &&
           clock_parse_local(NULL, arena_printf(arena, "2026-01-01 %s", value), false, &at_ms);
}

static bool check_summary_time(const char *written, const char *value, const char **why_out)
{
    if (!*value || strcmp(value, "off") == 0 || check_time_of_day(written, value, why_out))
        return true;
    *why_out = "must be a time of day (\"08:00\"), or off";
    return false;
}

#define AT(member) offsetof(struct config, member)
static const struct key keys[] = {
    {"listen", KEY_HOSTPORT, .required = true, .offset = AT(listen)},
    {"public_url", KEY_URL_PUBLIC, .required = true, .offset = AT(public_url)},
    {"database_url", KEY_TEXT, .required = true, .offset = AT(database_url), .least = 1, .most = 2000,
     .check = check_database_url},
    {"tenants_dir", KEY_DIRECTORY, .fallback = "tenants", .offset = AT(tenants_dir)},
    {"log_dir", KEY_PATH, .fallback = "logs", .offset = AT(log_dir)},
    {"log_days", KEY_INT, .fallback = "30", .offset = AT(log_days), .least = 1, .most = 3650},
    {"texts_dir", KEY_DIRECTORY, .fallback = "conf/texts", .offset = AT(texts_dir)},
    {"schema_dir", KEY_DIRECTORY, .fallback = "schema", .offset = AT(schema_dir)},
    {"control_socket", KEY_PATH, .fallback = "run/lapakd.sock", .offset = AT(control_socket)},
    {"telegram_api_base", KEY_URL_API, .fallback = "https://api.telegram.org",
     .offset = AT(telegram_api_base)},
    {"pakasir_api_base", KEY_URL_API, .fallback = "https://app.pakasir.com/api/v2",
     .offset = AT(pakasir_api_base)},
    {"telegram_rate", KEY_INT, .fallback = "30", .offset = AT(telegram_rate), .least = 1, .most = 1000},
    {"owner.token", KEY_SECRET, .offset = AT(owner_token), .least = 1, .check = tenant_check_token},
    {"owner.ids", KEY_IDS, .offset = AT(owner_ids), .least = 1, .most = 100},
    {"owner.language", KEY_ENUM, .fallback = "id", .offset = AT(owner_language), .names = tenant_languages},
    {"owner.timezone", KEY_ZONE, .fallback = "Asia/Jakarta", .offset = AT(owner_zone)},
    {"owner.summary_at", KEY_TEXT, .fallback = "08:00", .offset = AT(owner_summary_at), .least = 0, .most = 5,
     .check = check_summary_time},
    {"owner.database_away", KEY_INT, .fallback = "60", .offset = AT(owner_database_away), .least = 2,
     .most = 3600},
    {"lanes", KEY_INT, .fallback = "4", .offset = AT(lanes), .least = 1, .most = 64},
    {"tls.certificate", KEY_PATH, .offset = AT(tls_certificate)},
    {"tls.key", KEY_PATH, .offset = AT(tls_key)},
    {"trusted_proxies", KEY_ADDRESSES, .offset = AT(trusted_proxies), .least = 0, .most = 100},
    {"telegram_only_from", KEY_ADDRESSES, .offset = AT(telegram_only_from), .least = 0, .most = 100},
    {"metrics_allow", KEY_ADDRESSES, .offset = AT(metrics_allow), .least = 0, .most = 100},

    {"watch.every_seconds", KEY_INT, .fallback = "300", .offset = AT(watch.every_seconds), .least = 5,
     .most = 3600},
    {"watch.webhook_pending", KEY_INT, .fallback = "100", .offset = AT(watch.webhook_pending), .least = 1,
     .most = 1000000},
    {"watch.outbox_late", KEY_INT, .fallback = "120", .offset = AT(watch.outbox_late), .least = 1,
     .most = 86400},
    {"watch.jobs_late", KEY_INT, .fallback = "120", .offset = AT(watch.jobs_late), .least = 1, .most = 86400},
    {"watch.failed_payments", KEY_INT, .fallback = "5", .offset = AT(watch.failed_payments), .least = 1,
     .most = 100},
    {"watch.cpu", KEY_INT, .fallback = "80", .offset = AT(watch.cpu), .least = 1, .most = 100},
    {"watch.memory", KEY_INT, .fallback = "80", .offset = AT(watch.memory), .least = 1, .most = 100},
    {"watch.disk", KEY_INT, .fallback = "85", .offset = AT(watch.disk), .least = 1, .most = 100},
    {"watch.connections", KEY_INT, .fallback = "80", .offset = AT(watch.connections), .least = 1,
     .most = 100},
    {"watch.logs_mb", KEY_INT, .fallback = "512", .offset = AT(watch.logs_mb), .least = 1, .most = 1000000},
    {"watch.certificate_days", KEY_INT, .fallback = "14", .offset = AT(watch.certificate_days), .least = 1,
     .most = 365},
    {"watch.clock_seconds", KEY_INT, .fallback = "5", .offset = AT(watch.clock_seconds), .least = 1,
     .most = 3600},

    {"backup.directory", KEY_PATH, .fallback = "backups", .offset = AT(backup.directory)},
    {"backup.offsite", KEY_TEXT, .offset = AT(backup.offsite), .least = 1, .most = 500},
    {"backup.s3.endpoint", KEY_URL_API, .offset = AT(backup.s3.endpoint)},
    {"backup.s3.region", KEY_TEXT, .fallback = "us-east-1", .offset = AT(backup.s3.region), .least = 1,
     .most = 60},
    {"backup.s3.patience", KEY_INT, .fallback = "30", .offset = AT(backup.s3.patience), .least = 1,
     .most = 600},
    {"backup.s3.access_key", KEY_SECRET, .offset = AT(backup.s3.access_key), .least = 1},
    {"backup.s3.secret_key", KEY_SECRET, .offset = AT(backup.s3.secret_key), .least = 1},
    {"backup.at", KEY_TEXT, .fallback = "03:00", .offset = AT(backup.at), .least = 5, .most = 5,
     .check = check_time_of_day},
    {"backup.daily", KEY_INT, .fallback = "7", .offset = AT(backup.daily), .least = 1, .most = 365},
    {"backup.weekly", KEY_INT, .fallback = "4", .offset = AT(backup.weekly), .least = 0, .most = 520},
    {"backup.monthly", KEY_INT, .fallback = "6", .offset = AT(backup.monthly), .least = 0, .most = 120},
};
static const struct key_table table = {keys, sizeof keys / sizeof keys[0], NULL};

/* 32 bytes in base64 from the environment; whether they were there. One that may be missing is no fault then.
 */
static bool read_secret_key(struct arena *arena, const struct env *env, const char *name, bool required,
                            uint8_t key_out[static CRYPTO_KEY_BYTES], struct faults *faults)
{
    const char *text = env_get(env, name), *why;
    uint8_t *bytes = NULL;
    size_t length = 0;
    if (text && crypto_unbase64(arena, text, &bytes, &length) && bytes && length == CRYPTO_KEY_BYTES) {
        memcpy(key_out, bytes, CRYPTO_KEY_BYTES);
        return true;
    }
    if (!required && (!text || !*text))
        return false;
    if (!text || !*text)
        why = arena_printf(arena, "is not set in %s", env_places(arena, env));
    else
        why = "must be 32 bytes in base64";
    fault_add(faults, env_path(env) ? env_path(env) : "environment", 0, name,
              "%s; make one with: openssl rand -base64 32", why);
    return false;
}

struct config *config_examine(struct arena *arena, const char *path, const struct env *env,
                              struct faults *faults)
{
    auto_arena struct arena *scratch = arena_new();
    struct config *config = ARENA_NEW(arena, struct config);
    struct yaml_node *root = NULL;
    struct error err;
    struct faults found = FAULTS_INIT(arena);
    config->file = arena_strdup(arena, path);
    if (!yaml_read_file(scratch, path, &root, &err)) {
        fault_add_yaml(&found, path, &err);
    } else if (key_read(arena, &table, path, root, env, config, &found)) {
        if (!config->owner_token != !config->owner_ids.count)
            fault_add(&found, path, key_line(root, "owner"), "owner", "needs both token and ids, or neither");
        const struct s3_config *s3 = &config->backup.s3;
        if (config->backup.offsite && str_starts_with(config->backup.offsite, "s3://") &&
            (!s3->endpoint || !s3->access_key || !s3->secret_key))
            fault_add(&found, path, key_line(root, "backup.offsite"), "backup.offsite",
                      "needs backup.s3.endpoint, access_key and secret_key");
        if (!config->tls_certificate != !config->tls_key)
            fault_add(&found, path, key_line(root, "tls"), "tls",
                      "needs both certificate and key, or neither");
    }
    faults_sort(&found);
    (void)read_secret_key(arena, env, "DATA_ENCRYPTION_KEY", true, config->data_encryption_key, &found);
    config->backup.has_key = read_secret_key(arena, env, "BACKUP_KEY", false, config->backup.key, &found);
    faults_append(faults, &found);
    return config;
}

struct config *config_read(struct arena *arena, const char *path, const struct env *env,
                           struct faults *faults)
{
    size_t before = faults->count;
    struct config *config = config_examine(arena, path, env, faults);
    return faults->count == before ? config : NULL;
}

const char *config_difference(const struct config *a, const struct config *b)
{
    const char *name = key_difference(&table, a, b);
    if (!name && memcmp(a->data_encryption_key, b->data_encryption_key, CRYPTO_KEY_BYTES) != 0)
        name = "DATA_ENCRYPTION_KEY";
    return name;
}

/* Never a network. */
static bool read_single(const char *text, struct address *address_out)
{
    const char *why;
    return !strchr(text, '/') && address_parse(text, address_out, &why);
}

static bool is_among(const struct key_addresses *list, const struct address *address)
{
    for (size_t i = 0; i < list->count; i++)
        if (address_holds(&list->items[i], address))
            return true;
    return false;
}

bool config_allows_metrics(const struct config *config, const char *text)
{
    struct address address;
    return read_single(text, &address) &&
           (address_is_loopback(&address) || is_among(&config->metrics_allow, &address));
}

bool config_trusts_proxy(const struct config *config, const char *text)
{
    struct address address;
    return read_single(text, &address) && is_among(&config->trusted_proxies, &address);
}

bool config_allows_telegram(const struct config *config, const char *text)
{
    struct address address;
    return !config->telegram_only_from.count ||
           (read_single(text, &address) && is_among(&config->telegram_only_from, &address));
}
