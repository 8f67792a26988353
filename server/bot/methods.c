#include "bot/methods.h"

#include <string.h>

/* Pakasir's QRIS fee as of 2026-05: 0.7 % + Rp 310 up to Rp 105,000, then 1 %. */
static int64_t qris_fee(int64_t base)
{
    return base <= 105000 ? (base * 7 + 999) / 1000 + 310 : (base + 99) / 100;
}

const struct method methods[] = {
    {"qris", TEXT_BUTTON_QRIS, 500, 10000000, qris_fee},
};
const size_t method_count = sizeof methods / sizeof methods[0];

const struct method *method_find(const char *name)
{
    for (size_t i = 0; i < method_count; i++)
        if (strcmp(methods[i].name, name) == 0)
            return &methods[i];
    return NULL;
}
