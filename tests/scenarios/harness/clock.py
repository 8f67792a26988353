"""What only time would do, done by SQL: a lease of a dead process runs out, an invoice's time is over. A running lapakd has
due times in mind; one that starts afterwards sees them all."""

# Somebody who stands still in the middle of a transaction holds its rows locked: those are passed over.
SKIP = "FOR UPDATE SKIP LOCKED"


def leases_run_out(store):
    """Whoever had these rows in hand is dead, or stands still."""
    store.query(f"UPDATE outbox SET lease_until = now() WHERE id IN (SELECT id FROM outbox WHERE lease_until IS NOT NULL {SKIP})")
    store.query("UPDATE jobs SET lease_until = now() WHERE (kind, ref) IN"
                f" (SELECT kind, ref FROM jobs WHERE lease_until IS NOT NULL {SKIP})")


def due_now(store):
    """What was put off is due."""
    store.query("UPDATE outbox SET due_at = now() WHERE id IN (SELECT id FROM outbox"
                f" WHERE state = 'pending' AND due_at > now() AND lease_until IS NULL {SKIP})")
    _jobs_due_now(store, "attempts > 0")


def end_bills(store, table, condition="true", *parameters):
    """The time of open orders, or deposits, is over."""
    column = {"orders": "order_id", "deposits": "deposit_id"}[table]
    store.query(
        f"UPDATE {table} SET expires_at = least(expires_at, now()) WHERE id IN"
        f" (SELECT id FROM {table} WHERE state = 'pending' AND {condition} {SKIP})", *parameters)
    over = f"SELECT id FROM {table} WHERE state = 'pending' AND expires_at <= now()"
    _jobs_due_now(store, "kind IN ('payment_create', 'payment_check')"
                  f" AND ref IN (SELECT id FROM payments WHERE {column} IN ({over}))")
    if table == "deposits":
        _jobs_due_now(store, f"kind = 'deposit_expire' AND ref IN ({over})")


def look_now(store, transactions):
    """The next look at these transactions, which may be an hour away."""
    _jobs_due_now(store, "kind = 'payment_check' AND ref IN (SELECT id FROM payments WHERE txn_id = ANY (%s))", list(transactions))


def _jobs_due_now(store, condition, *parameters):
    store.query("UPDATE jobs SET due_at = least(due_at, now()) WHERE (kind, ref) IN"
                f" (SELECT kind, ref FROM jobs WHERE state = 'pending' AND lease_until IS NULL AND {condition} {SKIP})", *parameters)
