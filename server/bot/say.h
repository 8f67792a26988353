/* What the bot says: texts of the store's language with their values, as both handlers and notices need them.
 * All results are in the work's arena. */
#pragma once

#include "payment/checkout.h"
#include "store/catalogue.h"
#include "store/text.h"
#include "telegram/keyboard.h"
#include "work/work.h"

/* Given by bot_init(); needed before anything else here. */
void say_set_texts(const struct texts *texts);
const struct texts *say_texts(void);

const char *say(struct work *work, enum text_key key, const struct text_value *values, size_t value_count);
/* A label; borrowed from the texts. */
const char *say_label(const struct work *work, enum text_key key);

const char *say_number(struct work *work, int64_t number);
const char *say_price(struct work *work, int64_t rupiah);
const char *say_date(struct work *work, int64_t at_ms); /* dd/mm/YYYY HH:MM in the store's zone */
/* Name of a person, cut, within isolates so that a right-to-left name does not turn its surroundings; not
 * escaped. */
const char *say_name(struct work *work, const char *first_name, const char *last_name);
/* HTML for admins: name as a link to the person, username, id. */
const char *say_person(struct work *work, int64_t telegram_id, const char *first_name, const char *last_name,
                       const char *username);
/* The same of somebody the store knows; the id alone where it does not. */
MUST_USE bool say_known_person(struct work *work, int64_t telegram_id, const char **html_out,
                               struct error *err);
/* The support line for the ends of messages; HTML. */
const char *say_contact(struct work *work);
/* "• name × 2" a line for each item, at most about `limit` units long, and one for the coupon's discount;
 * HTML.
 */
const char *say_items(struct work *work, const struct order *order, size_t limit);
/* How much there is of a product, as people read it: a number, or a word for what is sold without limit. */
const char *say_stock(struct work *work, const struct catalogue_product *product);
/* A product's number on a button: "1️⃣", "🔟", "1️⃣2️⃣". */
const char *say_keycap(struct work *work, int64_t number);

/* Inline keyboards that end messages: one button each row. */
json_t *say_button(struct work *work, enum text_key key, const char *data);
/* `💬 Hubungi Admin` as a row of its own; nothing where the store names no support. */
void say_contact_button(struct work *work, struct keyboard *keyboard);
