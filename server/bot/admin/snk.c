/* 📜 Kelola SNK: the products that have terms, a product's terms, and the proofs that buyers gave. */
#include "bot/admin/snk.h"

#include <inttypes.h>

#include "base/str.h"
#include "bot/admin/admin.h"
#include "bot/admin/goods.h"
#include "bot/admin/screen.h"
#include "bot/routes.h"
#include "store/term_list.h"

enum { BUTTONS_IN_A_ROW = 4, NAME_LIMIT = 100, LISTED_LIMIT = 60 };

const char *snk_data(struct turn *turn, int64_t product_id)
{
    return arena_printf(turn->work->arena, "atp:%" PRId64, product_id);
}

/* --- products --- */

static bool show_home(struct turn *turn, int64_t cursor, struct error *err)
{
    struct work *work = turn->work;
    struct catalogue_list_lines page;
    struct keyboard keyboard;
    if (!catalogue_list_with_terms(work, cursor, &page, err))
        return error_context(err, "terms");
    keyboard_begin(&keyboard);
    const char *lines = goods_lines(turn, &keyboard, &page, "atp");
    screen_arrows(turn, &keyboard, "atl:", page.before, page.after);
    screen_button(turn, &keyboard, TEXT_BUTTON_SNK_FIND, "ats");
    screen_button(turn, &keyboard, TEXT_BUTTON_PROOFS, "atb:0");
    screen_show(
        turn,
        say(work, TEXT_SNK_HOME,
            TEXT_VALUES(TV_HTML("baris", page.count ? lines : say(work, TEXT_SNK_NONE, TEXT_NO_VALUES)))),
        &keyboard, GOODS_HOME);
    return true;
}

/* Numbers: the page's cursor; 0 for the first one. */
bool snk_home(struct turn *turn, struct error *err)
{
    return show_home(turn, turn->numbers[0], err);
}

bool snk_find(struct turn *turn, struct error *err)
{
    return goods_ask_search(turn, true, err);
}

/* --- a product's terms --- */

bool snk_show(struct turn *turn, int64_t product_id, struct error *err)
{
    struct work *work = turn->work;
    struct catalogue_list_product p;
    struct keyboard keyboard;
    if (!catalogue_list_product(work, product_id, &p, err))
        return err->code == ERR_NOT_FOUND && screen_explain(turn, err) ? show_home(turn, 0, err)
                                                                       : error_context(err, "terms");
    keyboard_begin(&keyboard);
    screen_button(turn, &keyboard, TEXT_BUTTON_SNK_EDIT, "ate:%" PRId64, p.id);
    if (*p.snk)
        screen_button(turn, &keyboard, TEXT_BUTTON_SNK_REMOVE, "atx:%" PRId64 ":%" PRId64, p.id, p.edition);
    screen_button(turn, &keyboard, TEXT_BUTTON_SNK_PRODUCT, "%s", goods_data(turn, p.id));
    screen_show(turn,
                say(work, TEXT_SNK,
                    TEXT_VALUES(TV("produk", p.name),
                                TV("snk", *p.snk ? p.snk : say_label(work, TEXT_WIZARD_LEFT_OUT)))),
                &keyboard, SNK_HOME);
    return true;
}

/* Numbers: the product. */
bool snk_open(struct turn *turn, struct error *err)
{
    return snk_show(turn, turn->numbers[0], err);
}

bool snk_edit(struct turn *turn, struct error *err)
{
    struct catalogue_list_product p;
    if (!catalogue_list_product(turn->work, turn->numbers[0], &p, err))
        return goods_again(turn, snk_show, turn->numbers[0], err);
    return goods_ask_field(turn, &p, GOODS_SNK, true, err);
}

/* Numbers: the product, its edition. */
bool snk_ask_remove(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    struct catalogue_list_product p;
    if (!catalogue_list_product(work, turn->numbers[0], &p, err))
        return err->code == ERR_NOT_FOUND ? snk_show(turn, turn->numbers[0], err)
                                          : error_context(err, "terms");
    screen_ask(turn,
               say(work, TEXT_SNK_REMOVE_ASK,
                   TEXT_VALUES(TV("produk", str_utf8_cut(work->arena, p.name, NAME_LIMIT)))),
               arena_printf(work->arena, "aty:%" PRId64 ":%" PRId64, p.id, turn->numbers[1]),
               snk_data(turn, p.id));
    return true;
}

bool snk_remove(struct turn *turn, struct error *err)
{
    const struct catalogue_change change = {turn->update->from_id, turn->numbers[0], turn->numbers[1]};
    const struct catalogue_value none = {.text = ""};
    if (!catalogue_edit_product(turn->work, &change, EDIT_SNK, &none, err))
        return goods_again(turn, snk_show, change.id, err);
    if (!snk_show(turn, change.id, err))
        return false;
    screen_note(turn, TEXT_ALERT_SAVED);
    return true;
}

/* --- proofs --- */

static const char *proof_lines(struct turn *turn, struct keyboard *keyboard, const struct term_proofs *page)
{
    struct work *work = turn->work;
    struct str lines = STR_INIT(work->arena);
    if (!page->count)
        return say(work, TEXT_PROOFS_NONE, TEXT_NO_VALUES);
    for (size_t i = 0; i < page->count; i++) {
        const struct term_proof *proof = &page->items[i];
        if (i % BUTTONS_IN_A_ROW == 0)
            keyboard_row(keyboard);
        keyboard_data(keyboard, say_keycap(work, (int64_t)i + 1), STYLE_NONE, "ato:%" PRId64, proof->id);
        str_add(&lines, say(work, TEXT_PROOFS_LINE,
                            TEXT_VALUES(TV("nomor", say_number(work, (int64_t)i + 1)),
                                        TV("tanda", proof->is_photo ? "🖼" : "📝"),
                                        TV("nama", say_name(work, proof->first_name, proof->last_name)),
                                        TV("produk", str_utf8_cut(work->arena, proof->product, LISTED_LIMIT)),
                                        TV("tanggal", say_date(work, proof->fulfilled_ms)))));
        str_add(&lines, "\n");
    }
    return str_done(&lines);
}

static bool show_proofs(struct turn *turn, int64_t cursor, struct error *err)
{
    struct term_proofs page;
    struct keyboard keyboard;
    if (!term_list_proofs(turn->work, cursor, &page, err))
        return error_context(err, "proofs");
    keyboard_begin(&keyboard);
    const char *lines = proof_lines(turn, &keyboard, &page);
    screen_arrows(turn, &keyboard, "atb:", page.before, page.after);
    screen_show(turn, say(turn->work, TEXT_PROOFS, TEXT_VALUES(TV_HTML("baris", lines))), &keyboard,
                SNK_HOME);
    return true;
}

/* Numbers: the page's cursor. */
bool snk_proofs(struct turn *turn, struct error *err)
{
    return show_proofs(turn, turn->numbers[0], err);
}

static void add_order(struct turn *turn, struct keyboard *keyboard, const struct term_proof *proof)
{
    const char *data = arena_printf(turn->work->arena, "aod:%" PRId64, proof->order_id);
    if (route_exists(data))
        screen_button(turn, keyboard, TEXT_BUTTON_PROOF_ORDER, "%s", data);
}

/* Numbers: the terms. A text below what it is about, a photo with that as its caption. */
bool snk_proof(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    struct term_proof proof;
    const char *content;
    struct keyboard keyboard;
    if (!term_list_proof(work, turn->numbers[0], &proof, &content, err))
        return err->code == ERR_NOT_FOUND && screen_explain(turn, err) ? show_proofs(turn, 0, err)
                                                                       : error_context(err, "proof");
    const char *text = content ? content : say_label(work, TEXT_PROOF_REMOVED);
    bool is_photo = proof.is_photo && content;
    const char *html =
        say(work, TEXT_PROOF,
            TEXT_VALUES(TV_HTML("pembeli", say_person(work, proof.telegram_id, proof.first_name,
                                                      proof.last_name, proof.username)),
                        TV("produk", str_utf8_cut(work->arena, proof.product, NAME_LIMIT)),
                        TV("order_id", proof.reference), TV("tanggal", say_date(work, proof.fulfilled_ms)),
                        TV("isi", is_photo ? "" : text)));
    keyboard_begin(&keyboard);
    add_order(turn, &keyboard, &proof);
    screen_ways_back(turn, &keyboard, arena_printf(work->arena, "atb:%" PRId64, proof.id));
    if (is_photo)
        page_show_photo(work, &turn->page, content, html, keyboard_inline(&keyboard));
    else
        page_show(work, &turn->page, html, keyboard_inline(&keyboard));
    return true;
}
