/*
 * The encrypted file a backup is kept in: a header that says whose it is, and its contents in chunks of
 * 64 KiB, each sealed with AES-256-GCM. The key is derived from BACKUP_KEY and a random salt of the file's
 * own; chunks carry their number and whether they are the last, so that a flipped bit, a chunk moved or left
 * out, a cut-off end and anything added behind it are all found. Written and read as a stream: never more
 * than two chunks are in memory.
 *
 *     "LAPAKBK1"      8   what it is, and the version
 *     key id          8   tells a wrong key from a damaged file; says nothing of the key
 *     salt           32
 *     time            8   milliseconds since 1970, big endian
 *     name length     1
 *     name                bot_store_name, or "server"
 *     HMAC-SHA256    32   of all of the above
 *     chunks              65,536 bytes and a tag of 16 each, the last one shorter
 *
 * Errors: ERR_INVALID for what was changed, is no such file, or was made with another key; whatever the sink
 * or the source says otherwise. No error quotes what is inside.
 */
#pragma once

#include "base/crypto.h"
#include "base/error.h"

enum { CONTAINER_CHUNK = 64 * 1024, CONTAINER_MOST_NAME = 63 };

struct container_header {
    char store[CONTAINER_MOST_NAME + 1];
    int64_t time_ms;
};

/* Where bytes go, and where they come from; `length` 0 of a source is its end. */
struct container_sink {
    bool (*write)(void *context, const void *bytes, size_t length, struct error *err);
    void *context;
};
struct container_source {
    bool (*read)(void *context, void *bytes_out, size_t capacity, size_t *length_out, struct error *err);
    void *context;
};

struct container_writer;
/* Writes the header. The caller closes the writer. */
MUST_USE bool container_writer_open(const uint8_t key[static CRYPTO_KEY_BYTES],
                                    const struct container_header *header, struct container_sink sink,
                                    struct container_writer **writer_out, struct error *err);
MUST_USE bool container_write(struct container_writer *writer, const void *bytes, size_t length,
                              struct error *err);
/* Writes the last chunk. Without it the file is cut off, and found to be. */
MUST_USE bool container_finish(struct container_writer *writer, struct error *err);
void container_writer_close(struct container_writer **writer);

struct container_reader;
/* Reads and checks the header. The caller closes the reader. */
MUST_USE bool container_reader_open(const uint8_t key[static CRYPTO_KEY_BYTES],
                                    struct container_source source, struct container_header *header_out,
                                    struct container_reader **reader_out, struct error *err);
/* The next bytes of the contents, valid until the next call; length 0 at the end. What was handed out is
 * genuine, but only with that 0 is it known to be all. */
MUST_USE bool container_read(struct container_reader *reader, const void **bytes_out, size_t *length_out,
                             struct error *err);
void container_reader_close(struct container_reader **reader);
