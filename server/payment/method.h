/*
 * Payment methods: what they are called, what they take, what they cost. One table; a store offers those of
 * it that its file lists under `pakasir.methods`, and its balance.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/text.h"
#include "tenants/tenant.h"

enum method_kind {
    METHOD_QR,      /* a QR to scan */
    METHOD_VA,      /* a number to transfer to */
    METHOD_LINK,    /* the gateway's page, where the buyer chooses */
    METHOD_BALANCE, /* the person's balance in this store; no gateway */
};

#define METHOD_NAME_BALANCE "balance"
#define METHOD_NAME_MANUAL  "manual" /* an admin's word; nobody can choose it, so it is not in the table */

struct method {
    const char *name; /* as in the tenant's file and in payments.method */
    enum method_kind kind;
    enum text_key label;
    int64_t least, most; /* rupiah it takes; source: Pakasir's documented limits */
    /* What it costs, in rupiah, rounded up: a preview; source: Pakasir's published fees as of 2026-05. The
     * gateway's own answer is the truth. */
    int64_t (*fee)(int64_t amount);
};

extern const struct method methods[];
extern const size_t method_count;

const struct method *method_find(const char *name); /* or NULL */
/* Whether the store's file lists it. The balance is for orders only: it is not asked here. */
bool method_is_listed(const struct tenant *tenant, const struct method *method);
bool method_takes(const struct method *method, int64_t amount);
