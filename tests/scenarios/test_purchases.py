"""🧾 Pesananku: a person's orders, and what can be done with each of them."""

import pytest
from harness import updates
from harness.store import product
from sandbox_client import delivered_lines

PAID = "🎉 Pembayaran Berhasil"
MINE = "🧾 Pesananku"


def make_store(world, **more):
    items = [product("Kopi Susu", 15_000, 20, code="SUSU"), product("Teh Tarik", 9_000, 20, code="TEH")]
    return world.store("kopi-digital", items, **more)


@pytest.fixture
def kopi(world):
    return make_store(world)


@pytest.fixture
def budi(world):
    return world.person(2001, "Budi")


def changed(store):
    """Tells lapakd, as lapakctl does, that the catalogue was changed."""
    store.query("SELECT pg_notify('lapak_catalogue', %s)", store.name)


def orders(store):
    """[(id, state)] in the order they were made."""
    return store.query("SELECT id, state FROM orders ORDER BY id")


def open_list(store, person):
    person.send(store, "/pesanan")
    return person.wait_for(store, lambda message: message.text.startswith("🧾 Pesananku"))


def open_order(store, person):
    """The page of the order that stands first in the list."""
    page = open_list(store, person)
    person.press(store, "1️⃣", page)
    return person.wait_for(store, "Detail Pesanan")


def ordered(store, person, code="SUSU", quantity=1):
    """An order up to its invoice: the message with the QR."""
    known = {message.id for message in person.from_bot(store)}
    person.quick_order(store, code, quantity)
    return person.wait_for(store, lambda message: message.qr and message.id not in known, fresh=False)


def bought(store, person, code="SUSU", quantity=1):
    """A purchase up to its delivery's message."""
    store.world.pay(ordered(store, person, code, quantity))
    delivery = person.wait_for(store, PAID)
    store.world.until(lambda: orders(store)[-1][1] == "completed", what="the order's completion")
    return delivery


def live_qrs(store, person):
    return [message for message in person.from_bot(store) if message.qr]


# --- the list ---


def write_ended(store, person, count):
    """Orders that ended unpaid, as the past left them: "Barang 01" is the oldest."""
    store.query(
        "WITH made AS (INSERT INTO orders (reference, telegram_id, state, subtotal, total, created_at, expires_at,"
        " ended_at, end_reason) SELECT 'tg' || %s || '-lama' || n, %s, 'expired', 1000 * n, 1000 * n, now(), now(),"
        " now(), 'expired' FROM generate_series(1, %s) n ORDER BY n RETURNING id, total)"
        " INSERT INTO order_items (order_id, product_id, name, price, quantity, snk)"
        " SELECT made.id, p.id, 'Barang ' || lpad((total / 1000)::text, 2, '0'), total, 1, ''"
        " FROM made, products p WHERE p.code = 'SUSU'",
        person.id, person.id, count)


def listed(page):
    """The numbers of the "Barang"s on a page of the list, from above to below."""
    lines = [line for line in page.text.splitlines() if "Barang" in line]
    assert all("⏰" in line for line in lines)
    return [int(line.partition("Barang ")[2][:2]) for line in lines]


def test_pages(world, kopi, budi):
    budi.start_chat(kopi)
    write_ended(kopi, budi, 20)
    ordered(kopi, budi, quantity=2)
    budi.press(kopi, MINE)  # of the welcome page
    page = budi.wait_for(kopi, "(21 pesanan)")
    first = next(line for line in page.text.splitlines() if line.startswith("1."))
    assert "⏳ Kopi Susu × 2" in first, "what waits for its payment stands above"
    assert listed(page) == list(range(20, 12, -1))
    assert page.button("9️⃣") and not page.button("🔟") and not page.button("⬅️")

    world.restart()  # a keyboard outlives the server
    budi.press(kopi, "➡️", page)
    page = budi.wait_for(kopi, "Barang 12")
    assert listed(page) == list(range(12, 4, -1)) and "⏳" not in page.text
    budi.press(kopi, "➡️", page)
    page = budi.wait_for(kopi, "Barang 04")
    assert listed(page) == [4, 3, 2, 1] and not page.button("➡️")
    budi.press(kopi, "⬅️", page)
    page = budi.wait_for(kopi, "Barang 12")
    assert listed(page) == list(range(12, 4, -1))

    # a detail, and back to where it was
    budi.press(kopi, "8️⃣", page)
    detail = budi.wait_for(kopi, "Detail Pesanan")
    assert "Barang 05" in detail.text and "Waktu pembayaran habis" in detail.text
    budi.press(kopi, MINE, detail)
    page = budi.wait_for(kopi, "Barang 12")
    assert listed(page) == list(range(12, 4, -1))
    budi.press(kopi, "⬅️", page)
    page = budi.wait_for(kopi, "Barang 20")
    assert listed(page) == list(range(20, 12, -1)) and "⏳" in page.text

    # a keyboard from before there were pages
    budi.force(kopi, "r", page)
    budi.send(kopi, "/orders")
    assert listed(budi.wait_for(kopi, "(21 pesanan)")) == list(range(20, 12, -1))


def test_nothing_yet(world, kopi, budi):
    budi.start_chat(kopi)
    budi.press(kopi, MINE)
    page = budi.wait_for(kopi, "belum punya pesanan")
    assert page.button("🧭 Semua Produk")


# --- one order ---


def test_a_purchase_and_its_receipt(world, kopi, budi):
    delivery = bought(kopi, budi, quantity=2)
    transaction = kopi.transaction()
    page = open_order(kopi, budi)
    for part in (transaction["order_id"], "✅ Selesai", "2 × Rp 15.000 = Rp 30.000", "Harga: Rp 30.000", "Metode: 💠 QRIS",
                 "Total dibayar: " + f"Rp {transaction['total_payment']:,}".replace(",", "."),
                 "Biaya admin: " + f"Rp {transaction['fee']:,}".replace(",", "."), "Dibuat:", "Dibayar:", "Dikirim:"):
        assert part in page.text, part
    assert transaction["txn_id"] not in page.text

    budi.press(kopi, "🧾 Struk", page)
    receipt = budi.wait_for(kopi, "STRUK PEMBELIAN")
    assert receipt.id != page.id
    for part in (kopi.title, transaction["order_id"], transaction["txn_id"], "Rp 30.000", "💠 QRIS", "LUNAS"):
        assert part in receipt.text, part
    assert budi.chat(kopi).message(page.id).text == page.text, "the page stays"

    budi.press(kopi, "📦 Ambil Lagi", page)
    again = budi.wait_for(kopi, "📦 Pembelianmu")
    assert delivered_lines(budi.chat(kopi), again) == delivered_lines(budi.chat(kopi), delivery)
    assert orders(kopi)[0][1] == "completed"


def test_a_coupon_and_a_refund_are_on_page_and_receipt(world, kopi, budi):
    budi.start_chat(kopi)
    kopi.query("INSERT INTO coupons (code, kind, value, starts_at, created_at) VALUES ('HEMAT', 'percent', 10, now(), now())")
    kopi.query("UPDATE users u SET (coupon_id, coupon_edition) = (SELECT id, edition FROM coupons) WHERE telegram_id = %s",
               budi.id)
    bought(kopi, budi, quantity=2)
    kopi.query("INSERT INTO ledger (telegram_id, kind, amount, reason_key, note, created_at)"
               " SELECT telegram_id, 'refund', 4000, 'refund:order:' || id || ':test', reference, now() FROM orders")
    kopi.query("UPDATE users SET balance = 4000 WHERE telegram_id = %s", budi.id)
    kopi.query("UPDATE orders SET refunded = 4000")
    page = open_order(kopi, budi)
    budi.press(kopi, "🧾 Struk", page)
    receipt = budi.wait_for(kopi, "STRUK PEMBELIAN")
    for text in (page.text, receipt.text):
        for part in ("Subtotal: Rp 30.000", "Kupon HEMAT: −Rp 3.000", "Harga: Rp 27.000", "Dikembalikan ke saldo: Rp 4.000"):
            assert part in text, part


def test_pages_of_what_ended(world, kopi, budi):
    invoice = ordered(kopi, budi)
    budi.press(kopi, "❌ Batalkan Pembelian", invoice)
    budi.wait_gone(kopi, invoice)
    page = open_order(kopi, budi)
    assert "❌ Dibatalkan" in page.text and "(kamu batalkan)" in page.text
    labels = [label for label in page.labels if label not in (MINE, "🏠 Menu Utama")]
    assert labels == ["🔁 Beli Lagi"]

    # paid all the same, when nothing is left: it is on the balance, and says so
    kopi.query("DELETE FROM stock_units WHERE state = 'available'")
    transaction = kopi.transaction()
    world.pay(transaction["txn_id"], force=True)
    budi.wait_for(kopi, "terlambat", fresh=False, seconds=30)
    page = open_order(kopi, budi)
    assert "❌ Dibatalkan" in page.text and "disimpan sebagai saldomu" in page.text
    assert "Total" not in page.text


def test_cancelled_from_its_page(world, kopi, budi):
    invoice = ordered(kopi, budi, quantity=3)
    page = open_order(kopi, budi)
    assert "⏳ Menunggu pembayaran" in page.text and "Bayar sebelum" in page.text
    pressed = budi.press(kopi, "❌ Batalkan Pembelian", page)
    assert "dibatalkan" in budi.wait_answer(kopi, pressed)["text"]
    page = budi.wait_for(kopi, lambda message: message.id == page.id and "❌ Dibatalkan" in message.text)
    assert not page.button("💳 Buka Tagihan")
    budi.wait_gone(kopi, invoice)
    world.quiet()
    assert kopi.stock("SUSU") == {"available": 20, "reserved": 0, "sold": 0}
    assert kopi.transaction()["status"] == "canceled"
    assert not live_qrs(kopi, budi)


# --- the invoice again ---


def test_an_invoice_is_opened_again_and_paid(world, kopi, budi):
    invoice = ordered(kopi, budi)
    for _ in range(2):
        page = open_order(kopi, budi)
        budi.press(kopi, "💳 Buka Tagihan", page)
        again = budi.wait_for(kopi, lambda message: message.qr)
        assert again.id > invoice.id and again.qr == invoice.qr and again.text == invoice.text
        budi.wait_gone(kopi, invoice)
        world.until(lambda: kopi.value("SELECT invoice_message_id FROM orders") == again.id, what="its id to be known")
        assert [message.id for message in live_qrs(kopi, budi)] == [again.id]
        invoice = again
    world.restart()
    world.pay(invoice)
    budi.wait_for(kopi, PAID, fresh=False)
    budi.wait_gone(kopi, invoice)
    assert not live_qrs(kopi, budi)
    assert len(kopi.transactions()) == 1

    # the page was left standing, and is true again when it is pressed
    pressed = budi.press(kopi, "💳 Buka Tagihan", page)
    assert "sudah dibayar" in budi.wait_answer(kopi, pressed)["text"]
    page = budi.wait_for(kopi, lambda message: message.id == page.id and message.button("🧾 Struk"))
    assert not page.button("💳 Buka Tagihan")
    world.quiet()
    assert not live_qrs(kopi, budi)


def test_an_invoice_by_number_is_opened_again(world, budi):
    kopi = make_store(world, pakasir={"methods": ["bri_va"]})
    number, price = kopi.query("SELECT id, price FROM products WHERE code = 'SUSU'")[0]
    welcome = budi.start_chat(kopi)
    budi.wait_answer(kopi, budi.force(kopi, f"q:{number}:1:{price}", welcome))
    budi.force(kopi, "y:bri_va", welcome)

    def copies(message):
        return [button["copy_text"] for button in message.buttons if "copy_text" in button]

    invoice = budi.wait_for(kopi, copies)
    page = open_order(kopi, budi)
    assert "BRI Virtual Account" in page.text
    budi.press(kopi, "💳 Buka Tagihan", page)
    again = budi.wait_for(kopi, copies)
    assert again.id != invoice.id and again.text == invoice.text and copies(again) == copies(invoice)
    budi.wait_gone(kopi, invoice)
    budi.press(kopi, "❌ Batalkan Pembelian", again)
    budi.wait_gone(kopi, again)


def test_opened_many_times_at_once_one_qr_stays(world, kopi, budi):
    ordered(kopi, budi)
    world.quiet()
    number = orders(kopi)[0][0]
    statuses = kopi.post_updates([updates.callback(budi, f"oi:{number}") for _ in range(4)])
    assert [status for status, _, _ in statuses] == [200] * 4
    world.quiet()
    (left,) = live_qrs(kopi, budi)
    assert kopi.value("SELECT invoice_message_id FROM orders") == left.id
    budi.press(kopi, "❌ Batalkan Pembelian", left)
    budi.wait_gone(kopi, left)
    assert not live_qrs(kopi, budi)


def test_an_invoice_that_is_still_loading(world, kopi, budi):
    world.start()
    world.fail("pakasir", "slow", slug=kopi.slug, method="create-transaction", delay_ms=6000, times=1)
    budi.quick_order(kopi, "SUSU")
    world.until(lambda: orders(kopi), what="the order")
    pressed = budi.force(kopi, f"oi:{orders(kopi)[0][0]}")
    answer = budi.wait_answer(kopi, pressed)
    assert "Sedang memuat" in answer["text"] and answer["show_alert"]
    budi.invoice(kopi)
    world.quiet()
    assert len(live_qrs(kopi, budi)) == 1


def test_an_invoice_that_ended_meanwhile(world, kopi, budi):
    ordered(kopi, budi)
    page = open_order(kopi, budi)
    # its time is over, as the clock would have it
    kopi.query("UPDATE orders SET expires_at = now()")
    kopi.query("UPDATE jobs SET due_at = now() WHERE kind = 'payment_check'")
    world.restart()
    budi.wait_for(kopi, "Waktu pembayaran habis", seconds=20)
    pressed = budi.press(kopi, "💳 Buka Tagihan", page)
    answer = budi.wait_answer(kopi, pressed)
    assert "sudah berakhir" in answer["text"] and answer["show_alert"]
    page = budi.wait_for(kopi, lambda message: message.id == page.id and "(waktu pembayaran habis)" in message.text)
    assert page.button("🔁 Beli Lagi") and not page.button("💳 Buka Tagihan")
    world.quiet()
    assert not live_qrs(kopi, budi)


# --- once more ---


def test_buying_again_takes_what_there_is(world, kopi, budi):
    for code in ("SUSU", "TEH"):
        number, price = kopi.query("SELECT id, price FROM products WHERE code = %s", code)[0]
        budi.start_chat(kopi)
        for _ in range(2):
            budi.wait_answer(kopi, budi.force(kopi, f"q:{number}:2:{price}"))
    budi.force(kopi, "y:qris")
    world.pay(budi.invoice(kopi))
    budi.wait_for(kopi, PAID, fresh=False)

    kopi.query("UPDATE products SET price = 16000 WHERE code = 'SUSU'")
    kopi.query("UPDATE products SET hidden = true WHERE code = 'TEH'")
    kopi.query("DELETE FROM stock_units WHERE id IN (SELECT u.id FROM stock_units u JOIN products p ON p.id = u.product_id"
               " WHERE p.code = 'SUSU' AND u.state = 'available' LIMIT 13)")
    changed(kopi)
    page = open_order(kopi, budi)
    pressed = budi.press(kopi, "🔁 Beli Lagi", page)
    answer = budi.wait_answer(kopi, pressed)
    assert "Tidak semuanya" in answer["text"] and answer["show_alert"]
    cart = budi.wait_for(kopi, "Keranjangmu")
    assert "Stok Kopi Susu tinggal 3" in cart.text and "Teh Tarik sudah tidak dijual" in cart.text
    assert "3 × Rp 16.000 = Rp 48.000" in cart.text
    assert kopi.query("SELECT quantity, price FROM cart_items") == [(3, 16_000)]
    assert kopi.stock("SUSU")["reserved"] == 0, "nothing is taken by a cart"

    # and on from there: the order that comes of it is as any other
    budi.press(kopi, "💳 Lanjut ke Pembayaran", cart)
    method = budi.wait_for(kopi, lambda message: message.button("💠 QRIS"))
    budi.press(kopi, "💠 QRIS", method)
    world.pay(budi.wait_for(kopi, lambda message: message.qr))
    budi.wait_for(kopi, PAID)
    world.until(lambda: [state for _, state in orders(kopi)] == ["completed", "completed"])
    assert kopi.query("SELECT total FROM orders ORDER BY id") == [(96_000,), (48_000,)]
    assert kopi.stock("SUSU") == {"available": 0, "reserved": 0, "sold": 7}


# --- forged ---


def everything(store):
    """What a forged callback must not change."""
    tables = {"orders": "id, state, invoice_message_id", "payments": "id, state", "stock_units": "id, state",
              "cart_items": "telegram_id, product_id, quantity", "outbox": "id"}
    return {table: store.query(f"SELECT {columns} FROM {table} ORDER BY 1") for table, columns in tables.items()}


def test_somebody_elses_orders(world, kopi, budi):
    sari = world.person(2002, "Sari")
    delivery = bought(kopi, budi)
    ordered(kopi, budi)
    sari.start_chat(kopi)
    world.quiet()
    secrets = [*delivered_lines(budi.chat(kopi), delivery), *(item["order_id"] for item in kopi.transactions())]
    before = everything(kopi)
    sari.hurry(kopi)
    for number, _ in orders(kopi):
        for verb in ("od", "os", "oi", "ox", "ob", "g"):
            answer = sari.wait_answer(kopi, sari.force(kopi, f"{verb}:{number}"))
            assert "tidak ditemukan" in answer["text"], verb
    world.quiet()
    assert everything(kopi) == before
    sari.send(kopi, "/pesanan")
    sari.wait_for(kopi, "belum punya pesanan")
    assert not [message for message in sari.from_bot(kopi) if any(secret in message.text for secret in secrets)]


@pytest.mark.parametrize("junk", [
    ["od:0", "od:-1", "od:9223372036854775807", "od:9223372036854775808", "od", "od:1:1"],
    ["o", "o:x", "o:1:2", "oi:", "oi:0", "oi:999999", "ox:0"],
    ["ob:0", "ob:-9223372036854775808", "os:0", "os:01", "oz:1", "O:0"],
])
def test_forged_callbacks(world, kopi, budi, junk):
    ordered(kopi, budi)
    world.quiet()
    before = everything(kopi)
    for data in junk:
        answer = budi.wait_answer(kopi, budi.force(kopi, data))
        assert "tidak ditemukan" in answer["text"] or "tidak berlaku" in answer["text"], data
    for data in ("o:-1", "o:1", "o:9223372036854775807", "o:-9223372036854775808"):
        budi.wait_answer(kopi, budi.force(kopi, data))
        assert "(1 pesanan)" in budi.wait_for(kopi, MINE, fresh=False).text
    world.quiet()
    assert everything(kopi) == before


# --- how many may be open ---


def refused_order(store, person):
    """An order that is refused for the open ones: the page that says so."""
    answer = person.wait_answer(store, person.quick_order(store, "TEH"))
    assert "Selesaikan dulu" in answer["text"] and answer["show_alert"]
    return person.wait_for(store, "Masih ada tagihan")


def test_three_may_be_open(world, kopi, budi):
    for _ in range(3):
        ordered(kopi, budi)
    page = refused_order(kopi, budi)
    assert len(orders(kopi)) == 3 and kopi.stock("TEH")["reserved"] == 0
    # the way out leads over the list
    budi.press(kopi, MINE, page)
    page = budi.wait_for(kopi, "(3 pesanan)")
    budi.press(kopi, "2️⃣", page)
    page = budi.wait_for(kopi, "Detail Pesanan")
    budi.press(kopi, "❌ Batalkan Pembelian", page)
    world.until(lambda: [state for _, state in orders(kopi)] == ["pending", "cancelled", "pending"])
    budi.wait_answer(kopi, budi.force(kopi, "y:qris"))  # the cart is still there
    world.until(lambda: [state for _, state in orders(kopi)].count("pending") == 3)
    assert kopi.stock("TEH")["reserved"] == 1
    refused_order(kopi, budi)
    # of another person that is no matter
    ordered(kopi, world.person(2002, "Sari"))


def test_a_store_may_allow_one(world, budi):
    kopi = make_store(world, most_open_orders=1)
    invoice = ordered(kopi, budi)
    refused_order(kopi, budi)
    world.pay(invoice)
    budi.wait_for(kopi, PAID)
    budi.wait_answer(kopi, budi.force(kopi, "y:qris"))
    world.until(lambda: [state for _, state in orders(kopi)][-1] == "pending")
    assert len(orders(kopi)) == 2


def test_two_devices_at_once_do_not_exceed_it(world):
    # each device at a server of its own, each with a product of its own: only the database stands between them
    kopi = make_store(world, most_open_orders=1)
    first, second = world.start_two()
    people = [world.person(2100 + number, f"Orang {number}") for number in range(8)]
    products = kopi.query("SELECT id, price FROM products ORDER BY id")
    world.at_once(*[lambda person=person: person.start_chat(kopi) for person in people])

    def device(person, port, item):
        def act():
            for data in (f"q:{item[0]}:1:{item[1]}", "y:qris", f"q:{item[0]}:1:{item[1]}", "y:qris"):
                status, _, _ = kopi.post_update(updates.callback(person, data), port=port)
                assert status == 200
        return act

    world.at_once(*[device(person, server.port, item) for person in people
                    for server, item in zip((first, second), products)])
    world.quiet(40)
    assert kopi.query("SELECT telegram_id, count(*) FROM orders GROUP BY 1 ORDER BY 1") == [(p.id, 1) for p in people]
    reserved = kopi.value("SELECT count(*) FROM stock_units WHERE state = 'reserved'")
    assert reserved == kopi.value("SELECT sum(quantity) FROM order_items")
