/* Payment methods as buyers see them: label, limits and a preview of the fee. The gateway's own answer is the
 * truth; this only serves the page before it. */
#pragma once

#include <stdint.h>

#include "store/text.h"

struct method {
    const char *name; /* as in the tenant's file */
    enum text_key label;
    int64_t least, most;                  /* rupiah it takes; source: Pakasir's documented limits */
    int64_t (*fee_preview)(int64_t base); /* rupiah, rounded up */
};

extern const struct method methods[];
extern const size_t method_count;
const struct method *method_find(const char *name); /* or NULL */
