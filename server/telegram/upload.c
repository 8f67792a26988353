#include "telegram/upload.h"

#include <errno.h>
#include <png.h>
#include <qrencode.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "telegram/transport.h"

/* 8 pixels a module: a module's row is one byte of the picture, which makes drawing it cheap. */
enum { PIXELS_A_MODULE = 8, MARGIN_MODULES = 4 };
enum { MOST_MODULES = 177, WHITE = 0xff, BLACK = 0 };

static void free_qr(QRcode **qr)
{
    QRcode_free(*qr);
}

/* libpng must not get control back. With what it is given here it only ever complains of memory. */
static void give_up(png_structp png, png_const_charp message)
{
    abort();
}

static void ignore(png_structp png, png_const_charp message)
{
}

static void add_bytes(png_structp png, png_bytep bytes, size_t length)
{
    str_add_bytes(png_get_io_ptr(png), bytes, length);
}

static void write_png(const QRcode *qr, struct str *out)
{
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, give_up, ignore);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    if (!info)
        abort();
    int modules = qr->width + 2 * MARGIN_MODULES;
    png_uint_32 side = (png_uint_32)modules * PIXELS_A_MODULE;
    png_set_write_fn(png, out, add_bytes, NULL);
    png_set_IHDR(png, info, side, side, 1, PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_BASE,
                 PNG_FILTER_TYPE_BASE);
    /* A row like the one above becomes zeros: the least work that still makes a small file. */
    png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_UP);
    png_set_compression_level(png, 1);
    png_write_info(png, info);
    uint8_t row[MOST_MODULES + 2 * MARGIN_MODULES];
    for (int y = -MARGIN_MODULES; y < qr->width + MARGIN_MODULES; y++) {
        memset(row, WHITE, sizeof(row));
        for (int x = 0; y >= 0 && y < qr->width && x < qr->width; x++)
            if (qr->data[y * qr->width + x] & 1)
                row[MARGIN_MODULES + x] = BLACK;
        for (int i = 0; i < PIXELS_A_MODULE; i++)
            png_write_row(png, row);
    }
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
}

bool upload_qr_png(struct arena *arena, const char *text, char **png_out, size_t *length_out,
                   struct error *err)
{
    QRcode *qr __attribute__((cleanup(free_qr))) = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
    if (!qr)
        return error_set(err, ERR_INVALID, "QR code: %s",
                         errno == ERANGE ? "the text is too long" : "can't be made of this text");
    struct str png = STR_INIT(arena);
    write_png(qr, &png);
    *png_out = png.text;
    *length_out = png.length;
    return true;
}

/* A file name as it may stand in a header: nothing that ends the quotes or the line. */
static char *plain_name(struct arena *arena, const char *name)
{
    char *plain = arena_strdup(arena, name && *name ? name : "file.txt");
    for (char *p = plain; *p; p++)
        if ((unsigned char)*p < ' ' || *p == 0x7f || strchr("\"\\/", *p))
            *p = '_';
    return plain;
}

static void add_field(struct str *body, const char *name, const char *value)
{
    str_addf(body, "--%s\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n", transport_boundary(), name);
    str_add(body, value);
    str_add(body, "\r\n");
}

static void add_file(struct str *body, const char *field, const char *name, const char *type,
                     const void *bytes, size_t length)
{
    str_addf(
        body,
        "--%s\r\nContent-Disposition: form-data; name=\"%s\"; filename=\"%s\"\r\nContent-Type: %s\r\n\r\n",
        transport_boundary(), field, name, type);
    str_add_bytes(body, bytes, length);
    str_add(body, "\r\n");
}

bool upload_body(struct arena *arena, const struct outbox_message *message, struct str *body_out,
                 struct error *err)
{
    struct str body = STR_INIT(arena);
    const char *text = message->attachment_text ? message->attachment_text : "";
    add_field(&body, "chat_id", arena_printf(arena, "%lld", (long long)message->chat_id));
    const char *name;
    json_t *value;
    json_object_foreach(message->params, name, value)
    {
        bool is_text = json_is_string(value);
        add_field(&body, plain_name(arena, name),
                  is_text ? json_string_value(value) : json_text(arena, value));
    }
    if (message->attachment == ATTACH_QR_PNG) {
        char *png;
        size_t length;
        if (!upload_qr_png(arena, text, &png, &length, err))
            return false;
        add_file(&body, "photo", "qr.png", "image/png", png, length);
    } else {
        add_file(&body, "document", plain_name(arena, message->attachment_name), "text/plain", text,
                 strlen(text));
    }
    str_addf(&body, "--%s--\r\n", transport_boundary());
    *body_out = body;
    return true;
}
