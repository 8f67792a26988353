/* What to do about a payment of another amount than was asked for, of an order or a deposit. */
#pragma once

#include "bot/turn.h"
#include "bot/wizard.h"
#include "store/payment.h"

/* "aox:<payment>:<way>" */
turn_handler settling_start;
extern const struct wizard_kind settling_wizard;

/* The buttons for a parked payment, each in a row of its own. */
void settling_buttons(struct turn *turn, struct keyboard *keyboard, const struct payment *payment);
