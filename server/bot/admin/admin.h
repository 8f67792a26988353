/* What a store's admins do. */
#pragma once

#include "bot/turn.h"

/* menu.c */
turn_handler admin_menu;

/* broadcasts.c, broadcast_new.c */
turn_handler broadcasts_open, broadcasts_open_aside, broadcasts_list, broadcasts_show, broadcasts_view,
    broadcasts_make, broadcasts_pause, broadcasts_resume, broadcasts_ask_cancel, broadcasts_cancel,
    broadcasts_resend;
/* calculator.c, calculator_history.c */
turn_handler calculator_open, calculator_formula, calculator_ask_refund, calculator_ask_deposit,
    calculator_ask_total, calculator_history, calculator_entry;

/* statistics.c */
turn_handler statistics_open, statistics_of_days, statistics_of_dates, statistics_files, statistics_choose;
/* goods*.c: categories and products */
turn_handler goods_home, goods_category, goods_product, goods_picture, goods_content, goods_find;
turn_handler goods_category_new, goods_category_name, goods_category_emoji, goods_category_move,
    goods_category_hide, goods_category_ask_delete, goods_category_delete;
turn_handler goods_new, goods_edit, goods_move, goods_hide, goods_ask_delete, goods_delete;

/* units*.c: a product's stock */
turn_handler units_list, units_open, units_look, units_ask_remove, units_remove, units_put_back, units_export;
turn_handler units_add, units_take;

/* snk.c: terms and their proofs */
turn_handler snk_home, snk_find, snk_open, snk_edit, snk_ask_remove, snk_remove, snk_proofs, snk_proof;

/* store_settings.c */
turn_handler store_settings_open, store_settings_show, store_settings_look, store_settings_change,
    store_settings_reset;

/* maintenance.c */
turn_handler maintenance_open, maintenance_begin, maintenance_end;

/* admins.c, admins_add.c */
turn_handler admins_open, admins_show, admins_add, admins_ask_remove, admins_remove;

/* logs.c */
turn_handler logs_open, logs_entry, logs_of_admin, logs_entry_of_admin, logs_of_subject,
    logs_entry_of_subject;

/* transfers.c: proofs of transfers by hand */
turn_handler transfers_take, transfers_ask_reason, transfers_refuse_now, transfers_drop;
/* The admin's message is the reason why a deposit is refused. In the open transaction. */
MUST_USE bool transfers_take_reason(struct turn *turn, int64_t deposit_id, struct error *err);
#define TRANSFERS_CONVERSATION "deposit_reason"
/* The two buttons below the photo of a proof; the caller owns the result. */
json_t *transfers_keyboard(struct work *work, const struct deposit *deposit);
/* The photo once more, to this admin alone, as it would look had it been left there; a popup says where there
 * is none. In the open transaction. */
MUST_USE bool transfers_send_proof(struct turn *turn, const struct deposit *deposit, struct error *err);
