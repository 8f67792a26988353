"""Products that are no units: one text or one document that every buyer gets, and what an admin does by hand, with a
question to the buyer first; and a product's picture on its page."""

import pytest
from harness.clock import end_bills, leases_run_out
from harness.deposits import give
from harness.store import product
from sandbox_client import choose, delivered_lines, open_product, to_methods

PAID = "🎉 Pembayaran Berhasil"
TEXT = "https://buku.example/unduh?kunci=RAHASIA-7261"
ANSWER = "budi#4242 (server 7)"
QUESTION = "User ID dan server?"


@pytest.fixture
def kopi(world):
    return world.store(
        "kopi-digital",
        [
            product("Kopi Susu", 15_000, 5, code="SUSU", snk="Minum selagi dingin."),
            product("Buku Resep", 8_000, code="BUKU", kind="shared", content=TEXT),
            product("Video Kelas", 25_000, code="VIDEO", kind="file"),
            product("Diamond 86", 20_000, code="DM86", kind="manual", question=QUESTION),
            product("Jasa Desain", 30_000, code="JASA", kind="manual"),
        ],
    )


@pytest.fixture
def andi(world, kopi):
    """The admin, who has sent the video's document to the bot."""
    andi = world.admin(kopi)
    andi.send_document(kopi, "kelas <1>.mp4", b"moving pictures")
    document = next(m.document for m in reversed(andi.messages(kopi)) if not m.from_bot and m.document)
    kopi.set_file("VIDEO", document)
    return andi


@pytest.fixture
def budi(world, kopi):
    person = world.person(2001, "Budi")
    person.start_chat(kopi)
    return person


def fill_cart(store, person, *codes):
    """Puts one of each into the cart, without the pages that show them; the message whose buttons are pressed."""
    welcome = person.start_chat(store)
    for code in codes:
        number, price = store.query("SELECT id, price FROM products WHERE code = %s", code)[0]
        person.wait_answer(store, person.force(store, f"q:{number}:1:{price}", welcome))
    return welcome


def answered(store, person, welcome):
    """From the cart's button for the payment over the question to the ways to pay."""
    person.wait_answer(store, person.force(store, "m", welcome))
    question = person.wait_for(store, QUESTION)
    assert question.button("❌ Batal")
    person.send(store, ANSWER)
    return person.wait_for(store, "Pilih metode pembayaran")


def state(store):
    return store.query("SELECT state, delivery FROM orders ORDER BY id")


def documents(person, store):
    return [m for m in person.from_bot(store) if m.document]


EVERYTHING = ("SUSU", "BUKU", "VIDEO", "DM86")


def test_one_of_each_by_qris(world, kopi, andi, budi):
    page = open_product(budi.chat(kopi), "Buku Resep")
    assert "Stok: tersedia" in page.text
    assert "Stok: diproses manual" in open_product(budi.chat(kopi), "Diamond 86").text
    page = answered(kopi, budi, fill_cart(kopi, budi, *EVERYTHING))
    assert ANSWER in page.text and QUESTION in page.text
    budi.press(kopi, "💠 QRIS", page)
    world.pay(budi.invoice(kopi))
    delivery = budi.wait_for(kopi, PAID, fresh=False)
    lines = delivered_lines(budi.chat(kopi), delivery)
    assert TEXT in lines and len(lines) == 2
    assert "kelas <1>.mp4" in delivery.text and "⏳ Sedang diproses admin" in delivery.text
    file = budi.wait_for(kopi, lambda message: message.document, fresh=False)
    assert world.sandbox.download(file.document) == b"moving pictures" and file.id > delivery.id
    assert "Video Kelas" in file.text
    budi.wait_for(kopi, "Minum selagi dingin", fresh=False)
    told = andi.wait_for(kopi, "Pesanan dibayar", fresh=False)
    assert f"• Diamond 86 × 1\n❓ {QUESTION}\n💬 {ANSWER}" in told.text
    order = kopi.value("SELECT id FROM orders")
    assert told.button(f"aod:{order}")
    world.quiet()
    assert state(kopi) == [("paid", "sent")], "something is still to be done"
    assert kopi.query("SELECT code, sold FROM products ORDER BY id") == [
        ("SUSU", 1), ("BUKU", 1), ("VIDEO", 1), ("DM86", 1), ("JASA", 0)]
    # fetched again: all of it once more
    budi.force(kopi, f"g:{order}", delivery)
    again = budi.wait_for(kopi, "📦 Pembelianmu")
    assert TEXT in again.text and "⏳ Sedang diproses admin" in again.text
    world.quiet()
    assert len(documents(budi, kopi)) == 2
    assert world.find_in_database(TEXT, ANSWER, file.document["file_id"]) == []
    assert world.in_logs(TEXT, ANSWER, file.document["file_id"]) == []


def test_by_balance_without_a_question(world, kopi, andi, budi):
    give(kopi, budi, 100_000, "uji:1")
    welcome = fill_cart(kopi, budi, "BUKU", "VIDEO", "JASA")
    budi.wait_answer(kopi, budi.force(kopi, "y:balance", welcome))
    budi.wait_for(kopi, PAID, fresh=False)
    budi.wait_for(kopi, lambda message: message.document, fresh=False)
    assert "Jasa Desain × 1" in andi.wait_for(kopi, "Perlu diproses manual", fresh=False).text
    world.quiet()
    assert state(kopi) == [("paid", "sent")]
    # what needs nobody's hands is through by itself
    welcome = fill_cart(kopi, budi, "BUKU", "VIDEO")
    budi.wait_answer(kopi, budi.force(kopi, "y:balance", welcome))
    world.until(lambda: state(kopi)[1:] == [("completed", "sent")], what="the second order to be completed")
    world.quiet()


def test_asked_before_anything_is_made(world, kopi, andi, budi):
    welcome = fill_cart(kopi, budi, "DM86", "SUSU")
    for data in ("y:qris", "y:balance"):  # forged: no page offered them
        assert "Jawab dulu" in budi.wait_answer(kopi, budi.force(kopi, data, welcome))["text"]
    budi.wait_for(kopi, QUESTION, fresh=False)
    assert kopi.query("SELECT count(*) FROM orders") == [(0,)]
    budi.send_photo(kopi, "id saya")
    assert "harus berupa teks" in budi.wait_for(kopi, QUESTION).text
    budi.press(kopi, "❌ Batal")
    cart = budi.wait_for(kopi, "Keranjangmu")
    assert "ditanya saat lanjut ke pembayaran" in cart.text
    page = answered(kopi, budi, cart)
    budi.send(kopi, "/keranjang")
    cart = budi.wait_for(kopi, "Keranjangmu")
    assert f"💬 {ANSWER}" in cart.text
    budi.press(kopi, "✏️ Ubah jawaban: Diamond 86", cart)
    assert ANSWER in budi.wait_for(kopi, "Jawabanmu sekarang").text
    budi.send(kopi, "sari#1")
    assert "💬 sari#1" in budi.wait_for(kopi, "Jawabanmu sudah dicatat").text
    # the question became another one: the answer does not count for it
    kopi.set_product("DM86", question="Alamat e-mail akunmu?")
    budi.wait_answer(kopi, budi.force(kopi, "y:qris", page))
    budi.wait_for(kopi, "Alamat e-mail akunmu?")
    assert kopi.query("SELECT count(*) FROM orders") == [(0,)]


def test_paid_late(world, kopi, andi, budi):
    welcome = fill_cart(kopi, budi, *EVERYTHING)
    budi.press(kopi, "💠 QRIS", answered(kopi, budi, welcome))
    invoice = budi.invoice(kopi)
    world.quiet()
    world.stop()
    end_bills(kopi, "orders")
    kopi.query("UPDATE products SET content = NULL, content_name = NULL")  # who ordered it gets it all the same
    world.start()
    budi.wait_for(kopi, "Waktu pembayaran habis", fresh=False)
    world.quiet()
    assert kopi.stock("SUSU")["available"] == 5
    world.pay(invoice, force=True)
    delivery = budi.wait_for(kopi, PAID, fresh=False, seconds=30)
    assert TEXT in delivery.text
    budi.wait_for(kopi, lambda message: message.document, fresh=False)
    assert ANSWER in andi.wait_for(kopi, "dibayar terlambat", fresh=False).text
    world.quiet()
    assert state(kopi) == [("paid", "sent")]
    # of those without content there is none any more
    budi.send(kopi, "/stok")
    assert "❌ 2. Buku Resep: habis" in budi.wait_for(kopi, "Informasi Stok").text


def test_killed_between_the_parts_of_a_delivery(world, kopi, andi, budi):
    welcome = fill_cart(kopi, budi, "BUKU", "VIDEO")
    budi.force(kopi, "y:qris", welcome)
    invoice = budi.invoice(kopi)
    world.quiet()
    heal = world.fail("telegram", "status", bot=kopi.bot_id, method="sendDocument", status=500)
    world.pay(invoice)
    budi.wait_for(kopi, PAID, fresh=False)
    world.until(lambda: kopi.value("SELECT count(*) FROM outbox WHERE state = 'sent' AND effect = 'delivered'") == 1,
                what="the first part to be written down")
    world.kill9()
    assert state(kopi) == [("paid", None)], "only a part of it is there"
    assert documents(budi, kopi) == []
    heal()
    leases_run_out(kopi)
    world.start()
    budi.wait_for(kopi, lambda message: message.document, fresh=False, seconds=30)
    world.quiet()
    assert state(kopi) == [("completed", "sent")]
    assert len(documents(budi, kopi)) == 1
    assert len([m for m in budi.from_bot(kopi) if PAID in m.text]) == 1


def test_a_document_that_telegram_refuses(world, kopi, andi, budi):
    """After the bot was replaced by another one, say: a file's id belongs to one bot."""
    world.expect(r"outbox row \d+ (failed|refused by Telegram): .*wrong")
    world.expect(r"books of kopi-digital: order: .*: it is paid, and no delivery is on its way")
    kopi.set_file("VIDEO", {"file_id": "BQACAgUAAxkBAAI-of-another-bot", "file_name": "kelas.mp4"})
    world.expect(r"malformed call: sendDocument", must=False)
    welcome = fill_cart(kopi, budi, "BUKU", "VIDEO")
    budi.force(kopi, "y:qris", welcome)
    world.pay(budi.invoice(kopi))
    assert TEXT in budi.wait_for(kopi, PAID, fresh=False).text
    andi.wait_for(kopi, "Pesan untuk pembeli ditolak Telegram", fresh=False)
    world.quiet()
    assert state(kopi) == [("paid", "refused")]


# --- pictures ---


def test_a_picture_comes_and_goes(world, kopi, andi, budi):
    andi.send_photo(kopi)
    photo = next(m.photo for m in reversed(andi.messages(kopi)) if not m.from_bot and m.photo)
    kopi.set_product("SUSU", photo=photo["file_id"], description="Disajikan dalam gelas & segar. " * 60)
    chat = budi.chat(kopi)
    page = open_product(chat, "Kopi Susu")
    assert page.photo and page.data.get("edited"), "the list's message became the page"
    assert "Total: Rp 0" in page.text and "Stok: 5" in page.text and "gelas & segar" in page.text
    page = choose(chat, page, 2)
    assert page.photo and "Di keranjang: 2" in page.text
    budi.press(kopi, "🧺 Lanjut ke Keranjang", page)
    cart = budi.wait_for(kopi, "Keranjangmu")
    assert not cart.photo
    budi.wait_gone(kopi, page)
    # another product's page in a message that shows a picture
    page = open_product(chat, "Kopi Susu")
    other = kopi.value("SELECT id FROM products WHERE code = 'BUKU'")
    budi.force(kopi, f"p:{other}", page)
    assert not budi.wait_for(kopi, "Buku Resep").photo
    budi.wait_gone(kopi, page)
    # an invoice is no page
    invoice_page = to_methods(chat, choose(chat, open_product(chat, "Kopi Susu"), 1))
    budi.press(kopi, "💠 QRIS", invoice_page)
    invoice = budi.invoice(kopi)
    pressed = budi.press(kopi, "❌ Batalkan Pembelian", invoice)
    budi.wait_answer(kopi, pressed)
    budi.wait_gone(kopi, invoice)
    world.quiet()
