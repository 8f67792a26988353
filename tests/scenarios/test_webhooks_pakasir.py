"""Pakasir's webhooks: forged, wrong, repeated, late, early or missing. Money moves once, and only when the gateway's
own status says so."""

import hashlib
import hmac
import json

import pytest
from harness.store import product
from sandbox_client import delivered_lines

PAID = "🎉 Pembayaran Berhasil"


@pytest.fixture
def kopi(world):
    return world.store("kopi-digital", [product("Kopi Susu", 15_000, 10, code="SUSU")])


@pytest.fixture
def budi(world):
    return world.person(2001, "Budi")


def refused(world, reason):
    return world.metrics().get("lapak_webhook_refused_total", **{"from": "pakasir", "reason": reason})


def hints(world, result):
    return world.metrics().get("lapak_payment_hints_total", result=result)


def untouched(store):
    """Nobody was told that it was paid, and nothing says so."""
    assert store.query("SELECT state FROM orders") == [("pending",)]
    assert store.query("SELECT state, hinted_at FROM payments") == [("waiting", None)]
    assert store.stock("SUSU") == {"available": 9, "reserved": 1, "sold": 0}


def test_without_the_right_secret_nothing_is_read(world, kopi, budi):
    budi.order(kopi, "Kopi Susu")
    notice = kopi.notice(kopi.transaction())
    before = refused(world, "secret")
    # a body that can't be read is not even looked at
    attempts = [(notice, ""), (notice, "rahasia"), (notice, kopi.webhook_secret + "x"), (notice, kopi.webhook_secret[:-1]),
                ("{", "rahasia"), (notice, kopi.webhook_secret.upper()), (notice, kopi.api_key)]
    for body, secret in attempts:
        status, text, _ = kopi.post_pakasir(body, secret=secret)
        assert (status, "order" in text) == (401, False)
    signed = {"Content-Type": "application/json", "X-Pakasir-Signature": "0" * 64}
    assert world.http(kopi.pakasir_path, body=json.dumps(notice), headers=signed)[0] == 401
    assert refused(world, "secret") == before + len(attempts) + 1
    world.quiet()
    untouched(kopi)


@pytest.mark.parametrize(
    "changes, status",
    [
        ({"amount": 15_001}, 422),
        ({"amount": 14_999}, 422),
        ({"amount": 0}, 422),
        ({"is_sandbox": True}, 422),
        ({"txn_id": "bukan-transaksi-ini"}, 422),
        ({"status": "canceled"}, 422),
        ({"order_id": "tg2001-tidakada"}, 404),
        ({"order_id": "dp2001-tidakada"}, 404),
        ({"order_id": "'; DROP TABLE orders; --"}, 404),
        ({"amount": "15000"}, 400),
        ({"amount": 15000.5}, 400),
        ({"amount": 10**30}, 400),
        ({"order_id": None}, 400),
        ({"order_id": "x" * 500}, 400),
        ({"is_sandbox": "false"}, 400),
    ],
)
def test_what_does_not_fit_the_payment_is_ignored(world, kopi, budi, changes, status):
    budi.order(kopi, "Kopi Susu")
    notice = kopi.notice(kopi.transaction(), **changes)
    assert kopi.post_pakasir(notice)[0] == status
    world.quiet()
    untouched(kopi)


def test_another_stores_order_with_this_stores_secret(world, kopi, budi):
    nonton = world.store("nonton-hemat", [product("Kopi Susu", 15_000, 10, code="SUSU")])
    budi.order(kopi, "Kopi Susu")
    budi.order(nonton, "Kopi Susu")
    assert kopi.post_pakasir(kopi.notice(nonton.transaction()))[0] == 404
    assert nonton.post_pakasir(kopi.notice(kopi.transaction()))[0] == 404
    mixed = kopi.notice(kopi.transaction(), txn_id=nonton.transaction()["txn_id"])
    assert kopi.post_pakasir(mixed)[0] == 422
    world.quiet()
    untouched(kopi)
    untouched(nonton)
    # right for this store, and nobody has paid: a hint, nothing more
    assert kopi.post_pakasir(kopi.notice(kopi.transaction()))[0] == 200
    world.until(lambda: kopi.value("SELECT checks FROM payments") > 0, what="a status call")
    world.quiet()
    assert kopi.query("SELECT state FROM orders") == [("pending",)]
    assert kopi.query("SELECT state FROM payments") == [("waiting",)]
    untouched(nonton)


def test_fifty_at_once_deliver_once(world, kopi, budi):
    andi = world.admin(kopi)
    invoice = budi.order(kopi, "Kopi Susu", 2)
    world.pay(invoice, webhook=50, parallel=True)
    delivery = budi.wait_for(kopi, PAID)
    world.quiet()
    posts = [post for post in world.sandbox.get("deliveries")["deliveries"] if post["service"] == "pakasir"]
    assert len(posts) == 50 and all(post["status"] == 200 for post in posts)
    assert hints(world, "noted") + hints(world, "already_settled") == 50
    # and again, long after
    for _ in range(3):
        assert kopi.post_pakasir(kopi.notice(kopi.transaction()))[0] == 200
    world.quiet()
    assert [message.id for message in budi.from_bot(kopi) if PAID in message.text] == [delivery.id]
    assert len(delivered_lines(budi.chat(kopi), delivery)) == 2
    assert kopi.stock("SUSU") == {"available": 8, "reserved": 0, "sold": 2}
    assert len([m for m in andi.from_bot(kopi) if "Pesanan dibayar" in m.text]) == 1
    assert kopi.query("SELECT count(*) FROM ledger") == [(0,)]


def test_webhooks_of_two_orders_out_of_order(world, kopi, budi):
    sari = world.person(2002, "Sari")
    first, second = budi.order(kopi, "Kopi Susu"), sari.order(kopi, "Kopi Susu")
    world.fail("pakasir_webhook", "reorder", times=1)
    world.pay(first)
    world.pay(second, webhook="twice")
    budi.wait_for(kopi, PAID)
    sari.wait_for(kopi, PAID)
    world.quiet()
    assert kopi.stock("SUSU") == {"available": 8, "reserved": 0, "sold": 2}
    told = [post["order_id"] for post in world.sandbox.get("deliveries")["deliveries"] if post["service"] == "pakasir"]
    assert told[0] in second.text and len(told) == 3, "the other way round than they were paid"


@pytest.mark.slow
def test_no_webhook_at_all(world, kopi, budi):
    invoice = budi.order(kopi, "Kopi Susu")
    world.pay(invoice, webhook="never")
    delivery = budi.wait_for(kopi, PAID, seconds=30)
    assert len(delivered_lines(budi.chat(kopi), delivery)) == 1
    world.quiet()
    assert kopi.query("SELECT state, hinted_at FROM payments") == [("completed", None)]


def test_the_older_signature_counts_too(world, kopi, budi):
    invoice = budi.order(kopi, "Kopi Susu")
    world.pay(invoice, webhook="never")
    body = json.dumps(kopi.notice(kopi.transaction()))
    signature = hmac.new(kopi.webhook_secret.encode(), body.encode(), hashlib.sha256).hexdigest()

    def post(text, given):
        return world.http(kopi.pakasir_path, body=text, headers={"X-Pakasir-Signature": given})[0]

    assert post(body.replace("15000", "15001"), signature) == 401
    assert post(body, signature[:-1] + ("0" if signature[-1] != "0" else "1")) == 401
    assert post(body, signature[:-1]) == 401
    assert post(body, signature.upper()) == 200
    budi.wait_for(kopi, PAID)
    assert kopi.value("SELECT hinted_at FROM payments") is not None


def test_paid_with_another_amount_is_parked(world, kopi, budi):
    andi = world.admin(kopi)
    invoice = budi.order(kopi, "Kopi Susu")
    world.pay(invoice, status_amount=14_000)
    budi.wait_for(kopi, "jumlah yang berbeda")
    told = andi.wait_for(kopi, "Jumlah pembayaran tidak cocok", fresh=False)
    assert "Rp 15.000" in told.text and "Rp 14.000" in told.text
    world.quiet()
    for _ in range(3):
        kopi.post_pakasir(kopi.notice(kopi.transaction()))
    world.quiet()
    assert kopi.query("SELECT problem FROM payments") == [("mismatch",)]
    assert kopi.query("SELECT state FROM orders") == [("pending",)]
    assert kopi.stock("SUSU")["sold"] == 0
    assert not [message for message in budi.from_bot(kopi) if PAID in message.text]
    assert len([m for m in andi.from_bot(kopi) if "tidak cocok" in m.text]) == 1


def test_the_webhook_comes_before_our_own_call_is_answered(world, kopi, budi):
    # the gateway makes the transaction and its answer is lost: the buyer has no invoice, and it is paid all the same
    heal = world.fail("pakasir", "drop_after", slug=kopi.slug, method="create-transaction")
    budi.quick_order(kopi, "SUSU")
    transaction = world.until(lambda: (kopi.transactions() or [None])[0], what="the transaction")
    assert kopi.query("SELECT state, txn_id FROM payments") == [("creating", None)]
    world.pay(transaction["txn_id"])
    world.until(lambda: kopi.value("SELECT hinted_at FROM payments") is not None, what="the webhook's hint")
    heal()
    budi.wait_for(kopi, PAID, fresh=False)
    world.quiet()
    assert len(kopi.transactions()) == 1
    assert kopi.stock("SUSU") == {"available": 9, "reserved": 0, "sold": 1}


def test_a_gateway_that_can_not_be_reached(world, kopi, budi):
    andi = world.admin(kopi)
    world.fail("pakasir", "status", slug=kopi.slug, method="create-transaction", status=503)
    budi.quick_order(kopi, "SUSU")
    budi.wait_for(kopi, "gagal dibuat", fresh=False, seconds=30)
    andi.wait_for(kopi, "Tagihan gagal dibuat", fresh=False)
    world.quiet()
    assert kopi.query("SELECT state FROM orders") == [("cancelled",)]
    assert kopi.stock("SUSU") == {"available": 10, "reserved": 0, "sold": 0}


@pytest.mark.parametrize("flaw", ["bad_qr", "wrong_amount", "html"])
def test_an_answer_that_can_not_be_trusted_is_never_shown(world, kopi, budi, flaw):
    world.admin(kopi)
    world.fail("pakasir", flaw, slug=kopi.slug, method="create-transaction")
    budi.quick_order(kopi, "SUSU")
    budi.wait_for(kopi, "gagal dibuat", fresh=False, seconds=30)
    world.quiet()
    assert not [message for message in budi.chat(kopi).all_messages() if message.photo]
    assert kopi.stock("SUSU") == {"available": 10, "reserved": 0, "sold": 0}


def test_a_status_that_lags_behind_its_webhook(world, kopi, budi):
    invoice = budi.order(kopi, "Kopi Susu")
    # the webhook is there first; the status call still fails, and is asked again
    world.fail("pakasir", "status", slug=kopi.slug, method="transaction-status", status=500, times=1)
    world.pay(invoice)
    budi.wait_for(kopi, PAID, seconds=30)
    assert kopi.value("SELECT checks FROM payments") >= 1
