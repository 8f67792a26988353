/* What of the admins' decisions is also a row of the audit trail: settings and texts, roles, money. Called by
 * admin_log_add() alone. */
#pragma once

#include "store/admin_log.h"

/* In the open transaction. Borrows the entry; numbers, flags and states of it are told, never a text that
 * somebody wrote. */
MUST_USE bool admin_audit(struct work *work, const struct admin_log *entry, struct error *err);
