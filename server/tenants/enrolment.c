#include "tenants/enrolment.h"

#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/str.h"

static const struct db_scope server_scope = {.id = 1, .schema = "lapak", .role = ""};

enum { SECRET_LENGTH = 48 };

DB_SERVER_STATEMENT(
    stores_secrets,
    "SELECT bot_store_name, webhook_secret FROM stores ORDER BY bot_store_name COLLATE \"C\"");
DB_SERVER_STATEMENT(store_enrol,
                    "INSERT INTO stores (bot_store_name, schema_name, webhook_secret) VALUES ($1, $2, $3) "
                    "ON CONFLICT (bot_store_name) DO NOTHING");
DB_SERVER_STATEMENT(stores_listed,
                    "SELECT bot_store_name, state, state_reason, bot_username, state_since FROM stores "
                    "ORDER BY bot_store_name");

static char *identity(struct arena *arena, const char *name)
{
    return arena_printf(arena, "webhook_secret:%s", name);
}

static bool read_secrets(struct arena *arena, struct db_tx *tx, const struct vault *vault,
                         struct enrolment *stores, size_t count, struct error *err)
{
    struct db_rows rows;
    if (!db_query(tx, &stores_secrets, DB_NO_PARAMS, &rows, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        const char *name = stores[i].tenant->name;
        int low = 0, high = rows.count - 1;
        while (low <= high && !stores[i].webhook_secret) {
            int middle = (low + high) / 2, order = strcmp(name, db_text(&rows, middle, 0));
            if (order == 0) {
                size_t length = 0, plain_length;
                char *plain;
                void *sealed = db_bytes(arena, &rows, middle, 1, &length);
                if (!vault_open(arena, vault, identity(arena, name), sealed, length, &plain, &plain_length,
                                err))
                    return error_context(err,
                                         "%s: its webhook secret can't be opened; is DATA_ENCRYPTION_KEY the "
                                         "one this database "
                                         "was made with?",
                                         name);
                stores[i].webhook_secret = plain;
            } else if (order < 0) {
                high = middle - 1;
            } else {
                low = middle + 1;
            }
        }
    }
    return true;
}

static bool add_missing(struct arena *arena, struct db_tx *tx, const struct vault *vault,
                        struct enrolment *stores, size_t count, bool *added_out, struct error *err)
{
    bool added = false;
    for (size_t i = 0; i < count; i++) {
        const struct tenant *tenant = stores[i].tenant;
        if (stores[i].webhook_secret)
            continue;
        stores[i].is_new = true;
        const char *secret = crypto_random_word(arena, SECRET_LENGTH);
        size_t length;
        void *sealed =
            vault_seal(arena, vault, identity(arena, tenant->name), secret, strlen(secret), &length);
        if (!db_send(tx, &store_enrol,
                     DB_PARAMS(P_TEXT(tenant->name), P_TEXT(tenant->schema), P_BYTES(sealed, length)), NULL,
                     err))
            return false;
        added = true;
    }
    *added_out = added;
    return true;
}

bool enrol_stores(struct arena *arena, struct db *db, const struct vault *server_vault,
                  struct enrolment *stores, size_t count, struct error *err)
{
    auto_tx struct db_tx *tx = NULL;
    bool added = false;
    /* Read again after adding: another server may have been first, then its secret is the one. */
    return db_begin(db, &server_scope, &tx, err) &&
           read_secrets(arena, tx, server_vault, stores, count, err) &&
           add_missing(arena, tx, server_vault, stores, count, &added, err) &&
           (!added || read_secrets(arena, tx, server_vault, stores, count, err)) && db_commit(tx, err);
}

/* --- the owner's bot --- */

DB_SERVER_STATEMENT(owner_bot_enrol,
                    "INSERT INTO owner_bot (webhook_secret) VALUES ($1) ON CONFLICT DO NOTHING");
DB_SERVER_STATEMENT(owner_bot_secret, "SELECT webhook_secret FROM owner_bot");

static bool read_server_secret(struct arena *arena, struct db_tx *tx, const struct vault *vault,
                               const char **secret_out, struct error *err)
{
    struct db_rows rows;
    char *plain = NULL;
    size_t length, plain_length;
    if (!db_query(tx, &owner_bot_secret, DB_NO_PARAMS, &rows, err))
        return false;
    void *sealed = rows.count ? db_bytes(arena, &rows, 0, 0, &length) : NULL;
    if (sealed && !vault_open(arena, vault, identity(arena, TENANT_SERVER_NAME), sealed, length, &plain,
                              &plain_length, err))
        return error_context(err,
                             "the owner's bot: its webhook secret can't be opened; is DATA_ENCRYPTION_KEY "
                             "the one this database was made with?");
    *secret_out = plain;
    return true;
}

bool enrol_server(struct arena *arena, struct db *db, const struct vault *server_vault,
                  const char **webhook_secret_out, struct error *err)
{
    auto_tx struct db_tx *tx = NULL;
    const char *secret = NULL, *made = crypto_random_word(arena, SECRET_LENGTH);
    size_t length;
    void *sealed =
        vault_seal(arena, server_vault, identity(arena, TENANT_SERVER_NAME), made, strlen(made), &length);
    if (!db_begin(db, &server_scope, &tx, err) ||
        !db_send(tx, &owner_bot_enrol, DB_PARAMS(P_BYTES(sealed, length)), NULL, err) ||
        !read_server_secret(arena, tx, server_vault, &secret, err) || !db_commit(tx, err))
        return false;
    *webhook_secret_out = secret;
    return true;
}

bool enrolled_stores(struct arena *arena, struct db *db, struct enrolled_store **stores_out,
                     size_t *count_out, struct error *err)
{
    auto_tx struct db_tx *tx = NULL;
    struct db_rows rows;
    if (!db_begin(db, &server_scope, &tx, err) || !db_query(tx, &stores_listed, DB_NO_PARAMS, &rows, err))
        return error_context(err, "reading lapak.stores");
    struct enrolled_store *stores = ARENA_ARRAY(arena, struct enrolled_store, rows.count);
    for (int i = 0; i < rows.count; i++) {
        stores[i] = (struct enrolled_store){
            .name = db_text_copy(arena, &rows, i, 0),
            .state = db_text_copy(arena, &rows, i, 1),
            .reason = db_text_copy(arena, &rows, i, 2),
            .bot_username = db_text_copy(arena, &rows, i, 3),
            .since_ms = db_time(&rows, i, 4),
        };
    }
    *stores_out = stores;
    *count_out = (size_t)rows.count;
    return true;
}
