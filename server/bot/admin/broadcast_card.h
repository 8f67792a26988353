/* What a broadcast looks like: as a screen, as the message that shows its progress, and as reports. All HTML
 * is in the work's arena; keyboards are the caller's. */
#pragma once

#include <jansson.h>

#include "store/broadcast.h"
#include "telegram/keyboard.h"

/* Whom it goes to; plain. */
const char *broadcast_card_target(struct work *work, enum broadcast_segment segment, int64_t segment_ref);
/* "1.234 orang", or about so many. */
const char *broadcast_card_people(struct work *work, int64_t count, bool exact);
const char *broadcast_card_state(const struct work *work, enum broadcast_state state);

/* State, target and figures. */
const char *broadcast_card_html(struct work *work, const struct broadcast *broadcast);
const char *broadcast_card_report_html(struct work *work, const struct broadcast *broadcast);
/* It was paused, as Telegram refuses its messages. */
const char *broadcast_card_stalled_html(struct work *work, const struct broadcast *broadcast);

/* What can be done with it, as rows. */
void broadcast_card_buttons(struct work *work, struct keyboard *keyboard, const struct broadcast *broadcast);
/* Under the progress. Nothing of it leads elsewhere in the same message: that goes on changing. */
json_t *broadcast_card_live_keyboard(struct work *work, const struct broadcast *broadcast);
json_t *broadcast_card_report_keyboard(struct work *work, const struct broadcast *broadcast);
/* Changes the progress; expendable. */
void broadcast_card_edit_live(struct work *work, const struct broadcast *broadcast);
