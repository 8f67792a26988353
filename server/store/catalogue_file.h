/*
 * Catalogue files (YAML): import and export. Import is one transaction and may be repeated: products are
 * matched by `code`, categories by name, stock lines already known (also sold ones) are skipped. Products the
 * file does not name stay as they are. Hidden products and categories are not exported, and an import does
 * not make them visible.
 *
 *     categories:
 *       - name: Streaming
 *         emoji: "🎬"
 *         products:
 *           - {code: NFLX1, name: "Netflix 1 Bulan", price: 35000, description: "…", snk: "…", stock:
 * ["mail1:pass1"]}
 *
 * name, code and price are required. A text may be written without quotes, but `null`, `~` and nothing at all
 * are no texts; a price is a whole number without quotes. Positions follow the file.
 */
#pragma once

#include "work/work.h"

struct catalogue_import {
    int64_t categories_added, products_added, products_changed, stock_added, stock_known;
};

/* Reads and checks the whole file before anything is written; ERR_INVALID names file, line and key, never a
 * content. Opens and commits its own transaction. Limits: 5,000 products, 100,000 stock lines, a line 1 to
 * 4096 characters of UTF-8.
 */
MUST_USE bool catalogue_import(struct work *work, const char *path, struct catalogue_import *counts_out,
                               struct error *err);

/* The catalogue (categories that have a visible product) as a YAML text that catalogue_import() takes; with
 * the contents of available units only when `with_stock`. In the arena. Opens and ends its own transaction.
 */
MUST_USE bool catalogue_export(struct work *work, bool with_stock, char **yaml_out, struct error *err);
