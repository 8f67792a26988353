/*
 * Charts: what was earned, and how many orders it took, as two rows of bars in one PNG. A chart waits in the
 * outbox as a text that describes it, and is drawn when the message is handed over. Labels come in the
 * store's language; amounts on the axis are shortened ("Rp 1,2 jt").
 */
#pragma once

#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

struct chart_bar {
    const char *label;
    int64_t value; /* rupiah */
    int64_t count;
};
struct chart {
    const char *title, *subtitle;
    const char *value_name, *count_name; /* of the two rows */
    const char *empty;                   /* stands there where everything is 0 */
    const char *decimal;                 /* "," */
    const char *units;                   /* of 10^3, 10^6, 10^9, 10^12: "rb jt M T" */
    size_t bar_count;                    /* 1 to CHART_MOST_BARS */
    const struct chart_bar *bars;        /* figures from 0 to CHART_MOST; others are taken for these */
};
#define CHART_MOST INT64_C(1000000000000000)

/* In pixels, from the top left corner. */
enum {
    CHART_WIDTH = 1000,
    CHART_HEIGHT = 640,
    CHART_LEFT = 104, /* both rows of bars */
    CHART_RIGHT = 976,
    CHART_VALUE_TOP = 128,
    CHART_VALUE_BASE = 420,
    CHART_COUNT_TOP = 484,
    CHART_COUNT_BASE = 588,
    CHART_MOST_BARS = 366,
};
/* As they are in the picture: 0xRRGGBB. */
enum { CHART_VALUE_COLOUR = 0x2563eb, CHART_COUNT_COLOUR = 0xf59e0b };

/* The text that stands for it, in the arena. */
const char *chart_describe(struct arena *arena, const struct chart *chart);

/* A PNG of some 30 KB, in the arena. ERR_INVALID where the text is no description. Any thread. */
MUST_USE bool chart_png(struct arena *arena, const char *description, char **png_out, size_t *length_out,
                        struct error *err);

/* Lets go of the fonts; nobody draws any more. */
void chart_end(void);

/* The end of an axis, where the greatest figure is `most` (0 to CHART_MOST): 1 to 6 steps of 1, 2 or 5 times
 * a power of ten. */
int64_t chart_axis(int64_t most, int64_t *step_out);
/* "Rp 1,2 jt", rounded down to a tenth of its unit. */
const char *chart_amount(struct arena *arena, const struct chart *chart, int64_t rupiah);
