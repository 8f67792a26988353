-- The server as a store among stores: the owner's bot has an outbox, jobs and conversations like everybody; and what
-- is known of all stores together.

-- --- stores: see tenants/enrolment.h, tenants/suspension.h ---

ALTER TABLE stores
    DROP CONSTRAINT stores_state_check,
    ADD CONSTRAINT stores_state_check CHECK (state IN ('starting', 'live', 'disabled', 'unreachable', 'removed')),
    -- What Telegram was told last: a digest of all of it, NULL where the bot is not live.
    ADD COLUMN registered_digest bytea CHECK (octet_length(registered_digest) = 32),
    ADD COLUMN suspended_at     timestamptz, -- the owner closed it for buyers
    ADD COLUMN suspended_by     bigint,      -- 0: whoever runs the server
    ADD COLUMN suspended_reason text,
    ADD CHECK ((suspended_at IS NULL) = (suspended_by IS NULL));

-- --- as in every store ---

CREATE TABLE updates_seen (
    update_id bigint      PRIMARY KEY,
    seen_at   timestamptz NOT NULL
);

CREATE TABLE updates_failed (
    update_id bigint      PRIMARY KEY,
    attempts  integer     NOT NULL CHECK (attempts > 0),
    error     text        NOT NULL,
    body      bytea, -- sealed
    first_at  timestamptz NOT NULL,
    last_at   timestamptz NOT NULL,
    parked_at timestamptz
);

CREATE TABLE conversations (
    telegram_id bigint      PRIMARY KEY,
    kind        text        NOT NULL,
    ref         bigint      NOT NULL,
    expires_at  timestamptz NOT NULL,
    message_id  bigint,
    data        bytea -- sealed
) WITH (fillfactor = 80);

CREATE TABLE outbox (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    chat_id     bigint      NOT NULL,
    seal_id     bigint      NOT NULL,
    payload     bytea,
    keep        boolean     NOT NULL,
    effect      text,
    effect_ref  bigint,
    state       text        NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'sent', 'failed', 'held', 'uncertain')),
    due_at      timestamptz NOT NULL,
    lease_until timestamptz,
    attempts    integer     NOT NULL DEFAULT 0,
    error       text,
    created_at  timestamptz NOT NULL,
    ended_at    timestamptz,
    bulk        boolean     NOT NULL DEFAULT false,
    CHECK (bulk OR state <> 'uncertain')
) WITH (fillfactor = 80);
CREATE INDEX outbox_waiting ON outbox (chat_id, id) WHERE state IN ('pending', 'held', 'uncertain');

CREATE TABLE jobs (
    kind        text        NOT NULL,
    ref         bigint      NOT NULL,
    state       text        NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'parked')),
    due_at      timestamptz NOT NULL,
    lease_until timestamptz,
    attempts    integer     NOT NULL DEFAULT 0,
    error       text,
    created_at  timestamptz NOT NULL,
    data        bytea, -- sealed
    PRIMARY KEY (kind, ref)
) WITH (fillfactor = 80);

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
-- Of the server's own role too, though it could take that right back.
REVOKE UPDATE, DELETE, TRUNCATE ON audit_logs FROM CURRENT_USER;

-- What is remembered of each trail (also the server's) apart from it, so that one whose end was cut off is found.
CREATE TABLE audit_heads (
    store text        NOT NULL, -- bot_store_name, or 'server'
    kind  text        NOT NULL CHECK (kind IN ('head', 'verified')), -- the newest row; the one up to which it was verified
    id    bigint      NOT NULL,
    hash  bytea       NOT NULL CHECK (octet_length(hash) = 32),
    mark  bytea       NOT NULL CHECK (octet_length(mark) = 32), -- keyed, of all of this
    at    timestamptz NOT NULL,
    PRIMARY KEY (store, kind)
) WITH (fillfactor = 50);

-- --- the owner's bot: see tenants/enrolment.h (secret), telegram/registration.h (the others), bot/owner/ ---

CREATE TABLE owner_bot (
    the_one         boolean     PRIMARY KEY DEFAULT true CHECK (the_one),
    webhook_secret  bytea       NOT NULL, -- sealed
    bot_id          bigint,
    bot_username    text,
    can_manage_bots boolean     NOT NULL DEFAULT false,
    state           text        NOT NULL DEFAULT 'starting' CHECK (state IN ('starting', 'live', 'disabled', 'unreachable')),
    state_reason    text,
    state_since     timestamptz NOT NULL DEFAULT now(),
    summary_on      date -- the day of the last daily summary
);

-- The last day on which each owner was there, in their zone.
CREATE TABLE owner_visits (
    telegram_id bigint PRIMARY KEY,
    day         date   NOT NULL
);

-- --- alerts: see watch/alerts.h ---

CREATE TABLE alerts (
    id           bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    store        text        NOT NULL DEFAULT '', -- bot_store_name; '' for the server
    kind         text        NOT NULL,
    subject      text        NOT NULL DEFAULT '', -- what of that kind
    detail       text        NOT NULL,            -- of the last time
    count        bigint      NOT NULL CHECK (count > 0),
    first_at     timestamptz NOT NULL,
    last_at      timestamptz NOT NULL,
    told_at      timestamptz,                     -- when the owners were told last
    told_count   bigint      NOT NULL DEFAULT 0,  -- what they were told then
    told_open    boolean     NOT NULL DEFAULT false, -- that it is open is the last they were told
    acked_at     timestamptz,
    acked_by     bigint,
    muted_until  timestamptz,
    recovered_at timestamptz,
    due_at       timestamptz,                     -- when it is next decided whether to tell, and whether it is over
    CHECK ((acked_at IS NULL) = (acked_by IS NULL)),
    CHECK (told_at IS NOT NULL OR NOT told_open)
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX alerts_open ON alerts (store, kind, subject) WHERE recovered_at IS NULL;
CREATE INDEX alerts_recovered ON alerts (store, kind, subject, recovered_at) WHERE recovered_at IS NOT NULL;
CREATE INDEX alerts_last ON alerts (last_at, id);
CREATE INDEX alerts_due ON alerts (due_at) WHERE due_at IS NOT NULL;

-- --- what the last round saw of each store: see watch/figures.h ---

CREATE TABLE store_figures (
    store               text        PRIMARY KEY,
    checked_at          timestamptz,
    day                 date,                          -- whose orders these are, in the store's zone
    orders              bigint      NOT NULL DEFAULT 0,
    revenue             bigint      NOT NULL DEFAULT 0, -- rupiah
    orders_before       bigint      NOT NULL DEFAULT 0, -- of the day before
    revenue_before      bigint      NOT NULL DEFAULT 0,
    people              bigint      NOT NULL DEFAULT 0,
    parked              bigint      NOT NULL DEFAULT 0, -- jobs, updates and payments set aside for somebody to decide
    outbox_waiting      bigint      NOT NULL DEFAULT 0,
    outbox_late_seconds bigint      NOT NULL DEFAULT 0,
    jobs_late_seconds   bigint      NOT NULL DEFAULT 0,
    failed_in_row       bigint      NOT NULL DEFAULT 0, -- payments that came to nothing, one after the other
    webhook_pending     bigint      NOT NULL DEFAULT 0,
    webhook_error       text,
    gateway_ok          boolean,
    backup_at           timestamptz,                   -- of the last good one
    backup_error        text                           -- of one that failed since
) WITH (fillfactor = 50);

-- --- bots that were made through the owner's: see bot/owner/ ---

CREATE TABLE managed_bots (
    bot_id       bigint      PRIMARY KEY,
    bot_username text        NOT NULL,
    made_by      bigint      NOT NULL,
    store        text,
    created_at   timestamptz NOT NULL
);
