#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <png.h>
#include <qrencode.h>
#include <string.h>

#include "qr_image.h"

static const char TEXT[] =
    "00020101021226610016ID.CO.SHOPEE.WWW01189360091800216005230208216005230303UME6304A079";

/* Draws a code as our own programs would: `scale` pixels a module, `margin` modules of white around it. */
static png_alloc_size_t draw(struct arena *arena, const QRcode *code, int scale, int margin, bool transparent,
                             unsigned char **png_out)
{
    int side = (code->width + 2 * margin) * scale;
    unsigned char *pixels = arena_alloc(arena, (size_t)side * (size_t)side * 4);
    for (int y = 0; y < side; y++) {
        for (int x = 0; x < side; x++) {
            int mx = x / scale - margin, my = y / scale - margin;
            bool inside = mx >= 0 && my >= 0 && mx < code->width && my < code->width;
            bool dark = inside && (code->data[my * code->width + mx] & 1);
            unsigned char *pixel = pixels + 4 * ((size_t)y * (size_t)side + (size_t)x);
            memset(pixel, dark ? 0 : 255, 3);
            pixel[3] = dark || !transparent ? 255 : 0;
        }
    }
    png_image image = {.version = PNG_IMAGE_VERSION,
                       .width = (png_uint_32)side,
                       .height = (png_uint_32)side,
                       .format = PNG_FORMAT_RGBA};
    png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
    *png_out = arena_alloc(arena, size);
    assert_true(png_image_write_to_memory(&image, *png_out, &size, 0, pixels, 0, NULL));
    return size;
}

static void finds_its_code_in_any_drawing(void **state)
{
    static const QRecLevel levels[] = {QR_ECLEVEL_L, QR_ECLEVEL_M, QR_ECLEVEL_Q, QR_ECLEVEL_H};
    for (size_t i = 0; i < 4; i++) {
        for (int scale = 1; scale <= 9; scale += 4) {
            auto_arena struct arena *arena = arena_new();
            QRcode *code = i % 2 ? QRcode_encodeString8bit(TEXT, 0, levels[i])
                                 : QRcode_encodeString(TEXT, 0, levels[i], QR_MODE_8, 1);
            unsigned char *png;
            struct qr_matrix matrix;
            png_alloc_size_t size = draw(arena, code, scale, (int)i, i == 2, &png);
            assert_true(qr_image_sample(arena, png, size, &matrix));
            assert_int_equal(matrix.size, code->width);
            assert_true(qr_image_is(&matrix, TEXT));
            assert_false(qr_image_is(&matrix, "something else"));
            QRcode_free(code);
        }
    }
}

static void finds_none_in_other_pictures(void **state)
{
    auto_arena struct arena *arena = arena_new();
    struct qr_matrix matrix;
    unsigned char pixels[50 * 40];
    png_image image = {.version = PNG_IMAGE_VERSION, .width = 50, .height = 40, .format = PNG_FORMAT_GRAY};
    png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
    unsigned char *png = arena_alloc(arena, size);
    for (int shade = 0; shade <= 255; shade += 255) {
        memset(pixels, shade, sizeof pixels);
        size = PNG_IMAGE_PNG_SIZE_MAX(image);
        assert_true(png_image_write_to_memory(&image, png, &size, 0, pixels, 0, NULL));
        assert_false(qr_image_sample(arena, png, size, &matrix));
    }
    assert_false(qr_image_sample(arena, "not a picture", 13, &matrix));
    assert_false(qr_image_sample(arena, png, size / 2, &matrix));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_its_code_in_any_drawing),
        cmocka_unit_test(finds_none_in_other_pictures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
