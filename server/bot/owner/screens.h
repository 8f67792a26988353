/* The screens of the owner's bot, and what they share; nobody outside bot/owner/ includes it. Each handler
 * runs in the update's open transaction. */
#pragma once

#include "base/str.h"
#include "bot/admin/screen.h"
#include "bot/routes.h"
#include "bot/wizard.h"
#include "tenants/stores.h"
#include "watch/alerts.h"
#include "watch/figures.h"
#include "watch/machine.h"

/* The tables (ways.c). */
extern const struct command_row owner_command_rows[];
extern const size_t owner_command_row_count;
extern const struct callback_row owner_callback_rows[];
extern const size_t owner_callback_row_count;

turn_handler menu_show, menu_help, menu_unknown, menu_message, menu_nothing, menu_old_button;
turn_handler alerts_open, alerts_older, alerts_one, alerts_ack, alerts_mute, alerts_unmute;
turn_handler suspend_ask, suspend_ask_end, suspend_end;
turn_handler backing_start, store_open, store_errors, trail_open, health_open;
turn_handler stores_open, stores_after, stores_before;

extern const struct wizard_kind owner_suspend_wizard;

/* "2026-11-22": the day in the owner's zone. In the arena. */
const char *owner_day(struct work *work, int64_t at_ms);
/* The audit trail's name of who presses or types. */
const char *owner_actor(const struct turn *turn);
/* 🟢, 🔴, …, for a store's state. */
const char *owner_state_sign(const struct store_row *store);
/* A store's page. */
MUST_USE bool store_show(struct turn *turn, const char *name, struct error *err);
/* A person as a link, by the id alone; 0: who runs the server. HTML. */
const char *owner_person_html(struct work *work, int64_t telegram_id);
/* "12 GB", "1,5 GB"; "–" for less than 0. In the arena. */
const char *owner_bytes(struct work *work, int64_t bytes);
/* In percent; -1 where none is known. */
int owner_fullest_disk(const struct machine_figures *figures);
/* A row that leads back to a store's page (for TENANT_SERVER_NAME to the server's), and to the menu. */
void owner_ways_back(struct work *work, struct keyboard *keyboard, const char *store);
/* `🔄 Segarkan` in a row of its own. */
void owner_refresh_button(struct turn *turn, struct keyboard *keyboard, const char *data);

/* To each owner by the outbox, kept until it is sent; in the open transaction of the server's. Takes over the
 * keyboard (may be NULL). */
MUST_USE bool owner_send(struct work *work, const char *html, json_t *keyboard, struct error *err);

/* Alerts as lines of a list, and a button for each. */
const char *alerts_lines(struct work *work, const struct alert_row *rows, size_t count);
void alerts_buttons(struct work *work, struct keyboard *keyboard, const struct alert_row *rows, size_t count);
/* How many are open; of a store, or of everybody (NULL). */
MUST_USE bool alerts_open_count(struct work *work, const char *store, int64_t *count_out, struct error *err);

/* See owner_options. */
struct owner_backups;
void backing_use(const struct owner_backups *table);
void summary_set_time(const char *time_of_day);
