/*
 * Who is known to be in the channel that a store wants its buyers in (setting "channel"). Owns the column
 * users.member_until. Telegram is asked by a job (bot/membership.c); what it says holds for a day, and for
 * the channel that was set when it was asked: setting another one makes nobody a member.
 *
 * Remembered per store: somebody who is known costs no update a question to the database, somebody who is not
 * known one in three seconds.
 */
#pragma once

#include "work/work.h"

enum { MEMBERSHIP_MS = 24 * 3600 * 1000 };

enum membership {
    MEMBERSHIP_NONE, /* not known to be in it */
    MEMBERSHIP_GOOD,
    MEMBERSHIP_OLD, /* was in it: to be asked for again */
};
/* In the open transaction or one of its own. Where no channel is set everybody is in it. */
MUST_USE bool membership_get(struct work *work, int64_t telegram_id, enum membership *membership_out,
                             struct error *err);
/* Whether Telegram is to be asked again now about somebody whose membership is old: once a minute. */
bool membership_may_ask(struct work *work, int64_t telegram_id);
/* What it said. Queued; locks the person's row. */
MUST_USE bool membership_put(struct work *work, int64_t telegram_id, bool is_member, struct error *err);
