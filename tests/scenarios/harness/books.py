"""A store's books against the world outside: what the gateway took, what stands in the chats, what was imported.
Written without a look at what lapakctl verify computes, so that each is a check of the other.

Only for a store at rest: nothing open, nothing on its way.
"""

import re
from collections import Counter, defaultdict

from sandbox_client import delivered_lines


def differences(world, store):
    """Lines of text, one for each thing that is wrong; empty where the books are right."""
    found = [*_money(store), *_balances(store), *_orders(store), *_coupons(store), *_units(store), *_chats(world, store)]
    return [f"{store.name}: {line}" for line in found]


def check(world, *stores):
    for store in stores:
        world.ctl("verify", store.name)
    found = [line for store in stores for line in differences(world, store)]
    assert not found, "the books are wrong:\n" + "\n".join(found)


def taken(store):
    """{txn_id: transaction} of what the gateway took from buyers."""
    return {one["txn_id"]: one for one in store.transactions() if one["status"] == "completed"}


def unsettled(store):
    """The txn_ids of money that the gateway took and the books do not know yet."""
    known = {txn for (txn,) in store.query("SELECT txn_id FROM payments WHERE state = 'completed' OR problem IS NOT NULL")}
    return set(taken(store)) - known


def _money(store):
    took = taken(store)
    rows = store.query(
        "SELECT txn_id, state, problem IS NOT NULL AND resolution IS NULL, amount, method FROM payments WHERE txn_id IS NOT NULL")
    known = {txn: row for txn, *row in rows}
    for txn, one in took.items():
        if txn not in known:
            yield f"the gateway took {one['amount']} for {one['order_id']}, of which there is no row"
            continue
        state, parked, amount, _ = known[txn]
        if state != "completed" and not parked:
            yield f"the gateway took {one['amount']} for {one['order_id']}, whose payment is {state}"
        if amount != one["amount"]:
            yield f"{one['order_id']}: {amount} in the books, {one['amount']} at the gateway"
    for txn, (state, _, amount, method) in known.items():
        if state == "completed" and txn not in took:
            yield f"payment {txn} of {amount} by {method} is completed, and the gateway took nothing"
    parked = sum(one["amount"] for txn, one in took.items() if known.get(txn, [None, False])[1])
    total = sum(one["amount"] for one in took.values()) - parked
    delivered = store.value("SELECT coalesce(sum(total), 0) FROM orders WHERE state IN ('paid', 'completed')")
    # what people decided adds to balances without the gateway
    booked = store.value(
        "SELECT coalesce(sum(amount), 0) FROM ledger WHERE kind IN ('deposit', 'late_payment', 'purchase')")
    by_hand = store.value("SELECT coalesce(sum(amount), 0) FROM payments WHERE state = 'completed' AND method = 'manual'")
    if total + by_hand != delivered + booked:
        yield (f"the gateway took {total} and people {by_hand}, but orders of {delivered} are paid"
               f" and balances changed by {booked}")


def _balances(store):
    for person, balance, entries in store.query(
        "SELECT u.telegram_id, u.balance, coalesce(sum(l.amount), 0) FROM users u LEFT JOIN ledger l USING (telegram_id)"
        " GROUP BY 1, 2 HAVING u.balance <> coalesce(sum(l.amount), 0) OR u.balance < 0"
    ):
        yield f"person {person} has {balance}, and entries of {entries}"


def _orders(store):
    for reference, state in store.query(
        "SELECT reference, state FROM orders o WHERE state = 'paid' AND NOT EXISTS (SELECT FROM order_items i"
        " WHERE i.order_id = o.id AND i.kind = 'manual' AND i.fulfilled_at IS NULL)"
    ):
        yield f"order {reference} is {state}: it was never delivered"
    for reference, total, sold, wanted in store.query(
        "SELECT o.reference, o.state IN ('paid', 'completed'),"
        " (SELECT count(*) FROM stock_units s JOIN order_items i ON i.id = s.order_item_id"
        "   WHERE i.order_id = o.id AND s.state = 'sold' AND s.replaced_by IS NULL),"
        " (SELECT coalesce(sum(quantity), 0) FROM order_items i WHERE i.order_id = o.id AND i.kind = 'unit') FROM orders o"
    ):
        if sold != (wanted if total else 0):
            yield f"order {reference} {'is' if total else 'is not'} paid, and has {sold} of {wanted} units"
    for reference, payments in store.query(
        "SELECT o.reference, count(p.id) FROM orders o LEFT JOIN payments p ON p.order_id = o.id AND p.state = 'completed'"
        " AND NOT EXISTS (SELECT FROM ledger l WHERE l.kind = 'late_payment' AND l.reason_key LIKE '%%:' || p.id)"
        " WHERE o.state IN ('paid', 'completed') GROUP BY 1 HAVING count(p.id) <> 1"
    ):
        yield f"order {reference} is paid by {payments} payments"


def _coupons(store):
    for code, uses, orders, most in store.query(
        "SELECT code, uses, (SELECT count(*) FROM orders o WHERE o.coupon_id = c.id"
        " AND o.state NOT IN ('cancelled', 'expired')), most_uses FROM coupons c"
    ):
        if uses != orders or (most and uses > most):
            yield f"coupon {code}: {uses} uses of {most} are counted, {orders} orders hold it"


def _units(store):
    for item in store.products:
        counts = store.stock(item["code"])
        if sum(counts.values()) != len(item["stock"]):
            yield f"product {item['code']}: {counts}, but {len(item['stock'])} were imported"
    for code, reserved in store.query(
        "SELECT p.code, count(*) FROM stock_units s JOIN products p ON p.id = s.product_id"
        " JOIN order_items i ON i.id = s.order_item_id JOIN orders o ON o.id = i.order_id"
        " WHERE s.state = 'reserved' AND o.state <> 'pending' GROUP BY 1"
    ):
        yield f"product {code}: {reserved} units are reserved by orders that ended"
    for code, sold, units in store.query(
        "SELECT code, sold, (SELECT count(*) FROM stock_units s WHERE s.product_id = p.id AND s.state = 'sold'"
        " AND s.replaced_by IS NULL) FROM products p WHERE kind = 'unit'"
    ):
        if sold != units:
            yield f"product {code}: {sold} are counted as sold, and {units} units are"


def _chats(world, store):
    """Every unit that a person owns by the rows stands in that person's chat, and in nobody else's."""
    owned = Counter(dict(store.query(
        "SELECT o.telegram_id, count(*) FROM stock_units s JOIN order_items i ON i.id = s.order_item_id"
        " JOIN orders o ON o.id = i.order_id WHERE s.state = 'sold' GROUP BY 1")))
    contents = [line for item in store.products for line in item["stock"]]
    pattern = re.compile("|".join(re.escape(line) for line in sorted(contents, key=len, reverse=True)))
    owners = defaultdict(set)
    seen = defaultdict(str)
    for person in list(world.people.values()):
        chat = person.chat(store)
        for message in chat.all_messages():
            if message.from_bot:
                text = "\n".join(delivered_lines(chat, message)) if message.document else message.text
                seen[person.id] += text
                for line in pattern.findall(text):
                    owners[line].add(person.id)
    for line, people in owners.items():
        if len(people) > 1:
            yield f"unit {line} has {len(people)} owners: {sorted(people)}"
    got = Counter(person for people in owners.values() for person in people)
    for person in sorted(owned.keys() | got.keys()):
        if owned[person] != got[person]:
            yield f"person {person} owns {owned[person]} units, and {got[person]} stand in the chat"
    shared = {item["code"]: item["content"] for item in store.products if item.get("content")}
    for person, code in store.query(
        "SELECT DISTINCT o.telegram_id, p.code FROM order_items i JOIN orders o ON o.id = i.order_id"
        " JOIN products p ON p.id = i.product_id WHERE i.kind = 'shared' AND o.state = 'completed'"
    ):
        if shared[code] not in seen[person]:
            yield f"person {person} bought {code}, and it does not stand in the chat"
    for person, amount in store.query("SELECT telegram_id, sum(amount) FROM ledger WHERE kind = 'late_payment' GROUP BY 1"):
        texts = [m.text for m in world.person(person).chat(store).all_messages() if m.from_bot]
        if not any("terlambat" in text for text in texts):
            yield f"person {person} was credited {amount}, and was not told"
