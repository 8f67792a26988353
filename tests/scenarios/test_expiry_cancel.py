"""How invoices end unpaid, and money that comes after the end: never lost, never silent, never twice."""

import pytest
from harness.store import product
from sandbox_client import SandboxError, delivered_lines

PAID = "🎉 Pembayaran Berhasil"


def make_store(world, stock=5, **more):
    return world.store("kopi-digital", [product("Kopi Susu", 15_000, stock, code="SUSU")], **more)


@pytest.fixture
def budi(world):
    return world.person(2001, "Budi")


def gone(person, store, invoice):
    """No dead QR is left on the screen."""
    person.wait_gone(store, invoice)
    assert not [message for message in person.from_bot(store) if message.qr]


def end_now(store):
    """The order's time is over, as the clock would have it."""
    store.query("UPDATE orders SET expires_at = now() WHERE state = 'pending'")
    store.query("UPDATE jobs SET due_at = now() WHERE kind = 'payment_check'")


def test_cancelled_by_the_buyer(world, budi):
    kopi = make_store(world)
    invoice = budi.order(kopi, "Kopi Susu", 2)
    reference = kopi.value("SELECT reference FROM orders")
    assert kopi.stock("SUSU") == {"available": 3, "reserved": 2, "sold": 0}
    pressed = budi.press(kopi, "❌ Batalkan Pembelian", invoice)
    assert "dibatalkan" in budi.wait_answer(kopi, pressed)["text"]
    told = budi.wait_for(kopi, "Pesanan dibatalkan")
    assert reference in told.text and told.button("🛍 Order Lagi")
    gone(budi, kopi, invoice)
    world.quiet()
    assert kopi.stock("SUSU") == {"available": 5, "reserved": 0, "sold": 0}
    assert kopi.transaction()["status"] == "canceled"
    assert kopi.query("SELECT state, end_reason FROM orders") == [("cancelled", "buyer")]
    assert kopi.query("SELECT state FROM payments") == [("cancelled",)]
    # once more is once more
    page = budi.open_product(kopi, "Kopi Susu")
    assert "Stok: 5" in page.text


def test_cancelled_while_the_invoice_is_being_made(world, budi):
    kopi = make_store(world)
    world.start()
    world.fail("pakasir", "slow", slug=kopi.slug, method="create-transaction", delay_ms=2000, times=1)
    budi.quick_order(kopi, "SUSU")
    budi.press(kopi, "❌ Batalkan Pembelian")
    budi.wait_for(kopi, "Pesanan dibatalkan")
    world.until(lambda: kopi.transactions() and kopi.transaction()["status"] == "canceled", what="the void")
    world.quiet()
    assert not [message for message in budi.chat(kopi).all_messages() if message.photo], "never shown"
    assert not [message for message in budi.from_bot(kopi) if "Sedang memuat" in message.text]
    assert kopi.stock("SUSU") == {"available": 5, "reserved": 0, "sold": 0}


def test_expired_when_the_gateway_says_so(world, budi):
    kopi = make_store(world, expires_in=3)
    invoice = budi.order(kopi, "Kopi Susu")
    reference = kopi.value("SELECT reference FROM orders")
    told = budi.wait_for(kopi, "Waktu pembayaran habis", seconds=20)
    assert "⏰" in told.text and reference in told.text and told.button("🛍 Order Lagi")
    gone(budi, kopi, invoice)
    world.quiet()
    assert kopi.query("SELECT state FROM orders") == [("expired",)]
    assert kopi.query("SELECT state FROM payments") == [("expired",)]
    assert kopi.stock("SUSU") == {"available": 5, "reserved": 0, "sold": 0}
    assert kopi.transaction()["status"] == "canceled"


def test_our_own_time_is_over_first(world, budi):
    kopi = make_store(world)
    invoice = budi.order(kopi, "Kopi Susu")
    end_now(kopi)
    world.restart()
    budi.wait_for(kopi, "Waktu pembayaran habis")
    gone(budi, kopi, invoice)
    world.quiet()
    assert kopi.query("SELECT state FROM orders") == [("expired",)]
    assert kopi.stock("SUSU")["available"] == 5


def test_expired_while_lapakd_was_away(world, budi):
    kopi = make_store(world, expires_in=4)
    invoice = budi.order(kopi, "Kopi Susu")
    world.quiet()
    world.stop()
    world.until(lambda: kopi.value("SELECT expires_at < now() FROM orders"), what="the end of the invoice")
    world.start()
    budi.wait_for(kopi, "Waktu pembayaran habis")
    gone(budi, kopi, invoice)


def test_paid_at_the_last_moment(world, budi):
    # the webhook never comes; the look at the end finds the money
    kopi = make_store(world, expires_in=4)
    invoice = budi.order(kopi, "Kopi Susu")
    world.pay(invoice, webhook="never")
    budi.wait_for(kopi, PAID, seconds=20)
    world.quiet()
    world.until(lambda: kopi.query("SELECT state FROM orders") == [("completed",)])
    assert not [message for message in budi.chat(kopi).all_messages() if "Waktu pembayaran habis" in message.text]


def expire(world, store, person):
    invoice = person.order(store, "Kopi Susu")
    transaction = store.transaction(invoice)
    person.wait_for(store, "Waktu pembayaran habis", seconds=20)
    world.quiet()
    return transaction


def test_paid_late_and_the_units_are_there(world, budi):
    kopi = make_store(world, expires_in=3)
    andi = world.admin(kopi)
    transaction = expire(world, kopi, budi)
    world.pay(transaction["txn_id"], force=True, webhook=3, parallel=True)
    delivery = budi.wait_for(kopi, PAID, seconds=20)
    assert "setelah waktunya habis" in delivery.text
    assert len(delivered_lines(budi.chat(kopi), delivery)) == 1
    andi.wait_for(kopi, "dibayar terlambat", fresh=False)
    world.quiet()
    world.until(lambda: kopi.query("SELECT state FROM orders") == [("completed",)])
    assert kopi.stock("SUSU") == {"available": 4, "reserved": 0, "sold": 1}
    assert kopi.query("SELECT count(*) FROM ledger") == [(0,)]


def test_paid_late_and_the_units_are_gone(world, budi):
    kopi = make_store(world, stock=1, expires_in=3)
    andi = world.admin(kopi)
    sari = world.person(2002, "Sari")
    transaction = expire(world, kopi, budi)
    sari.quick_order(kopi, "SUSU")
    world.pay(sari.invoice(kopi))
    sari.wait_for(kopi, PAID)
    world.quiet()
    world.pay(transaction["txn_id"], force=True, webhook=5, parallel=True)
    told = budi.wait_for(kopi, "terlambat", seconds=20)
    assert "Rp 15.000" in told.text and "saldo" in told.text.lower()
    notice = andi.wait_for(kopi, "stok habis", fresh=False)
    assert transaction["order_id"] in notice.text
    world.quiet()
    for _ in range(3):
        kopi.post_pakasir(kopi.notice(transaction))
    world.quiet()
    assert kopi.query("SELECT telegram_id, kind, amount FROM ledger") == [(budi.id, "late_payment", 15_000)]
    assert kopi.query("SELECT balance FROM users WHERE telegram_id = %s", budi.id) == [(15_000,)]
    assert kopi.query("SELECT state FROM payments WHERE txn_id = %s", transaction["txn_id"]) == [("completed",)]
    assert kopi.stock("SUSU") == {"available": 0, "reserved": 0, "sold": 1}
    assert not [message for message in budi.from_bot(kopi) if PAID in message.text]


def test_cancelled_and_paid_at_once(world):
    kopi = make_store(world, stock=20)
    andi = world.admin(kopi)
    buyers = [world.person(2100 + number, f"Orang {number}") for number in range(6)]
    invoices = []
    for buyer in buyers:
        buyer.quick_order(kopi, "SUSU")
        invoices.append(buyer.invoice(kopi))

    def cancel(buyer, invoice):
        return lambda: buyer.force(kopi, invoice.button("❌ Batalkan Pembelian")["callback_data"], invoice)

    def pay(invoice):
        return lambda: world.pay(invoice, force=True, webhook="twice", parallel=True)

    world.at_once(*[act for buyer, invoice in zip(buyers, invoices) for act in (cancel(buyer, invoice), pay(invoice))])
    # the money came in every case, and units are there in every case
    for buyer in buyers:
        buyer.wait_for(kopi, PAID, fresh=False, seconds=40)
    world.quiet(40)
    sold = []
    for buyer in buyers:
        (delivery,) = [message for message in buyer.from_bot(kopi) if PAID in message.text]
        sold += delivered_lines(buyer.chat(kopi), delivery)
    assert len(set(sold)) == 6
    world.until(lambda: kopi.query("SELECT state, count(*) FROM orders GROUP BY 1") == [("completed", 6)])
    assert kopi.stock("SUSU") == {"available": 14, "reserved": 0, "sold": 6}
    assert kopi.query("SELECT count(*) FROM ledger") == [(0,)]
    assert len([m for m in andi.from_bot(kopi) if "✅ Pesanan dibayar" in m.text]) == 6


def test_cancelled_by_the_gateway(world, budi):
    kopi = make_store(world)
    invoice = budi.order(kopi, "Kopi Susu")
    transaction = kopi.transaction()
    world.http_at(world.sandbox.url, f"/api/v2/cancel-transaction/{kopi.slug}/{transaction['txn_id']}",
                  method="POST", headers={"X-Api-Key": kopi.api_key})
    kopi.post_pakasir(kopi.notice(transaction))  # only to make it look now
    budi.wait_for(kopi, "Layanan pembayaran membatalkan")
    gone(budi, kopi, invoice)
    world.quiet()
    assert kopi.query("SELECT state, end_reason FROM orders") == [("cancelled", "gateway")]
    assert kopi.stock("SUSU")["available"] == 5


def test_a_void_that_fails_is_tried_again(world, budi):
    kopi = make_store(world)
    invoice = budi.order(kopi, "Kopi Susu")
    world.fail("pakasir", "status", slug=kopi.slug, method="cancel-transaction", status=502, times=1)
    budi.press(kopi, "❌ Batalkan Pembelian", invoice)
    budi.wait_for(kopi, "Pesanan dibatalkan")
    world.until(lambda: kopi.transaction()["status"] == "canceled", 20, "the void")


def test_too_many_open_invoices(world, budi):
    kopi = make_store(world, stock=20)
    refused = None
    for _ in range(8):
        answer = budi.wait_answer(kopi, budi.quick_order(kopi, "SUSU"))
        if answer.get("text") and "Selesaikan dulu" in answer["text"]:
            refused = answer
            break
    assert refused, "one person can't reserve the whole stock"
    world.quiet()
    assert kopi.stock("SUSU")["available"] >= 14


def test_payment_is_refused_by_the_bank_after_the_end(world, budi):
    kopi = make_store(world, expires_in=3)
    transaction = expire(world, kopi, budi)
    with pytest.raises(SandboxError):
        world.pay(transaction["txn_id"])
