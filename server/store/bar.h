/*
 * People whom an admin shut out of the store: nothing is sold or shown to them any more. What they have paid
 * for is theirs all the same: it is delivered, open invoices still settle, and they may look at their
 * purchases and fetch them (`theirs` in bot/routes.h says which ways lead there).
 *
 * Owns the column users.barred_at. Who is shut out is remembered with the catalogue's snapshot, so that no
 * update asks the database for it: read again where the snapshot is, at most a minute old on another server
 * that missed the announcement.
 */
#pragma once

#include "work/work.h"

/* As remembered; nobody before the first snapshot. */
bool bar_is_out(struct work *work, int64_t telegram_id);
size_t bar_count(struct work *work);
/* Whether the person, who is shut out, is to be told so now: once in ten minutes. */
bool bar_may_tell(struct work *work, int64_t telegram_id);

/* Shuts the person out, or lets them in again, in the name of an admin (0: whoever runs the server), with a
 * row in admin_logs; announced with the commit. Waits. ERR_INVALID for the store's own admins and owners;
 * ERR_NOT_FOUND where the person is not known; ERR_CONFLICT where it is so already. Nothing was written then.
 */
MUST_USE bool bar_put(struct work *work, int64_t actor_id, int64_t telegram_id, bool out, struct error *err);
