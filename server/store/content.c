/* Values that are sealed with the store's vault and are no units: what all buyers of a product get, what an
 * admin did for one, and what buyers answered. */
#include <string.h>

#include "base/str.h"
#include "store/internal.h"

static bool is_text(const char *text, size_t most)
{
    return *text && str_is_utf8(text, strlen(text)) && str_utf8_length(text) <= most;
}

bool content_is_good(const char *content, const char *name)
{
    return is_text(content, name ? CONTENT_FILE_ID_CHARACTERS : CONTENT_CHARACTERS) &&
           (!name || is_text(name, CONTENT_NAME_CHARACTERS));
}

const char *content_identity(struct work *work, const char *what, int64_t id)
{
    return arena_printf(work->arena, "%s:%lld", what, (long long)id);
}

struct db_param content_seal(struct work *work, const char *identity, const void *plain, size_t length)
{
    size_t sealed_length;
    const void *sealed = vault_seal(work->arena, work->vault, identity, plain, length, &sealed_length);
    return P_BYTES(sealed, sealed_length);
}

bool content_open(struct work *work, const char *identity, const struct db_rows *rows, int row, int column,
                  const char **plain_out, size_t *length_out, struct error *err)
{
    size_t sealed_length, length = 0;
    char *plain = NULL;
    const void *sealed = db_bytes(work->arena, rows, row, column, &sealed_length);
    if (sealed &&
        !vault_open(work->arena, work->vault, identity, sealed, sealed_length, &plain, &length, err))
        return error_context(err, "%s", identity);
    *plain_out = plain;
    if (length_out)
        *length_out = length;
    return true;
}
