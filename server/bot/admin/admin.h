/* What a store's admins do. */
#pragma once

#include "bot/turn.h"

/* menu.c */
turn_handler admin_menu;

/* broadcasts.c, broadcast_new.c */
turn_handler broadcasts_open, broadcasts_open_aside, broadcasts_list, broadcasts_show, broadcasts_view,
    broadcasts_make, broadcasts_pause, broadcasts_resume, broadcasts_ask_cancel, broadcasts_cancel,
    broadcasts_resend;
/* statistics.c */
turn_handler statistics_open, statistics_of_days, statistics_of_dates, statistics_files, statistics_choose;

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
