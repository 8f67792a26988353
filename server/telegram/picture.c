#include "telegram/picture.h"

#include <png.h>
#include <stdlib.h>

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

void picture_png(const struct picture *picture, struct str *out)
{
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, give_up, ignore);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    if (!info)
        abort();
    bool colours = picture->kind == PICTURE_COLOURS;
    png_set_write_fn(png, out, add_bytes, NULL);
    png_set_IHDR(png, info, (png_uint_32)picture->width, (png_uint_32)picture->height, colours ? 8 : 1,
                 colours ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_BASE, PNG_FILTER_TYPE_BASE);
    /* A row like the one above becomes zeros: the least work that still makes a small file. */
    png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_UP);
    png_set_compression_level(png, 1);
    png_write_info(png, info);
    if (colours) {
        png_set_bgr(png);
        png_set_filler(png, 0, PNG_FILLER_AFTER);
    }
    for (int y = 0; y < picture->height; y++)
        png_write_row(png, picture->row(picture->context, y));
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
}
