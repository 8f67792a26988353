/* The screens of the owner's bot, and what they share; nobody outside bot/owner/ includes it. Each handler
 * runs in the update's open transaction. */
#pragma once

#include "base/str.h"
#include "bot/admin/screen.h"
#include "bot/routes.h"
#include "tenants/stores.h"
#include "watch/figures.h"

/* The tables (ways.c). */
extern const struct command_row owner_command_rows[];
extern const size_t owner_command_row_count;
extern const struct callback_row owner_callback_rows[];
extern const size_t owner_callback_row_count;

turn_handler menu_show, menu_help, menu_unknown, menu_message, menu_nothing, menu_old_button;
turn_handler stores_open, stores_after, stores_before;

/* "2026-11-22": the day in the owner's zone. In the arena. */
const char *owner_day(struct work *work, int64_t at_ms);
/* The audit trail's name of who presses or types. */
const char *owner_actor(const struct turn *turn);
/* 🟢, 🔴, …, for a store's state. */
const char *owner_state_sign(const struct store_row *store);
/* `🔄 Segarkan` in a row of its own. */
void owner_refresh_button(struct turn *turn, struct keyboard *keyboard, const char *data);
