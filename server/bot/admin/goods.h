/* Categories and products: what the files of their screens share. */
#pragma once

#include "bot/turn.h"
#include "bot/wizard.h"
#include "store/catalogue_edit.h"
#include "store/catalogue_list.h"

#define GOODS_HOME "ap"

/* --- pages --- */

/* Each in the open transaction or one of its own; what is not there (any more) is told, and the page above it
 * shown instead. */
MUST_USE bool goods_show_home(struct turn *turn, int64_t cursor, struct error *err);
MUST_USE bool goods_show_category(struct turn *turn, int64_t category_id, int64_t cursor, struct error *err);
MUST_USE bool goods_show(struct turn *turn, int64_t product_id, struct error *err);

/* Callback data of a product's page; in the arena. */
const char *goods_data(struct turn *turn, int64_t product_id);
/* "🎬 Film" */
const char *goods_category_label(struct arena *arena, const char *emoji, const char *name);
/* The list's lines, and a button with each one's number that leads to `verb`:id. HTML. */
const char *goods_lines(struct turn *turn, struct keyboard *keyboard, const struct catalogue_list_lines *page,
                        const char *verb);

/* After a change that failed in the open transaction: nothing of it stays, the person is told (see
 * screen_explain()), and `show` shows the page as it is now. False where it is another failure. */
MUST_USE bool goods_again(struct turn *turn, bool (*show)(struct turn *turn, int64_t id, struct error *err),
                          int64_t id, struct error *err);

/* --- forms --- */

enum goods_field {
    GOODS_NAME,
    GOODS_CODE,
    GOODS_PRICE,
    GOODS_DESCRIPTION,
    GOODS_SNK,
    GOODS_CATEGORY,
    GOODS_PHOTO,
    GOODS_QUESTION,
    GOODS_CONTENT, /* of a shared product */
    GOODS_FILE,
    GOODS_FIELDS
};

/* A step's name, label, question and limits, as both forms about a product have them; `more_` of what it
 * takes beside its own. */
#define GOODS_STEP(name_, id, takes_, least_, most_)                                                         \
    .name = (name_), .label = TEXT_FIELD_##id, .prompt = TEXT_GOODS_ASK_##id, .takes = (takes_),             \
    .least = (least_), .most = (most_)
#define GOODS_STEP_NAME  GOODS_STEP("name", NAME, WIZARD_LINE, 1, CATALOGUE_NAME)
#define GOODS_STEP_CODE  GOODS_STEP("code", CODE, WIZARD_LINE, 1, CATALOGUE_CODE), .check = goods_check_code
#define GOODS_STEP_PRICE GOODS_STEP("price", PRICE, WIZARD_AMOUNT, 1, CATALOGUE_PRICE)
#define GOODS_STEP_DESCRIPTION(more_)                                                                        \
    GOODS_STEP("description", DESCRIPTION, WIZARD_TEXT | (more_), 1, CATALOGUE_DESCRIPTION)
#define GOODS_STEP_SNK(more_) GOODS_STEP("snk", SNK, WIZARD_TEXT | (more_), 1, CATALOGUE_SNK)
#define GOODS_STEP_CATEGORY                                                                                  \
    GOODS_STEP("category", CATEGORY, WIZARD_CHOICE, 0, 0), .choices = goods_choose_category
#define GOODS_STEP_PHOTO(more_) GOODS_STEP("photo", PHOTO, WIZARD_PHOTO | (more_), 0, 0)
#define GOODS_STEP_QUESTION(more_)                                                                           \
    GOODS_STEP("question", QUESTION, WIZARD_TEXT | (more_), 1, CATALOGUE_QUESTION)
#define GOODS_STEP_CONTENT(more_)                                                                            \
    GOODS_STEP("content", CONTENT, WIZARD_TEXT | (more_), 1, CATALOGUE_CONTENT), .show = goods_show_content
#define GOODS_STEP_FILE(more_) GOODS_STEP("file", FILE, WIZARD_DOCUMENT | (more_), 0, 0)

MUST_USE bool goods_check_code(struct turn *turn, struct wizard *wizard, const char **why_out,
                               struct error *err);
MUST_USE bool goods_choose_category(struct turn *turn, const struct wizard *wizard, int64_t page,
                                    struct wizard_choices *choices_out, struct error *err);
/* Contents are not shown in a summary. */
const char *goods_show_content(struct turn *turn, const struct wizard *wizard);
/* The name of step "file"'s document as a product keeps it; in the arena. */
const char *goods_file_name(struct turn *turn, const struct wizard *wizard);

/* Starts the form that changes one field; with `to_snk` it comes back to the page of the product's terms. */
MUST_USE bool goods_ask_field(struct turn *turn, const struct catalogue_list_product *product,
                              enum goods_field field, bool to_snk, struct error *err);
/* The same that finds a product: its page, or that of its terms. */
MUST_USE bool goods_ask_search(struct turn *turn, bool to_snk, struct error *err);

extern const struct wizard_kind goods_find_wizard, goods_new_wizard, goods_category_new_wizard,
    goods_category_name_wizard, goods_category_emoji_wizard;
extern const struct wizard_kind goods_edit_wizards[GOODS_FIELDS];
