/*
 * Catalogue files (YAML): import and export. Import is one transaction and may be repeated: products and
 * coupons are matched by `code`, categories by name, stock lines already known (also sold ones) are skipped.
 * What the file does not name stays as it is. Hidden products and categories are not exported, and an import
 * does not make them visible.
 *
 *     categories:
 *       - name: Streaming
 *         emoji: "🎬"
 *         products:
 *           - {code: NFLX1, name: "Netflix 1 Bulan", price: 35000, stock: ["mail1:pass1"],
 *              description: "…", snk: "…"}
 *           - {code: GUIDE, name: "Panduan VPN", price: 10000, kind: shared, content: "https://…"}
 *           - {code: DM86, name: "86 Diamond", price: 20000, kind: manual, question: "User ID?"}
 *
 *     coupons:
 *       - {code: HEMAT10, percent: 10, maximum_discount: 20000, minimum_total: 50000,
 *          starts: 2026-08-01, ends: 2026-08-17 17:00, most_uses: 100, most_uses_each: 1,
 *          products: [NFLX1], categories: [Streaming]}
 *
 * A product's kind is unit (where the file has none, and the product is new), shared, file or manual, and
 * never changes. Units alone have stock. A shared one's content goes to every buyer; without one in the file
 * it keeps what it has. A file's document is sent to the bot by an admin: it is not in the file. A manual
 * one's question is asked before it is paid. Pictures belong to a bot, as files do: they are not in the file.
 *
 * name, code and price are required, and of a coupon code and one of percent and flat (rupiah). A text may be
 * written without quotes, but `null`, `~` and nothing at all are no texts; a number has no quotes. Positions
 * follow the file. A coupon is as the file says, whatever it was before (`stopped: true` stops it); one
 * without a start keeps the one it has, or starts now. Times are in the store's zone, or as in RFC 3339; an
 * end that is a date alone is that day's end. A coupon's products (codes) and categories (names) are in the
 * file or in the store already; without any it is for everything.
 */
#pragma once

#include "work/work.h"

struct catalogue_import {
    int64_t categories_added, products_added, products_changed, stock_added, stock_known;
    int64_t coupons_added, coupons_changed;
};

/* Reads and checks the whole file before anything is written; ERR_INVALID names file, line and key, never a
 * content. ERR_CONFLICT where more orders hold a coupon than it shall have uses. Opens and commits its own
 * transaction. Limits: 5,000 products, 1,000 coupons, 100,000 stock lines, a line 1 to 4096 characters of
 * UTF-8.
 */
MUST_USE bool catalogue_import(struct work *work, const char *path, struct catalogue_import *counts_out,
                               struct error *err);

/* The catalogue (categories that have a visible product) and all coupons as a YAML text that
 * catalogue_import() takes; with the contents of available units and of shared products only when
 * `with_stock`. In the arena. Opens and ends its own transaction.
 */
MUST_USE bool catalogue_export(struct work *work, bool with_stock, char **yaml_out, struct error *err);
