-- What the owner and the operator need of each store: an audit trail nobody can rewrite unnoticed.

-- Append-only, each row chained to the one before; see work/audit.h.
CREATE TABLE audit_logs (
    id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event      text        NOT NULL CHECK (event ~ '^[a-z_]+(\.[a-z_]+)+$'),
    actor      text        NOT NULL, -- "telegram:1001", "operator", "system", "outside"
    detail     text        NOT NULL, -- JSON, as it was hashed
    created_at timestamptz NOT NULL,
    previous   bytea       NOT NULL CHECK (octet_length(previous) = 32), -- hash of the row before; zeros for the first
    hash       bytea       NOT NULL CHECK (octet_length(hash) = 32)      -- keyed, of all but the id
);

DO $$
BEGIN
    EXECUTE format('GRANT SELECT, INSERT ON audit_logs TO %I', current_setting('lapak.role'));
END
$$;
