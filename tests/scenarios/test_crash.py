"""lapakd killed at the worst moments, and two lapakd on one database: nothing is lost, nothing is done twice."""

import json

import pytest
from harness import updates
from harness.clock import leases_run_out
from harness.processes import http
from harness.store import product
from sandbox_client import delivered_lines

PAID = "🎉 Pembayaran Berhasil"


@pytest.fixture
def kopi(world):
    return world.store("kopi-digital", [product("Kopi Susu", 15_000, 10, code="SUSU")])


@pytest.fixture
def budi(world):
    return world.person(2001, "Budi")


def test_killed_after_the_commit_and_before_the_send(world, kopi, budi):
    andi = world.admin(kopi)
    invoice = budi.order(kopi, "Kopi Susu", 2)
    world.quiet()
    heal = world.fail("telegram", "status", bot=kopi.bot_id, status=500)
    world.pay(invoice)
    world.until(lambda: kopi.query("SELECT state FROM orders") == [("paid",)], what="the order to be paid")
    world.kill9()
    assert not [message for message in budi.from_bot(kopi) if PAID in message.text]
    heal()
    world.start()
    delivery = budi.wait_for(kopi, PAID, seconds=30)
    andi.wait_for(kopi, "Pesanan dibayar", fresh=False, seconds=30)
    world.quiet()
    assert len(delivered_lines(budi.chat(kopi), delivery)) == 2
    world.until(lambda: kopi.query("SELECT state FROM orders") == [("completed",)])
    assert kopi.stock("SUSU") == {"available": 8, "reserved": 0, "sold": 2}


def test_killed_while_the_message_was_in_the_senders_hands(world, kopi, budi):
    invoice = budi.order(kopi, "Kopi Susu")
    world.quiet()
    heal = world.fail("telegram", "slow", bot=kopi.bot_id, method="sendMessage", chat=budi.id, delay_ms=600_000)
    world.pay(invoice)
    leased = "SELECT count(*) FROM outbox WHERE chat_id = %s AND lease_until > now()"
    world.until(lambda: kopi.value(leased, budi.id) > 0, what="a row in the sender's hands")
    world.kill9()
    heal()
    leases_run_out(kopi)
    world.start()
    budi.wait_for(kopi, PAID)
    world.quiet()
    world.until(lambda: kopi.query("SELECT state FROM orders") == [("completed",)])


def test_killed_while_the_gateway_was_asked_for_an_invoice(world, kopi, budi):
    heal = world.fail("pakasir", "slow", slug=kopi.slug, method="create-transaction", delay_ms=600_000)
    budi.quick_order(kopi, "SUSU")
    world.until(lambda: kopi.query("SELECT 1 FROM jobs WHERE kind = 'payment_create' AND lease_until > now()"),
                what="the call to the gateway")
    world.kill9()
    heal()
    leases_run_out(kopi)
    world.start()
    invoice = budi.invoice(kopi)
    world.pay(invoice)
    budi.wait_for(kopi, PAID)
    world.quiet()
    assert len(kopi.transactions()) == 1
    assert kopi.stock("SUSU") == {"available": 9, "reserved": 0, "sold": 1}


def test_killed_between_the_payment_and_its_webhook(world, kopi, budi):
    invoice = budi.order(kopi, "Kopi Susu")
    world.quiet()
    world.kill9()
    world.pay(invoice)  # the webhook meets a closed port and is tried again
    leases_run_out(kopi)
    world.start()
    budi.wait_for(kopi, PAID, seconds=30)
    world.quiet()
    assert kopi.stock("SUSU")["sold"] == 1


def test_killed_again_and_again_in_the_middle_of_purchases(world, kopi, budi):
    andi = world.admin(kopi)
    people = [world.person(2100 + number, f"Orang {number}") for number in range(4)]
    for buyer in people:
        buyer.quick_order(kopi, "SUSU")
        invoice = buyer.invoice(kopi, seconds=30)
        # killed at whatever it is doing now
        world.at_once(lambda invoice=invoice: world.pay(invoice, webhook=3), world.kill9)
        leases_run_out(kopi)
        world.start()
    for buyer in people:
        buyer.wait_for(kopi, PAID, fresh=False, seconds=60)
    world.quiet(60)
    sold = []
    for buyer in people:
        texts = {m.text: m for m in buyer.from_bot(kopi) if PAID in m.text}
        assert len(texts) == 1, "twice at most as the same message"
        sold += delivered_lines(buyer.chat(kopi), *texts.values())
    assert len(set(sold)) == 4
    assert kopi.stock("SUSU") == {"available": 6, "reserved": 0, "sold": 4}
    for reference, in kopi.query("SELECT reference FROM orders"):
        assert [m for m in andi.from_bot(kopi) if reference in m.text and "Pesanan dibayar" in m.text]


def test_two_servers_start_at_once_on_a_fresh_database(world, kopi, budi):
    for schema in (kopi.schema, "lapak"):
        world.query(f'DROP SCHEMA "{schema}" CASCADE')
    first, second = world.start_two()
    secrets = {call["params"]["secret_token"] for call in world.calls(kopi, method="setWebhook")}
    assert len(secrets) == 1, "one secret, made once"
    kopi.import_catalogue(kopi.products)
    for server in (first, second):
        assert http(f"http://127.0.0.1:{server.port}/readyz")[0] == 200
        status, _, text = kopi.post_update(updates.callback(budi, "a:0"), port=server.port)
        # both notice the new catalogue
        assert status == 200
        world.until(
            lambda server=server: "Kopi Susu"
            in json.loads(kopi.post_update(updates.callback(budi, "a:0"), port=server.port)[2])["text"],
            what="the new catalogue",
        )
    world.pay(budi.order(kopi, "Kopi Susu"))
    budi.wait_for(kopi, PAID)
    world.quiet()
    assert len([m for m in budi.from_bot(kopi) if PAID in m.text]) == 1


def test_one_of_two_servers_dies(world, kopi, budi):
    invoice = budi.order(kopi, "Kopi Susu")
    world.start_another()
    first = world.servers[0]
    heal = world.fail("telegram", "status", bot=kopi.bot_id, status=500)
    world.pay(invoice)
    world.until(lambda: kopi.query("SELECT state FROM orders") == [("paid",)], what="the order to be paid")
    first.kill9()
    heal()
    leases_run_out(kopi)
    # the other sweeps rows of a dead server every minute or so; a message of this chat makes it look now
    world.until(lambda: [m for m in budi.from_bot(kopi) if PAID in m.text], 80, "the delivery by the other server")
