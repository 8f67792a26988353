-- The server's own tables. One row for each store that was ever hosted here.

CREATE TABLE stores (
    bot_store_name text        PRIMARY KEY CHECK (bot_store_name ~ '^[a-z][a-z0-9-]{1,30}$'),
    schema_name    text        NOT NULL UNIQUE,
    -- The secret_token of setWebhook, sealed; made once, so that a restart or a second server uses the same.
    webhook_secret bytea       NOT NULL,
    bot_id         bigint,
    bot_username   text,
    state          text        NOT NULL DEFAULT 'starting' CHECK (state IN ('starting', 'live', 'disabled', 'unreachable')),
    state_reason   text,
    state_since    timestamptz NOT NULL DEFAULT now(),
    created_at     timestamptz NOT NULL DEFAULT now()
);
