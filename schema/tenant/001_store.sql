-- One store. Runs with search_path set to the store's schema; the tables belong to the server's role, the store's own
-- role (lapak.role) may read and write rows and nothing else.
--
-- Few tables on purpose: each costs every PostgreSQL backend that touches it about 15 KB.

-- Updates that were handled. A plain INSERT that fails is how a repeated update is noticed.
CREATE TABLE updates_seen (
    update_id bigint      PRIMARY KEY,
    seen_at   timestamptz NOT NULL
);

-- Updates whose handling failed; parked_at is set when we gave up and acknowledged.
CREATE TABLE updates_failed (
    update_id bigint      PRIMARY KEY,
    attempts  integer     NOT NULL CHECK (attempts > 0),
    error     text        NOT NULL,
    body      bytea,                         -- sealed
    first_at  timestamptz NOT NULL,
    last_at   timestamptz NOT NULL,
    parked_at timestamptz
);

CREATE TABLE users (
    telegram_id   bigint      PRIMARY KEY,
    first_name    text        NOT NULL,
    last_name     text,
    username      text,
    language_code text,
    balance       bigint      NOT NULL DEFAULT 0 CHECK (balance >= 0), -- the sum of the ledger
    reachable     boolean     NOT NULL DEFAULT true,                   -- false: blocked the bot
    created_at    timestamptz NOT NULL,
    seen_at       timestamptz NOT NULL
) WITH (fillfactor = 80);

-- What a person's next message answers ("the proof for these terms"); one at a time.
CREATE TABLE conversations (
    telegram_id bigint      PRIMARY KEY REFERENCES users,
    kind        text        NOT NULL,
    ref         bigint      NOT NULL,
    expires_at  timestamptz NOT NULL
) WITH (fillfactor = 80);

CREATE TABLE categories (
    id       bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name     text    NOT NULL UNIQUE CHECK (char_length(name) BETWEEN 1 AND 64),
    emoji    text    NOT NULL DEFAULT '',
    position integer NOT NULL,
    hidden   boolean NOT NULL DEFAULT false
);

CREATE TABLE products (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    category_id bigint      NOT NULL REFERENCES categories,
    code        text        NOT NULL UNIQUE CHECK (code ~ '^[A-Za-z0-9_-]{1,32}$'),
    name        text        NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
    description text        NOT NULL DEFAULT '' CHECK (char_length(description) <= 2000),
    price       bigint      NOT NULL CHECK (price BETWEEN 1 AND 1000000000), -- rupiah
    snk         text        NOT NULL DEFAULT '' CHECK (char_length(snk) <= 3000),
    position    integer     NOT NULL,
    hidden      boolean     NOT NULL DEFAULT false,
    sold        bigint      NOT NULL DEFAULT 0 CHECK (sold >= 0),     -- units sold so far
    low_told    boolean     NOT NULL DEFAULT false,                   -- admins know that the stock is low
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL
);
CREATE INDEX products_category ON products (category_id);

CREATE TABLE orders (
    id                 bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reference          text        NOT NULL UNIQUE CHECK (reference ~ '^tg[0-9]+-[a-z0-9]+$'),
    telegram_id        bigint      NOT NULL REFERENCES users,
    state              text        NOT NULL CHECK (state IN ('pending', 'paid', 'completed', 'cancelled', 'expired')),
    subtotal           bigint      NOT NULL CHECK (subtotal > 0),
    discount           bigint      NOT NULL DEFAULT 0 CHECK (discount >= 0),
    total              bigint      NOT NULL CHECK (total >= 0 AND total = subtotal - discount),
    -- The message in the chat that shows the loading line, then the invoice.
    loading_message_id bigint,
    invoice_message_id bigint,
    created_at         timestamptz NOT NULL,
    expires_at         timestamptz NOT NULL,
    paid_at            timestamptz,
    completed_at       timestamptz,
    ended_at           timestamptz, -- cancelled or expired
    end_reason         text,
    CHECK ((state IN ('paid', 'completed')) = (paid_at IS NOT NULL)),
    CHECK ((state = 'completed') = (completed_at IS NOT NULL))
);
CREATE INDEX orders_person ON orders (telegram_id, id DESC);
CREATE INDEX orders_open ON orders (id) WHERE state IN ('pending', 'paid');

CREATE TABLE order_items (
    id         bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id   bigint  NOT NULL REFERENCES orders,
    product_id bigint  NOT NULL REFERENCES products,
    name       text    NOT NULL,
    price      bigint  NOT NULL CHECK (price > 0),
    quantity   integer NOT NULL CHECK (quantity > 0),
    snk        text    NOT NULL,
    UNIQUE (order_id, product_id)
);

CREATE TABLE stock_units (
    id            bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product_id    bigint      NOT NULL REFERENCES products,
    state         text        NOT NULL DEFAULT 'available' CHECK (state IN ('available', 'reserved', 'sold')),
    content       bytea       NOT NULL, -- sealed
    digest        bytea       NOT NULL, -- keyed digest of the content: a line already known is not taken twice
    order_item_id bigint      REFERENCES order_items,
    created_at    timestamptz NOT NULL,
    reserved_at   timestamptz,
    sold_at       timestamptz,
    UNIQUE (product_id, digest),
    CHECK ((state = 'available') = (order_item_id IS NULL)),
    CHECK ((state = 'sold') = (sold_at IS NOT NULL))
) WITH (fillfactor = 80);
CREATE INDEX stock_units_available ON stock_units (product_id, id) WHERE state = 'available';
CREATE INDEX stock_units_item ON stock_units (order_item_id) WHERE order_item_id IS NOT NULL;

CREATE TABLE cart_items (
    telegram_id bigint      NOT NULL REFERENCES users,
    product_id  bigint      NOT NULL REFERENCES products,
    quantity    integer     NOT NULL CHECK (quantity BETWEEN 1 AND 1000),
    price       bigint      NOT NULL CHECK (price > 0), -- as the buyer saw it
    added_at    timestamptz NOT NULL, -- a change of quantity does not move the line
    PRIMARY KEY (telegram_id, product_id)
) WITH (fillfactor = 80);

CREATE TABLE payments (
    id               bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id         bigint      NOT NULL REFERENCES orders,
    gateway_order_id text        NOT NULL UNIQUE, -- made before the call and kept; what a repeated call repeats
    method           text        NOT NULL,
    amount           bigint      NOT NULL CHECK (amount > 0), -- what we ask for, without any fee
    state            text        NOT NULL CHECK (state IN ('creating', 'waiting', 'completed', 'cancelled', 'expired', 'failed')),
    -- From the gateway's answer:
    txn_id           text        UNIQUE,
    fee              bigint      CHECK (fee >= 0),
    total            bigint      CHECK (total >= 0),
    qr_string        text,
    expires_at       timestamptz,
    created_at       timestamptz NOT NULL,
    hinted_at        timestamptz, -- a webhook said that it was paid
    ended_at         timestamptz,
    checks           integer     NOT NULL DEFAULT 0, -- status calls made
    checked_at       timestamptz, -- the last of them
    failures         integer     NOT NULL DEFAULT 0, -- gateway calls in a row without a usable answer
    problem          text,        -- parked for an admin: 'mismatch', …
    CHECK (state IN ('creating', 'failed', 'cancelled', 'expired') OR txn_id IS NOT NULL)
);
CREATE UNIQUE INDEX payments_one_open ON payments (order_id) WHERE state IN ('creating', 'waiting');

-- Money of people, append-only: the store's role can't change or remove an entry.
CREATE TABLE ledger (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    telegram_id bigint      NOT NULL REFERENCES users,
    kind        text        NOT NULL CHECK (kind IN ('deposit', 'purchase', 'refund', 'adjustment', 'transfer', 'late_payment')),
    amount      bigint      NOT NULL CHECK (amount <> 0),
    reason_key  text        NOT NULL UNIQUE, -- so that the same thing can't be booked twice
    note        text        NOT NULL DEFAULT '',
    created_at  timestamptz NOT NULL
);
CREATE INDEX ledger_person ON ledger (telegram_id, id DESC);

-- Terms (SNK) a buyer has to fulfil, one row per bought product that has any.
CREATE TABLE terms (
    id           bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id     bigint      NOT NULL REFERENCES orders,
    order_item_id bigint     NOT NULL UNIQUE REFERENCES order_items,
    telegram_id  bigint      NOT NULL REFERENCES users,
    state        text        NOT NULL CHECK (state IN ('open', 'awaiting', 'fulfilled')),
    proof_kind   text        CHECK (proof_kind IN ('text', 'photo')),
    proof        bytea,      -- sealed: the text, or the photo's file_id
    created_at   timestamptz NOT NULL,
    fulfilled_at timestamptz,
    CHECK ((state = 'fulfilled') = (fulfilled_at IS NOT NULL))
);
CREATE INDEX terms_order ON terms (order_id);

CREATE TABLE outbox (
    id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    chat_id    bigint      NOT NULL,
    seal_id    bigint      NOT NULL, -- random; with chat_id the payload's identity
    payload    bytea,                -- sealed; removed once sent
    keep       boolean     NOT NULL,
    effect     text,
    effect_ref bigint,
    state      text        NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'sent', 'failed', 'held')),
    due_at     timestamptz NOT NULL,
    lease_until timestamptz,
    attempts   integer     NOT NULL DEFAULT 0,
    error      text,
    created_at timestamptz NOT NULL,
    ended_at   timestamptz
) WITH (fillfactor = 80);
CREATE INDEX outbox_waiting ON outbox (chat_id, id) WHERE state IN ('pending', 'held');

CREATE TABLE jobs (
    kind        text        NOT NULL,
    ref         bigint      NOT NULL,
    state       text        NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'parked')),
    due_at      timestamptz NOT NULL,
    lease_until timestamptz,
    attempts    integer     NOT NULL DEFAULT 0, -- failures in a row
    error       text,
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (kind, ref)
) WITH (fillfactor = 80);

DO $$
BEGIN
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %I TO %I',
                   current_schema(), current_setting('lapak.role'));
    EXECUTE format('REVOKE UPDATE, DELETE ON ledger FROM %I', current_setting('lapak.role'));
END
$$;
