/* How alerts read, in the owner's language; nobody outside bot/owner/ includes it. All results are HTML in
 * the arena. */
#pragma once

#include "bot/say.h"
#include "watch/alerts.h"

/* ℹ️, ⚠️ or 🚨. */
const char *words_sign(enum alert_kind kind);
/* "kopi-digital", or "server". Plain. */
const char *words_store(const struct alert_row *row);
/* "Disk hampir penuh (/var)". Plain. */
const char *words_title(struct work *work, const struct alert_row *row);
/* What is the matter, and what to do about it. */
const char *words_detail(struct work *work, const struct alert_row *row);

/* The whole message for a telling. */
const char *words_message(struct work *work, const struct alert_row *row, enum alert_telling why);
const char *words_digest(struct work *work, const struct alert_digest *digest);
