/* An admin at work in a chat of talk.h: buttons are pressed by their labels, on the page that was shown last.
 */
#pragma once

#include "talk.h"

/* Every page of these is checked as talk_update() does, and kept. */
const json_t *desk_open(const char *data);   /* a callback of the admin's; NULL for a reply without a page */
const json_t *desk_press(const char *label); /* the last page's first button whose label begins like that */
const json_t *desk_send(const char *text);
const json_t *desk_photo(const char *file_id);
const json_t *desk_document(const char *file_id, const char *name, int64_t size);
/* Who it is: ADMIN unless told otherwise. Each has a page of their own. */
void desk_is(int64_t person);

/* Fails unless the last page says this, or (with `false`) if it does. */
void desk_says(const char *part);
void desk_says_not(const char *part);
/* The callback data behind a label; NULL where there is no such button. Valid until the next page. */
const char *desk_data(const char *label);
