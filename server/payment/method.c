#include "payment/method.h"

#include "base/str.h"

static int64_t no_fee(int64_t amount)
{
    (void)amount;
    return 0;
}

/* 0.7 % and Rp 310 up to Rp 105,000, then 1 %. */
static int64_t qris_fee(int64_t amount)
{
    return amount <= 105000 ? (amount * 7 + 999) / 1000 + 310 : (amount + 99) / 100;
}

static int64_t va_fee(int64_t amount)
{
    (void)amount;
    return 3500;
}

static int64_t small_va_fee(int64_t amount)
{
    (void)amount;
    return 2000;
}

#define VA(name_, label_, fee_)                                                                              \
    {                                                                                                        \
        .name = (name_), .kind = METHOD_VA, .label = (label_), .least = 10000, .most = 50000000,             \
        .fee = (fee_)                                                                                        \
    }

/* In the order in which they are shown. What a link costs depends on what is chosen on its page. */
const struct method methods[] = {
    {"qris", METHOD_QR, TEXT_BUTTON_QRIS, 500, 10000000, qris_fee},
    VA("bri_va", TEXT_BUTTON_BRI_VA, va_fee),
    VA("bni_va", TEXT_BUTTON_BNI_VA, va_fee),
    VA("cimb_niaga_va", TEXT_BUTTON_CIMB_NIAGA_VA, va_fee),
    VA("permata_va", TEXT_BUTTON_PERMATA_VA, va_fee),
    VA("maybank_va", TEXT_BUTTON_MAYBANK_VA, va_fee),
    VA("bnc_va", TEXT_BUTTON_BNC_VA, va_fee),
    VA("artha_graha_va", TEXT_BUTTON_ARTHA_GRAHA_VA, small_va_fee),
    VA("sampoerna_va", TEXT_BUTTON_SAMPOERNA_VA, small_va_fee),
    {"payment_link", METHOD_LINK, TEXT_BUTTON_PAYMENT_LINK, 500, 50000000, no_fee},
    {METHOD_NAME_BALANCE, METHOD_BALANCE, TEXT_BUTTON_METHOD_BALANCE, 0, INT64_MAX, no_fee},
};
const size_t method_count = sizeof methods / sizeof methods[0];

const struct method *method_find(const char *name)
{
    for (size_t i = 0; i < method_count; i++)
        if (str_equal(methods[i].name, name))
            return &methods[i];
    return NULL;
}

bool method_is_listed(const struct tenant *tenant, const struct method *method)
{
    for (size_t i = 0; i < tenant->methods.count; i++)
        if (str_equal(tenant->methods.items[i], method->name))
            return true;
    return false;
}

bool method_takes(const struct method *method, int64_t amount)
{
    return amount >= method->least && amount <= method->most;
}
