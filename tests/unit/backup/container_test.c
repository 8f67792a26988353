#include "backup/container.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"

static const uint8_t key[CRYPTO_KEY_BYTES] = "0123456789abcdef0123456789abcde";

struct bytes {
    uint8_t *at;
    size_t length, capacity, read;
    size_t room;       /* of a sink: where it fails; 0: never */
    size_t most_given; /* of a source: bytes at once; 0: all */
};

static bool sink_write(void *context, const void *bytes, size_t length, struct error *err)
{
    struct bytes *b = context;
    if (b->room && b->length + length > b->room)
        return error_set(err, ERR_RETRY, "no room");
    if (b->length + length > b->capacity) {
        b->capacity = 2 * (b->length + length);
        b->at = xrealloc(b->at, b->capacity);
    }
    memcpy(b->at + b->length, bytes, length);
    b->length += length;
    return true;
}

static bool source_read(void *context, void *bytes_out, size_t capacity, size_t *length_out,
                        struct error *err)
{
    struct bytes *b = context;
    size_t left = b->length - b->read, take = left < capacity ? left : capacity;
    if (b->most_given && take > b->most_given)
        take = b->most_given;
    memcpy(bytes_out, b->at + b->read, take);
    b->read += take;
    *length_out = take;
    return true;
}

static uint8_t *plain_of(size_t length)
{
    uint8_t *plain = xcalloc(1, length + 1);
    for (size_t i = 0; i < length; i++)
        plain[i] = (uint8_t)(i * 31 + i / 251);
    return plain;
}

static void make(struct bytes *file, size_t length, size_t step)
{
    struct error err;
    struct container_writer *writer;
    const struct container_header header = {.store = "kopi-digital", .time_ms = 1795374000123};
    auto_freep uint8_t *plain = plain_of(length);
    assert_true(
        container_writer_open(key, &header, (struct container_sink){sink_write, file}, &writer, &err));
    for (size_t at = 0; at < length; at += step)
        assert_true(container_write(writer, plain + at, length - at < step ? length - at : step, &err));
    assert_true(container_finish(writer, &err));
    container_writer_close(&writer);
}

/* Reads all of it; what came before a fault must be genuine. */
static bool reads(const struct bytes *file, const uint8_t *with, size_t length, struct error *err)
{
    struct bytes source = *file;
    struct container_reader *reader;
    struct container_header header;
    auto_freep uint8_t *plain = plain_of(length);
    source.read = 0;
    if (!container_reader_open(with, (struct container_source){source_read, &source}, &header, &reader, err))
        return false;
    assert_string_equal(header.store, "kopi-digital");
    assert_int_equal(header.time_ms, 1795374000123);
    size_t got = 0, n = 1;
    bool ok = true;
    while (ok && n) {
        const void *bytes;
        ok = container_read(reader, &bytes, &n, err);
        if (ok && n) {
            assert_true(got + n <= length);
            assert_memory_equal(bytes, plain + got, n);
            got += n;
        }
    }
    container_reader_close(&reader);
    if (ok)
        assert_int_equal(got, length);
    return ok;
}

static void what_goes_in_comes_out(void **unused)
{
    static const size_t lengths[] = {
        0, 1, CONTAINER_CHUNK - 1, CONTAINER_CHUNK, CONTAINER_CHUNK + 1, 3 * CONTAINER_CHUNK, 200001};
    static const size_t steps[] = {7, 4096, CONTAINER_CHUNK, 150000};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        for (size_t k = 0; k < sizeof steps / sizeof *steps; k++) {
            struct bytes file = {.most_given = k % 2 ? 1000 : 0};
            struct error err;
            make(&file, lengths[i], steps[k]);
            assert_true(reads(&file, key, lengths[i], &err));
            free(file.at);
        }
    }
}

static void each_flipped_bit_is_found(void **unused)
{
    struct bytes file = {0};
    struct error err;
    const size_t length = CONTAINER_CHUNK + 100;
    make(&file, length, 5000);
    /* all of the header and of the last chunk, a sample of what lies between */
    for (size_t i = 0; i < file.length; i += i < 200 || i > file.length - 150 ? 1 : 4999) {
        for (int bit = 0; bit < 8; bit++) {
            file.at[i] ^= (uint8_t)(1 << bit);
            assert_false(reads(&file, key, length, &err));
            assert_int_equal(err.code, ERR_INVALID);
            file.at[i] ^= (uint8_t)(1 << bit);
        }
    }
    assert_true(reads(&file, key, length, &err));
    free(file.at);
}

static void a_cut_off_end_is_found(void **unused)
{
    struct bytes file = {0};
    struct error err;
    const size_t length = 2 * CONTAINER_CHUNK;
    make(&file, length, 5000);
    size_t whole = file.length, header = whole - 2 * (CONTAINER_CHUNK + 16);
    for (file.length = 0; file.length < whole; file.length += file.length < 300 ? 1 : 1201)
        assert_false(reads(&file, key, length, &err));
    file.length = header + CONTAINER_CHUNK + 16; /* at a chunk's border */
    assert_false(reads(&file, key, length, &err));
    file.length = header;
    assert_false(reads(&file, key, length, &err));
    free(file.at);
}

static void what_is_added_moved_or_left_out_is_found(void **unused)
{
    enum { SEALED = CONTAINER_CHUNK + 16 };
    struct bytes file = {0}, other = {0};
    struct error err;
    const size_t length = 3 * CONTAINER_CHUNK;
    make(&file, length, 5000);
    make(&other, length, 5000);
    size_t header = file.length - 3 * SEALED;
    auto_freep uint8_t *first = xcalloc(1, SEALED), *copy = xcalloc(1, file.length);
    memcpy(copy, file.at, file.length);
    memcpy(first, file.at + header, SEALED);

    memcpy(file.at + header, copy + header + SEALED, SEALED); /* two chunks change places */
    memcpy(file.at + header + SEALED, first, SEALED);
    assert_false(reads(&file, key, length, &err));

    memcpy(file.at, copy, file.length);
    memmove(file.at + header, file.at + header + SEALED, 2 * SEALED); /* the first is gone */
    file.length -= SEALED;
    assert_false(reads(&file, key, length, &err));

    file.length += SEALED;
    memcpy(file.at, copy, file.length);
    memcpy(file.at + header + SEALED, other.at + header + SEALED,
           SEALED); /* of another file, the same text */
    assert_false(reads(&file, key, length, &err));

    memcpy(file.at, copy, file.length);
    assert_true(sink_write(&file, "x", 1, &err)); /* something behind it */
    assert_false(reads(&file, key, length, &err));
    assert_true(sink_write(&file, first, SEALED, &err));
    assert_false(reads(&file, key, length, &err));
    free(file.at);
    free(other.at);
}

static void another_key_is_told_from_damage(void **unused)
{
    static const uint8_t wrong[CRYPTO_KEY_BYTES] = "another key another key another";
    struct bytes file = {0}, noise = {0};
    struct error err;
    make(&file, 1000, 1000);
    assert_false(reads(&file, wrong, 1000, &err));
    assert_non_null(strstr(err.text, "another BACKUP_KEY"));
    file.at[file.length - 1] ^= 1;
    assert_false(reads(&file, key, 1000, &err));
    assert_non_null(strstr(err.text, "damaged"));
    assert_true(sink_write(&noise, "PK\3\4 an ordinary zip", 21, &err));
    assert_false(reads(&noise, key, 1000, &err));
    assert_non_null(strstr(err.text, "no backup"));
    free(file.at);
    free(noise.at);
}

static void nothing_of_the_contents_is_readable(void **unused)
{
    struct bytes file = {0};
    struct error err;
    struct container_writer *writer;
    const struct container_header header = {.store = "kopi", .time_ms = 1};
    assert_true(
        container_writer_open(key, &header, (struct container_sink){sink_write, &file}, &writer, &err));
    assert_true(container_write(writer, "mail1:pass1", 11, &err));
    assert_true(container_finish(writer, &err));
    container_writer_close(&writer);
    assert_null(memmem(file.at, file.length, "mail1", 5));
    free(file.at);
}

static void a_sink_that_fails_is_told(void **unused)
{
    struct bytes file = {.room = 70000};
    struct error err;
    struct container_writer *writer;
    const struct container_header header = {.store = "kopi", .time_ms = 1};
    auto_freep uint8_t *plain = plain_of(200000);
    assert_true(
        container_writer_open(key, &header, (struct container_sink){sink_write, &file}, &writer, &err));
    assert_false(container_write(writer, plain, 200000, &err));
    assert_string_equal(err.text, "no room");
    container_writer_close(&writer);
    free(file.at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_goes_in_comes_out),
        cmocka_unit_test(each_flipped_bit_is_found),
        cmocka_unit_test(a_cut_off_end_is_found),
        cmocka_unit_test(what_is_added_moved_or_left_out_is_found),
        cmocka_unit_test(another_key_is_told_from_damage),
        cmocka_unit_test(nothing_of_the_contents_is_readable),
        cmocka_unit_test(a_sink_that_fails_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
