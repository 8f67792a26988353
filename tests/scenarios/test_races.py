"""Things done at the same instant, by one lapakd and by two on one database: each happens once, or is refused; units
and rupiah are counted once. (The last use of a coupon: test_coupons.py.)"""

import json
import threading

import pytest
from harness import books, updates
from harness.clock import end_bills
from harness.store import product
from sandbox_client import delivered_lines

PAID = "🎉 Pembayaran Berhasil"
PRICE = 15_000


@pytest.fixture(params=[1, 2], ids=["one-server", "two-servers"])
def ports(world, request):
    """A function that starts that many lapakd, once the stores are made; their ports."""

    def start():
        if request.param == 1:
            return [world.start().port]
        return [server.port for server in world.start_two()]

    return start


def make_store(world, stock, **more):
    return world.store("kopi-digital", [product("Kopi Susu", PRICE, stock, code="SUSU")], **more)


def greet(store, people):
    for person in people:
        person.chat(store)._send(text="/start")
    return [person.wait_for(store, lambda message: message.buttons, fresh=False, seconds=60) for person in people]


def fill_cart(store, person, quantity=1):
    store.query("INSERT INTO cart_items SELECT %s, id, %s, price, now() FROM products WHERE code = 'SUSU'"
                " ON CONFLICT (telegram_id, product_id) DO UPDATE SET quantity = excluded.quantity", person.id, quantity)


def give(store, person, amount):
    """Something on the balance, as a deposit of some other day."""
    store.query("INSERT INTO ledger (telegram_id, kind, amount, reason_key, created_at)"
                " VALUES (%s, 'adjustment', %s, 'given:' || %s, now())", person.id, amount, person.id)
    store.query("UPDATE users SET balance = balance + %s WHERE telegram_id = %s", amount, person.id)


def end_everything(world, store):
    """What is still open is over."""
    world.stop()
    end_bills(store, "orders")
    # at one message a second, what the admin is told of them takes minutes
    store.query("DELETE FROM outbox WHERE chat_id = %s", store.admins[0])
    world.start()
    world.until(lambda: store.value("SELECT count(*) FROM orders WHERE state IN ('pending', 'paid')") == 0, 60,
                "every order to end")
    store.query("DELETE FROM outbox WHERE chat_id = %s", store.admins[0])
    world.quiet(60)


def deliveries(store, person):
    chat = person.chat(store)
    return [delivered_lines(chat, message) for message in person.from_bot(store) if PAID in message.text]


def test_two_hundred_buyers_for_fifty_units(world, ports):
    store = make_store(world, 50)
    ports = ports()
    people = [world.person(3000 + number) for number in range(200)]
    for person in people:
        person.chat(store)._send(text="/start")
    world.quiet(60)
    for person in people:
        fill_cart(store, person)
    taps = [updates.callback(person, "y:qris") for person in people]
    shares = [(port, taps[number :: len(ports)]) for number, port in enumerate(ports)]
    answers = world.at_once(*[lambda port=port, share=share: store.post_updates(share, port=port) for port, share in shares])
    answers = [answer for share in answers for answer in share]
    assert {status for status, _, _ in answers} == {200}
    told = [json.loads(text)["text"] for _, _, text in answers]
    assert sum("Sedang memuat" in text for text in told) == 50
    assert sum("Keranjangmu" in text for text in told) == 150, "who gets none sees the cart again"
    alerts = [call["params"].get("text", "") for call in world.calls(store, method="answerCallbackQuery")]
    assert sum("Stok" in text for text in alerts) == 150, "and is told why"
    assert store.query("SELECT state, count(*) FROM orders GROUP BY 1") == [("pending", 50)]
    assert store.stock("SUSU") == {"available": 0, "reserved": 50, "sold": 0}
    assert store.value("SELECT count(DISTINCT telegram_id) FROM orders") == 50
    end_everything(world, store)
    assert store.stock("SUSU") == {"available": 50, "reserved": 0, "sold": 0}
    books.check(world, store)


def test_paid_and_cancelled_at_once(world, ports):
    store = make_store(world, 20)
    ports = ports()
    people = [world.person(3000 + number) for number in range(6)]
    for person in people:
        person.quick_order(store, "SUSU")
    invoices = [person.invoice(store, seconds=60) for person in people]

    def notice(port, transaction):
        return lambda: store.post_pakasir(store.notice(transaction), port=port)

    def cancel(port, person, invoice):
        data = invoice.button("❌ Batalkan Pembelian")["callback_data"]
        return lambda: store.post_update(updates.callback(person, data, invoice.id), port=port)

    acts = []
    for number, (person, invoice) in enumerate(zip(people, invoices)):
        transaction = store.transaction(invoice)
        world.pay(invoice, webhook="never")
        acts += [notice(port, transaction) for port in ports for _ in range(3)]
        acts.append(cancel(ports[number % len(ports)], person, invoice))
    world.at_once(*acts)
    for person in people:
        person.wait_for(store, PAID, fresh=False, seconds=60)
    world.quiet(60)
    assert all(len(deliveries(store, person)) == 1 for person in people), "one message each"
    world.until(lambda: store.query("SELECT state, count(*) FROM orders GROUP BY 1") == [("completed", 6)])
    assert store.stock("SUSU") == {"available": 14, "reserved": 0, "sold": 6}
    books.check(world, store)


def test_paid_as_it_expires(world, ports):
    store = make_store(world, 20, expires_in=7)
    ports = ports()
    people = [world.person(3000 + number) for number in range(5)]
    for person in people:
        person.quick_order(store, "SUSU")
    invoices = [person.invoice(store, seconds=60) for person in people]

    def pay(number, invoice):
        reference = store.transaction(invoice)["order_id"]
        left = "SELECT extract(epoch FROM expires_at - clock_timestamp())::float8 FROM orders WHERE reference = %s"
        # a little before to a little after
        threading.Event().wait(max(0.0, store.value(left, reference) + (number - 2) * 0.1))
        transaction = store.transaction(invoice)
        world.pay(invoice, force=True, webhook="twice", parallel=True)
        for port in ports:
            store.post_pakasir(store.notice(transaction), port=port)

    world.at_once(*[lambda pair=pair: pay(*pair) for pair in enumerate(invoices)])
    for person in people:
        person.wait_for(store, PAID, fresh=False, seconds=60)
    world.quiet(60)
    assert all(len(deliveries(store, person)) == 1 for person in people)
    world.until(lambda: store.query("SELECT state, count(*) FROM orders GROUP BY 1") == [("completed", 5)])
    books.check(world, store)


def test_two_deposits_of_one_person_at_once(world, ports):
    store = make_store(world, 1)
    ports = ports()
    budi = world.person(2001, "Budi")
    pages = [budi.start_chat(store), budi.start_chat(store)]
    for amount, page in zip((25_000, 50_000), pages):
        budi.force(store, f"dq:{amount}:qris", page)
    world.until(lambda: len(store.transactions()) == 2, 30, "two invoices")
    world.until(lambda: len([m for m in budi.from_bot(store) if m.qr]) == 2, 30, "two invoices in the chat")
    transactions = store.transactions()
    for transaction in transactions:
        world.pay(transaction["txn_id"], webhook="never")
    world.at_once(*[
        lambda port=port, transaction=transaction: store.post_pakasir(store.notice(transaction), port=port)
        for transaction in transactions for port in ports for _ in range(10)
    ])
    world.until(lambda: store.value("SELECT balance FROM users WHERE telegram_id = %s", budi.id) == 75_000, 30,
                "both deposits on the balance")
    world.quiet(60)
    assert store.query("SELECT kind, amount FROM ledger ORDER BY amount") == [("deposit", 25_000), ("deposit", 50_000)]
    books.check(world, store)


def test_one_balance_spent_from_many_devices(world, ports):
    """What is on it is enough for three of the five carts."""
    store = make_store(world, 50)
    ports = ports()
    budi = world.person(2001, "Budi")
    (page,) = greet(store, [budi])
    give(store, budi, 3 * PRICE + PRICE // 2)
    bought = "SELECT count(*) FROM orders WHERE state IN ('paid', 'completed')"
    for _ in range(5):
        fill_cart(store, budi)
        world.at_once(*[
            lambda port=port: store.post_update(updates.callback(budi, "y:balance", page.id), port=port)
            for port in (ports * 3)[:3]
        ])
        assert store.value("SELECT balance FROM users WHERE telegram_id = %s", budi.id) >= 0
    assert store.value(bought) == 3
    assert store.value("SELECT balance FROM users WHERE telegram_id = %s", budi.id) == PRICE // 2
    world.quiet(60)
    assert store.stock("SUSU") == {"available": 47, "reserved": 0, "sold": 3}
    assert len({line for lines in deliveries(store, budi) for line in lines}) == 3


def test_a_deposit_and_a_purchase_at_once(world, ports):
    """Money that comes and money that goes in the same instant: neither is forgotten."""
    store = make_store(world, 50)
    ports = ports()
    people = [world.person(3000 + number) for number in range(5)]
    pages = greet(store, people)
    for person, page in zip(people, pages):
        give(store, person, PRICE)
        fill_cart(store, person)
        person.force(store, "dq:20000:qris", page)
    world.until(lambda: len(store.transactions()) == 5, 30, "the invoices")
    world.until(lambda: all([m for m in person.from_bot(store) if m.qr] for person in people), 30, "them in the chats")
    transactions = store.transactions()
    for transaction in transactions:
        world.pay(transaction["txn_id"], webhook="never")
    world.at_once(
        *[lambda one=one: store.post_pakasir(store.notice(one), port=ports[0]) for one in transactions],
        *[lambda person=person, page=page: store.post_update(updates.callback(person, "y:balance", page.id), port=ports[-1])
          for person, page in zip(people, pages)],
    )
    expected = [(person.id, 20_000) for person in people]
    world.until(lambda: store.query("SELECT telegram_id, balance FROM users WHERE balance > 0 ORDER BY 1") == expected,
                30, "every balance to be right")
    for person in people:
        person.wait_for(store, PAID, fresh=False, seconds=30)
    world.quiet(60)
    assert store.stock("SUSU")["sold"] == 5
