"""🏪 Pengaturan Toko: what an admin sets in the chat counts for buyers at once, on every server, and stays; maintenance;
the sticker and the photo of /start; admins whom an owner adds and removes."""

import json

import pytest
from harness.settings import ask, change, reset, setting, settings
from harness.store import product
from harness.updates import message
from sandbox_client import delivered_lines

ADMINS, OWNERS = [1001, 1002], [1003]
PAID = "🎉 Pembayaran Berhasil"
CLOSED = "sedang dirapikan"


@pytest.fixture
def kopi(world):
    return world.store("kopi-digital", [product("Kopi Susu", 15_000, 5, code="SUSU", snk="Kirim bukti ulasan."),
                                        product("Teh Manis", 9_000, 4, code="TEH")],
                       admins=ADMINS, owners=OWNERS, support="@andi_admin", deposit={"transfer": "BCA 123 a.n. Kopi"})


@pytest.fixture
def staff(world, kopi):
    people = [world.person(number, name) for number, name in zip(ADMINS + OWNERS, ("Andi", "Ayu", "Omar"))]
    for person in people:
        person.start_chat(kopi)
    return people


@pytest.fixture
def budi(world, kopi, staff):
    budi = world.person(2001, "Budi", username="budi_s")
    budi.start_chat(kopi)
    return budi


def said(store, person, text, port=None):
    """What the bot answers a message with, in the reply to the webhook itself."""
    status, _, reply = store.post_update(message(person, text), port=port)
    assert status == 200
    return json.loads(reply)["text"] if reply else ""


def logged(store, key):
    return store.query("SELECT actor_id, action, before->'value', after->'value' FROM admin_logs"
                       " WHERE after->>'key' = %s ORDER BY id", key)


# --- each setting ---


def test_title_support_and_how_it_reads(world, kopi, staff, budi):
    andi = staff[0]
    page = change(andi, kopi, "Nama toko", "Toko <Baru> & Co")
    assert "Toko <Baru> & Co" in page.text and "Andi" in page.text and "Bawaan: Kopi Digital" in page.text
    assert "Toko <Baru> & Co" in budi.start_chat(kopi).text
    change(andi, kopi, "Kontak bantuan", "@ayu_admin")
    budi.send(kopi, "/info")
    budi.wait_for(kopi, "@ayu_admin")
    listed = settings(andi, kopi)
    assert "Nama toko: Toko <Baru> & Co ✏️" in listed.text and "Masa berlaku invoice: 15 menit\n" in listed.text
    reset(andi, kopi, "Nama toko")
    assert "Kopi Digital" in budi.start_chat(kopi).text
    assert logged(kopi, "title") == [(1001, "set", None, "Toko <Baru> & Co"), (1001, "reset", "Toko <Baru> & Co", None)]


def test_minutes_and_open_orders(world, kopi, staff, budi):
    andi = staff[0]
    first = budi.order(kopi, "Kopi Susu")
    change(andi, kopi, "Masa berlaku invoice", "42")
    change(andi, kopi, "Pesanan terbuka per pembeli", "1")
    assert kopi.value("SELECT round(extract(epoch FROM expires_at - created_at) / 60)::int FROM orders") in (15, 14)
    budi.send(kopi, "/cara")
    assert "42 menit" in budi.wait_for(kopi, "menit").text
    budi.methods(kopi, "Teh Manis")
    budi.press(kopi, "💠 QRIS")
    budi.wait_for(kopi, "Masih ada tagihan")
    assert kopi.value("SELECT count(*) FROM orders") == 1
    world.pay(first)
    budi.wait_for(kopi, PAID)
    world.quiet()
    budi.order(kopi, "Teh Manis")
    assert kopi.value("SELECT round(extract(epoch FROM expires_at - created_at) / 60)::int FROM orders"
                      " WHERE state = 'pending'") in (41, 42, 15), "ours, or the gateway's own end where that is sooner"


def test_deposits(world, kopi, staff, budi):
    andi = staff[0]
    change(andi, kopi, "Deposit minimum", "25rb")
    change(andi, kopi, "Deposit maksimum", "1jt")
    ask(andi, kopi, "Deposit minimum")
    for wrong, why in (("2jt", "Tidak boleh di atas Deposit maksimum (Rp 1.000.000)"), ("100", "antara Rp 500"), ("halo", "rupiah")):
        andi.send(kopi, wrong)
        assert why in andi.wait_for(kopi, "⚠️").text
    andi.send(kopi, "30rb")
    andi.wait_for(kopi, "Tersimpan")
    ask(andi, kopi, "Deposit maksimum")
    andi.send(kopi, "20rb")
    assert "Tidak boleh di bawah Deposit minimum (Rp 30.000)" in andi.wait_for(kopi, "⚠️").text
    andi.press(kopi, "❌ Batal")
    change(andi, kopi, "Petunjuk transfer manual", "Mandiri 987\na.n. <Kopi>")
    budi.send(kopi, "💰 Deposit")
    page = budi.wait_for(kopi, "Rp 30.000")
    assert "Rp 1.000.000" in page.text
    budi.press(kopi, page.buttons[0]["text"], page)
    budi.press(kopi, "📝 Transfer Manual")
    assert "Mandiri 987\na.n. <Kopi>" in budi.wait_for(kopi, "Mandiri").text
    assert kopi.value("SELECT amount FROM deposits") >= 30_000


def test_the_stock_limit(world, kopi, staff, budi):
    andi = staff[0]
    change(andi, kopi, "Batas stok menipis", "4")
    world.pay(budi.order(kopi, "Kopi Susu"))  # 4 are left
    andi.wait_for(kopi, "Stok menipis", fresh=False)
    andi.send(kopi, "/admin")
    menu = andi.wait_for(kopi, "Admin Settings")
    assert "Kopi Susu: 4" in menu.text and "Teh Manis: 4" in menu.text
    change(andi, kopi, "Batas stok menipis", "3")
    world.until(lambda: kopi.query("SELECT low_told FROM products WHERE code = 'SUSU'") == [(False,)])
    andi.send(kopi, "/admin")
    assert "Kopi Susu" not in andi.wait_for(kopi, "Admin Settings").text
    world.pay(budi.order(kopi, "Kopi Susu"))  # told of again
    world.until(lambda: len([m for m in andi.from_bot(kopi) if "Stok menipis" in m.text and "Kopi Susu" in m.text and "Admin" not in m.text]) == 2)


def test_the_operators_tools_know_what_is_set(world, kopi, staff):
    """An import adds stock: above the limit that an admin set (1), below the file's (3)."""
    change(staff[0], kopi, "Batas stok menipis", "1")
    kopi.query("UPDATE products SET low_told = true")
    kopi.query("UPDATE stock_units SET state = 'removed' WHERE id > (SELECT min(id) FROM stock_units)")
    susu = dict(kopi.products[0], stock=[*kopi.products[0]["stock"], "SUSU-baru:rahasia"])
    kopi.import_catalogue([susu, kopi.products[1]])
    assert kopi.query("SELECT low_told FROM products WHERE code = 'SUSU'") == [(False,)]


def test_two_admins_at_one_setting(world, kopi, staff, budi):
    andi, ayu, _ = staff
    ask(andi, kopi, "Nama toko")
    change(ayu, kopi, "Nama toko", "Toko Ayu")
    andi.send(kopi, "Toko Andi")
    page = andi.wait_for(kopi, "Data sudah berubah")
    assert "Toko Ayu" in budi.start_chat(kopi).text
    andi.press(kopi, "⬅️ Kembali", page)
    page = andi.wait_for(kopi, lambda m: "Toko Ayu" in m.text)
    change(ayu, kopi, "Nama toko", "Toko Ayu 2")
    pressed = andi.press(kopi, "↩️ Bawaan", page)
    assert "diubah lebih dulu" in andi.wait_answer(kopi, pressed)["text"]
    assert "Toko Ayu 2" in andi.wait_for(kopi, "Toko Ayu 2").text
    assert [row[0] for row in logged(kopi, "title")] == [1002, 1002]


def test_a_second_server_and_a_restart(world, kopi, staff, budi):
    andi = staff[0]
    second = world.start_another()
    assert "Kopi Digital" in said(kopi, budi, "/info", second.port)
    change(andi, kopi, "Nama toko", "Toko Berdua")
    world.until(lambda: "Toko Berdua" in said(kopi, world.person(2010), "/info", second.port), seconds=3, what="the other server to know")
    change(andi, kopi, "Kontak bantuan", "@ayu_admin")
    world.restart()
    welcome = budi.start_chat(kopi)
    assert "Toko Berdua" in welcome.text
    listed = settings(andi, kopi)
    assert "Toko Berdua ✏️" in listed.text and "@ayu_admin ✏️" in listed.text


def test_half_of_a_form(world, kopi, staff, budi):
    """It survives a restart; commands and menus are never swallowed."""
    andi = staff[0]
    ask(andi, kopi, "Nama toko")
    world.restart()
    andi.send(kopi, "/produk")
    andi.wait_for(kopi, "Semua Produk")
    andi.send(kopi, "⚙️ Admin Settings")
    menu = andi.wait_for(kopi, "Ada isian yang belum selesai")
    andi.press(kopi, "▶️ Lanjutkan isian", menu)
    andi.wait_for(kopi, "Kirim nama toko")
    andi.send(kopi, "Toko Sabar")
    andi.wait_for(kopi, "Tersimpan")
    assert "Toko Sabar" in budi.start_chat(kopi).text


# --- maintenance ---


def close_store(admin, store, note=None):
    admin.press(store, "Mode maintenance", settings(admin, store))
    admin.press(store, "🔧 Aktifkan", admin.wait_for(store, "Mode maintenance: mati"))
    admin.wait_for(store, "Tulis catatan")
    if note:
        admin.send(store, note)
    else:
        admin.press(store, "⏭ Lewati")
    admin.press(store, "✅ Simpan", admin.wait_for(store, "Aktifkan sekarang?"))
    return admin.wait_for(store, "Mode maintenance: aktif")


def test_maintenance_with_an_open_invoice(world, kopi, staff, budi):
    andi, ayu, _ = staff
    sari = world.person(2002, "Sari")
    invoice = budi.order(kopi, "Kopi Susu", 2)
    close_store(andi, kopi, "Buka lagi jam <9> pagi")
    ayu.send(kopi, "/admin")
    assert "Maintenance aktif" in ayu.wait_for(kopi, "Admin Settings").text
    # one page for whatever is pressed or written, and every press answered
    sari.send(kopi, "/start")
    page = sari.wait_for(kopi, CLOSED)
    assert "Buka lagi jam <9> pagi" in page.text
    for typed in ("/produk", "🛍 Semua Produk", "1️⃣", "halo", "/admin"):
        sari.send(kopi, typed)
        sari.wait_for(kopi, CLOSED)
    for data in ("a:0", "p:1", "q:1:1:15000", "y:qris", "ax", "zk:1:1"):
        assert sari.wait_answer(kopi, sari.force(kopi, data, page)) is not None
    assert kopi.value("SELECT count(*) FROM cart_items") == 0
    # what is theirs goes on, also over a restart
    world.restart()
    world.pay(invoice)
    delivery = budi.wait_for(kopi, PAID)
    assert len(delivered_lines(budi.chat(kopi), delivery)) == 2
    budi.press(kopi, "✅ Penuhi SNK")
    budi.wait_for(kopi, "bukti")
    budi.send(kopi, "sudah, lihat ya")
    andi.wait_for(kopi, "sudah, lihat ya", fresh=False)
    budi.send(kopi, "/pesanan")
    orders = budi.wait_for(kopi, "Pesananku")
    budi.press(kopi, orders.buttons[0]["text"], orders)
    budi.press(kopi, "📦 Ambil Lagi")
    again = budi.wait_for(kopi, "📦 Pembelianmu")
    assert delivered_lines(budi.chat(kopi), again) == delivered_lines(budi.chat(kopi), delivery)
    budi.send(kopi, "halo")
    budi.wait_for(kopi, CLOSED)
    # admins sell to themselves as always
    ayu.order(kopi, "Teh Manis")
    # and it is over
    andi.press(kopi, "Mode maintenance", settings(andi, kopi))
    pressed = andi.press(kopi, "✅ Buka toko lagi", andi.wait_for(kopi, "Mode maintenance: aktif"))
    assert "buka lagi" in andi.wait_answer(kopi, pressed)["text"]
    budi.press(kopi, "🔄 Coba Lagi")
    budi.wait_for(kopi, lambda m: m.button("🧭 Semua Produk"))
    assert [row[1:] for row in logged(kopi, "maintenance")] == [("set", None, True), ("set", True, False)]


# --- the welcome ---


def test_sticker_and_photo_of_the_welcome(world, kopi, staff, budi):
    andi = staff[0]
    ask(andi, kopi, "Stiker sambutan")
    andi.send(kopi, "bukan stiker")
    andi.wait_for(kopi, "Kirim sebuah stiker")
    andi.send_sticker(kopi)
    andi.wait_for(kopi, "Tersimpan")
    ask(andi, kopi, "Foto sambutan")
    andi.send_photo(kopi)
    page = andi.wait_for(kopi, "Tersimpan")
    andi.press(kopi, "👁 Lihat", page)
    andi.wait_for(kopi, lambda m: m.photo)
    before = len(budi.from_bot(kopi))
    budi.send(kopi, "/start")
    welcome = budi.wait_for(kopi, lambda m: m.photo)
    assert "Kopi Digital" in welcome.text and welcome.button("🧭 Semua Produk")
    came = budi.from_bot(kopi)[before:]
    assert [m.kind for m in came] == ["sticker", None, "photo"], "the sticker, the keyboard's line, the welcome"
    budi.press(kopi, "🧭 Semua Produk", welcome)
    budi.wait_for(kopi, "Kopi Susu")
    budi.wait_gone(kopi, welcome)
    reset(andi, kopi, "Foto sambutan")
    reset(andi, kopi, "Stiker sambutan")
    before = len(budi.from_bot(kopi))
    assert not budi.start_chat(kopi).photo
    assert [m.kind for m in budi.from_bot(kopi)[before:]] == [None, None]


def test_a_photo_that_telegram_refuses(world, kopi, staff, budi):
    andi = staff[0]
    kopi.query("INSERT INTO settings (key, value, updated_by, updated_at)"
               " VALUES ('welcome.photo', '\"AgACfile-of-another-bot\"', 1001, now())")
    world.restart()
    for _ in range(2):
        budi.send(kopi, "/start")
        welcome = budi.wait_for(kopi, lambda m: m.button("🧭 Semua Produk"))
        assert not welcome.photo and "Budi" in welcome.text
    andi.wait_for(kopi, "menolak foto sambutan", fresh=False)
    world.quiet()
    assert len([m for m in andi.from_bot(kopi) if "menolak foto sambutan" in m.text]) == 1
    world.expect(r"malformed call: sendPhoto|outbox row \d+")


def test_a_sticker_that_telegram_refuses(world, kopi, staff, budi):
    andi = staff[0]
    kopi.query("INSERT INTO settings (key, value, updated_by, updated_at)"
               " VALUES ('welcome.sticker', '\"CAACfile-of-another-bot\"', 1001, now())")
    world.restart()
    for _ in range(2):
        budi.send(kopi, "/start")
        welcome = budi.wait_for(kopi, lambda m: m.button("🧭 Semua Produk"))
        assert "Budi" in welcome.text and "🏷 Cek Stok" in budi.keyboard(kopi)
    andi.wait_for(kopi, "menolak stiker sambutan", fresh=False)
    world.quiet()
    assert len([m for m in andi.from_bot(kopi) if "menolak stiker sambutan" in m.text]) == 1
    world.expect(r"malformed call: sendSticker|outbox row \d+")


# --- admins ---


def admins(admin, store):
    admin.press(store, "👮 Admin toko", settings(admin, store))
    return admin.wait_for(store, "Admin toko")


def add_admin(owner, store, typed, **more):
    owner.press(store, "➕ Tambah admin", admins(owner, store))
    owner.wait_for(store, "Siapa yang jadi admin?")
    owner.send(store, typed, **more)
    page = owner.wait_for(store, "Jadikan")
    owner.press(store, "✅ Simpan", page)
    return owner.wait_for(store, "sekarang admin")


def test_an_owner_adds_and_removes_admins(world, kopi, staff, budi):
    andi, _, omar = staff
    listed = admins(omar, kopi)
    assert "Omar" in listed.text and "👑" in listed.text and "Andi" in listed.text and "📄" in listed.text
    omar.press(kopi, "Andi", listed)
    assert not omar.wait_for(kopi, "dari file toko").button("🗑")
    add_admin(omar, kopi, "@BUDI_S")
    budi.wait_for(kopi, "Kamu sekarang admin")
    assert "⚙️ Admin Settings" in budi.keyboard(kopi)
    # she gets what the others get
    sari = world.person(2002, "Sari")
    sari.order(kopi, "Teh Manis")
    budi.wait_for(kopi, "Pesanan baru", fresh=False)
    ask(budi, kopi, "Nama toko")
    # an admin of the menu is no owner
    assert not settings(budi, kopi).button("👮 Admin toko")
    omar.press(kopi, "Budi", admins(omar, kopi))
    omar.press(kopi, "🗑 Hapus dari admin", omar.wait_for(kopi, "ditambahkan di sini"))
    omar.press(kopi, "✅ Ya", omar.wait_for(kopi, "Hapus"))
    omar.wait_for(kopi, "bukan admin lagi")
    budi.wait_for(kopi, "bukan admin", fresh=False)
    assert "⚙️ Admin Settings" not in budi.keyboard(kopi)
    budi.send(kopi, "Toko Budi")  # the form they had begun
    budi.wait_for(kopi, "belum aku pahami")
    budi.send(kopi, "/admin")
    budi.wait_for(kopi, "belum aku pahami")
    assert kopi.query("SELECT 1 FROM settings WHERE key = 'title'") == []
    world.expect(r"above this person's role", must=False)
    world.quiet()
    count = len([m for m in budi.from_bot(kopi) if "Pesanan" in m.text])
    sari.order(kopi, "Teh Manis")
    world.quiet()
    assert len([m for m in budi.from_bot(kopi) if "Pesanan" in m.text]) == count
    assert [row[:2] for row in logged(kopi, "admin:2001")] == [(1003, "set"), (1003, "reset")]


def test_added_by_a_forwarded_message_and_kept(world, kopi, staff, budi):
    omar = staff[2]
    add_admin(omar, kopi, "halo kak, ini Budi", forward_from=budi.id)
    second = world.start_another()
    world.restart()
    budi.send(kopi, "/admin")
    budi.wait_for(kopi, "Admin Settings")
    assert not second.alive()


def test_without_an_owner_the_files_admins_are(world):
    teh = world.store("teh-digital", ["Teh"], admins=[1004])
    andi = world.person(1004, "Andi")
    andi.start_chat(teh)
    budi = world.person(2001, "Budi")
    budi.start_chat(teh)
    add_admin(andi, teh, "2001")
    assert not settings(budi, teh).button("👮 Admin toko")
