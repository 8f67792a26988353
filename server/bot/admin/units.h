/* A product's stock: what the files of its screens share. */
#pragma once

#include "bot/turn.h"
#include "bot/wizard.h"
#include "store/stock_edit.h"
#include "store/stock_list.h"

/* The first page of what is available, in the open transaction or one of its own; of a product without units,
 * the product's page. */
MUST_USE bool units_show_list(struct turn *turn, int64_t product_id, struct error *err);
/* Callback data of that page; in the arena. */
const char *units_data(struct arena *arena, int64_t product_id);

/* What came of lines that were added: how many, and each that was not taken, masked. HTML. */
const char *units_report(struct work *work, const char *product, const struct stock_lines *lines,
                         const struct stock_added *added);
/* Why lines can't be read; HTML. */
const char *units_why_not(struct work *work, enum stock_lines_fault fault, int64_t at);

extern const struct wizard_kind units_add_wizard, units_take_wizard;
