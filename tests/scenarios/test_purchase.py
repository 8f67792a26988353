"""A whole purchase, from /start to the proof for the terms, as buyer and admin see it and as it is written down."""

import re
import shutil
import subprocess
import urllib.parse
import urllib.request

import pytest
from harness.store import product
from sandbox_client import block_texts, check_out, choose, delivered_lines, listed_number, shown_stock


def rupiah(amount):
    return "Rp " + f"{amount:,}".replace(",", ".")


BUYER_KEYS = ["🛍 Semua Produk", "🏷 Cek Stok", "💰 Deposit", "ℹ️ Informasi", "📘 Cara Order"]


@pytest.fixture
def kopi(world):
    return world.store(
        "kopi-digital",
        [
            product("Netflix & <Chill> \"1 Bulan\" 🎬", 35_000, 6, code="NFLX1", snk="Jangan ganti sandi & <nama>."),
            product("Spotify", 18_000, 4, code="SPOT1"),
        ],
    )


@pytest.fixture
def nonton(world):
    return world.store("nonton-hemat", [product("Cinema Ticket", 38_000, 5, code="XXI")], language="en")


def test_welcome_shows_store_figures_and_keyboards(world, kopi):
    budi = world.person(2001, "Budi <b>&")
    welcome = budi.start_chat(kopi)
    world.quiet()
    keyboard_line, welcome = budi.from_bot(kopi)
    assert welcome.button("🧭 Semua Produk") and not keyboard_line.labels, "the welcome stays the last thing in sight"
    assert "Budi <b>&" in welcome.text
    assert kopi.title in welcome.text
    for label in ("📋 INFORMASI", "📖 Cara Order", "🧭 Semua Produk"):
        assert label in welcome.labels
    assert any("Umum" in label for label in welcome.labels), welcome.labels
    keys = budi.keyboard(kopi)
    assert [key for key in BUYER_KEYS if key not in keys] == []
    assert "⚙️ Admin Settings" not in keys
    assert "1️⃣" in keys and "2️⃣" in keys

    andi = world.admin(kopi)
    world.quiet()
    assert "⚙️ Admin Settings" in andi.keyboard(kopi)


def test_products_are_listed_by_number_and_open_by_number(world, kopi):
    budi = world.person(2001, "Budi")
    budi.start_chat(kopi)
    budi.send(kopi, "🛍 Semua Produk")
    page = budi.wait_for(kopi, "Spotify")
    assert listed_number(page.text, "Netflix") == 1
    assert rupiah(18_000) in page.text
    budi.send(kopi, "2️⃣")
    page = budi.wait_for(kopi, lambda message: message.button("➕"))
    assert "Spotify" in page.text and rupiah(18_000) in page.text
    assert shown_stock(page) == 4
    for label in ("➖", "➕", "✌️ x2", "🖐️ x5", "🔟 x10", "🧺 Lanjut ke Keranjang", "❌ Batal"):
        assert label in page.labels
    budi.press(kopi, "✌️ x2", page)
    page = budi.wait_for(kopi, "Di keranjang: 2")
    budi.press(kopi, "➖", page)
    page = budi.wait_for(kopi, "Di keranjang: 1")
    assert rupiah(18_000) in page.text
    budi.send(kopi, "🏷 Cek Stok")
    stock = budi.wait_for(kopi, "📦 Informasi Stok")
    assert "🔄 Refresh" in stock.labels


def buy(world, store, person, name, quantity):
    """A purchase up to the delivery; checks every page on the way. Returns (transaction, delivery)."""
    code, price = next((item["code"], item["price"]) for item in store.products if item["name"] == name)
    before = store.stock(code)
    chat = person.chat(store)
    page = choose(chat, person.open_product(store, name), quantity)
    assert shown_stock(page) == before["available"]
    assert rupiah(price) in page.text and rupiah(price * quantity) in page.text
    invoice = check_out(chat, page)

    (transaction,) = [item for item in store.transactions() if item["status"] == "pending"]
    assert re.fullmatch(rf"tg{person.id}-[a-z0-9]+", transaction["order_id"])
    assert transaction["amount"] == price * quantity
    assert invoice.qr == transaction["qr_string"]
    assert f"<code>{transaction['order_id']}</code>" in invoice.html
    assert rupiah(transaction["total_payment"]) in invoice.text
    links = [button["url"] for button in invoice.buttons if "url" in button]
    assert len(links) == 1 and transaction["txn_id"] in links[0]
    assert store.stock(code)["reserved"] == quantity

    world.pay(invoice)
    delivery = person.wait_for(store, chat.labels.paid)
    assert transaction["order_id"] in delivery.text
    contents = delivered_lines(chat, delivery)
    assert len(contents) == len(set(contents)) == quantity
    assert set(contents) <= set(next(item["stock"] for item in store.products if item["code"] == code))
    assert list(block_texts(delivery)), "the contents stand in <pre>"

    order = transaction["order_id"]
    world.until(
        lambda: store.query("SELECT state, total FROM orders WHERE reference = %s", order) == [("completed", price * quantity)]
    )  # written when Telegram said that the delivery arrived
    after = store.stock(code)
    assert after == {
        "available": before["available"] - quantity,
        "reserved": 0,
        "sold": before["sold"] + quantity,
    }
    assert shown_stock(person.open_product(store, name)) == after["available"]
    return transaction, delivery


def test_a_whole_purchase_in_each_of_two_stores(world, kopi, nonton):
    world.admin(kopi)
    world.admin(nonton)
    budi = world.person(2001, "Budi")
    sari = world.person(2002, "Sari <&>")
    andi = world.person(kopi.admins[0])

    first, delivery = buy(world, kopi, budi, kopi.products[0]["name"], 2)
    second, _ = buy(world, nonton, sari, "Cinema Ticket", 1)

    for store, order, buyer in ((kopi, first, budi), (nonton, second, sari)):
        notices = [m for m in andi.from_bot(store) if order["order_id"] in m.text]
        assert len(notices) >= 2, "the admin is told of the new order and of the paid one"
        assert all(buyer.first_name in notice.text for notice in notices)

    # the terms of the product that has any
    terms = next(message for message in budi.from_bot(kopi) if message.button("✅ Penuhi SNK"))
    assert "Jangan ganti sandi & <nama>." in terms.text
    assert terms.id > delivery.id
    budi.press(kopi, "✅ Penuhi SNK", terms)
    budi.wait_for(kopi, lambda message: message.button("❌ Batal"))
    proof = "Sudah masuk <sebagai> profil 1 & \"aman\""
    budi.send(kopi, proof)
    andi.wait_for(kopi, proof, fresh=False)
    world.until(lambda: kopi.query("SELECT state FROM terms") == [("fulfilled",)], what="the terms' end")
    assert nonton.query("SELECT count(*) FROM terms") == [(0,)]


@pytest.mark.skipif(not shutil.which("zbarimg"), reason="zbar-tools is not installed")
def test_an_independent_reader_reads_the_invoices_qr(world, kopi):
    budi = world.person(2001, "Budi")
    invoice = budi.order(kopi, "Spotify", 2)
    photo = world.directory / "qr.png"
    with urllib.request.urlopen(urllib.parse.urljoin(world.sandbox.url, invoice.photo["url"]), timeout=30) as reply:
        photo.write_bytes(reply.read())
    assert photo.read_bytes().startswith(b"\x89PNG")
    read = subprocess.run(["zbarimg", "--quiet", "--raw", photo], capture_output=True, text=True, check=True).stdout
    assert read.rstrip("\n") == kopi.transaction()["qr_string"]


def test_a_photo_is_a_proof_too(world, kopi):
    andi = world.admin(kopi)
    budi = world.person(2001, "Budi")
    world.pay(budi.order(kopi, kopi.products[0]["name"]))
    budi.press(kopi, "✅ Penuhi SNK")
    budi.wait_for(kopi, lambda message: True)
    budi.send_photo(kopi, caption="ini buktinya")
    photo = andi.wait_for(kopi, lambda message: message.photo, fresh=False)
    assert not photo.qr


def test_two_products_in_one_order(world, kopi):
    budi = world.person(2001, "Budi")
    netflix, spotify = (item["name"] for item in kopi.products)
    chat = budi.chat(kopi)
    choose(chat, budi.open_product(kopi, netflix), 1)
    page = choose(chat, budi.open_product(kopi, spotify), 2)
    invoice = check_out(chat, page)
    (transaction,) = kopi.transactions()
    assert transaction["amount"] == 35_000 + 2 * 18_000
    world.pay(invoice)
    delivery = budi.wait_for(kopi, "🎉 Pembayaran Berhasil")
    assert len(delivered_lines(chat, delivery)) == 3
    world.quiet()
    assert kopi.stock("NFLX1")["sold"] == 1 and kopi.stock("SPOT1")["sold"] == 2


def test_an_empty_cart_cannot_check_out(world, kopi):
    budi = world.person(2001, "Budi")
    page = budi.open_product(kopi, "Spotify")
    budi.press(kopi, "🧺 Lanjut ke Keranjang", page)
    world.quiet()
    assert not any(message.button("💳 Lanjut ke Pembayaran") for message in budi.from_bot(kopi))
    assert kopi.query("SELECT count(*) FROM orders") == [(0,)]


def test_cancel_frees_the_units_and_removes_the_invoice(world, kopi):
    budi = world.person(2001, "Budi")
    invoice = budi.order(kopi, "Spotify", 3)
    assert kopi.stock("SPOT1") == {"available": 1, "reserved": 3, "sold": 0}
    budi.press(kopi, "❌ Batalkan Pembelian", invoice)
    world.quiet()
    assert kopi.stock("SPOT1") == {"available": 4, "reserved": 0, "sold": 0}
    (transaction,) = kopi.transactions()
    assert transaction["status"] == "canceled"
    assert not [message for message in budi.from_bot(kopi) if message.qr == invoice.qr], "no dead QR to pay"
    assert kopi.query("SELECT state FROM orders") == [("cancelled",)]
