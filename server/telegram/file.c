#include "telegram/file.h"

#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "telegram/api.h"
#include "telegram/transport.h"

enum { FILE_MS = 10000, MOST_PATH = 256 };

/* "documents/file_7.txt": segments of harmless characters, as the Bot API gives them. */
static bool is_path(const char *path)
{
    size_t length = strlen(path);
    return length > 0 && length <= MOST_PATH && *path != '/' && !strstr(path, "..") &&
           strspn(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./") == length;
}

static bool find_path(const char *api_base, const char *token, const char *file_id, size_t most,
                      struct arena *arena, const char **path_out, struct error *err)
{
    auto_json json_t *params = json_pack("{s:s}", "file_id", file_id);
    auto_json json_t *result = NULL;
    const char *path;
    int64_t size = 0;
    bool unauthorized;
    if (!telegram_call(api_base, token, "getFile", params, &result, &unauthorized, err)) {
        if (err->code == ERR_REFUSED && !unauthorized)
            err->code = ERR_NOT_FOUND;
        return error_context(err, "file");
    }
    json_get_int(result, "file_size", &size);
    if (size > (int64_t)most)
        return error_set(err, ERR_INVALID, "file: longer than %zu bytes", most);
    if (!json_get_string(result, "file_path", &path) || !is_path(path))
        return error_set(err, ERR_RETRY, "file: an answer without a path");
    *path_out = arena_strdup(arena, path);
    return true;
}

/* {api_base}/file/bot{token}/{path} */
static bool url_of(const char *api_base, const char *token, const char *path, struct arena *arena,
                   const char **url_out)
{
    char prefix[TRANSPORT_MOST_URL];
    const char *base = arena_printf(arena, "%s/file", api_base);
    if (!transport_prefix(base, token, prefix))
        return false;
    *url_out = arena_printf(arena, "%s%s", prefix, path);
    return true;
}

static bool fetch(CURL *easy, struct transport_answer *answer, const char *url, struct error *err)
{
    long status = 0;
    curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    CURLcode code = curl_easy_perform(easy);
    if (code == CURLE_WRITE_ERROR)
        return error_set(err, ERR_INVALID, "file: longer than %zu bytes", answer->most);
    if (code != CURLE_OK)
        return error_set(err, ERR_RETRY, "file: %s", curl_easy_strerror(code));
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    if (status == 200)
        return true;
    return error_set(err, status == 404 ? ERR_NOT_FOUND : ERR_RETRY, "file: answered with %ld", status);
}

bool telegram_download(const char *api_base, const char *token, const char *file_id, size_t most,
                       struct arena *arena, char **bytes_out, size_t *length_out, struct error *err)
{
    const char *path, *url;
    if (!find_path(api_base, token, file_id, most, arena, &path, err))
        return false;
    if (!url_of(api_base, token, path, arena, &url))
        return error_set(err, ERR_INVALID, "file: an address that is too long");
    struct transport_answer answer = {.most = most};
    CURL *easy = transport_new(&answer, TRANSPORT_CONNECT_MS, FILE_MS);
    bool ok = fetch(easy, &answer, url, err);
    if (ok) {
        char *bytes = arena_alloc(arena, answer.length + 1);
        if (answer.length)
            memcpy(bytes, answer.bytes, answer.length);
        bytes[answer.length] = '\0';
        *bytes_out = bytes;
        *length_out = answer.length;
    }
    curl_easy_cleanup(easy);
    transport_answer_free(&answer);
    return ok;
}
