/* The coupons of a catalogue file (catalogue_file.h), for its import. */
#pragma once

#include "store/catalogue_file.h"
#include "store/fields.h"

struct catalogue_coupons {
    size_t count;
    struct file_coupon *items;
};

/* Reads and checks the list. */
MUST_USE bool catalogue_coupons_read(const struct fields_source *source, const struct yaml_node *list,
                                     struct catalogue_coupons *coupons_out);
/* Locks those that are there already. */
MUST_USE bool catalogue_coupons_lock(struct work *work, const struct catalogue_coupons *coupons,
                                     struct error *err);
/* Writes them, with the ids of the products and categories they name. The source's error is `err`. */
MUST_USE bool catalogue_coupons_write(struct work *work, const struct fields_source *source,
                                      const struct catalogue_coupons *coupons,
                                      struct catalogue_import *counts, struct error *err);
