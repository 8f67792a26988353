#include "backup/manifest.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"

enum { VERSION = 1, FINGERPRINT = 8 };

static const char *sign(struct arena *arena, const uint8_t key[static CRYPTO_KEY_BYTES], const json_t *json)
{
    uint8_t signing[CRYPTO_KEY_BYTES], mac[32];
    char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
    if (!text)
        abort(); /* made from valid texts: memory ran out */
    crypto_derive_key(key, "backup:manifest", signing);
    crypto_hmac_sha256(signing, sizeof signing, text, strlen(text), mac);
    free(text);
    return str_hex(arena, mac, sizeof mac);
}

char *manifest_text(struct arena *arena, const uint8_t key[static CRYPTO_KEY_BYTES], const struct manifest *m)
{
    json_t *tables = json_object();
    for (size_t i = 0; i < m->table_count; i++)
        json_object_set_new(tables, m->tables[i].table, json_integer(m->tables[i].rows));
    auto_json json_t *json =
        json_pack("{s:i, s:s, s:s, s:I, s:s, s:I, s:s, s:o, s:{s:I, s:s}, s:I, s:s, s:I}", "version", VERSION,
                  "store", m->store, "schema", m->schema, "time_ms", (json_int_t)m->time_ms, "lapak_version",
                  m->lapak_version, "schema_version", (json_int_t)m->schema_version, "data_key", m->data_key,
                  "tables", tables, "audit", "id", (json_int_t)m->audit_id, "hash", m->audit_hash, "size",
                  (json_int_t)m->size, "sha256", m->sha256, "verified_ms", (json_int_t)m->verified_ms);
    if (!json)
        abort();
    json_object_set_new(json, "signature", json_string(sign(arena, key, json)));
    char *text = json_dumps(json, JSON_INDENT(2));
    if (!text)
        abort();
    char *copy = arena_printf(arena, "%s\n", text);
    free(text);
    return copy;
}

static bool check_signature(struct arena *arena, const uint8_t key[static CRYPTO_KEY_BYTES], json_t *json,
                            struct error *err)
{
    const char *written;
    if (!json_get_string(json, "signature", &written))
        return error_set(err, ERR_INVALID, "the manifest has no signature");
    written = arena_strdup(arena, written);
    json_object_del(json, "signature");
    const char *right = sign(arena, key, json);
    return crypto_equal(written, strlen(written), right, strlen(right)) ||
           error_set(err, ERR_INVALID, "the manifest was changed, or is of another BACKUP_KEY");
}

static int by_table(const void *a, const void *b)
{
    return strcmp(((const struct manifest_count *)a)->table, ((const struct manifest_count *)b)->table);
}

static bool read_tables(struct arena *arena, json_t *tables, struct manifest *m)
{
    const char *name;
    json_t *rows;
    struct manifest_count *list = ARENA_ARRAY(arena, struct manifest_count, json_object_size(tables));
    json_object_foreach(tables, name, rows)
    {
        if (!json_is_integer(rows))
            return false;
        list[m->table_count++] = (struct manifest_count){arena_strdup(arena, name), json_integer_value(rows)};
    }
    if (m->table_count)
        qsort(list, m->table_count, sizeof *list, by_table);
    m->tables = list;
    return true;
}

static bool read_members(struct arena *arena, const json_t *json, struct manifest *m)
{
    int64_t version;
    json_t *tables, *audit;
    if (!json_get_int(json, "version", &version) || version != VERSION ||
        !json_get_string(json, "store", &m->store) || !json_get_string(json, "schema", &m->schema) ||
        !json_get_int(json, "time_ms", &m->time_ms) ||
        !json_get_string(json, "lapak_version", &m->lapak_version) ||
        !json_get_int(json, "schema_version", &m->schema_version) ||
        !json_get_string(json, "data_key", &m->data_key) || !json_get_object(json, "tables", &tables) ||
        !json_get_object(json, "audit", &audit) || !json_get_int(audit, "id", &m->audit_id) ||
        !json_get_string(audit, "hash", &m->audit_hash) || !json_get_int(json, "size", &m->size) ||
        !json_get_string(json, "sha256", &m->sha256) || !json_get_int(json, "verified_ms", &m->verified_ms))
        return false;
    const char **texts[] = {&m->store,    &m->schema,     &m->lapak_version,
                            &m->data_key, &m->audit_hash, &m->sha256};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        *texts[i] = arena_strdup(arena, *texts[i]);
    return read_tables(arena, tables, m);
}

bool manifest_parse(struct arena *arena, const uint8_t key[static CRYPTO_KEY_BYTES], const char *text,
                    size_t length, struct manifest *manifest_out, struct error *err)
{
    auto_json json_t *json = NULL;
    struct manifest manifest = {0};
    if (!json_parse(text, length, &json, err))
        return error_context(err, "manifest");
    if (!check_signature(arena, key, json, err))
        return false;
    if (!read_members(arena, json, &manifest))
        return error_set(err, ERR_INVALID, "the manifest is of another form: made by a newer lapakd?");
    *manifest_out = manifest;
    return true;
}

const char *manifest_difference(struct arena *arena, const struct manifest *manifest,
                                const struct manifest_count *tables, size_t table_count)
{
    for (size_t i = 0; i < manifest->table_count; i++) {
        const struct manifest_count *then = &manifest->tables[i];
        const struct manifest_count *now =
            table_count ? bsearch(then, tables, table_count, sizeof *tables, by_table) : NULL;
        if (!now)
            return arena_printf(arena, "table %s is missing", then->table);
        if (now->rows != then->rows)
            return arena_printf(arena, "%s: %" PRId64 " rows, not %" PRId64, then->table, now->rows,
                                then->rows);
    }
    if (table_count != manifest->table_count)
        return arena_printf(arena, "%zu tables, not %zu", table_count, manifest->table_count);
    return NULL;
}

int64_t manifest_rows(const struct manifest *manifest, const char *table)
{
    for (size_t i = 0; i < manifest->table_count; i++)
        if (str_equal(manifest->tables[i].table, table))
            return manifest->tables[i].rows;
    return 0;
}

int64_t manifest_all_rows(const struct manifest *manifest)
{
    int64_t rows = 0;
    for (size_t i = 0; i < manifest->table_count; i++)
        rows += manifest->tables[i].rows;
    return rows;
}

char *manifest_data_key(struct arena *arena, const uint8_t data_key[static CRYPTO_KEY_BYTES])
{
    uint8_t derived[CRYPTO_KEY_BYTES];
    crypto_derive_key(data_key, "backup:fingerprint", derived);
    return str_hex(arena, derived, FINGERPRINT);
}
