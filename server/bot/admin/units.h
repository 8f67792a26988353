/* A product's stock: what the files of its screens share. */
#pragma once

#include "bot/turn.h"
#include "bot/wizard.h"
#include "store/stock_edit.h"
#include "store/stock_list.h"
#include "work/job.h"

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

/* --- documents, fetched by a job --- */

/* A step's check where it was answered by a document: a .txt or .csv that is not too large. */
void units_check_file(struct turn *turn, const struct wizard *wizard, const char *step, const char **why_out);
/* Plans the job that adds the lines of the step's document; the admin gets its report as a message. */
MUST_USE bool units_import(struct turn *turn, const struct wizard *wizard, const char *step,
                           int64_t product_id, struct error *err);
extern const struct job_kind units_import_job;

extern const struct wizard_kind units_add_wizard, units_take_wizard;
