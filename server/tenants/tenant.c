#include "tenants/tenant.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "base/str.h"
#include "tenants/load.h"

enum { TOKEN_SECRET = 35, MOST_BOT_DIGITS = 15 };

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS  "0123456789"

bool tenant_is_name(const char *text)
{
    size_t length = strlen(text);
    return length >= 2 && length <= 31 && text[0] >= 'a' && text[0] <= 'z' &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz" DIGITS "-") == length &&
           strcmp(text, TENANT_SERVER_NAME) != 0;
}

bool tenant_parse_token(const char *text, int64_t *bot_id_out)
{
    size_t digits = strspn(text, DIGITS);
    if (digits == 0 || digits > MOST_BOT_DIGITS || text[0] == '0' || text[digits] != ':')
        return false;
    const char *secret = text + digits + 1;
    if (strspn(secret, LETTERS DIGITS "_-") != TOKEN_SECRET || secret[TOKEN_SECRET])
        return false;
    int64_t bot_id = 0;
    for (size_t i = 0; i < digits; i++)
        bot_id = bot_id * 10 + (text[i] - '0');
    *bot_id_out = bot_id;
    return true;
}

static bool check_name(const char *written, const char *value, const char **why_out)
{
    *why_out = "must be 2 to 31 of a-z, 0-9 and -, begin with a letter, and not be \"server\"";
    return tenant_is_name(value);
}

static bool check_title(const char *written, const char *value, const char **why_out)
{
    *why_out = "must not be blank";
    return value[strspn(value, " ")] != '\0';
}

bool tenant_check_token(const char *written, const char *value, const char **why_out)
{
    int64_t bot_id;
    *why_out =
        "the variable does not hold a bot token (digits, a colon, 35 characters, as @BotFather gives it)";
    return tenant_parse_token(value, &bot_id);
}

static bool check_support(const char *written, const char *value, const char **why_out)
{
    size_t length = strspn(value + 1, LETTERS DIGITS "_");
    *why_out = "must be a Telegram name with its @ (\"@toko_contoh\"), in quotes";
    return value[0] == '@' && strspn(value + 1, LETTERS) > 0 && length >= 4 && length <= 32 &&
           !value[1 + length];
}

static bool check_project(const char *written, const char *value, const char **why_out)
{
    *why_out = "must be the project's slug: letters, digits, - and _";
    return strspn(value, LETTERS DIGITS "-_") == strlen(value);
}

const char *const tenant_languages[] = {"id", "en", NULL};
/* What payment/method.c knows of the gateway's; one that nobody could choose must not look configured. */
static const char *const methods[] = {"qris",         "bri_va",       "bni_va", "cimb_niaga_va",
                                      "permata_va",   "maybank_va",   "bnc_va", "artha_graha_va",
                                      "sampoerna_va", "payment_link", NULL};
/* A store's file that named these could show them to buyers. */
static const char *const servers_own[] = {
    "DATABASE_URL",  "DATA_ENCRYPTION_KEY", "BACKUP_KEY", "S3_ACCESS_KEY",
    "S3_SECRET_KEY", "OWNER_BOT_TOKEN",     NULL};

#define AT(member) offsetof(struct tenant, member)
static const struct key keys[] = {
    {"bot_store_name", KEY_TEXT, .required = true, .offset = AT(name), .least = 1, .most = 100,
     .check = check_name},
    {"title", KEY_TEXT, .required = true, .offset = AT(title), .least = 1, .most = 64, .check = check_title},
    {"language", KEY_ENUM, .fallback = "id", .offset = AT(language), .names = tenant_languages},
    {"timezone", KEY_ZONE, .fallback = "Asia/Jakarta", .offset = AT(zone)},
    {"telegram.token", KEY_SECRET, .required = true, .offset = AT(token), .least = 1,
     .check = tenant_check_token},
    {"telegram.admins", KEY_IDS, .required = true, .offset = AT(admins), .least = 1, .most = 100},
    {"telegram.owners", KEY_IDS, .offset = AT(owners), .least = 0, .most = 100},
    {"support", KEY_TEXT, .offset = AT(support), .least = 1, .most = 100, .check = check_support},
    {"pakasir.project", KEY_TEXT, .required = true, .offset = AT(pakasir_project), .least = 1, .most = 64,
     .check = check_project},
    {"pakasir.api_key", KEY_SECRET, .required = true, .offset = AT(pakasir_api_key), .least = 1},
    {"pakasir.webhook_secret", KEY_SECRET, .required = true, .offset = AT(pakasir_webhook_secret),
     .least = 1},
    {"pakasir.sandbox", KEY_BOOL, .fallback = "false", .offset = AT(pakasir_sandbox)},
    {"pakasir.methods", KEY_ENUMS, .required = true, .offset = AT(methods), .least = 1, .most = 10,
     .names = methods},
    {"invoice_minutes", KEY_INT, .fallback = "15", .offset = AT(invoice_minutes), .least = 1, .most = 1440},
    {"low_stock", KEY_INT, .fallback = "3", .offset = AT(low_stock), .least = 0, .most = 1000000},
    {"most_open_orders", KEY_INT, .fallback = "3", .offset = AT(most_open), .least = 1, .most = 20},
    {"deposit.minimum", KEY_INT, .fallback = "10000", .offset = AT(deposit_least), .least = 500,
     .most = 50000000},
    {"deposit.maximum", KEY_INT, .fallback = "10000000", .offset = AT(deposit_most), .least = 500,
     .most = 50000000},
    {"deposit.transfer", KEY_LINES, .offset = AT(deposit_by_hand), .least = 1, .most = 1000},
    {"snk_retention_days", KEY_INT, .fallback = "30", .offset = AT(snk_retention_days), .least = 1,
     .most = 3650},
};
static const struct key_table table = {keys, sizeof keys / sizeof keys[0], servers_own};

static char *with_prefix(struct arena *arena, const char *prefix, const char *name)
{
    char *text = arena_printf(arena, "%s%s", prefix, name);
    for (char *p = text; *p; p++)
        if (*p == '-')
            *p = '_';
    return text;
}

/* What the table can't say. */
static void complete(struct tenant *tenant, const struct yaml_node *root, struct faults *faults)
{
    struct arena *arena = tenant->arena;
    const char *file_name = tenant_name_of_file(arena, tenant->file);
    tenant->token_line = key_line(root, "telegram.token");
    tenant->project_line = key_line(root, "pakasir.project");
    if (tenant->name && strcmp(tenant->name, file_name) != 0)
        fault_add(faults, tenant->file, key_line(root, "bot_store_name"), "bot_store_name",
                  "must be the file's name without .yaml");
    if (tenant->deposit_least > tenant->deposit_most)
        fault_add(faults, tenant->file, key_line(root, "deposit.minimum"), "deposit.minimum",
                  "must not be above deposit.maximum");
    if (!tenant->owners.count) /* somebody must be able to do what owners alone may */
        tenant->owners = tenant->admins;
    if (tenant->name) {
        tenant->schema = with_prefix(arena, "store_", tenant->name);
        tenant->role = with_prefix(arena, "lapak_", tenant->name);
    }
    if (tenant->token)
        tenant_parse_token(tenant->token, &tenant->bot_id);
}

static struct tenant *tenant_new(const char *file)
{
    struct arena *arena = arena_new();
    struct tenant *tenant = ARENA_NEW(arena, struct tenant);
    tenant->magic = TENANT_MAGIC;
    tenant->arena = arena;
    tenant->file = arena_strdup(arena, file);
    atomic_init(&tenant->references, 1);
    return tenant;
}

struct tenant *tenant_read(const char *path, const struct env *env, struct faults *faults)
{
    auto_arena struct arena *scratch = arena_new();
    struct tenant *tenant = tenant_new(path);
    struct faults found = FAULTS_INIT(scratch);
    struct yaml_node *root = NULL;
    struct error err;
    if (yaml_read_file(scratch, path, &root, &err)) {
        key_read(tenant->arena, &table, path, root, env, tenant, &found);
        complete(tenant, root, &found);
    } else {
        fault_add_yaml(&found, path, &err);
    }
    faults_sort(&found);
    faults_append(faults, &found);
    if (found.count > 0)
        tenant_unref((const struct tenant **)&tenant);
    return tenant;
}

struct tenant *tenant_of_server(const struct server_identity *server)
{
    struct tenant *tenant = tenant_new(server->file);
    struct arena *arena = tenant->arena;
    tenant->name = TENANT_SERVER_NAME;
    tenant->title = "Lapak";
    tenant->language = arena_strdup(arena, server->language);
    tenant->zone = server->zone;
    tenant->schema = "lapak";
    tenant->role = "";
    if (server->token) {
        tenant->token = arena_strdup(arena, server->token);
        tenant_parse_token(server->token, &tenant->bot_id);
    }
    tenant->owners.count = server->owners->count;
    int64_t *ids = ARENA_ARRAY(arena, int64_t, server->owners->count);
    if (server->owners->count)
        memcpy(ids, server->owners->items, server->owners->count * sizeof *ids);
    tenant->owners.items = ids;
    return tenant;
}

const struct tenant *tenant_ref(const struct tenant *tenant)
{
    assert(tenant->magic == TENANT_MAGIC);
    unsigned before = atomic_fetch_add(&((struct tenant *)tenant)->references, 1);
    assert(before > 0);
    (void)before;
    return tenant;
}

void tenant_unref(const struct tenant **reference)
{
    struct tenant *tenant = (struct tenant *)*reference;
    *reference = NULL;
    if (!tenant)
        return;
    assert(tenant->magic == TENANT_MAGIC);
    if (atomic_fetch_sub(&tenant->references, 1) > 1)
        return;
    tenant->magic = 0;
    struct arena *arena = tenant->arena;
    arena_free(&arena);
}

bool tenant_is_same(const struct tenant *a, const struct tenant *b)
{
    return !key_difference(&table, a, b);
}

static bool has_id(const struct key_ids *ids, int64_t id)
{
    for (size_t i = 0; i < ids->count; i++)
        if (ids->items[i] == id)
            return true;
    return false;
}

bool tenant_is_admin(const struct tenant *tenant, int64_t person_id)
{
    return has_id(&tenant->admins, person_id);
}

bool tenant_is_owner(const struct tenant *tenant, int64_t person_id)
{
    return has_id(&tenant->owners, person_id);
}
