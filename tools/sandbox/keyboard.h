/* Reply markups, checked against what Telegram documents. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "base/error.h"

struct markup {
    bool given;
    json_t *inline_rows;  /* borrowed; NULL where it is no inline keyboard, or one without buttons */
    json_t *reply_rows;   /* borrowed */
    bool is_inline;       /* an inline keyboard, even an empty one */
    bool remove_keyboard; /* takes the reply keyboard away */
    bool one_time;
};

/* `json` may be NULL (nothing given); it must outlive the markup. `inline_only`: an edit takes no other.
 * ERR_INVALID with Telegram's words. */
MUST_USE bool keyboard_check(json_t *json, bool inline_only, struct markup *markup_out, struct error *err);
