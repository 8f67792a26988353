/* The invoice of a bill as its message in the chat. */
#pragma once

#include "payment/checkout.h"

/* Adds the message with which the bill is paid. When it was sent its id is stored with the bill; one on its
 * way while the bill ends is removed by its own effect. In the open transaction. */
MUST_USE bool invoice_show(struct work *work, const struct bill *bill, const struct payment *payment,
                           struct error *err);
/* Removes the invoice's message, if there is one; what can't be removed any more says that it is void. */
MUST_USE bool invoice_remove(struct work *work, const struct bill *bill, struct error *err);
