#include "backup/bundle.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"

enum { PLAIN_BUFFER = 64 * 1024 };

struct bundle_writer {
    struct archive *archive;
    struct container_writer *container;
    struct error error; /* of the container or what is behind it */
    bool closing;       /* what comes now is not wanted any more */
};

struct bundle_reader {
    struct archive *archive;
    struct container_reader *container;
    struct error error;
    char buffer[PLAIN_BUFFER];
};

/* What is behind the archive says it better than the archive. */
static bool failed(struct archive *archive, const struct error *behind, struct error *err)
{
    if (behind->code) {
        *err = *behind;
        return false;
    }
    const char *why = archive_error_string(archive);
    return error_set(err, ERR_INVALID, "the backup's archive: %s", why ? why : "not as it should be");
}

/* --- writing --- */

/* libarchive frees what it compresses with only at an entry's proper end, so it is never told of a failure:
 * its bytes then go nowhere, and our callers are told. */
static la_ssize_t on_write(struct archive *archive, void *context, const void *bytes, size_t length)
{
    struct bundle_writer *writer = context;
    if (!writer->closing && !writer->error.code)
        (void)!container_write(writer->container, bytes, length, &writer->error);
    return (la_ssize_t)length;
}

static bool check(const struct bundle_writer *writer, bool ok, struct error *err)
{
    return (ok && !writer->error.code) || failed(writer->archive, &writer->error, err);
}

bool bundle_writer_open(const uint8_t key[static CRYPTO_KEY_BYTES], const struct container_header *header,
                        struct container_sink sink, struct bundle_writer **writer_out, struct error *err)
{
    struct container_writer *container;
    if (!container_writer_open(key, header, sink, &container, err))
        return false;
    struct bundle_writer *writer = xcalloc(1, sizeof *writer);
    writer->container = container;
    writer->archive = archive_write_new();
    if (archive_write_set_format_zip(writer->archive) != ARCHIVE_OK ||
        archive_write_set_options(writer->archive, "zip:compression=deflate,zip:compression-level=6") !=
            ARCHIVE_OK ||
        archive_write_set_bytes_in_last_block(writer->archive, 1) != ARCHIVE_OK ||
        archive_write_open(writer->archive, writer, NULL, on_write, NULL) != ARCHIVE_OK) {
        failed(writer->archive, &writer->error, err);
        bundle_writer_close(&writer);
        return false;
    }
    *writer_out = writer;
    return true;
}

bool bundle_entry(struct bundle_writer *writer, const char *name, struct error *err)
{
    struct archive_entry *entry = archive_entry_new();
    archive_entry_set_pathname(entry, name);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0600);
    archive_entry_unset_size(entry);
    bool ok = archive_write_header(writer->archive, entry) == ARCHIVE_OK;
    archive_entry_free(entry);
    return check(writer, ok, err);
}

bool bundle_write(struct bundle_writer *writer, const void *bytes, size_t length, struct error *err)
{
    return check(writer, !length || archive_write_data(writer->archive, bytes, length) == (la_ssize_t)length,
                 err);
}

bool bundle_finish(struct bundle_writer *writer, struct error *err)
{
    return check(writer, archive_write_close(writer->archive) == ARCHIVE_OK, err) &&
           container_finish(writer->container, err);
}

void bundle_writer_close(struct bundle_writer **writer)
{
    if (!*writer)
        return;
    (*writer)->closing = true;
    archive_write_free((*writer)->archive);
    container_writer_close(&(*writer)->container);
    free(*writer);
    *writer = NULL;
}

/* --- reading --- */

static la_ssize_t on_read(struct archive *archive, void *context, const void **bytes_out)
{
    struct bundle_reader *reader = context;
    size_t length;
    if (container_read(reader->container, bytes_out, &length, &reader->error))
        return (la_ssize_t)length;
    archive_set_error(archive, EIO, "not read");
    return -1;
}

bool bundle_reader_open(const uint8_t key[static CRYPTO_KEY_BYTES], struct container_source source,
                        struct container_header *header_out, struct bundle_reader **reader_out,
                        struct error *err)
{
    struct container_reader *container;
    struct container_header header;
    if (!container_reader_open(key, source, &header, &container, err))
        return false;
    struct bundle_reader *reader = xcalloc(1, sizeof *reader);
    reader->container = container;
    reader->archive = archive_read_new();
    if (archive_read_support_format_zip_streamable(reader->archive) != ARCHIVE_OK ||
        archive_read_open(reader->archive, reader, NULL, on_read, NULL) != ARCHIVE_OK) {
        failed(reader->archive, &reader->error, err);
        bundle_reader_close(&reader);
        return false;
    }
    *header_out = header;
    *reader_out = reader;
    return true;
}

/* The archive ends before the file does. */
static bool read_rest(struct bundle_reader *reader, struct error *err)
{
    const void *bytes;
    size_t length = 1;
    while (length) {
        if (!container_read(reader->container, &bytes, &length, err))
            return false;
    }
    return true;
}

bool bundle_next(struct bundle_reader *reader, const char **name_out, struct error *err)
{
    struct archive_entry *entry;
    int code = archive_read_next_header(reader->archive, &entry);
    if (code == ARCHIVE_EOF) {
        if (!read_rest(reader, err))
            return false;
        *name_out = NULL;
        return true;
    }
    const char *name = code == ARCHIVE_OK ? archive_entry_pathname(entry) : NULL;
    if (!name)
        return failed(reader->archive, &reader->error, err);
    *name_out = name;
    return true;
}

bool bundle_read(struct bundle_reader *reader, const void **bytes_out, size_t *length_out, struct error *err)
{
    la_ssize_t n = archive_read_data(reader->archive, reader->buffer, sizeof reader->buffer);
    if (n < 0)
        return failed(reader->archive, &reader->error, err);
    *bytes_out = reader->buffer;
    *length_out = (size_t)n;
    return true;
}

void bundle_reader_close(struct bundle_reader **reader)
{
    if (!*reader)
        return;
    archive_read_free((*reader)->archive);
    container_reader_close(&(*reader)->container);
    free(*reader);
    *reader = NULL;
}
