"""The ways to pay that a store lists: which are offered for an amount, what they will cost, and each bought to the end."""

import re

import pytest
from harness.store import product
from sandbox_client import delivered_lines

PAID = "🎉 Pembayaran Berhasil"
CHOOSE = "Pilih metode pembayaran"
ACCOUNTS = {
    "bri_va": ("🏦 BRI Virtual Account", 3_500),
    "bni_va": ("🏦 BNI Virtual Account", 3_500),
    "cimb_niaga_va": ("🏦 CIMB Niaga Virtual Account", 3_500),
    "permata_va": ("🏦 Permata Virtual Account", 3_500),
    "maybank_va": ("🏦 Maybank Virtual Account", 3_500),
    "bnc_va": ("🏦 BNC Virtual Account", 3_500),
    "artha_graha_va": ("🏦 Artha Graha Virtual Account", 2_000),
    "sampoerna_va": ("🏦 Sampoerna Virtual Account", 2_000),
}
LINK = "🔗 Halaman Pembayaran"
COPY = "📋 Salin Nomor VA"


@pytest.fixture
def kopi(world):
    return world.store(
        "kopi-digital",
        [
            product("Kopi Susu", 15_000, 20, code="SUSU"),
            product("Permen", 600, 20, code="PERMEN"),
            product("Mesin", 10_500_000, 3, code="MESIN"),
            product("Pabrik", 30_000_000, 3, code="PABRIK"),
        ],
        pakasir={"methods": ["qris", *ACCOUNTS, "payment_link"]},
    )


@pytest.fixture
def budi(world):
    return world.person(2001, "Budi")


def rupiah(amount):
    return "Rp " + f"{amount:,}".replace(",", ".")


def delivered(person, store):
    message = person.wait_for(store, PAID, fresh=False, seconds=30)
    return delivered_lines(person.chat(store), message)


def nothing_was_made(store):
    assert store.query("SELECT count(*) FROM orders") == [(0,)]
    assert store.query("SELECT count(*) FROM stock_units WHERE state <> 'available'") == [(0,)]
    assert store.transactions() == []


@pytest.mark.parametrize(
    "name", [name if name in ("bri_va", "sampoerna_va") else pytest.param(name, marks=pytest.mark.slow) for name in ACCOUNTS])
def test_a_virtual_account_to_the_end(world, kopi, budi, name):
    label, fee = ACCOUNTS[name]
    methods = budi.methods(kopi, "Kopi Susu")
    assert f"{label}: biaya ± {rupiah(fee)}, total ± {rupiah(15_000 + fee)}" in methods.text
    budi.press(kopi, label, methods)
    invoice = budi.wait_for(kopi, lambda message: message.button(COPY))
    transaction = kopi.transaction(invoice)
    assert (transaction["method"], transaction["amount"]) == (name, 15_000)
    number = invoice.button(COPY)["copy_text"]
    number = number if isinstance(number, str) else number["text"]
    assert number == transaction["va_number"] and number in invoice.text and not invoice.photo
    assert label in invoice.text and rupiah(15_000 + fee) in invoice.text
    url = invoice.button("🔗 Bayar di Browser")["url"]
    assert url.endswith(f"/pay-v2/{transaction['txn_id']}")
    status, page, _ = world.http_at(url, "")
    assert status == 200 and number in page and "Bayar sekarang" in page
    assert kopi.query("SELECT state, fee, total, va_number, qr_string FROM payments") == [
        ("waiting", fee, 15_000 + fee, number, None)]
    world.sandbox.pay(va_number=number)
    assert len(delivered(budi, kopi)) == 1
    budi.wait_gone(kopi, invoice)
    assert kopi.stock("SUSU") == {"available": 19, "reserved": 0, "sold": 1}


def test_the_payment_page_to_the_end(world, kopi, budi):
    methods = budi.methods(kopi, "Permen")
    assert f"{LINK}: biaya sesuai cara bayar" in methods.text
    budi.press(kopi, LINK, methods)
    invoice = budi.wait_for(kopi, "pilih cara bayarnya")
    assert not invoice.photo and "Rp 600" in invoice.text and not invoice.button(COPY)
    url = invoice.button("🔗 Bayar di Browser")["url"]
    status, page, _ = world.http_at(url, "")
    assert status == 200 and "Bayar sekarang" in page
    # nothing is known of the gateway's end: ours is the end
    assert kopi.query("SELECT p.state, p.total, p.expires_at, o.expires_at - o.created_at = '15 minutes' FROM payments p"
                      " JOIN orders o ON o.id = p.order_id") == [("waiting", 600, None, True)]
    world.sandbox.pay(txn_id=url.rpartition("/")[2])
    assert len(delivered(budi, kopi)) == 1
    budi.wait_gone(kopi, invoice)


@pytest.mark.parametrize("name", ["bni_va", "payment_link"])
def test_invoices_of_text_end_as_those_with_a_photo_do(world, kopi, budi, name):
    budi.quick_order(kopi, "SUSU", method=name)
    invoice = budi.wait_for(kopi, lambda message: message.button("❌ Batalkan Pembelian") and "Tagihan" in message.text)
    budi.press(kopi, "❌ Batalkan Pembelian", invoice)
    budi.wait_gone(kopi, invoice)
    budi.wait_for(kopi, "Pesanan dibatalkan", fresh=False)
    world.until(lambda: kopi.transaction(invoice)["status"] == "canceled", what="the void at the gateway")
    assert kopi.stock("SUSU")["available"] == 20
    # paid all the same, on the page that was still open
    world.sandbox.pay(txn_id=kopi.transaction(invoice)["txn_id"], force=True)
    assert len(delivered(budi, kopi)) == 1
    assert "setelah waktunya habis" in budi.wait_for(kopi, PAID, fresh=False).text


def test_a_virtual_account_that_expires(world, budi):
    kopi = world.store("kopi-digital", [product("Kopi Susu", 15_000, 3, code="SUSU")], expires_in=4,
                       pakasir={"methods": ["permata_va"]})
    budi.quick_order(kopi, "SUSU", method="permata_va")
    invoice = budi.wait_for(kopi, lambda message: message.button(COPY), fresh=False)
    told = budi.wait_for(kopi, "Waktu pembayaran habis", fresh=False, seconds=60)
    assert "QR" not in told.text
    budi.wait_gone(kopi, invoice)
    assert kopi.stock("SUSU")["available"] == 3


# --- which are offered ---


def test_only_what_takes_the_amount_is_offered(world, kopi, budi):
    methods = budi.methods(kopi, "Permen")
    assert CHOOSE in methods.text
    assert [label for label in methods.labels if "💠" in label or "🏦" in label or "🔗" in label] == ["💠 QRIS", LINK]
    for name in [*ACCOUNTS, "manual", "balance", "tidak_ada"]:
        budi.wait_answer(kopi, budi.force(kopi, f"y:{name}", methods))
    world.quiet()
    nothing_was_made(kopi)
    assert kopi.value("SELECT count(*) FROM cart_items") == 1, "the cart stays"
    # too dear for QRIS
    sari = world.person(2002, "Sari")
    methods = sari.methods(kopi, "Mesin")
    assert not methods.button("💠 QRIS") and methods.button(LINK) and methods.button(ACCOUNTS["bnc_va"][0])
    answer = sari.wait_answer(kopi, sari.force(kopi, "y:qris", methods))
    assert "tidak bisa dipakai" in answer["text"]
    nothing_was_made(kopi)


def test_an_amount_for_which_there_is_no_way(world, kopi, budi):
    refused = budi.methods(kopi, "Pabrik", 2)
    assert "Rp 60.000.000 tidak bisa dibayar" in refused.text
    assert "💠 QRIS: Rp 500 sampai Rp 10.000.000" in refused.text
    assert f"{LINK}: Rp 500 sampai Rp 50.000.000" in refused.text
    assert f"{ACCOUNTS['bri_va'][0]}: Rp 10.000 sampai Rp 50.000.000" in refused.text
    assert refused.button("🧺 Keranjang") and not refused.button(LINK)
    for name in ("qris", "bri_va", "payment_link", "balance"):
        budi.wait_answer(kopi, budi.force(kopi, f"y:{name}", refused))
    world.quiet()
    nothing_was_made(kopi)


def test_the_balance_pays_at_once_or_says_what_is_missing(world, kopi, budi):
    budi.start_chat(kopi)
    kopi.query("INSERT INTO ledger (telegram_id, kind, amount, reason_key, created_at)"
               " VALUES (2001, 'adjustment', 20000, 'test', now())")
    kopi.query("UPDATE users SET balance = 20000 WHERE telegram_id = 2001")
    methods = budi.methods(kopi, "Kopi Susu")
    assert "💼 Saldo: tanpa biaya, saldomu Rp 20.000" in methods.text
    budi.press(kopi, "💼 Saldo", methods)
    assert "Sisa saldo: Rp 5.000" in budi.wait_for(kopi, "Dibayar dengan saldo").text
    assert len(delivered(budi, kopi)) == 1
    methods = budi.methods(kopi, "Kopi Susu")
    assert "💼 Saldo: Rp 5.000, kurang Rp 10.000" in methods.text
    assert not methods.button("💼 Saldo") and methods.button("💰 Deposit")
    budi.wait_answer(kopi, budi.force(kopi, "y:balance", methods))
    assert kopi.query("SELECT balance FROM users WHERE telegram_id = 2001") == [(5_000,)]
    assert kopi.value("SELECT count(*) FROM orders") == 1
    assert world.gateway_calls(kopi) == []


# --- what they will cost ---


def fee_calls(world, amount):
    return world.gateway_calls(method="payment-fee", argument=str(amount))


def test_the_gateways_own_fees_are_shown_and_asked_once(world, kopi, budi):
    world.sandbox.post("fees", fees={"qris": 777, "bri_va": 1_234, "bni_va": 15_001})
    chat = budi.chat(kopi)
    page = budi.open_product(kopi, "Kopi Susu")
    budi.press(kopi, "➕", page)
    budi.wait_for(kopi, "Di keranjang: 1")
    budi.press(kopi, "🧺 Lanjut ke Keranjang")
    cart = budi.wait_for(kopi, lambda message: message.button("💳 Lanjut ke Pembayaran"))
    world.until(lambda: fee_calls(world, 15_000), what="the question that the cart's page asks")

    def shown():
        budi.force(kopi, "m", cart)
        return budi.wait_for(kopi, CHOOSE, fresh=False).text

    world.until(lambda: "💠 QRIS: biaya ± Rp 777, total ± Rp 15.777" in shown(), what="the gateway's figure")
    text = shown()
    assert "BRI Virtual Account: biaya ± Rp 1.234" in text
    assert "BNI Virtual Account: biaya ± Rp 3.500" in text, "a fee above the amount is none: the formula"
    for _ in range(2):
        budi.force(kopi, "k", cart)
        budi.wait_for(kopi, "Keranjangmu", fresh=False)
        shown()
    assert len(fee_calls(world, 15_000)) == 1, "it is remembered"
    # another amount is another question, for whoever asks first
    sari = world.person(2002, "Sari")
    sari.methods(kopi, "Kopi Susu")
    sari.methods(kopi, "Permen")
    world.until(lambda: fee_calls(world, 15_600), what="the question about another amount")
    assert len(fee_calls(world, 15_000)) == 1
    # what is asked for in the end is what the gateway then says
    budi.force(kopi, "y:qris", chat.message(cart.id))
    assert "Rp 15.415" in budi.invoice(kopi).text


@pytest.mark.parametrize("how", [{"mode": "drop_before"}, {"mode": "empty"}, {"mode": "html", "status": 200}, {"mode": "wrong_type"}])
def test_without_an_answer_the_formula_is_shown(world, kopi, budi, how):
    world.fail("pakasir", method="payment-fee", **how)
    methods = budi.methods(kopi, "Kopi Susu")
    world.until(lambda: fee_calls(world, 15_000), what="the question")
    for _ in range(3):
        assert "💠 QRIS: biaya ± Rp 415, total ± Rp 15.415" in methods.text
        budi.force(kopi, "k", methods)
        budi.wait_for(kopi, "Keranjangmu", fresh=False)
        budi.force(kopi, "m", methods)
        methods = budi.wait_for(kopi, CHOOSE, fresh=False)
    assert len(fee_calls(world, 15_000)) == 1, "a failure is remembered for a while"
    budi.press(kopi, "💠 QRIS", methods)
    invoice = budi.invoice(kopi)
    assert re.search(r"Biaya admin: Rp 415\b", invoice.text)
    world.pay(invoice)
    delivered(budi, kopi)
