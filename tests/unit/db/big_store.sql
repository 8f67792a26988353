-- Fills an empty store's schema (in search_path) with as much as a big store has: 5,000 products, and as many orders as
-- lapak.orders says, a fifth as many people. Only as true as the planner has to see it: how many rows, how
-- many different values, how they lie. Run outside of a transaction.
--
-- Constraints and indexes are taken away first and put back at the end: one pass for each instead of a million checks.

SET maintenance_work_mem = '256MB';
SET work_mem = '64MB';
CREATE TEMP TABLE rebuilt AS
    SELECT format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid) || CASE contype WHEN 'f' THEN ' NOT VALID' ELSE '' END)
               AS again,
           format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS away,
           CASE contype WHEN 'f' THEN 1 ELSE 0 END AS place
    FROM pg_constraint WHERE connamespace = current_schema()::regnamespace AND contype IN ('f', 'u')
    UNION ALL
    SELECT pg_get_indexdef(indexrelid), format('DROP INDEX %s', indexrelid::regclass), 0
    FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
    WHERE c.relnamespace = current_schema()::regnamespace
        AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid);

DO $$
DECLARE r record;
BEGIN
    FOR r IN SELECT conrelid::regclass AS name, conname FROM pg_constraint
             WHERE connamespace = current_schema()::regnamespace AND contype = 'c' LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', r.name, r.conname); -- for good: they do not matter to a plan
    END LOOP;
    FOR r IN SELECT away FROM rebuilt ORDER BY place DESC LOOP EXECUTE r.away; END LOOP;
    FOR r IN SELECT oid::regclass AS name FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' LOOP
        EXECUTE format('ALTER TABLE %s SET UNLOGGED', r.name); -- nobody needs it after a crash
    END LOOP;
END
$$;

-- Beginning in 2025, the newest at last: as time goes by.
CREATE FUNCTION pg_temp.at(n bigint, of bigint) RETURNS timestamptz STABLE LANGUAGE sql
    AS $$ SELECT timestamptz '2025-01-01' + n::double precision / of * interval '540 days' $$;
CREATE TEMP TABLE size AS
    SELECT current_setting('lapak.orders')::bigint AS orders, current_setting('lapak.orders')::bigint / 5 AS people;

INSERT INTO users (telegram_id, first_name, username, reachable, created_at, seen_at, barred_at)
    SELECT 1000000 + n, 'Orang ' || n, CASE WHEN n % 3 > 0 THEN 'orang_' || n END, n % 20 > 0, pg_temp.at(n, people),
           pg_temp.at(n, people), CASE WHEN n % 1000 = 0 THEN now() END
    FROM size, generate_series(1, people) n;
INSERT INTO categories (name, position) SELECT 'Rak ' || n, n FROM generate_series(1, 50) n;
INSERT INTO products (category_id, code, name, price, position, created_at, updated_at)
    SELECT 1 + n % 50, 'P' || n, 'Produk ' || n, 1000 + n, n, now(), now() FROM generate_series(1, 5000) n;
INSERT INTO coupons (code, kind, value, starts_at, created_at)
    SELECT 'KUPON' || n, 'percent', 10, now(), now() FROM generate_series(1, 500) n;

-- Nine of ten are completed, most of the rest expired; the open ones are few and new.
INSERT INTO orders (reference, telegram_id, state, subtotal, discount, total, coupon_id, coupon_code, created_at, expires_at, paid_at,
                    completed_at, ended_at)
    SELECT 'tg' || n || '-x', 1000001 + (n * 7919) % people, state, 10000 + n % 100, CASE WHEN coupon THEN 10 ELSE 0 END,
           10000 + n % 100 - CASE WHEN coupon THEN 10 ELSE 0 END, CASE WHEN coupon THEN 1 + n / 20 % 500 END,
           CASE WHEN coupon THEN 'KUPON' || 1 + n / 20 % 500 END, at, at + interval '15 min',
           CASE WHEN state IN ('paid', 'completed') THEN at + interval '1 min' END,
           CASE WHEN state = 'completed' THEN at + interval '1 min' END,
           CASE WHEN state IN ('expired', 'cancelled') THEN at + interval '15 min' END
    FROM (SELECT n, people, n % 20 = 3 AS coupon, pg_temp.at(n, orders) AS at,
                 CASE WHEN n % 10 > 0 THEN 'completed' WHEN orders - n < 2000 THEN 'pending' WHEN n % 100 = 0 AND orders - n < 20000 THEN 'paid'
                      WHEN n % 100 = 0 THEN 'cancelled' ELSE 'expired' END AS state
          FROM size, generate_series(1, orders) n) o;
INSERT INTO order_items (order_id, product_id, name, price, quantity, snk)
    SELECT n, 1 + (n * 31) % 5000, 'Produk', 10000 + n % 100, 1, '' FROM size, generate_series(1, orders) n;
INSERT INTO payments (order_id, gateway_order_id, method, amount, state, txn_id, created_at, ended_at)
    SELECT id, reference, 'qris', total, CASE state WHEN 'pending' THEN 'waiting' WHEN 'paid' THEN 'completed' ELSE state END, 'x' || id, created_at,
           coalesce(paid_at, ended_at)
    FROM orders;
-- One of two thousand was paid with another amount; some of these still wait for an admin.
UPDATE payments SET problem = 'mismatch', paid_amount = 1, resolution = CASE WHEN id % 40000 > 0 THEN 'credited' END
    WHERE id % 2000 = 0;
-- Sold ones, and as many again for half of the products.
INSERT INTO stock_units (product_id, state, content, digest, order_item_id, created_at, reserved_at, sold_at)
    SELECT i.product_id, 'sold', '\x00', int8send(i.id), i.id, now(), now(), now() FROM order_items i JOIN orders o ON o.id = i.order_id
    WHERE o.state IN ('paid', 'completed');
INSERT INTO stock_units (product_id, content, digest, created_at)
    SELECT 1 + n % 2500, '\x00', int8send(-n), now() FROM size, generate_series(1, orders / 10) n;
INSERT INTO terms (order_id, order_item_id, telegram_id, state, created_at, fulfilled_at)
    SELECT n, n, 1000001 + (n * 7919) % people, CASE WHEN n % 2 = 0 THEN 'fulfilled' ELSE 'open' END, now(),
           CASE WHEN n % 2 = 0 THEN now() END
    FROM size, generate_series(1, orders / 5) n;

INSERT INTO deposits (reference, telegram_id, kind, amount, state, created_at, expires_at, completed_at)
    SELECT 'dp' || n || '-x', 1000001 + (n * 7919) % people, 'gateway', 10000, state, pg_temp.at(n, people), now(),
           CASE WHEN state = 'completed' THEN pg_temp.at(n, people) END
    FROM (SELECT n, people, CASE WHEN people - n < 100 THEN 'pending' WHEN n % 10 = 0 THEN 'expired' WHEN n % 5000 = 1 THEN 'review'
                                 WHEN n % 1000 = 2 THEN 'rejected' ELSE 'completed' END AS state
          FROM size, generate_series(1, people) n) d;
INSERT INTO payments (deposit_id, gateway_order_id, method, amount, state, txn_id, created_at)
    SELECT id, reference, 'qris', amount, CASE state WHEN 'pending' THEN 'waiting' ELSE state END, 'd' || id, created_at FROM deposits
    WHERE state NOT IN ('review', 'rejected');
UPDATE payments SET problem = 'mismatch', paid_amount = 1 WHERE deposit_id % 20000 = 0;
INSERT INTO ledger (telegram_id, kind, amount, reason_key, created_at)
    SELECT telegram_id, 'deposit', amount, 'deposit:' || id, created_at FROM deposits WHERE state = 'completed';
INSERT INTO ledger (telegram_id, kind, amount, reason_key, created_at)
    SELECT telegram_id, 'purchase', -1000, 'purchase:order:' || id, created_at FROM orders WHERE id % 5 = 0 AND state = 'completed';
INSERT INTO admin_logs (actor_id, action, subject, subject_id, created_at)
    SELECT 1 + n % 5, 'change', (ARRAY['product', 'order', 'user', 'calculator'])[1 + n % 4], 1 + n % 5000, pg_temp.at(n, people)
    FROM size, generate_series(1, people) n;

INSERT INTO audit_logs (event, actor, detail, created_at, previous, hash)
    SELECT 'config.changed', 'operator', '{}', pg_temp.at(n, people), '\x00', '\x00' FROM size, generate_series(1, people) n;

-- What was sent and seen stays for a month; little of it is under way.
INSERT INTO outbox (chat_id, seal_id, keep, state, due_at, created_at)
    SELECT 1000001 + (n * 7919) % people, n, false, CASE WHEN orders - n < 300 THEN 'pending' ELSE 'sent' END, at, at
    FROM (SELECT n, orders, people, pg_temp.at(n, orders) AS at FROM size, generate_series(1, orders) n) m;
INSERT INTO updates_seen (update_id, seen_at) SELECT n, pg_temp.at(n, orders) FROM size, generate_series(1, orders) n;
INSERT INTO jobs (kind, ref, due_at, created_at)
    SELECT 'payment_check', id, now(), now() FROM payments WHERE state = 'waiting';
INSERT INTO cart_items (telegram_id, product_id, quantity, price, added_at)
    SELECT 1000001 + n, 1 + n % 5000, 1, 10000, now() FROM size, generate_series(1, people / 20) n;
INSERT INTO conversations (telegram_id, kind, ref, expires_at)
    SELECT 1000001 + n, 'wizard', 1, now() FROM size, generate_series(1, people / 200) n;
INSERT INTO broadcasts (state, actor_id, seal_id, content, segment, starts_at, reported, created_at, ended_at)
    SELECT 'done', 1, n, '\x00', 'all', now(), true, now(), now() FROM generate_series(1, 200) n;
INSERT INTO settings (key, updated_by, updated_at) SELECT 'text.' || n, 1, now() FROM generate_series(1, 300) n;

DO $$
DECLARE r record;
BEGIN
    FOR r IN SELECT again FROM rebuilt ORDER BY place LOOP EXECUTE r.again; END LOOP;
END
$$;
DROP TABLE rebuilt, size;
