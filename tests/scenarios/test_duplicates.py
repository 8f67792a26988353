"""The same update twice: at once, later, after a restart, and at two servers. It happens once."""

import json

import pytest
from harness.processes import http
from harness.store import product
from sandbox_client import choose


@pytest.fixture
def kopi(world):
    return world.store("kopi-digital", [product("Kopi Susu", 15_000, 10, code="SUSU")])


def repeat(world, store, sent, times, parallel):
    world.sandbox.post("repeat", bot=store.bot_id, update_id=sent["update_id"], times=times, parallel=parallel)


def quantity(store):
    rows = store.query("SELECT quantity FROM cart_items")
    return rows[0][0] if rows else 0


def test_a_button_pressed_once_and_delivered_many_times(world, kopi):
    budi = world.person(2001, "Budi")
    page = budi.open_product(kopi, "Kopi Susu")
    pressed = budi.press(kopi, "➕", page)
    repeat(world, kopi, pressed, 10, True)
    world.quiet()
    assert quantity(kopi) == 1
    repeat(world, kopi, pressed, 3, False)
    world.quiet()
    assert quantity(kopi) == 1


def test_an_update_again_after_a_restart(world, kopi):
    budi = world.person(2001, "Budi")
    page = budi.open_product(kopi, "Kopi Susu")
    pressed = budi.press(kopi, "➕", page)
    world.quiet()
    world.restart()
    repeat(world, kopi, pressed, 2, True)
    world.quiet()
    assert quantity(kopi) == 1


def test_a_start_delivered_many_times_is_answered_once(world, kopi):
    budi = world.person(2001, "Budi")
    world.start()
    sent = budi.send(kopi, "/start")
    repeat(world, kopi, sent, 5, True)
    budi.wait_for(kopi, "Selamat datang")
    repeat(world, kopi, sent, 1, False)
    world.quiet()
    assert len([message for message in budi.from_bot(kopi) if "Selamat datang" in message.text]) == 1
    assert kopi.query("SELECT count(*) FROM users") == [(1,)]


def test_a_page_that_is_only_read_may_come_again(world, kopi):
    # its answer rides in the reply to the webhook: when Telegram asks again, it did not get it
    budi = world.person(2001, "Budi")
    budi.start_chat(kopi)
    sent = budi.send(kopi, "📘 Cara Order")
    budi.wait_for(kopi, "Cara Order di")
    world.quiet()
    before = kopi.query("SELECT * FROM users")
    repeat(world, kopi, sent, 2, True)
    world.quiet()
    assert 1 <= len([m for m in budi.from_bot(kopi) if "Cara Order di" in m.text]) <= 3
    assert kopi.query("SELECT * FROM users") == before


def test_a_checkout_delivered_many_times_makes_one_order(world, kopi):
    budi = world.person(2001, "Budi")
    chat = budi.chat(kopi)
    page = choose(chat, budi.open_product(kopi, "Kopi Susu"), 2)
    budi.press(kopi, "🧺 Lanjut ke Keranjang", page)
    budi.press(kopi, "💳 Lanjut ke Pembayaran")
    pressed = budi.press(kopi, "💠 QRIS")
    repeat(world, kopi, pressed, 10, True)
    invoice = budi.wait_for(kopi, lambda message: message.photo)
    repeat(world, kopi, pressed, 2, False)
    world.quiet()
    assert len(kopi.transactions()) == 1
    assert kopi.query("SELECT count(*) FROM orders") == [(1,)]
    assert kopi.stock("SUSU") == {"available": 8, "reserved": 2, "sold": 0}
    assert len([message for message in budi.from_bot(kopi) if message.photo]) == 1

    # and paid: however often Pakasir tells it
    world.pay(invoice, webhook=8, parallel=True)
    budi.wait_for(kopi, "🎉 Pembayaran Berhasil")
    world.quiet()
    assert len([message for message in budi.from_bot(kopi) if "🎉 Pembayaran Berhasil" in message.text]) == 1
    assert kopi.stock("SUSU") == {"available": 8, "reserved": 0, "sold": 2}


def test_the_same_update_at_two_servers_at_once(world, kopi):
    budi = world.person(2001, "Budi")
    page = budi.open_product(kopi, "Kopi Susu")
    world.quiet()
    second = world.start_another()
    # the update reaches both, as when a proxy repeats a request
    secrets = world.calls(kopi, method="setWebhook")
    secret = secrets[-1]["params"]["secret_token"]
    body = {
        "update_id": 900_000_001,
        "callback_query": {
            "id": "4242",
            "from": {"id": budi.id, "is_bot": False, "first_name": "Budi"},
            "message": {"message_id": page.id, "date": 1, "chat": {"id": budi.id, "type": "private"}},
            "chat_instance": "1",
            "data": page.button("➕")["callback_data"],
        },
    }
    def deliver(port):
        return lambda: http(
            f"http://127.0.0.1:{port}{kopi.telegram_path}",
            body=json.dumps(body),
            headers={"Content-Type": "application/json", "X-Telegram-Bot-Api-Secret-Token": secret},
        )[0]

    assert world.at_once(*[deliver(port) for port in (world.port, second.port) * 4]) == [200] * 8
    world.quiet()
    assert quantity(kopi) == 1


def test_many_people_buy_at_once(world, kopi):
    people = [world.person(2100 + number, f"Orang {number}") for number in range(4)]
    world.start()
    invoices = world.at_once(*[lambda person=person: person.order(kopi, "Kopi Susu") for person in people])
    world.at_once(*[lambda invoice=invoice: world.pay(invoice, webhook="twice") for invoice in invoices])
    for person in people:
        person.wait_for(kopi, "🎉 Pembayaran Berhasil")
    world.quiet()
    assert kopi.stock("SUSU") == {"available": 6, "reserved": 0, "sold": 4}
