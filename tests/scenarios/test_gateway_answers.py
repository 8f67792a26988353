"""Answers of the gateway that are not to be believed: fields missing or of another type, somebody else's transaction, another
amount, nothing, half of it, a page. They are asked again; nothing of them is shown, sold or lost; and all is well once the
gateway speaks clearly."""

import re

import pytest
from harness.store import product
from sandbox_client import delivered_lines

PAID = "🎉 Pembayaran Berhasil"

# For each way to pay, what may be wrong with the answer to create-transaction.
ALWAYS = [
    {"mode": "missing_field", "field": "txn_id"},
    {"mode": "wrong_type", "field": "txn_id"},
    {"mode": "other_order"},
    {"mode": "empty"},
    {"mode": "truncated"},
    {"mode": "html", "status": 200},
]
DESCRIBED = [
    {"mode": "missing_field"},  # the amount
    {"mode": "wrong_type"},
    {"mode": "missing_field", "field": "order_id"},
    {"mode": "missing_field", "field": "is_sandbox"},
    {"mode": "wrong_type", "field": "total_payment"},
    {"mode": "wrong_type", "field": "expired_at"},
    {"mode": "changed_amount"},
]
CREATE = {
    "qris": [*ALWAYS, *DESCRIBED, {"mode": "missing_field", "field": "qr_string"}, {"mode": "wrong_type", "field": "qr_string"}],
    "bri_va": [*ALWAYS, *DESCRIBED, {"mode": "missing_field", "field": "va_number"}, {"mode": "wrong_type", "field": "va_number"}],
    "payment_link": [*ALWAYS, {"mode": "missing_field", "field": "payment_link"}, {"mode": "wrong_type", "field": "payment_link"}],
}


def name_of(how):
    return "-".join(str(value) for value in how.values())


def make_stores(world, rules, method):
    """A store for each rule, so that they can go wrong side by side."""
    stores = []
    for number, how in enumerate(rules):
        store = world.store(f"toko-{number}", [product("Kopi Susu", 15_000, 3, code="SUSU")], admins=(1001,),
                            pakasir={"methods": [method]})
        store.how = how
        stores.append(store)
    return stores


def invoice_of(person, store):
    return person.wait_for(store, lambda message: message.button("🔗 Bayar di Browser"), fresh=False, seconds=40)


def pay(world, store, invoice, **how):
    return world.sandbox.pay(txn_id=store.transaction(invoice)["txn_id"], **how)


def creates(world, store):
    return [call["argument"] for call in world.gateway_calls(store, "create-transaction")]


def bought(world, person, store, **how):
    """From an invoice that stands to the delivery."""
    invoice = invoice_of(person, store)
    pay(world, store, invoice, **how)
    delivery = person.wait_for(store, PAID, fresh=False, seconds=40)
    assert len(delivered_lines(person.chat(store), delivery)) == 1


def in_all(world, stores, act):
    return world.at_once(*[lambda store=store: act(store) for store in stores])


@pytest.mark.slow
@pytest.mark.parametrize("method", CREATE)
def test_an_invoice_that_can_not_be_believed(world, method):
    stores = make_stores(world, CREATE[method], method)
    andi, eka, budi, sari = (world.person(number, name) for number, name in
                             ((1001, "Andi"), (2000, "Eka"), (2001, "Budi"), (2002, "Sari")))
    world.start()

    def once(store):
        # somebody else's transaction, with which an answer may be mixed up
        andi.start_chat(store)
        eka.quick_order(store, "SUSU", method=method)
        others = invoice_of(eka, store)
        # wrong once: asked again, with the same id
        world.fail("pakasir", slug=store.slug, method="create-transaction", times=1, **store.how)
        budi.quick_order(store, "SUSU", method=method)
        invoice = invoice_of(budi, store)
        assert store.transaction(others)["txn_id"] not in str(invoice.data), store.how
        asked = creates(world, store)[1:]
        assert len(asked) == 2 and asked[0] == asked[1], (store.how, asked)
        assert len(store.transactions()) == 2
        pay(world, store, invoice)
        budi.wait_for(store, PAID, fresh=False, seconds=40)

    def always(store):
        heal = world.fail("pakasir", slug=store.slug, method="create-transaction", **store.how)
        sari.quick_order(store, "SUSU", method=method)
        sari.wait_for(store, "gagal dibuat", fresh=False, seconds=40)
        told = andi.wait_for(store, "Tagihan gagal dibuat", fresh=False)
        assert re.search(r"Alasan: (create-transaction: |the gateway (named|can't be reached))", told.text), told.text
        asked = creates(world, store)[3:]
        assert len(asked) == 3 and len(set(asked)) == 1, (store.how, asked)
        assert not [m for m in sari.chat(store).all_messages() if m.photo or m.button("🔗 Bayar di Browser")], store.how
        assert store.stock("SUSU") == {"available": 1, "reserved": 1, "sold": 1}, store.how
        assert store.query("SELECT o.state, p.state, p.txn_id FROM payments p JOIN orders o ON o.id = p.order_id"
                           " WHERE o.telegram_id = 2002") == [("cancelled", "failed", None)]
        heal()
        # clear again: all is well
        sari.quick_order(store, "SUSU", method=method)
        bought(world, sari, store)
        eka_order = store.query("SELECT state FROM orders WHERE telegram_id = 2000")
        assert eka_order == [("pending",)], "who had nothing to do with it"

    in_all(world, stores, once)
    in_all(world, stores, always)
    for store in stores:
        assert store.stock("SUSU") == {"available": 0, "reserved": 1, "sold": 2}


STATUS = [
    *ALWAYS,
    {"mode": "missing_field"},
    {"mode": "wrong_type"},
    {"mode": "missing_field", "field": "status"},
    {"mode": "wrong_type", "field": "status"},
    {"mode": "wrong_type", "field": "is_sandbox"},
    {"mode": "missing_field", "field": "order_id"},
]


@pytest.mark.slow
def test_a_status_that_can_not_be_believed(world):
    stores = make_stores(world, STATUS, "qris")
    budi, sari = world.person(2001, "Budi"), world.person(2002, "Sari")
    world.start()

    def paid_all_the_same(store):
        # bought by another: what an answer about the wrong transaction would tell of
        sari.quick_order(store, "SUSU")
        bought(world, sari, store)
        budi.quick_order(store, "SUSU")
        invoice = invoice_of(budi, store)
        transaction = store.transaction(invoice)
        heal = world.fail("pakasir", slug=store.slug, method="transaction-status", **store.how)

        def asked():
            return len(world.gateway_calls(store, "transaction-status", transaction["txn_id"]))

        before = asked()
        pay(world, store, invoice)
        world.until(lambda: asked() >= before + 2, 40, "another try")
        assert store.query("SELECT o.state, p.state, p.problem FROM payments p JOIN orders o ON o.id = p.order_id"
                           " WHERE o.telegram_id = 2001") == [("pending", "waiting", None)], store.how
        assert store.stock("SUSU") == {"available": 1, "reserved": 1, "sold": 1}, store.how
        assert not [m for m in budi.from_bot(store) if PAID in m.text], store.how
        heal()
        delivery = budi.wait_for(store, PAID, fresh=False, seconds=60)
        assert len(delivered_lines(budi.chat(store), delivery)) == 1
        assert store.stock("SUSU") == {"available": 1, "reserved": 0, "sold": 2}

    in_all(world, stores, paid_all_the_same)


def test_a_changed_amount_of_what_is_not_paid(world):
    """A webhook that lies, and a status with another amount: neither is believed, and nothing is parked."""
    kopi = world.store("kopi-digital", [product("Kopi Susu", 15_000, 3, code="SUSU")])
    budi = world.person(2001, "Budi")
    budi.quick_order(kopi, "SUSU")
    invoice = budi.invoice(kopi)
    heal = world.fail("pakasir", "changed_amount", slug=kopi.slug, method="transaction-status")
    assert kopi.post_pakasir(kopi.notice(kopi.transaction()))[0] == 200
    world.until(lambda: len(world.gateway_calls(kopi, "transaction-status")) >= 2, 30, "another try")
    assert kopi.query("SELECT state, problem FROM payments") == [("waiting", None)]
    assert kopi.stock("SUSU") == {"available": 2, "reserved": 1, "sold": 0}
    heal()
    world.pay(invoice)
    budi.wait_for(kopi, PAID, seconds=30)


@pytest.mark.slow
def test_a_void_that_can_not_be_believed(world):
    """The buyer gives up; what the gateway answers to the void makes no difference to what is done about money that comes."""
    rules = [{"mode": "empty"}, {"mode": "truncated"}, {"mode": "html", "status": 200}]
    stores = make_stores(world, rules, "qris")
    budi = world.person(2001, "Budi")
    world.start()

    def given_up(store):
        heal = world.fail("pakasir", slug=store.slug, method="cancel-transaction", **store.how)
        budi.quick_order(store, "SUSU")
        invoice = budi.invoice(store)
        budi.press(store, "❌ Batalkan Pembelian", invoice)
        budi.wait_for(store, "Pesanan dibatalkan", fresh=False)
        world.until(lambda: len(world.gateway_calls(store, "cancel-transaction")) >= 2, 30, "another try")
        heal()
        pay(world, store, invoice, force=True)
        budi.wait_for(store, PAID, fresh=False, seconds=60)
        assert store.stock("SUSU") == {"available": 2, "reserved": 0, "sold": 1}

    in_all(world, stores, given_up)
