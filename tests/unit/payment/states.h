/* The tables of states_test.c: what comes of each state and each event. */
#pragma once

#include "pairs.h"

#define NOTHING "nothing"
#define REFUSED "refused"

extern const struct pairs_row states_of_order[], states_of_deposit[], states_of_by_hand[], states_of_unit[],
    states_of_item[];
extern const size_t states_of_order_count, states_of_deposit_count, states_of_by_hand_count,
    states_of_unit_count, states_of_item_count;
