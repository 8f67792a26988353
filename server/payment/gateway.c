/* Which gateway a tenant uses, and where it is. */
#include "payment/gateway.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "payment/call.h"
#include "payment/pakasir.h"

static const char api_suffix[] = "/api/v2";

static char *pay_pages; /* the base without /api/v2 */

void gateway_set_base(const char *api_base)
{
    freep(&pay_pages);
    size_t length = strlen(api_base), suffix = sizeof api_suffix - 1;
    pay_pages = xstrdup(api_base);
    if (length >= suffix && str_equal(api_base + length - suffix, api_suffix))
        pay_pages[length - suffix] = '\0';
    pakasir_set_base(api_base);
}

const struct gateway *gateway_of(const struct tenant *tenant)
{
    (void)tenant;
    return &pakasir;
}

char *gateway_pay_page(struct arena *arena, const char *txn_id)
{
    return arena_printf(arena, "%s/pay-v2/%s", pay_pages ? pay_pages : "", call_escape(arena, txn_id));
}
