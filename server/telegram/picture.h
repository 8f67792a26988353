/* PNGs, made for speed rather than for the smallest file: they are written on lanes. */
#pragma once

#include <stdint.h>

#include "base/str.h"

enum picture_kind {
    PICTURE_BITS,   /* a bit a pixel, 1 is white; the highest bit is the leftmost */
    PICTURE_COLOURS /* four bytes a pixel: blue, green, red, nothing */
};
struct picture {
    int width, height;
    enum picture_kind kind;
    /* A row's bytes, borrowed until the next is asked for. */
    const uint8_t *(*row)(void *context, int y);
    void *context;
};

void picture_png(const struct picture *picture, struct str *out);
