/* Changes at a press: moved, hidden, deleted; and the content of a product, looked at. */
#include <inttypes.h>

#include "base/str.h"
#include "bot/admin/admin.h"
#include "bot/admin/goods.h"
#include "bot/admin/screen.h"
#include "bot/outgoing.h"
#include "store/admin_log.h"

enum { NAME_LIMIT = 100 };

/* Numbers of these buttons: which, its edition, and how. */
static struct catalogue_change change_of(const struct turn *turn)
{
    return (struct catalogue_change){turn->update->from_id, turn->numbers[0], turn->numbers[1]};
}

static bool show_category(struct turn *turn, int64_t category_id, struct error *err)
{
    return goods_show_category(turn, category_id, 0, err);
}

static bool show_home(struct turn *turn, int64_t ignored, struct error *err)
{
    return goods_show_home(turn, 0, err);
}

/* --- products --- */

bool goods_move(struct turn *turn, struct error *err)
{
    const struct catalogue_change change = change_of(turn);
    if (!catalogue_edit_move_product(turn->work, &change, turn->numbers[2] < 0 ? -1 : 1, err))
        return goods_again(turn, goods_show, change.id, err);
    page_answer(turn->work, &turn->page, say_label(turn->work, TEXT_ALERT_GOODS_MOVED), false);
    return goods_show(turn, change.id, err);
}

bool goods_hide(struct turn *turn, struct error *err)
{
    const struct catalogue_change change = change_of(turn);
    const struct catalogue_value hidden = {.number = turn->numbers[2] != 0};
    if (!catalogue_edit_product(turn->work, &change, EDIT_HIDDEN, &hidden, err))
        return goods_again(turn, goods_show, change.id, err);
    page_answer(turn->work, &turn->page, say_label(turn->work, TEXT_ALERT_SAVED), false);
    return goods_show(turn, change.id, err);
}

/* Numbers: the product, its edition. */
bool goods_ask_delete(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    struct catalogue_list_product p;
    if (!catalogue_list_product(work, turn->numbers[0], &p, err))
        return err->code == ERR_NOT_FOUND ? goods_show(turn, turn->numbers[0], err)
                                          : error_context(err, "product");
    screen_ask(turn,
               say(work, TEXT_GOODS_DELETE_ASK,
                   TEXT_VALUES(TV("produk", str_utf8_cut(work->arena, p.name, NAME_LIMIT)),
                               TV("jumlah", say_number(work, p.available)))),
               arena_printf(work->arena, "apy:%" PRId64 ":%" PRId64, p.id, turn->numbers[1]),
               goods_data(turn, p.id));
    return true;
}

bool goods_delete(struct turn *turn, struct error *err)
{
    const struct catalogue_change change = change_of(turn);
    struct catalogue_list_product p;
    bool hidden;
    if (!catalogue_list_product(turn->work, change.id, &p, err) ||
        !catalogue_edit_delete_product(turn->work, &change, &hidden, err))
        return goods_again(turn, goods_show, change.id, err);
    page_answer(turn->work, &turn->page,
                say_label(turn->work, hidden ? TEXT_ALERT_GOODS_HIDDEN : TEXT_ALERT_GOODS_DELETED), hidden);
    return hidden ? goods_show(turn, p.id, err) : goods_show_category(turn, p.category_id, 0, err);
}

/* --- categories --- */

bool goods_category_move(struct turn *turn, struct error *err)
{
    const struct catalogue_change change = change_of(turn);
    if (!catalogue_edit_move_category(turn->work, &change, turn->numbers[2] < 0 ? -1 : 1, err))
        return goods_again(turn, show_category, change.id, err);
    page_answer(turn->work, &turn->page, say_label(turn->work, TEXT_ALERT_GOODS_MOVED), false);
    return goods_show_category(turn, change.id, 0, err);
}

bool goods_category_hide(struct turn *turn, struct error *err)
{
    const struct catalogue_change change = change_of(turn);
    const struct catalogue_value hidden = {.number = turn->numbers[2] != 0};
    if (!catalogue_edit_category(turn->work, &change, EDIT_HIDDEN, &hidden, err))
        return goods_again(turn, show_category, change.id, err);
    page_answer(turn->work, &turn->page, say_label(turn->work, TEXT_ALERT_SAVED), false);
    return goods_show_category(turn, change.id, 0, err);
}

bool goods_category_ask_delete(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    struct catalogue_list_category c;
    if (!catalogue_list_category(work, turn->numbers[0], &c, err))
        return err->code == ERR_NOT_FOUND ? goods_show_category(turn, turn->numbers[0], 0, err)
                                          : error_context(err, "category");
    if (c.product_count) {
        page_answer(work, &turn->page, say_label(work, TEXT_ALERT_CATEGORY_NOT_EMPTY), true);
        return goods_show_category(turn, c.id, 0, err);
    }
    screen_ask(turn,
               say(work, TEXT_CATEGORY_DELETE_ASK,
                   TEXT_VALUES(TV("nama", goods_category_label(work->arena, c.emoji, c.name)))),
               arena_printf(work->arena, "apcy:%" PRId64 ":%" PRId64, c.id, turn->numbers[1]),
               arena_printf(work->arena, "apc:%" PRId64 ":0", c.id));
    return true;
}

bool goods_category_delete(struct turn *turn, struct error *err)
{
    const struct catalogue_change change = change_of(turn);
    if (catalogue_edit_delete_category(turn->work, &change, err)) {
        page_answer(turn->work, &turn->page, say_label(turn->work, TEXT_ALERT_GOODS_DELETED), false);
        return goods_show_home(turn, 0, err);
    }
    if (err->code == ERR_INVALID) { /* a product came meanwhile; nothing was written */
        page_answer(turn->work, &turn->page, say_label(turn->work, TEXT_ALERT_CATEGORY_NOT_EMPTY), true);
        return goods_show_category(turn, change.id, 0, err);
    }
    return goods_again(turn, err->code == ERR_NOT_FOUND ? show_home : show_category, change.id, err);
}

/* --- the content --- */

static bool write_log(struct turn *turn, int64_t product_id, struct error *err)
{
    const struct admin_log entry = {.actor_id = turn->update->from_id,
                                    .action = "content_view",
                                    .subject = "product",
                                    .subject_id = product_id};
    return admin_log_add(turn->work, &entry, err);
}

/* As buyers get it: a document, or a text (as a page, or as a file where it is too long for one). */
bool goods_content(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    int64_t id = turn->numbers[0];
    const char *content, *name;
    if (!catalogue_content(work, id, &content, &name, err))
        return goods_again(turn, goods_show, id, err);
    if (!content) {
        page_answer(work, &turn->page, say_label(work, TEXT_ALERT_GOODS_EMPTY), true);
        return goods_show(turn, id, err);
    }
    if (!write_log(turn, id, err))
        return false;
    if (name) {
        const struct outgoing document = {
            .chat_id = turn->update->chat_id, .html = "", .document_file_id = content};
        return outgoing_add(work, &document, err);
    }
    return screen_secret(turn, say(work, TEXT_GOODS_CONTENT_SHOWN, TEXT_NO_VALUES), content, "isi.txt",
                         goods_data(turn, id), err);
}
