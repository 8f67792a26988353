#include "sequence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

struct model model;
struct model_payment *in_call;
static uint64_t seed, chance;
static char journal[16384];

uint64_t sequence_seed(void)
{
    const char *given = getenv("LAPAK_TEST_SEED");
    seed = given ? strtoull(given, NULL, 10) : (uint64_t)(clock_now_ms() % 1000000);
    chance = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
    return seed;
}

void sequence_begin(void)
{
    journal[0] = '\0';
}

/* --- chance, and what was done --- */

static uint64_t next_random(void)
{
    chance ^= chance << 13; /* xorshift64 */
    chance ^= chance >> 7;
    chance ^= chance << 17;
    return chance;
}

int any(int count)
{
    return (int)(next_random() % (uint64_t)count);
}

bool one_in(int count)
{
    return any(count) == 0;
}

void note(const char *format, ...)
{
    size_t length = strlen(journal);
    va_list args;
    va_start(args, format);
    vsnprintf(journal + length, sizeof journal - length, format, args);
    va_end(args);
}

void fail_with(const char *format, ...)
{
    char why[4096];
    va_list args;
    va_start(args, format);
    vsnprintf(why, sizeof why, format, args);
    va_end(args);
    print_error("LAPAK_TEST_SEED=%" PRIu64 "\ndone:%s\n", seed, journal);
    fail_msg("%s", why);
    abort(); /* fail_msg() does not return, which the compiler does not know */
}

bool is_any(const struct model_payment *payment)
{
    return true;
}

static bool is_of_gateway(const struct model_payment *payment)
{
    return payment->method == BY_GATEWAY;
}

bool is_open(const struct model_payment *payment)
{
    return payment->state == PAYMENT_CREATING || payment->state == PAYMENT_WAITING;
}

bool is_creating(const struct model_payment *payment)
{
    return payment->state == PAYMENT_CREATING;
}

bool is_at_gateway(const struct model_payment *payment)
{
    return payment->there && payment->state != PAYMENT_COMPLETED;
}

bool has_ended(const struct model_payment *payment)
{
    return payment->there && payment->state != PAYMENT_COMPLETED && payment->state != PAYMENT_WAITING;
}

bool is_parked(const struct model_payment *payment)
{
    return payment->parked;
}

static struct model_payment *pick(payment_filter *fits)
{
    struct model_payment *found = NULL;
    int seen = 0, from = model.payment_count > 15 ? model.payment_count - 15 : 0;
    for (int i = from; i < model.payment_count; i++)
        if (fits(&model.payments[i]) && one_in(++seen))
            found = &model.payments[i];
    return found;
}

struct model_payment *any_payment(payment_filter *fits)
{
    if (in_call && one_in(2)) /* what the other server is just asking about */
        return in_call;
    struct model_payment *found = one_in(5) ? NULL : pick(fits);
    return found ? found
                 : pick(fits == is_any || fits == is_open || fits == is_parked ? is_any : is_of_gateway);
}

static struct model_bill *any_bill(bool deposits)
{
    struct model_bill *found = NULL;
    int seen = 0, from = model.bill_count > 15 ? model.bill_count - 15 : 0;
    for (int i = from; i < model.bill_count; i++) {
        struct model_bill *bill = &model.bills[i];
        if (bill->is_deposit == deposits && (!deposits || bill->by_hand) && one_in(++seen))
            found = bill;
    }
    return found;
}

struct model_bill *any_order(void)
{
    if (in_call && !in_call->bill->is_deposit && one_in(2))
        return in_call->bill;
    return any_bill(false);
}

struct model_bill *any_by_hand(void)
{
    return any_bill(true);
}
