#include "telegram/upload.h"

#include <errno.h>
#include <qrencode.h>
#include <string.h>

#include "base/json.h"
#include "telegram/chart.h"
#include "telegram/picture.h"
#include "telegram/transport.h"

/* 8 pixels a module: a module's row is one byte of the picture, which makes drawing it cheap. */
enum { PIXELS_A_MODULE = 8, MARGIN_MODULES = 4 };
enum { MOST_MODULES = 177, WHITE = 0xff, BLACK = 0 };

static void free_qr(QRcode **qr)
{
    QRcode_free(*qr);
}

struct qr_rows {
    const QRcode *qr;
    uint8_t row[MOST_MODULES + 2 * MARGIN_MODULES];
};

/* The rows of a module are the same. */
static const uint8_t *qr_row(void *context, int pixel_y)
{
    struct qr_rows *rows = context;
    int width = rows->qr->width, y = pixel_y / PIXELS_A_MODULE - MARGIN_MODULES;
    if (pixel_y % PIXELS_A_MODULE)
        return rows->row;
    memset(rows->row, WHITE, sizeof rows->row);
    for (int x = 0; y >= 0 && y < width && x < width; x++)
        if (rows->qr->data[y * width + x] & 1)
            rows->row[MARGIN_MODULES + x] = BLACK;
    return rows->row;
}

bool upload_qr_png(struct arena *arena, const char *text, char **png_out, size_t *length_out,
                   struct error *err)
{
    QRcode *qr __attribute__((cleanup(free_qr))) = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
    if (!qr)
        return error_set(err, ERR_INVALID, "QR code: %s",
                         errno == ERANGE ? "the text is too long" : "can't be made of this text");
    struct str png = STR_INIT(arena);
    struct qr_rows rows = {.qr = qr};
    int side = (qr->width + 2 * MARGIN_MODULES) * PIXELS_A_MODULE;
    picture_png(
        &(struct picture){
            .width = side, .height = side, .kind = PICTURE_BITS, .row = qr_row, .context = &rows},
        &png);
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

static const char *text_type(const char *name)
{
    const char *end = strrchr(name, '.');
    return end && !strcmp(end, ".csv") ? "text/csv" : "text/plain";
}

static bool add_attachment(struct arena *arena, const struct outbox_message *message, struct str *body,
                           struct error *err)
{
    const char *text = message->attachment_text ? message->attachment_text : "";
    const char *name = plain_name(arena, message->attachment_name);
    char *png;
    size_t length;
    switch (message->attachment) {
    case ATTACH_QR_PNG:
        if (!upload_qr_png(arena, text, &png, &length, err))
            return false;
        add_file(body, "photo", "qr.png", "image/png", png, length);
        return true;
    case ATTACH_CHART_PNG:
        if (!chart_png(arena, text, &png, &length, err))
            return false;
        add_file(body, "photo", "chart.png", "image/png", png, length);
        return true;
    case ATTACH_TEXT_FILE:
        add_file(body, "document", name, text_type(name), text, strlen(text));
        return true;
    case ATTACH_NONE:
        break;
    }
    return error_set(err, ERR_INTERNAL, "attachment %d", (int)message->attachment);
}

bool upload_body(struct arena *arena, const struct outbox_message *message, struct str *body_out,
                 struct error *err)
{
    struct str body = STR_INIT(arena);
    add_field(&body, "chat_id", arena_printf(arena, "%lld", (long long)message->chat_id));
    const char *name;
    json_t *value;
    json_object_foreach(message->params, name, value)
    {
        bool is_text = json_is_string(value);
        add_field(&body, plain_name(arena, name),
                  is_text ? json_string_value(value) : json_text(arena, value));
    }
    if (!add_attachment(arena, message, &body, err))
        return false;
    str_addf(&body, "--%s--\r\n", transport_boundary());
    *body_out = body;
    return true;
}
