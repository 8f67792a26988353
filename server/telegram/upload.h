/*
 * Bodies with a file in them (multipart/form-data), and the files: a QR code or a chart as a PNG made here, a
 * text as a document. Built on the thread that hands the message over, so that the sender's thread only moves
 * bytes.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"
#include "work/outbox.h"

/* A QR code (error correction level M, 8 pixels a module, 4 modules of margin) as a black-and-white PNG of a
 * few KB. ERR_INVALID where the text is empty or too long for a QR code. */
MUST_USE bool upload_qr_png(struct arena *arena, const char *text, char **png_out, size_t *length_out,
                            struct error *err);

/* The body of a message with an attachment, its parts divided by transport_boundary(). */
MUST_USE bool upload_body(struct arena *arena, const struct outbox_message *message, struct str *body_out,
                          struct error *err);
