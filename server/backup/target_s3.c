/* Backups in an S3-compatible store. What is put is collected a part at a time: one part is a plain PUT, more
 * are a multipart upload, which shows nothing until it is completed and leaves nothing when it is aborted.
 * What is got is asked for a range at a time, of one ETag. */
#include <stdlib.h>
#include <string.h>

#include "backup/s3.h"
#include "backup/s3_call.h"
#include "backup/target.h"
#include "base/str.h"

enum {
    PART_BYTES = 16 * 1024 * 1024,
    RANGE_BYTES = 4 * 1024 * 1024,
    MOST_PARTS = 10000, /* S3's */
    MOST_ANSWER = 4 * 1024 * 1024,
    MOST_PAGES = 10000,
};

struct own {
    struct s3 s3;
    const char *bucket;
    const char *prefix; /* "" or "lapak/" */
    size_t part_bytes;
};

struct target_put {
    struct target *target;
    char *key;
    char *part;
    size_t length;
    char *upload_id;     /* NULL until the second part */
    struct arena *arena; /* the ETags' */
    const char **etags;
    size_t part_count;
    int64_t sent; /* bytes in these */
};

struct target_get {
    struct target *target;
    char *key;
    struct arena *arena; /* of the range */
    const char *bytes;
    size_t length, used;
    int64_t offset, size; /* size -1: not known yet */
    char *etag;
};

static const struct s3_config *settings;
static size_t part_bytes;

void s3_configure(const struct s3_config *config, size_t bytes)
{
    settings = config;
    part_bytes = bytes ? bytes : PART_BYTES;
}

static struct own *own_of(const struct target *target)
{
    return target->own;
}

static const char *path_of(struct arena *arena, const struct own *own, const char *key)
{
    return arena_printf(arena, "/%s/%s%s", own->bucket, own->prefix, key);
}

/* "s3://bucket/pre/fix" */
static bool read_place(struct target *target, struct own *own, struct error *err)
{
    static const char bucket_letters[] = "abcdefghijklmnopqrstuvwxyz0123456789.-";
    static const char prefix_letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-/";
    const char *place = target->place + strlen("s3://");
    size_t length = strcspn(place, "/");
    const char *prefix = place[length] ? place + length + 1 : "";
    size_t prefix_length = strlen(prefix);
    while (prefix_length > 0 && prefix[prefix_length - 1] == '/')
        prefix_length--;
    if (length < 3 || length > 63 || strspn(place, bucket_letters) != length ||
        strspn(prefix, prefix_letters) != strlen(prefix) || prefix_length > 200)
        return error_set(err, ERR_INVALID, "%s: must be s3://BUCKET or s3://BUCKET/PREFIX", target->place);
    own->bucket = arena_memdup(target->arena, place, length);
    own->prefix = prefix_length ? arena_printf(target->arena, "%.*s/", (int)prefix_length, prefix) : "";
    return true;
}

/* The host as curl sends it: without the scheme's own port. */
static const char *host_of(struct arena *arena, const char *endpoint)
{
    char *host = arena_strdup(arena, strstr(endpoint, "://") + 3);
    const char *own_port = str_starts_with(endpoint, "https:") ? ":443" : ":80";
    size_t length = strlen(host), port = strlen(own_port);
    if (length > port && strcmp(host + length - port, own_port) == 0)
        host[length - port] = '\0';
    return host;
}

static bool s3_open(struct target *target, struct error *err)
{
    struct own *own = ARENA_NEW(target->arena, struct own);
    if (!settings || !settings->endpoint || !settings->access_key || !settings->secret_key)
        return error_set(err, ERR_INVALID, "%s: backup.s3.endpoint, access_key and secret_key have to be set",
                         target->place);
    if (!strstr(settings->endpoint, "://") || strchr(strstr(settings->endpoint, "://") + 3, '/'))
        return error_set(err, ERR_INVALID, "backup.s3.endpoint must be a URL without a path");
    if (!read_place(target, own, err))
        return false;
    own->part_bytes = part_bytes;
    own->s3 = (struct s3){
        .handle = curl_easy_init(),
        .origin = settings->endpoint,
        .host = host_of(target->arena, settings->endpoint),
        .key = {settings->access_key, settings->secret_key,
                settings->region ? settings->region : "us-east-1"},
        .place = target->place,
        .patience = (long)settings->patience,
    };
    if (!own->s3.handle)
        abort();
    target->own = own;
    return true;
}

static void s3_close(struct target *target)
{
    curl_easy_cleanup(own_of(target)->s3.handle);
}

/* --- putting --- */

static bool s3_put_begin(struct target *target, const char *key, struct target_put **put_out,
                         struct error *err)
{
    struct target_put *put = xcalloc(1, sizeof *put);
    put->target = target;
    put->key = xstrdup(key);
    put->part = malloc(own_of(target)->part_bytes);
    put->arena = arena_new();
    if (!put->part)
        abort();
    *put_out = put;
    return true;
}

static void put_free(struct target_put *put)
{
    free(put->key);
    free(put->part);
    free(put->upload_id);
    free(put->etags);
    arena_free(&put->arena);
    free(put);
}

static bool begin_upload(struct target_put *put, struct error *err)
{
    auto_arena struct arena *scratch = arena_new();
    struct own *own = own_of(put->target);
    struct s3_answer answer;
    const struct s3_request request = {.method = "POST",
                                       .path = path_of(scratch, own, put->key),
                                       .query = &(struct sigv4_pair){"uploads", ""},
                                       .query_count = 1,
                                       .most = MOST_ANSWER};
    if (!s3_call(&own->s3, scratch, &request, &answer, err))
        return false;
    const char *id = s3_element(scratch, answer.body, answer.length, "UploadId");
    if (!id || !*id)
        return error_set(err, ERR_RETRY, "%s: a multipart upload without an id", put->target->place);
    put->upload_id = xstrdup(id);
    return true;
}

static bool send_part(struct target_put *put, struct error *err)
{
    auto_arena struct arena *scratch = arena_new();
    struct own *own = own_of(put->target);
    if (put->part_count == MOST_PARTS)
        return error_set(err, ERR_INVALID, "%s: more than %d parts", put->target->place, MOST_PARTS);
    if (!put->upload_id && !begin_upload(put, err))
        return false;
    const struct sigv4_pair query[] = {{"partNumber", arena_printf(scratch, "%zu", put->part_count + 1)},
                                       {"uploadId", put->upload_id}};
    const struct s3_request request = {.method = "PUT",
                                       .path = path_of(scratch, own, put->key),
                                       .query = query,
                                       .query_count = 2,
                                       .body = put->part,
                                       .length = put->length,
                                       .most = MOST_ANSWER};
    struct s3_answer answer;
    if (!s3_call(&own->s3, scratch, &request, &answer, err))
        return error_context(err, "part %zu", put->part_count + 1);
    if (!*answer.etag)
        return error_set(err, ERR_RETRY, "%s: a part without an ETag", put->target->place);
    put->etags = xrealloc(put->etags, (put->part_count + 1) * sizeof *put->etags);
    put->etags[put->part_count++] = arena_strdup(put->arena, answer.etag);
    put->sent += (int64_t)put->length;
    put->length = 0;
    return true;
}

static bool s3_put_write(struct target_put *put, const void *bytes, size_t length, struct error *err)
{
    const size_t whole = own_of(put->target)->part_bytes;
    const char *from = bytes;
    while (length > 0) {
        if (put->length == whole && !send_part(put, err))
            return false;
        size_t step = length < whole - put->length ? length : whole - put->length;
        memcpy(put->part + put->length, from, step);
        put->length += step;
        from += step;
        length -= step;
    }
    return true;
}

static void s3_put_abort(struct target_put *put)
{
    if (put->upload_id) {
        auto_arena struct arena *scratch = arena_new();
        struct own *own = own_of(put->target);
        struct s3_answer answer;
        struct error ignored; /* the store's own rules clean up what stays */
        const struct s3_request request = {.method = "DELETE",
                                           .path = path_of(scratch, own, put->key),
                                           .query = &(struct sigv4_pair){"uploadId", put->upload_id},
                                           .query_count = 1,
                                           .most = MOST_ANSWER};
        (void)!s3_call(&own->s3, scratch, &request, &answer, &ignored);
    }
    put_free(put);
}

static bool put_plain(struct target_put *put, struct error *err)
{
    auto_arena struct arena *scratch = arena_new();
    struct own *own = own_of(put->target);
    struct s3_answer answer;
    const struct s3_request request = {.method = "PUT",
                                       .path = path_of(scratch, own, put->key),
                                       .body = put->part,
                                       .length = put->length,
                                       .most = MOST_ANSWER};
    return s3_call(&own->s3, scratch, &request, &answer, err);
}

/* Whether all that was sent lies there as one object. */
static bool is_whole(struct target_put *put)
{
    auto_arena struct arena *scratch = arena_new();
    struct own *own = own_of(put->target);
    struct s3_answer answer;
    struct error ignored;
    const struct s3_request request = {
        .method = "GET", .path = path_of(scratch, own, put->key), .range = "bytes=0-0", .most = MOST_ANSWER};
    return s3_call(&own->s3, scratch, &request, &answer, &ignored) && answer.whole_size == put->sent;
}

/* A completion may be answered 200 and be an error all the same; and one whose answer was lost is told, asked
 * for again, that there is no such upload. */
static bool complete(struct target_put *put, struct error *err)
{
    auto_arena struct arena *scratch = arena_new();
    struct own *own = own_of(put->target);
    struct str body = STR_INIT(scratch);
    str_add(&body, "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
    for (size_t i = 0; i < put->part_count; i++) {
        str_addf(&body, "<Part><PartNumber>%zu</PartNumber><ETag>", i + 1);
        str_add_html(&body, put->etags[i]);
        str_add(&body, "</ETag></Part>");
    }
    str_add(&body, "</CompleteMultipartUpload>");
    const struct s3_request request = {.method = "POST",
                                       .path = path_of(scratch, own, put->key),
                                       .query = &(struct sigv4_pair){"uploadId", put->upload_id},
                                       .query_count = 1,
                                       .body = str_done(&body),
                                       .length = body.length,
                                       .most = MOST_ANSWER};
    struct s3_answer answer;
    if (!s3_call(&own->s3, scratch, &request, &answer, err))
        return err->code == ERR_NOT_FOUND && is_whole(put);
    return s3_element(scratch, answer.body, answer.length, "Code") == NULL ||
           error_set(err, ERR_RETRY, "%s: the upload was not completed", put->target->place);
}

static bool s3_put_end(struct target_put *put, struct error *err)
{
    bool ok = !put->upload_id ? put_plain(put, err)
                              : (put->length == 0 || send_part(put, err)) && complete(put, err);
    if (ok)
        put_free(put);
    else
        s3_put_abort(put);
    return ok;
}

/* --- getting --- */

static bool s3_get_begin(struct target *target, const char *key, struct target_get **get_out,
                         struct error *err)
{
    struct target_get *get = xcalloc(1, sizeof *get);
    get->target = target;
    get->key = xstrdup(key);
    get->arena = arena_new();
    get->size = -1;
    *get_out = get;
    return true;
}

static void s3_get_end(struct target_get *get)
{
    free(get->key);
    free(get->etag);
    arena_free(&get->arena);
    free(get);
}

/* The next range. An object of no bytes has none: a store answers 416, which is a refusal; ours always have
 * some. */
static bool fetch(struct target_get *get, struct error *err)
{
    struct own *own = own_of(get->target);
    arena_reset(get->arena);
    get->bytes = NULL;
    get->length = get->used = 0;
    struct s3_answer answer;
    const struct s3_request request = {
        .method = "GET",
        .path = path_of(get->arena, own, get->key),
        .range = arena_printf(get->arena, "bytes=%lld-%lld", (long long)get->offset,
                              (long long)get->offset + RANGE_BYTES - 1),
        .match = get->etag,
        .most = RANGE_BYTES,
    };
    if (!s3_call(&own->s3, get->arena, &request, &answer, err))
        return error_context(err, "%s", get->key);
    if (answer.whole_size < 0 || answer.length == 0 || (get->size >= 0 && answer.whole_size != get->size) ||
        get->offset + (int64_t)answer.length > answer.whole_size)
        return error_set(err, ERR_RETRY, "%s: %s: not the range that was asked for", get->target->place,
                         get->key);
    if (!get->etag && *answer.etag)
        get->etag = xstrdup(answer.etag);
    get->size = answer.whole_size;
    get->bytes = answer.body;
    get->length = answer.length;
    get->offset += (int64_t)answer.length;
    return true;
}

static bool s3_get_read(struct target_get *get, void *bytes_out, size_t capacity, size_t *length_out,
                        struct error *err)
{
    if (get->used == get->length && get->offset != get->size && !fetch(get, err))
        return false;
    size_t left = get->length - get->used, step = left < capacity ? left : capacity;
    if (step > 0)
        memcpy(bytes_out, get->bytes + get->used, step);
    get->used += step;
    *length_out = step;
    return true;
}

/* --- listing, removing --- */

struct listing {
    struct arena *arena;
    const struct own *own;
    struct target_object *objects;
    size_t count, capacity;
};

static void add_object(void *context, const char *key, int64_t size)
{
    struct listing *listing = context;
    if (!str_starts_with(key, listing->own->prefix))
        return;
    key += strlen(listing->own->prefix);
    if (!target_is_key(key)) /* somebody else's */
        return;
    if (listing->count == listing->capacity) {
        size_t capacity = listing->capacity ? listing->capacity * 2 : 64;
        struct target_object *more = ARENA_ARRAY(listing->arena, struct target_object, capacity);
        for (size_t i = 0; i < listing->count; i++)
            more[i] = listing->objects[i];
        listing->objects = more;
        listing->capacity = capacity;
    }
    listing->objects[listing->count++] = (struct target_object){arena_strdup(listing->arena, key), size};
}

static bool s3_list(struct target *target, struct arena *arena, const char *prefix,
                    struct target_object **objects_out, size_t *count_out, struct error *err)
{
    struct own *own = own_of(target);
    struct listing listing = {.arena = arena, .own = own};
    const char *token = NULL;
    for (int page = 0; page < MOST_PAGES; page++) {
        auto_arena struct arena *scratch = arena_new();
        const struct sigv4_pair query[] = {{"list-type", "2"},
                                           {"prefix", arena_printf(scratch, "%s%s", own->prefix, prefix)},
                                           {"continuation-token", token}};
        const struct s3_request request = {.method = "GET",
                                           .path = arena_printf(scratch, "/%s", own->bucket),
                                           .query = query,
                                           .query_count = token ? 3 : 2,
                                           .most = MOST_ANSWER};
        struct s3_answer answer;
        if (!s3_call(&own->s3, scratch, &request, &answer, err))
            return error_context(err, "list");
        if (!s3_contents(scratch, answer.body, answer.length, add_object, &listing))
            return error_set(err, ERR_RETRY, "%s: a list that is not XML", target->place);
        const char *more = s3_element(scratch, answer.body, answer.length, "IsTruncated");
        const char *next = s3_element(scratch, answer.body, answer.length, "NextContinuationToken");
        if (!more || strcmp(more, "true") != 0 || !next || !*next) {
            *objects_out = listing.objects;
            *count_out = listing.count;
            return true;
        }
        token = arena_strdup(arena, next);
    }
    return error_set(err, ERR_INTERNAL, "%s: a list without an end", target->place);
}

static bool s3_remove(struct target *target, const char *key, struct error *err)
{
    auto_arena struct arena *scratch = arena_new();
    struct own *own = own_of(target);
    struct s3_answer answer;
    const struct s3_request request = {
        .method = "DELETE", .path = path_of(scratch, own, key), .most = MOST_ANSWER};
    return s3_call(&own->s3, scratch, &request, &answer, err) || err->code == ERR_NOT_FOUND;
}

const struct target_kind target_s3 = {
    .prefix = "s3://",
    .open = s3_open,
    .close = s3_close,
    .put_begin = s3_put_begin,
    .put_write = s3_put_write,
    .put_end = s3_put_end,
    .put_abort = s3_put_abort,
    .get_begin = s3_get_begin,
    .get_read = s3_get_read,
    .get_end = s3_get_end,
    .list = s3_list,
    .remove = s3_remove,
};
