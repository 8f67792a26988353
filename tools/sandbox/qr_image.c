#include "qr_image.h"

#include <png.h>
#include <qrencode.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "chat.h"
#include "file.h"
#include "sandbox.h"
#include "transaction.h"

enum {
    SIDE_MOST = 4096, /* pixels of a picture that is looked at */
    MODULES_LEAST = 21,
    MODULES_MOST = 177,
    FINDER = 7, /* modules across each of the three corner marks */
    QUIET = 4,
};

struct picture {
    int width, height;
    unsigned char *grey;
};

static bool read_png(struct arena *arena, const void *png, size_t length, struct picture *picture_out)
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    if (!png_image_begin_read_from_memory(&image, png, length))
        return false;
    if (image.width > SIDE_MOST || image.height > SIDE_MOST) {
        png_image_free(&image);
        return false;
    }
    image.format = PNG_FORMAT_GRAY;
    png_color white = {255, 255, 255}; /* behind what is transparent */
    unsigned char *grey = arena_alloc(arena, PNG_IMAGE_SIZE(image));
    if (!png_image_finish_read(&image, &white, grey, 0, NULL)) {
        png_image_free(&image);
        return false;
    }
    *picture_out = (struct picture){.width = (int)image.width, .height = (int)image.height, .grey = grey};
    return true;
}

static bool is_dark(const struct picture *p, int x, int y)
{
    return p->grey[(size_t)y * (size_t)p->width + (size_t)x] < 128;
}

/* The code's square: the box around all that is dark. */
static bool find_box(const struct picture *p, int *left_out, int *top_out, int *side_out)
{
    int left = p->width, right = -1, top = p->height, bottom = -1;
    for (int y = 0; y < p->height; y++) {
        for (int x = 0; x < p->width; x++) {
            if (!is_dark(p, x, y))
                continue;
            left = x < left ? x : left;
            right = x > right ? x : right;
            top = y < top ? y : top;
            bottom = y;
        }
    }
    if (right < 0 || right - left != bottom - top)
        return false;
    *left_out = left;
    *top_out = top;
    *side_out = right - left + 1;
    return true;
}

bool qr_image_sample(struct arena *arena, const void *png, size_t length, struct qr_matrix *matrix_out)
{
    struct picture p;
    int left, top, side;
    if (!read_png(arena, png, length, &p) || !find_box(&p, &left, &top, &side))
        return false;
    int run = 0; /* the upper edge of the first corner mark */
    while (run < side && is_dark(&p, left + run, top))
        run++;
    if (run < FINDER)
        return false;
    double module = (double)run / FINDER;
    int size = (int)((double)side / module + 0.5);
    if (size < MODULES_LEAST || size > MODULES_MOST || (size - MODULES_LEAST) % 4 != 0)
        return false;
    module = (double)side / size;
    struct qr_matrix matrix = {.size = size, .dark = arena_alloc(arena, (size_t)size * (size_t)size)};
    for (int y = 0; y < size; y++)
        for (int x = 0; x < size; x++)
            matrix.dark[y * size + x] =
                is_dark(&p, left + (int)((x + 0.5) * module), top + (int)((y + 0.5) * module));
    *matrix_out = matrix;
    return true;
}

static bool same(const struct qr_matrix *matrix, const QRcode *code)
{
    if (!code || code->width != matrix->size)
        return false;
    for (int i = 0; i < matrix->size * matrix->size; i++)
        if ((code->data[i] & 1) != matrix->dark[i])
            return false;
    return true;
}

bool qr_image_is(const struct qr_matrix *matrix, const char *text)
{
    static const QRecLevel levels[] = {QR_ECLEVEL_M, QR_ECLEVEL_L, QR_ECLEVEL_Q, QR_ECLEVEL_H};
    bool found = false;
    for (size_t i = 0; i < sizeof levels / sizeof *levels && !found; i++) {
        /* libqrencode chooses segments of its own, or takes all as bytes. */
        QRcode *mixed = QRcode_encodeString(text, 0, levels[i], QR_MODE_8, 1);
        QRcode *bytes = same(matrix, mixed) ? NULL : QRcode_encodeString8bit(text, 0, levels[i]);
        found = same(matrix, mixed) || same(matrix, bytes);
        QRcode_free(mixed);
        QRcode_free(bytes);
    }
    return found;
}

const char *qr_image_of(struct sandbox *sandbox, struct message *message)
{
    int64_t now = (int64_t)sandbox->transactions.count + 1;
    if (!message->from_bot || message->qr || message->qr_looked_at == now)
        return message->qr;
    int64_t before = message->qr_looked_at > 0 ? message->qr_looked_at - 1 : 0;
    message->qr_looked_at = now;
    auto_arena struct arena *arena = arena_new();
    struct qr_matrix matrix;
    if (!qr_image_sample(arena, message->file->bytes, message->file->length, &matrix))
        return NULL;
    /* The newest first, and only those that came since the last look. */
    int64_t left = now - 1 - before;
    for (struct table_entry *e = sandbox->transactions.last; e && left > 0; e = e->before, left--) {
        const struct transaction *transaction = e->value;
        if (transaction->qr_string && qr_image_is(&matrix, transaction->qr_string)) {
            message->qr = xstrdup(transaction->qr_string);
            break;
        }
    }
    return message->qr;
}

char *qr_image_svg(struct arena *arena, const char *text)
{
    QRcode *code = QRcode_encodeString(text, 0, QR_ECLEVEL_M, QR_MODE_8, 1);
    if (!code)
        return NULL;
    struct str svg = STR_INIT(arena);
    int side = code->width + 2 * QUIET;
    str_addf(
        &svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"QRIS\" "
        "shape-rendering=\"crispEdges\"><rect width=\"%d\" height=\"%d\" fill=\"#fff\"/><path d=\"",
        side, side, side, side);
    for (int y = 0; y < code->width; y++)
        for (int x = 0; x < code->width; x++)
            if (code->data[y * code->width + x] & 1)
                str_addf(&svg, "M%d %dh1v1h-1z", x + QUIET, y + QUIET);
    str_add(&svg, "\"/></svg>");
    QRcode_free(code);
    return str_done(&svg);
}
