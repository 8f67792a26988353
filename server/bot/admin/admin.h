/* What a store's admins do. */
#pragma once

#include "bot/turn.h"

/* settings.c: today's state of the store. */
turn_handler admin_settings;
