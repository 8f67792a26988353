/* QR codes as pictures: drawing one as SVG, and reading one out of a bot's photo. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct sandbox;
struct message;

/* A square of dark and light modules. */
struct qr_matrix {
    int size;
    unsigned char *dark; /* size * size */
};

/* Reads an undistorted, upright code (what a program drew) out of a PNG; false where there is none. */
bool qr_image_sample(struct arena *arena, const void *png, size_t length, struct qr_matrix *matrix_out);
/* The matrix is the code of `text`, at whichever error correction. */
bool qr_image_is(const struct qr_matrix *matrix, const char *text);
/* What the message's photo says: the qr_string of one of our transactions, or NULL. Remembered in the
 * message. */
const char *qr_image_of(struct sandbox *sandbox, struct message *message);
/* The code of `text` as an SVG element; NULL where it does not fit into one. */
char *qr_image_svg(struct arena *arena, const char *text);
