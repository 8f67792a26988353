-- What a store's admins run from Telegram: settings and texts of their own, kinds of product, people, broadcasts.

-- --- people ---

ALTER TABLE users
    ADD COLUMN barred_at    timestamptz, -- an admin shut this person out
    ADD COLUMN member_until timestamptz; -- known to be in the store's channel, until it is asked again
CREATE INDEX users_barred ON users (telegram_id) WHERE barred_at IS NOT NULL;
CREATE INDEX users_newest ON users (created_at, telegram_id);
-- Searched by how a name begins, page by page; cut, because an index takes no entry of any length.
CREATE INDEX users_username ON users ((lower(left(username, 64)) COLLATE "C"), telegram_id) WHERE username IS NOT NULL;
CREATE INDEX users_name ON users ((lower(left(first_name || coalesce(' ' || last_name, ''), 64)) COLLATE "C"), telegram_id);

-- Figures that would take a whole table to count.
CREATE TABLE counters (
    name       text        PRIMARY KEY,
    value      bigint      NOT NULL CHECK (value >= 0),
    counted_at timestamptz           -- NULL: kept up to date by whoever changes what it counts
) WITH (fillfactor = 50);
INSERT INTO counters (name, value)
    SELECT 'users', count(*) FROM users
    UNION ALL SELECT 'unreachable', count(*) FROM users WHERE NOT reachable
    UNION ALL SELECT 'completed', count(*) FROM orders WHERE state = 'completed';

-- --- coupons ---

ALTER TABLE coupons
    ADD COLUMN revision integer NOT NULL DEFAULT 1, -- counts changes by admins
    ALTER COLUMN code TYPE text COLLATE "C";        -- listed in this order
-- A cart may name a coupon that was deleted, and its person is told so; looking for such carts would read all people.
ALTER TABLE users DROP CONSTRAINT users_coupon_id_fkey;

-- --- a person's half-finished form ---

ALTER TABLE conversations ADD COLUMN data bytea; -- sealed

-- --- the store's own settings and texts ---

-- One row for each thing an admin has ever set: a setting, a text, an admin. Without a value it is as the files say.
CREATE TABLE settings (
    id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY, -- subject_id of its rows in admin_logs
    key        text        NOT NULL UNIQUE CHECK (char_length(key) BETWEEN 1 AND 80),
    value      jsonb,
    edition    integer     NOT NULL DEFAULT 1, -- counts changes
    updated_by bigint      NOT NULL,
    updated_at timestamptz NOT NULL
) WITH (fillfactor = 80);

-- --- kinds of product ---

ALTER TABLE categories
    ADD COLUMN edition    integer     NOT NULL DEFAULT 1, -- counts changes by admins
    ADD COLUMN deleted_at timestamptz,                    -- gone for everybody; its name is free again
    ADD CHECK (deleted_at IS NULL OR hidden);

ALTER TABLE products
    ADD COLUMN kind         text    NOT NULL DEFAULT 'unit' CHECK (kind IN ('unit', 'shared', 'file', 'manual')),
    ADD COLUMN content      bytea,                    -- sealed: what all buyers of a shared one get, or the file's file_id
    ADD COLUMN content_name text,                     -- the file's name
    ADD COLUMN question     text    NOT NULL DEFAULT '' CHECK (char_length(question) <= 300), -- to the buyer; manual only
    ADD COLUMN photo        text,                     -- file_id
    ADD COLUMN edition      integer NOT NULL DEFAULT 1, -- counts changes by admins
    ADD COLUMN deleted_at   timestamptz,              -- gone for everybody; its code is free again
    ADD CHECK (deleted_at IS NULL OR hidden),
    ADD CHECK (kind = 'manual' OR question = ''),
    ADD CHECK (content IS NULL OR kind IN ('shared', 'file')),
    ADD CHECK (CASE kind WHEN 'file' THEN (content IS NULL) = (content_name IS NULL) ELSE content_name IS NULL END);

-- Lists of admins go through a category in its order.
DROP INDEX products_category;
CREATE INDEX products_category ON products (category_id, position, id) WHERE deleted_at IS NULL;

-- The answer to the product's question, sealed.
ALTER TABLE cart_items ADD COLUMN answer bytea;

ALTER TABLE order_items
    ADD COLUMN kind         text NOT NULL DEFAULT 'unit' CHECK (kind IN ('unit', 'shared', 'file', 'manual')),
    ADD COLUMN question     text NOT NULL DEFAULT '',
    ADD COLUMN answer       bytea,       -- sealed: the buyer's
    ADD COLUMN content      bytea,       -- sealed: what was delivered, where it is no unit
    ADD COLUMN content_name text,
    ADD COLUMN fulfilled_at timestamptz, -- a manual one was done by an admin
    ADD COLUMN fulfilled_by bigint,
    ADD CHECK (kind = 'manual' OR fulfilled_at IS NULL),
    ADD CHECK ((fulfilled_at IS NULL) = (fulfilled_by IS NULL));
CREATE INDEX order_items_product ON order_items (product_id, order_id);
-- What waits for an admin is found from the paid orders (orders_state), which are few: those that ended keep their items.
CREATE INDEX order_items_manual ON order_items (order_id) WHERE kind = 'manual' AND fulfilled_at IS NULL;

-- What became of the messages with what was bought: sent, or Telegram refused one of them. NULL: on their way.
ALTER TABLE orders ADD COLUMN delivery text CHECK (delivery IN ('sent', 'refused'));

-- A unit that an admin took out; it stays known, and may come back.
ALTER TABLE stock_units
    DROP CONSTRAINT stock_units_state_check,
    ADD CONSTRAINT stock_units_state_check CHECK (state IN ('available', 'reserved', 'sold', 'removed')),
    DROP CONSTRAINT stock_units_check,
    ADD CONSTRAINT stock_units_check CHECK ((state IN ('available', 'removed')) = (order_item_id IS NULL));
DROP INDEX stock_units_available;
CREATE INDEX stock_units_loose ON stock_units (product_id, state, id) WHERE state IN ('available', 'removed');

-- --- lists and statistics ---

DROP INDEX orders_open;
CREATE INDEX orders_state ON orders (state, id);
DROP INDEX deposits_open;
CREATE INDEX deposits_state ON deposits (state, id);
-- One open payment for each bill, by one index for both kinds of bill; which leaves its fellow's place to those that wait
-- for an admin: too few among a million to be looked for without.
DROP INDEX payments_one_open;
DROP INDEX payments_one_open_deposit;
CREATE UNIQUE INDEX payments_one_open ON payments (order_id, deposit_id) NULLS NOT DISTINCT WHERE state IN ('creating', 'waiting');
CREATE INDEX payments_parked ON payments (order_id, deposit_id) WHERE problem IS NOT NULL AND resolution IS NULL;
CREATE INDEX orders_created ON orders (created_at);
CREATE INDEX orders_paid ON orders (paid_at) WHERE paid_at IS NOT NULL;
-- What statistics look up by time; purchases, which are most of it, are orders already.
CREATE INDEX ledger_booked ON ledger (created_at) WHERE kind IN ('deposit', 'refund');
CREATE INDEX orders_coupon ON orders (coupon_id, telegram_id) WHERE coupon_id IS NOT NULL;
CREATE INDEX terms_fulfilled ON terms (id) WHERE state = 'fulfilled';
CREATE INDEX admin_logs_actor ON admin_logs (actor_id, id);

-- --- broadcasts ---

CREATE TABLE broadcasts (
    id                  bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    state               text        NOT NULL CHECK (state IN ('scheduled', 'running', 'paused', 'done', 'cancelled')),
    actor_id            bigint      NOT NULL,
    seal_id             bigint      NOT NULL, -- random; the content's identity
    content             bytea       NOT NULL, -- sealed: the call's method and params
    segment             text        NOT NULL CHECK (segment IN ('all', 'buyers', 'never', 'product', 'active')),
    segment_ref         bigint,               -- the product, or the days
    starts_at           timestamptz NOT NULL,
    cursor              bigint      NOT NULL DEFAULT 0, -- everybody up to this Telegram id was queued or passed over
    expected            bigint      NOT NULL DEFAULT 0 CHECK (expected >= 0), -- people, when it began; about
    queued              bigint      NOT NULL DEFAULT 0 CHECK (queued >= 0),
    sent                bigint      NOT NULL DEFAULT 0 CHECK (sent >= 0),
    blocked             bigint      NOT NULL DEFAULT 0 CHECK (blocked >= 0),
    failed              bigint      NOT NULL DEFAULT 0 CHECK (failed >= 0),
    uncertain           bigint      NOT NULL DEFAULT 0 CHECK (uncertain >= 0), -- interrupted; not sent again by itself
    refused_in_row      integer     NOT NULL DEFAULT 0 CHECK (refused_in_row >= 0), -- by Telegram, since one was sent
    problem             text,                 -- why it refused the last one
    progress_message_id bigint,               -- in the actor's chat
    told_at             timestamptz,          -- when that message was changed last
    reported            boolean     NOT NULL DEFAULT false, -- over, and the actor knows how it ended
    created_at          timestamptz NOT NULL,
    started_at          timestamptz,
    ended_at            timestamptz,
    CHECK (sent + blocked + failed + uncertain <= queued),
    CHECK ((segment IN ('product', 'active')) = (segment_ref IS NOT NULL)),
    CHECK ((state IN ('done', 'cancelled')) = (ended_at IS NOT NULL)),
    CHECK (state <> 'running' OR started_at IS NOT NULL),
    CHECK (NOT reported OR ended_at IS NOT NULL)
) WITH (fillfactor = 80);
CREATE INDEX broadcasts_open ON broadcasts (id) WHERE NOT reported;

-- A bulk one goes after everybody else's messages, and rather not at all than twice: `uncertain` is one that was with
-- the sender when that ended, or that Telegram did not answer.
ALTER TABLE outbox
    ADD COLUMN bulk boolean NOT NULL DEFAULT false,
    DROP CONSTRAINT outbox_state_check,
    ADD CONSTRAINT outbox_state_check CHECK (state IN ('pending', 'sent', 'failed', 'held', 'uncertain')),
    ADD CHECK (bulk OR state <> 'uncertain');
DROP INDEX outbox_waiting;
CREATE INDEX outbox_waiting ON outbox (chat_id, id) WHERE state IN ('pending', 'held', 'uncertain');

-- --- jobs that need more than a number ---

ALTER TABLE jobs ADD COLUMN data bytea; -- sealed

DO $$
BEGIN
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON counters, settings, broadcasts TO %I', current_setting('lapak.role'));
    EXECUTE format('REVOKE DELETE ON broadcasts, settings FROM %I', current_setting('lapak.role'));
END
$$;
