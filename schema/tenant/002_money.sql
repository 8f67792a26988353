-- Ways of paying beyond an order's QRIS: balances that people fill (deposits), coupons, corrections.

CREATE TABLE coupons (
    id               bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code             text        NOT NULL UNIQUE CHECK (code ~ '^[A-Z0-9_-]{2,32}$'),
    kind             text        NOT NULL CHECK (kind IN ('percent', 'flat')),
    value            bigint      NOT NULL CHECK (value > 0 AND value <= CASE kind WHEN 'percent' THEN 100 ELSE 1000000000 END),
    maximum_discount bigint      CHECK (maximum_discount > 0),
    minimum_total    bigint      NOT NULL DEFAULT 0 CHECK (minimum_total >= 0),
    -- Empty: everything. Arrays, as a table each would cost every backend its share.
    product_ids      bigint[]    NOT NULL DEFAULT '{}',
    category_ids     bigint[]    NOT NULL DEFAULT '{}',
    most_uses        bigint      CHECK (most_uses > 0),      -- NULL: no limit
    most_uses_each   bigint      CHECK (most_uses_each > 0), -- by one person
    -- Orders that hold it: pending, paid and completed ones.
    uses             bigint      NOT NULL DEFAULT 0 CHECK (uses >= 0 AND (most_uses IS NULL OR uses <= most_uses)),
    starts_at        timestamptz NOT NULL,
    ends_at          timestamptz CHECK (ends_at > starts_at),
    stopped          boolean     NOT NULL DEFAULT false,
    edition          integer     NOT NULL DEFAULT 1, -- counts changes of what it takes off, and from what
    created_at       timestamptz NOT NULL
) WITH (fillfactor = 80);

-- The coupon in the person's cart, and the edition of it they saw: of another one no order is made.
ALTER TABLE users
    ADD COLUMN coupon_id bigint REFERENCES coupons ON DELETE SET NULL,
    ADD COLUMN coupon_edition integer;

ALTER TABLE orders
    ADD COLUMN coupon_id   bigint REFERENCES coupons,
    ADD COLUMN coupon_code text,
    ADD COLUMN refunded    bigint NOT NULL DEFAULT 0, -- to the buyer's balance, so far
    ADD CHECK (refunded BETWEEN 0 AND total),
    ADD CHECK (refunded = 0 OR paid_at IS NOT NULL),
    ADD CHECK ((coupon_id IS NULL) = (coupon_code IS NULL)),
    ADD CHECK ((coupon_id IS NULL) = (discount = 0));
-- A person's uses of a coupon are counted by orders_person.

-- Money for a balance: by the gateway, or by hand with a proof that an admin looks at.
CREATE TABLE deposits (
    id                 bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reference          text        NOT NULL UNIQUE CHECK (reference ~ '^dp[0-9]+-[a-z0-9]+$'),
    telegram_id        bigint      NOT NULL REFERENCES users,
    kind               text        NOT NULL CHECK (kind IN ('gateway', 'manual')),
    amount             bigint      NOT NULL CHECK (amount > 0),
    state              text        NOT NULL
        CHECK (state IN ('pending', 'review', 'completed', 'cancelled', 'expired', 'rejected')),
    loading_message_id bigint,
    invoice_message_id bigint,
    proof              bytea,       -- sealed: the photo's file_id
    decided_by         bigint,      -- the admin who confirmed or rejected
    created_at         timestamptz NOT NULL,
    expires_at         timestamptz NOT NULL,
    proved_at          timestamptz,
    completed_at       timestamptz,
    ended_at           timestamptz, -- cancelled, expired or rejected
    end_reason         text,
    CHECK (kind = 'manual' OR (state NOT IN ('review', 'rejected') AND proof IS NULL)),
    CHECK (state <> 'review' OR proof IS NOT NULL),
    CHECK ((state = 'completed') = (completed_at IS NOT NULL))
) WITH (fillfactor = 80);
CREATE INDEX deposits_person ON deposits (telegram_id, id DESC);
CREATE INDEX deposits_open ON deposits (id) WHERE state IN ('pending', 'review');

ALTER TABLE payments
    ALTER COLUMN order_id DROP NOT NULL,
    ADD COLUMN deposit_id  bigint REFERENCES deposits,
    ADD COLUMN va_number   text,
    ADD COLUMN pay_url     text,
    ADD COLUMN paid_amount bigint CHECK (paid_amount >= 0), -- as the gateway has it, where that is not what was asked for
    ADD COLUMN resolution  text CHECK (resolution IN ('delivered', 'credited', 'refunded')), -- of a problem, by an admin
    ADD CONSTRAINT payments_purpose CHECK (num_nonnulls(order_id, deposit_id) = 1),
    ADD CONSTRAINT payments_resolution CHECK (resolution IS NULL OR problem IS NOT NULL),
    DROP CONSTRAINT payments_amount_check,
    ADD CONSTRAINT payments_amount_check CHECK (amount > 0 OR (amount = 0 AND method = 'balance')),
    DROP CONSTRAINT payments_check,
    -- Only the gateway has transactions: a balance and an admin's word have none.
    ADD CONSTRAINT payments_check CHECK (
        state IN ('creating', 'failed', 'cancelled', 'expired') OR txn_id IS NOT NULL OR method IN ('balance', 'manual'));
CREATE UNIQUE INDEX payments_one_open_deposit ON payments (deposit_id) WHERE state IN ('creating', 'waiting');
-- One for both; a deposit's are found by (order_id IS NULL AND deposit_id = …). With a third and a fourth index more a
-- backend would keep twice as much in memory for this table, in each store.
CREATE INDEX payments_bill ON payments (order_id, deposit_id);

-- A bad unit stays with its buyer as sold; the one that replaced it is what counts.
ALTER TABLE stock_units
    ADD COLUMN replaced_by bigint UNIQUE REFERENCES stock_units,
    ADD CHECK (replaced_by IS NULL OR state = 'sold');

-- What people decided, append-only: the store's role can't change or remove a row.
CREATE TABLE admin_logs (
    id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    actor_id   bigint      NOT NULL, -- Telegram id; 0: whoever runs the server
    action     text        NOT NULL,
    subject    text        NOT NULL, -- 'order', 'deposit', 'user', 'unit', …
    subject_id bigint      NOT NULL,
    before     jsonb,
    after      jsonb,
    note       text        NOT NULL DEFAULT '',
    key        text        UNIQUE, -- of the decision, so that the same one is not carried out twice
    created_at timestamptz NOT NULL
);
CREATE INDEX admin_logs_subject ON admin_logs (subject, subject_id);

-- The message that the question is about, to be changed once it is answered.
ALTER TABLE conversations ADD COLUMN message_id bigint;

DO $$
BEGIN
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON coupons, deposits, admin_logs TO %I', current_setting('lapak.role'));
    EXECUTE format('REVOKE UPDATE, DELETE ON admin_logs FROM %I', current_setting('lapak.role'));
    -- What was ordered, paid and sold stays, whatever a store's people do.
    EXECUTE format('REVOKE DELETE ON orders, order_items, stock_units, payments, deposits FROM %I', current_setting('lapak.role'));
END
$$;
