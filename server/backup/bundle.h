/*
 * What a backup holds, as one stream: a zip of ordinary entries (deflated, of lengths nobody has to know
 * beforehand) inside the encrypted container. The manifest is its first entry.
 *
 *     manifest.json       as backup/manifest.h writes it
 *     config/…            the store's file, its own settings and texts
 *     database.dump       pg_dump's custom format
 *     logs/DATE.log       the last days'
 */
#pragma once

#include "backup/container.h"

#define BUNDLE_MANIFEST "manifest.json"
#define BUNDLE_DUMP     "database.dump"

struct bundle_writer;
MUST_USE bool bundle_writer_open(const uint8_t key[static CRYPTO_KEY_BYTES],
                                 const struct container_header *header, struct container_sink sink,
                                 struct bundle_writer **writer_out, struct error *err);
/* Begins an entry; what is written from then on is its contents. */
MUST_USE bool bundle_entry(struct bundle_writer *writer, const char *name, struct error *err);
MUST_USE bool bundle_write(struct bundle_writer *writer, const void *bytes, size_t length, struct error *err);
/* The end of all of it; without it the file is cut off. */
MUST_USE bool bundle_finish(struct bundle_writer *writer, struct error *err);
void bundle_writer_close(struct bundle_writer **writer);

struct bundle_reader;
MUST_USE bool bundle_reader_open(const uint8_t key[static CRYPTO_KEY_BYTES], struct container_source source,
                                 struct container_header *header_out, struct bundle_reader **reader_out,
                                 struct error *err);
/* The next entry's name, valid until the next call; NULL behind the last one, and then all of the file was
 * read and is genuine. */
MUST_USE bool bundle_next(struct bundle_reader *reader, const char **name_out, struct error *err);
/* The entry's next bytes, valid until the next call; length 0 at its end. */
MUST_USE bool bundle_read(struct bundle_reader *reader, const void **bytes_out, size_t *length_out,
                          struct error *err);
void bundle_reader_close(struct bundle_reader **reader);
