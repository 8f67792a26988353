/* The wizard that makes a broadcast. */
#pragma once

#include "bot/wizard.h"

extern const struct wizard_kind broadcast_wizard;
