#include "backup/container.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto_stream.h"
#include "base/str.h"

enum {
    MAGIC = 8,
    KEY_ID = 8,
    SALT = 32,
    TIME = 8,
    FIXED = MAGIC + KEY_ID + SALT + TIME + 1, /* up to the name */
    MAC = 32,
    MOST_HEADER = FIXED + CONTAINER_MOST_NAME + MAC,
    SEALED = CONTAINER_CHUNK + CRYPTO_CHUNK_OVERHEAD,
};

static const uint8_t magic[MAGIC] = {'L', 'A', 'P', 'A', 'K', 'B', 'K', '1'};

struct container_writer {
    struct container_sink sink;
    struct crypto_stream *stream;
    size_t held; /* plain bytes; the last chunk is only known at the end */
    uint8_t plain[CONTAINER_CHUNK];
    uint8_t sealed[SEALED];
};

struct container_reader {
    struct container_source source;
    struct crypto_stream *stream;
    uint64_t offset; /* of the chunk in `sealed`, for complaints */
    size_t held;     /* sealed bytes read ahead */
    bool ended;
    uint8_t plain[CONTAINER_CHUNK];
    uint8_t sealed[SEALED + 1]; /* one more, to know whether a chunk is the last */
};

/* --- keys --- */

static void key_id_of(const uint8_t key[static CRYPTO_KEY_BYTES], uint8_t id_out[static KEY_ID])
{
    uint8_t derived[CRYPTO_KEY_BYTES];
    crypto_derive_key(key, "backup:key-id", derived);
    memcpy(id_out, derived, KEY_ID);
}

static void derive(const uint8_t key[static CRYPTO_KEY_BYTES], const char *purpose, const uint8_t *salt,
                   uint8_t derived_out[static CRYPTO_KEY_BYTES])
{
    auto_arena struct arena *arena = arena_new();
    crypto_derive_key(key, arena_printf(arena, "backup:%s:%s", purpose, str_hex(arena, salt, SALT)),
                      derived_out);
}

static void mac_of(const uint8_t key[static CRYPTO_KEY_BYTES], const uint8_t *header, size_t length,
                   uint8_t mac_out[static MAC])
{
    uint8_t mac_key[CRYPTO_KEY_BYTES];
    derive(key, "header", header + MAGIC + KEY_ID, mac_key);
    crypto_hmac_sha256(mac_key, sizeof mac_key, header, length, mac_out);
}

static struct crypto_stream *stream_of(const uint8_t key[static CRYPTO_KEY_BYTES], const uint8_t *header,
                                       size_t length)
{
    uint8_t chunk_key[CRYPTO_KEY_BYTES];
    derive(key, "chunks", header + MAGIC + KEY_ID, chunk_key);
    return crypto_stream_new(chunk_key, header, length);
}

/* --- writing --- */

static size_t make_header(const uint8_t key[static CRYPTO_KEY_BYTES], const struct container_header *header,
                          uint8_t bytes_out[static MOST_HEADER])
{
    uint8_t *p = bytes_out;
    size_t name_length = strlen(header->store);
    memcpy(p, magic, MAGIC);
    p += MAGIC;
    key_id_of(key, p);
    p += KEY_ID;
    crypto_random(p, SALT);
    p += SALT;
    for (int i = 0; i < TIME; i++)
        *p++ = (uint8_t)((uint64_t)header->time_ms >> (56 - 8 * i));
    *p++ = (uint8_t)name_length;
    memcpy(p, header->store, name_length);
    p += name_length;
    mac_of(key, bytes_out, (size_t)(p - bytes_out), p);
    return (size_t)(p - bytes_out) + MAC;
}

bool container_writer_open(const uint8_t key[static CRYPTO_KEY_BYTES], const struct container_header *header,
                           struct container_sink sink, struct container_writer **writer_out,
                           struct error *err)
{
    uint8_t bytes[MOST_HEADER] = {0};
    size_t length = make_header(key, header, bytes);
    if (!sink.write(sink.context, bytes, length, err))
        return false;
    struct container_writer *writer = xcalloc(1, sizeof *writer);
    writer->sink = sink;
    writer->stream = stream_of(key, bytes, length);
    *writer_out = writer;
    return true;
}

static bool write_chunk(struct container_writer *writer, bool last, struct error *err)
{
    crypto_stream_seal(writer->stream, writer->plain, writer->held, last, writer->sealed);
    size_t length = writer->held + CRYPTO_CHUNK_OVERHEAD;
    writer->held = 0;
    return writer->sink.write(writer->sink.context, writer->sealed, length, err);
}

bool container_write(struct container_writer *writer, const void *bytes, size_t length, struct error *err)
{
    const uint8_t *from = bytes;
    while (length) {
        if (writer->held == CONTAINER_CHUNK && !write_chunk(writer, false, err))
            return false;
        size_t room = CONTAINER_CHUNK - writer->held, take = length < room ? length : room;
        memcpy(writer->plain + writer->held, from, take);
        writer->held += take;
        from += take;
        length -= take;
    }
    return true;
}

bool container_finish(struct container_writer *writer, struct error *err)
{
    return write_chunk(writer, true, err);
}

void container_writer_close(struct container_writer **writer)
{
    if (!*writer)
        return;
    crypto_stream_free(&(*writer)->stream);
    free(*writer);
    *writer = NULL;
}

/* --- reading --- */

/* Reads until `length` bytes are there or the source ends. */
static bool fill(struct container_source *source, uint8_t *bytes_out, size_t length, size_t *got_out,
                 struct error *err)
{
    size_t got = 0, step = 1;
    while (got < length && step) {
        if (!source->read(source->context, bytes_out + got, length - got, &step, err))
            return false;
        got += step;
    }
    *got_out = got;
    return true;
}

static bool parse_header(const uint8_t key[static CRYPTO_KEY_BYTES], const uint8_t *bytes, size_t length,
                         struct container_header *header_out, struct error *err)
{
    struct container_header header = {0};
    uint8_t id[KEY_ID], mac[MAC];
    key_id_of(key, id);
    if (!crypto_equal(id, KEY_ID, bytes + MAGIC, KEY_ID))
        return error_set(err, ERR_INVALID, "the backup was made with another BACKUP_KEY");
    mac_of(key, bytes, length, mac);
    if (!crypto_equal(mac, MAC, bytes + length, MAC))
        return error_set(err, ERR_INVALID, "the backup is damaged: its beginning was changed");
    for (int i = 0; i < TIME; i++)
        header.time_ms = (int64_t)((uint64_t)header.time_ms << 8 | bytes[MAGIC + KEY_ID + SALT + i]);
    memcpy(header.store, bytes + FIXED, length - FIXED);
    *header_out = header;
    return true;
}

bool container_reader_open(const uint8_t key[static CRYPTO_KEY_BYTES], struct container_source source,
                           struct container_header *header_out, struct container_reader **reader_out,
                           struct error *err)
{
    uint8_t bytes[MOST_HEADER];
    size_t got;
    if (!fill(&source, bytes, FIXED, &got, err))
        return false;
    if (got < MAGIC || memcmp(bytes, magic, MAGIC) != 0)
        return error_set(err, ERR_INVALID, "this is no backup of Lapak's, or its beginning was changed");
    size_t name_length = got == FIXED ? bytes[FIXED - 1] : 0, length = FIXED + name_length;
    if (got < FIXED || name_length > CONTAINER_MOST_NAME)
        return error_set(err, ERR_INVALID, "the backup is damaged: its beginning was changed");
    if (!fill(&source, bytes + FIXED, name_length + MAC, &got, err))
        return false;
    if (got < name_length + MAC)
        return error_set(err, ERR_INVALID, "the backup is damaged: it is cut off");
    struct container_header header;
    if (!parse_header(key, bytes, length, &header, err))
        return false;
    struct container_reader *reader = xcalloc(1, sizeof *reader);
    reader->source = source;
    reader->stream = stream_of(key, bytes, length + MAC);
    reader->offset = length + MAC;
    *header_out = header;
    *reader_out = reader;
    return true;
}

bool container_read(struct container_reader *reader, const void **bytes_out, size_t *length_out,
                    struct error *err)
{
    size_t got, length;
    while (!reader->ended) {
        if (!fill(&reader->source, reader->sealed + reader->held, sizeof reader->sealed - reader->held, &got,
                  err))
            return false;
        reader->held += got;
        bool last = reader->held <= SEALED;
        length = last ? reader->held : SEALED;
        if (!crypto_stream_open(reader->stream, reader->sealed, length, last, reader->plain))
            return error_set(err, ERR_INVALID, "the backup is damaged: changed or cut off at byte %llu",
                             (unsigned long long)reader->offset);
        reader->offset += length;
        reader->held -= length;
        memmove(reader->sealed, reader->sealed + length, reader->held);
        reader->ended = last;
        if (length > CRYPTO_CHUNK_OVERHEAD) {
            *bytes_out = reader->plain;
            *length_out = length - CRYPTO_CHUNK_OVERHEAD;
            return true;
        }
    }
    *bytes_out = reader->plain;
    *length_out = 0;
    return true;
}

void container_reader_close(struct container_reader **reader)
{
    if (!*reader)
        return;
    crypto_stream_free(&(*reader)->stream);
    free(*reader);
    *reader = NULL;
}
