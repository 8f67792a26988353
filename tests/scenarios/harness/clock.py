"""What only time would do, done by SQL: a lease of a dead process runs out, an invoice's time is over. A running lapakd has
due times in mind; one that starts afterwards sees them all."""


def leases_run_out(store, skip_locked=False):
    """Whoever had these rows in hand is dead, or stands still: then the rows it has locked are to be passed over."""
    skip = " SKIP LOCKED" if skip_locked else ""
    store.query("UPDATE outbox SET lease_until = now() WHERE id IN"
                f" (SELECT id FROM outbox WHERE lease_until IS NOT NULL FOR UPDATE{skip})")
    store.query("UPDATE jobs SET lease_until = now() WHERE (kind, ref) IN"
                f" (SELECT kind, ref FROM jobs WHERE lease_until IS NOT NULL FOR UPDATE{skip})")


def due_now(store):
    """What was put off is due."""
    store.query("UPDATE outbox SET due_at = now() WHERE state = 'pending' AND due_at > now() AND lease_until IS NULL")
    store.query("UPDATE jobs SET due_at = now() WHERE state = 'pending' AND attempts > 0 AND lease_until IS NULL")


def end_bills(store, table, condition="true", *parameters):
    """The time of open orders, or deposits, is over."""
    column = {"orders": "order_id", "deposits": "deposit_id"}[table]
    store.query(f"UPDATE {table} SET expires_at = least(expires_at, now()) WHERE state = 'pending' AND {condition}", *parameters)
    store.query(
        "UPDATE jobs SET due_at = least(due_at, now()) WHERE kind IN ('payment_create', 'payment_check')"
        f" AND ref IN (SELECT p.id FROM payments p JOIN {table} b ON b.id = p.{column}"
        " WHERE b.state = 'pending' AND b.expires_at <= now())")
    if table == "deposits":
        store.query("UPDATE jobs SET due_at = least(due_at, now()) WHERE kind = 'deposit_expire' AND ref IN"
                    " (SELECT id FROM deposits WHERE state = 'pending' AND expires_at <= now())")


def look_now(store, transactions):
    """The next look at these transactions, which may be an hour away."""
    store.query("UPDATE jobs SET due_at = now() WHERE kind = 'payment_check' AND lease_until IS NULL AND ref IN"
                " (SELECT id FROM payments WHERE txn_id = ANY (%s))", list(transactions))
