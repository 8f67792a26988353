"""Actions of one person at the same instant, and callbacks that no honest keyboard sends: a friendly line, nothing
changed, every callback answered."""

import pytest
from harness import updates
from harness.store import product

EMOJI = "🎬" * 16  # 64 bytes


@pytest.fixture
def kopi(world):
    return world.store(
        "kopi-digital",
        [product("Kopi Susu", 15_000, 10, code="SUSU", snk="Jangan dibagi."), product("Teh Manis", 9_000, 5, code="TEH")],
    )


@pytest.fixture
def budi(world):
    return world.person(2001, "Budi")


def everything(store):
    """What a forged callback must not change."""
    tables = {
        "orders": "id, state, total",
        "order_items": "id, product_id, price, quantity",
        "payments": "id, state, amount",
        "cart_items": "telegram_id, product_id, quantity, price",
        "stock_units": "id, state, order_item_id",
        "products": "id, name, price, hidden, sold",
        "terms": "id, state",
        "ledger": "id, amount",
        "conversations": "telegram_id, kind, ref",
    }
    return {table: store.query(f"SELECT {columns} FROM {table} ORDER BY 1, 2") for table, columns in tables.items()}


def changed(store):
    """Tells lapakd, as lapakctl does, that the catalogue was changed."""
    store.query("SELECT pg_notify('lapak_catalogue', %s)", store.name)


def test_a_message_and_a_button_at_the_same_instant(world, kopi, budi):
    page = budi.open_product(kopi, "Kopi Susu")
    chat = budi.chat(kopi)
    add = page.button("➕")["callback_data"]
    for _ in range(3):
        chat._act()
        pressed, _, _ = world.at_once(
            lambda: chat.press_raw(page.id, add),
            lambda: chat._send(text="🏷 Cek Stok"),
            lambda: chat._send(text="/keranjang"),
        )
        budi.wait_answer(kopi, pressed)
        budi.wait_for(kopi, "📦 Informasi Stok")
        budi.wait_for(kopi, "Keranjang")
    world.quiet()
    assert kopi.query("SELECT quantity FROM cart_items") == [(3,)]
    assert kopi.query("SELECT count(*) FROM users") == [(1,)]


def test_a_persons_first_message_and_first_button_at_once(world, kopi, budi):
    # two connections, two updates, no row for this person yet
    world.start()
    number = kopi.value("SELECT id FROM products WHERE code = 'SUSU'")
    bodies = [updates.message(budi, "/start"), updates.callback(budi, f"q:{number}:1:15000"),
              updates.callback(budi, f"q:{number}:1:15000"), updates.message(budi, "/start")]
    assert [status for status, _, _ in kopi.post_updates(bodies)] == [200] * 4
    world.quiet()
    assert kopi.query("SELECT telegram_id FROM users") == [(budi.id,)]
    assert kopi.query("SELECT quantity FROM cart_items") == [(2,)]


def test_two_servers_and_one_person(world, kopi, budi):
    page = budi.open_product(kopi, "Kopi Susu")
    world.quiet()
    second = world.start_another()
    data = page.button("➕")["callback_data"]
    world.at_once(*[
        lambda port=port: kopi.post_update(updates.callback(budi, data, page.id), port=port)
        for port in (world.port, second.port, world.port, second.port)
    ])
    assert kopi.query("SELECT quantity FROM cart_items") == [(4,)]
    # checkout on both at once: the cart becomes one order
    answers = world.at_once(*[
        lambda port=port: kopi.post_update(updates.callback(budi, "y:qris", page.id), port=port)
        for port in (world.port, second.port)
    ])
    assert [status for status, _, _ in answers] == [200, 200]
    world.quiet()
    assert kopi.query("SELECT count(*), sum(total) FROM orders") == [(1, 60_000)]
    assert len(kopi.transactions()) == 1


@pytest.mark.parametrize("junk", [
    ["p:0", "p:-1", "p:99999", "p:9223372036854775807", "p:9223372036854775808", "p:99999999999999999999"],
    ["q:1:1", "q:1:1:", "q:1:1:15000:1", "q:1:999:15000", "q:1:0:15000", "q:1:-2:15000"],
    ["q:9999:1:15000", "q:1:1:1", "q:1:1:-15000", "q:1:9223372036854775807:15000", "q:01:1:15000", "q: 1:1:15000"],
    ["x" * 64, EMOJI, "x:1", "x:-1", "x:9223372036854775807", "x"],
    ["g:1", "t:1", "u:1", "y:", "y:paypal", "y:QRIS"],
    ["y:bni_va", "a:999999999", "a:-5", "c:1:999999", "c:99:0", "s:9223372036854775807"],
    ["admin", "/admin", "e:1", ":", "::::", "q:1:+1:15000"],
    ["\u202e\u200b", "<b>", "'; DROP TABLE users; --", "%s%n%d", "m:1"],
])
def test_forged_callbacks(world, kopi, budi, junk):
    budi.start_chat(kopi)
    world.quiet()
    before = everything(kopi)
    pressed = [budi.force(kopi, data) for data in junk if data]
    for press in pressed:
        budi.wait_answer(kopi, press)
    world.quiet()
    assert everything(kopi) == before
    assert len(budi.answers(kopi)) == len(pressed), "each callback is answered, and once"
    assert budi.last(kopi).buttons or budi.keyboard(kopi)
    # and life goes on
    world.person(2002).open_product(kopi, "Kopi Susu")


def test_updates_of_odd_shapes(world, kopi, budi):
    budi.start_chat(kopi)
    world.quiet()
    before = everything(kopi)
    odd = [
        updates.callback(budi, "k", message=None),
        {"update_id": 1, "callback_query": {"id": "1", "from": {"id": 2001, "first_name": "x"}, "inline_message_id": "AA"}},
        updates.callback(budi, "k", message={"chat": {"id": 2001, "type": "private"}, "message_id": 3, "date": 0}),
        updates.callback(budi, None),
        updates.message(budi, "/start", chat={"id": -100200300, "type": "supergroup", "title": "grup"}),
        updates.message(budi, None, sticker={"file_id": "x", "file_unique_id": "y"}),
        updates.message(budi, None, **{"from": {"id": 5, "is_bot": True, "first_name": "Bot"}}),
        updates.message(budi, "", entities=[{"type": "bold", "offset": -5, "length": 10**9}]),
        updates.message(budi, "x" * 4096),
        updates.message(budi, "/" + "x" * 4000),
        updates.message(budi, "9" * 4000),
        {"update_id": 2, "edited_message": updates.message(budi, "/start")["message"]},
        {"update_id": 3, "channel_post": {"message_id": 1, "date": 1, "chat": {"id": -1, "type": "channel"}}},
        {"update_id": 4, "something_of_the_year_2030": {"a": [1, {"b": None}]}},
        {"update_id": 5},
    ]
    people = [dict(body) for body in odd]
    answers = [kopi.post_update(body)[0] for body in people]
    assert set(answers) <= {200, 400}, answers
    world.quiet()
    assert everything(kopi) == before
    assert kopi.query("SELECT count(*) FROM updates_failed") == [(0,)]


def test_a_product_that_was_hidden_meanwhile(world, kopi, budi):
    page = budi.open_product(kopi, "Kopi Susu")
    budi.press(kopi, "➕", page)
    budi.press(kopi, "🧺 Lanjut ke Keranjang", page)
    cart = budi.wait_for(kopi, lambda message: message.button("💳 Lanjut ke Pembayaran"))
    budi.press(kopi, "💳 Lanjut ke Pembayaran", cart)
    method = budi.wait_for(kopi, lambda message: message.button("💠 QRIS"))
    number = kopi.value("SELECT id FROM products WHERE code = 'SUSU'")
    kopi.query("UPDATE products SET hidden = true WHERE id = %s", number)  # and nobody is told: the database decides
    answer = budi.wait_answer(kopi, budi.press(kopi, "💠 QRIS", method))
    assert "Ada yang berubah di keranjangmu" in answer["text"]
    changed(kopi)
    world.quiet()
    assert kopi.query("SELECT count(*) FROM orders") == [(0,)]
    answer = budi.wait_answer(kopi, budi.force(kopi, f"q:{number}:1:15000"))
    assert "sudah tidak dijual" in answer["text"]
    listed = budi.wait_for(kopi, "Semua Produk")
    assert "Kopi Susu" not in listed.text and "Teh Manis" in listed.text
    answer = budi.wait_answer(kopi, budi.force(kopi, f"p:{number}"))
    assert "sudah tidak dijual" in answer["text"]


def test_a_product_that_was_deleted_meanwhile(world, kopi, budi):
    page = budi.open_product(kopi, "Kopi Susu")
    number = kopi.value("SELECT id FROM products WHERE code = 'SUSU'")
    kopi.query("DELETE FROM stock_units WHERE product_id = %s", number)
    kopi.query("DELETE FROM products WHERE id = %s", number)
    # with the old catalogue still in memory, and with the new one
    answer = budi.wait_answer(kopi, budi.press(kopi, "➕", page))
    assert "sudah tidak dijual" in answer["text"]
    world.quiet()
    assert "Kopi Susu" not in budi.list_text(kopi)
    answer = budi.wait_answer(kopi, budi.force(kopi, page.button("➕")["callback_data"]))
    assert "sudah tidak dijual" in answer["text"]
    assert kopi.query("SELECT * FROM cart_items") == []


def test_a_price_that_changed_meanwhile(world, kopi, budi):
    page = budi.open_product(kopi, "Kopi Susu")
    budi.press(kopi, "➕", page)
    page = budi.wait_for(kopi, "Di keranjang: 1")
    kopi.query("UPDATE products SET price = 16000 WHERE code = 'SUSU'")
    # at the checkout, though no catalogue in memory knows of it
    answer = budi.wait_answer(kopi, budi.force(kopi, "y:qris"))
    assert "Ada yang berubah di keranjangmu" in answer["text"]
    cart = budi.wait_for(kopi, "Keranjangmu")
    assert "Rp 15.000 → Rp 16.000" in cart.text
    assert kopi.query("SELECT count(*) FROM orders") == [(0,)]
    # an old button
    answer = budi.wait_answer(kopi, budi.force(kopi, page.button("➕")["callback_data"]))
    assert "Rp 16.000" in answer["text"]
    world.quiet()
    assert kopi.query("SELECT quantity, price FROM cart_items") == [(1, 16_000)], "seen, and not added"
    # who has seen it may pay it
    budi.wait_answer(kopi, budi.force(kopi, "y:qris"))
    budi.invoice(kopi)
    assert kopi.transaction()["amount"] == 16_000
    # and a price fixed in an order stays
    kopi.query("UPDATE products SET price = 99000 WHERE code = 'SUSU'")
    changed(kopi)
    world.pay(kopi.transaction()["txn_id"])
    paid = budi.wait_for(kopi, "🎉 Pembayaran Berhasil")
    assert "Rp 16.000" in paid.text


def test_what_belongs_to_somebody_else(world, kopi, budi):
    sari = world.person(2002, "Sari")
    invoice = budi.order(kopi, "Kopi Susu")
    sari.start_chat(kopi)
    cancel = invoice.button("❌ Batalkan Pembelian")["callback_data"]
    answer = sari.wait_answer(kopi, sari.force(kopi, cancel))
    assert "tidak ditemukan" in answer["text"]
    assert kopi.query("SELECT state FROM orders") == [("pending",)]
    world.pay(invoice)
    budi.wait_for(kopi, "🎉 Pembayaran Berhasil")
    world.quiet()
    order = kopi.value("SELECT id FROM orders")
    term = kopi.value("SELECT id FROM terms")
    before = everything(kopi)
    for data in (f"g:{order}", f"x:{order}", f"t:{term}", f"u:{term}"):
        answer = sari.wait_answer(kopi, sari.force(kopi, data))
        assert "tidak ditemukan" in answer["text"], data
    world.quiet()
    assert everything(kopi) == before
    content = kopi.products[0]["stock"][0]
    assert not [message for message in sari.from_bot(kopi) if content in message.text]


def test_the_admins_page_is_for_admins(world, kopi, budi):
    andi = world.admin(kopi)
    andi.send(kopi, "⚙️ Admin Settings")
    andi.wait_for(kopi, "Total stok")
    budi.start_chat(kopi)
    for text in ("⚙️ Admin Settings", "/admin", "/ADMIN", "/admin@whatever"):
        budi.send(kopi, text)
        budi.wait_for(kopi, "belum aku pahami")
    assert not [message for message in budi.from_bot(kopi) if "Total stok" in message.text]


def test_an_order_can_not_be_cancelled_twice_or_once_paid(world, kopi, budi):
    invoice = budi.order(kopi, "Kopi Susu")
    cancel = invoice.button("❌ Batalkan Pembelian")["callback_data"]
    world.pay(invoice)
    budi.wait_for(kopi, "🎉 Pembayaran Berhasil")
    world.quiet()
    answer = budi.wait_answer(kopi, budi.force(kopi, cancel))
    assert "sudah dibayar" in answer["text"]
    assert kopi.stock("SUSU")["sold"] == 1
    budi.quick_order(kopi, "TEH")
    second = budi.invoice(kopi)
    cancel = second.button("❌ Batalkan Pembelian")["callback_data"]
    budi.press(kopi, cancel, second)
    budi.wait_gone(kopi, second)
    answer = budi.wait_answer(kopi, budi.force(kopi, cancel))
    assert "sudah berakhir" in answer["text"]
