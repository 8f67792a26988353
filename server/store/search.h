/*
 * What searches in long tables have in common. Pages are named by the id that their rows are beyond, so that
 * a row made meanwhile moves nothing out of sight, and no page costs more than another.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Limits stand in the statements as numbers: PostgreSQL would plan for a tenth of the table where it is told
 * of them later. One row more than a page has tells whether there is another one. Counts stop, and are shown
 * as "99+": nobody counts a table to show a menu. */
#define SEARCH_LIMIT       9
#define SEARCH_COUNT_LIMIT 100
enum { SEARCH_ROWS = SEARCH_LIMIT - 1, SEARCH_MOST_COUNTED = SEARCH_COUNT_LIMIT };

/* The pages beside one: what to give as `from`; 0 is the first page. */
struct search_ends {
    bool has_back, has_next;
    int64_t back, next;
};
