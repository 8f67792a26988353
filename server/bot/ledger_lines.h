/* A balance's history as people read it, buyers and admins alike. */
#pragma once

#include "store/ledger.h"

/* "+Rp 10.000", "−Rp 5.000" */
const char *ledger_signed(struct work *work, int64_t amount);
/* A few lines for each entry, or one that says that there are none; HTML in the arena. */
const char *ledger_lines(struct work *work, const struct ledger_page *page);
