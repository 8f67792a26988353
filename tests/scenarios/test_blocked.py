"""A buyer who blocks the bot keeps what was bought, and gets it when they come back."""

import pytest
from harness.store import product
from sandbox_client import delivered_lines

PAID = "🎉 Pembayaran Berhasil"


@pytest.fixture
def kopi(world):
    return world.store("kopi-digital", [product("Kopi Susu", 15_000, 10, code="SUSU", snk="Jangan dibagi.")])


@pytest.fixture
def budi(world):
    return world.person(2001, "Budi")


def reachable(store, person):
    return store.value("SELECT reachable FROM users WHERE telegram_id = %s", person.id)


@pytest.mark.parametrize("back", ["writes", "unblocks"])
def test_blocked_before_the_delivery(world, kopi, budi, back):
    andi = world.admin(kopi)
    sari = world.person(2002, "Sari")
    invoice = budi.order(kopi, "Kopi Susu", 2)
    budi.block(kopi)
    world.until(lambda: not reachable(kopi, budi), what="the block to be noted")
    world.pay(invoice)
    held = "SELECT count(*) FROM outbox WHERE state = 'held' AND chat_id = %s"
    world.until(lambda: kopi.value(held, budi.id) > 0, what="the delivery to be held")
    andi.wait_for(kopi, "Pesanan dibayar", fresh=False)
    world.quiet()
    assert kopi.query("SELECT state FROM orders") == [("paid",)]
    assert kopi.stock("SUSU") == {"available": 8, "reserved": 0, "sold": 2}
    assert world.find_in_database(kopi.products[0]["stock"][0]) == [], "what waits is sealed"
    # nobody else is held up, and a restart changes nothing
    world.restart()
    world.pay(sari.order(kopi, "Kopi Susu"))
    sari.wait_for(kopi, PAID)
    assert kopi.value(held, budi.id) > 0

    budi.block(kopi, False)
    if back == "writes":
        budi.send(kopi, "halo")
    delivery = budi.wait_for(kopi, PAID, fresh=False)
    assert len(delivered_lines(budi.chat(kopi), delivery)) == 2
    budi.wait_for(kopi, lambda message: message.button("✅ Penuhi SNK"), fresh=False)
    world.quiet()
    assert reachable(kopi, budi)
    world.until(lambda: kopi.query("SELECT DISTINCT state FROM orders") == [("completed",)])
    assert len([message for message in budi.from_bot(kopi) if PAID in message.text]) == 1


def test_only_telegrams_403_tells_of_the_block(world, kopi, budi):
    invoice = budi.order(kopi, "Kopi Susu")
    world.quiet()
    # no update comes with it
    world.fail("telegram_webhook", "never", bot=kopi.bot_id, times=1)
    budi.block(kopi)
    world.pay(invoice)
    world.until(lambda: not reachable(kopi, budi), what="the block to be noted")
    world.quiet()
    assert kopi.query("SELECT state FROM orders") == [("paid",)]
    budi.block(kopi, False)
    budi.send(kopi, "/start")
    budi.wait_for(kopi, PAID, fresh=False)


def test_an_invoice_that_ends_while_the_buyer_is_away(world, kopi, budi):
    invoice = budi.order(kopi, "Kopi Susu")
    budi.block(kopi)
    kopi.query("UPDATE orders SET expires_at = now() WHERE state = 'pending'")
    kopi.query("UPDATE jobs SET due_at = now() WHERE kind = 'payment_check'")
    # the line that it has expired is of no use to somebody who is gone
    world.expect("outbox row .* failed: Forbidden: bot was blocked")
    world.restart()
    world.until(lambda: kopi.query("SELECT state FROM orders") == [("expired",)], what="the end")
    world.quiet()
    assert kopi.stock("SUSU") == {"available": 10, "reserved": 0, "sold": 0}
    # the dead QR goes as soon as it can
    budi.block(kopi, False)
    budi.send(kopi, "/start")
    budi.wait_gone(kopi, invoice)
