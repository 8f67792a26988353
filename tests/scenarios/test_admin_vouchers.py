"""🎟️ Kelola Voucher: made in the chat, used by buyers, changed by two admins at once, stopped, deleted where nobody had it."""

import datetime

import pytest
from harness.store import product

ADMINS, OWNERS = [1001, 1002], [1003]


@pytest.fixture
def kopi(world):
    return world.store("kopi-digital", [product("Kopi Susu", 15_000, 9, code="SUSU", category="Kopi"),
                                        product("Teh Manis <b>", 9_000, 9, code="TEH", category="Teh & <i>")],
                       admins=ADMINS, owners=OWNERS)


@pytest.fixture
def staff(world, kopi):
    people = [world.person(number, name) for number, name in zip(ADMINS, ("Andi", "Ayu"))]
    for person in people:
        person.start_chat(kopi)
    return people


@pytest.fixture
def budi(world):
    return world.person(2001, "Budi")


def home(admin, store):
    admin.send(store, "/admin")
    admin.wait_for(store, "Admin Settings")
    admin.press(store, "🎟️ Kelola Voucher")
    return admin.wait_for(store, lambda m: "Kelola Voucher" in m.text and m.button("➕ Voucher Baru"))


def make(admin, store, code="hemat10", percent="10", scope="Semua produk", picks=(), uses=None, each=None, ends=None):
    """The whole form, by its buttons and by typing."""
    admin.press(store, "➕ Voucher Baru", home(admin, store))
    admin.wait_for(store, "Apa kodenya")
    admin.send(store, code)
    admin.press(store, "Persen", admin.wait_for(store, "persen atau rupiah"))
    admin.wait_for(store, "Berapa persen")
    admin.send(store, percent)
    admin.press(store, "Tanpa batas", admin.wait_for(store, "potongan paling banyak"))
    admin.press(store, "Tanpa batas", admin.wait_for(store, "belanja paling sedikit"))
    admin.press(store, scope, admin.wait_for(store, "berlaku untuk apa"))
    for ask, pick in picks:
        admin.press(store, pick, admin.wait_for(store, ask))
    for ask, typed in (("semua orang", uses), ("satu orang", each)):
        page = admin.wait_for(store, ask)
        admin.send(store, typed) if typed else admin.press(store, "Tanpa batas", page)
    admin.press(store, "Sekarang", admin.wait_for(store, "Mulai berlaku"))
    page = admin.wait_for(store, "Berakhir kapan")
    admin.send(store, ends) if ends else admin.press(store, "Tanpa batas", page)
    admin.press(store, "✅ Simpan", admin.wait_for(store, "Sudah benar?"))
    return admin.wait_for(store, "dibuat.")


def page_of(admin, store, code):
    number = store.value("SELECT id FROM coupons WHERE code = %s", code)
    admin.force(store, f"avd:{number}", admin.wait_for(store, lambda m: m.labels, fresh=False))
    return admin.wait_for(store, lambda m: code in m.text and m.button("🎯 Berlaku untuk"))


def fill(buyer, store, code="SUSU"):
    """One in the cart; its page."""
    number, price = store.query("SELECT id, price FROM products WHERE code = %s", code)[0]
    message = buyer.chat(store).last() or buyer.start_chat(store)
    buyer.wait_answer(store, buyer.force(store, f"q:{number}:1:{price}", message))
    buyer.send(store, "/keranjang")
    return buyer.wait_for(store, "Keranjangmu")


def use(buyer, store, page, code):
    """Types the code; what comes of it."""
    buyer.press(store, "🎟️ Gunakan Kupon", page)
    buyer.wait_for(store, "Punya kode kupon")
    buyer.send(store, code)
    return buyer.wait_for(store, lambda m: m.labels)


def buy(buyer, store, page):
    buyer.press(store, "💳 Lanjut ke Pembayaran", page)
    buyer.press(store, "💠 QRIS", buyer.wait_for(store, "Pilih metode pembayaran"))
    return buyer.wait_for(store, lambda m: m.photo and m.qr)


def coupon(store, code, columns):
    return store.query(f"SELECT {columns} FROM coupons WHERE code = %s", code)[0]


def logged(store):
    return store.query("SELECT actor_id, action, note FROM admin_logs WHERE subject = 'coupon' ORDER BY id")


def test_made_and_used(world, kopi, staff, budi):
    andi, _ = staff
    page = make(andi, kopi, uses="5", each="1", ends="31/12/2099 23:59", scope="Satu produk",
                picks=(("Pilih kategorinya", "Kopi"), ("Pilih produknya", "Kopi Susu")))
    for line in ("HEMAT10", "✅ Berlaku", "10%", "Kopi Susu", "batas: 5", "per orang: 1", "31/12/2099 23:59"):
        assert line in page.text, line
    ends, zone = coupon(kopi, "HEMAT10", "ends_at, starts_at <= now()")
    assert ends == datetime.datetime(2099, 12, 31, 16, 59, tzinfo=datetime.timezone.utc) and zone, "in the store's own zone"
    assert logged(kopi) == [(andi.id, "add", "HEMAT10")]

    assert "dipakai" in use(budi, kopi, fill(budi, kopi), "hemat10").text
    buy(budi, kopi, budi.wait_for(kopi, "Keranjangmu", fresh=False))
    assert kopi.query("SELECT discount, coupon_code FROM orders") == [(1_500, "HEMAT10")]
    assert "1/5" in "".join(home(andi, kopi).labels)
    assert "Dipakai: 1 pesanan" in page_of(andi, kopi, "HEMAT10").text
    # not for tea, and once a person
    sari = world.person(2002, "Sari")
    assert "dipakai" not in use(sari, kopi, fill(sari, kopi, "TEH"), "hemat10").text


def test_a_form_survives_a_restart_and_swallows_nothing(world, kopi, staff):
    andi, _ = staff
    andi.press(kopi, "➕ Voucher Baru", home(andi, kopi))
    andi.wait_for(kopi, "Apa kodenya")
    andi.send(kopi, "hemat")
    andi.wait_for(kopi, "persen atau rupiah")
    world.restart()
    andi.send(kopi, "/produk")
    andi.wait_for(kopi, "Semua Produk")
    andi.send(kopi, "/admin")
    menu = andi.wait_for(kopi, "Ada isian yang belum selesai")
    andi.press(kopi, "▶️ Lanjutkan isian", menu)
    page = andi.wait_for(kopi, "persen atau rupiah")
    assert "HEMAT" in page.text
    andi.press(kopi, "❌ Batal", page)
    andi.wait_for(kopi, "Dibatalkan")
    assert kopi.value("SELECT count(*) FROM coupons") == 0 and logged(kopi) == []


def test_two_admins_at_one_voucher(world, kopi, staff, budi):
    andi, ayu = staff
    make(andi, kopi)
    andi.press(kopi, "✏️ Batas pakai", page_of(andi, kopi, "HEMAT10"))
    andi.wait_for(kopi, "semua orang")
    ayu.press(kopi, "✏️ Potongan", page_of(ayu, kopi, "HEMAT10"))
    ayu.press(kopi, "Rupiah", ayu.wait_for(kopi, "persen atau rupiah"))
    ayu.wait_for(kopi, "Berapa rupiah")
    andi.send(kopi, "7")
    assert "batas: 7" in andi.wait_for(kopi, "Tersimpan").text
    ayu.send(kopi, "2000")
    changed = ayu.wait_for(kopi, "Data sudah berubah")
    assert "batas: 7" in changed.text and "10%" in changed.text
    assert coupon(kopi, "HEMAT10", "kind, value, most_uses") == ("percent", 10, 7)

    # a buyer who saw ten percent is told of what it takes off now
    page = use(budi, kopi, fill(budi, kopi), "HEMAT10")
    assert "Rp 13.500" in page.text
    ayu.press(kopi, "✏️ Potongan", changed)
    ayu.press(kopi, "Rupiah", ayu.wait_for(kopi, "persen atau rupiah"))
    ayu.wait_for(kopi, "Berapa rupiah")
    ayu.send(kopi, "2rb")
    ayu.wait_for(kopi, "Tersimpan")
    budi.force(kopi, "y:qris", page)
    world.quiet()
    assert kopi.value("SELECT count(*) FROM orders") == 0
    budi.send(kopi, "/keranjang")
    assert "Rp 13.000" in budi.wait_for(kopi, "Keranjangmu").text

    # stopped by one, and then by the other
    stale = page_of(ayu, kopi, "HEMAT10")
    andi.press(kopi, "⏸ Hentikan", page_of(andi, kopi, "HEMAT10"))
    andi.wait_for(kopi, "⏸ Dihentikan")
    answer = ayu.wait_answer(kopi, ayu.press(kopi, "⏸ Hentikan", stale))
    assert "sudah diubah" in answer["text"]
    assert [row[:2] for row in logged(kopi)] == [(andi.id, "add"), (andi.id, "edit"), (ayu.id, "edit"), (andi.id, "stop")]
    andi.press(kopi, "▶️ Jalankan")
    andi.wait_for(kopi, "✅ Berlaku")


def test_deleted_or_kept(world, kopi, staff, budi):
    andi, _ = staff
    make(andi, kopi)
    make(andi, kopi, code="dipakai")
    buy(budi, kopi, use(budi, kopi, fill(budi, kopi), "DIPAKAI"))
    sari = world.person(2002, "Sari")
    shown = use(sari, kopi, fill(sari, kopi), "HEMAT10")

    andi.press(kopi, "🗑 Hapus", page_of(andi, kopi, "DIPAKAI"))
    andi.press(kopi, "✅ Ya", andi.wait_for(kopi, "Hapus voucher"))
    assert "⏸ Dihentikan" in andi.wait_for(kopi, "tidak dihapus").text
    andi.press(kopi, "🗑 Hapus", page_of(andi, kopi, "HEMAT10"))
    andi.press(kopi, "✅ Ya", andi.wait_for(kopi, "Hapus voucher"))
    assert not andi.wait_for(kopi, "Pilih voucher").button("HEMAT10")
    assert kopi.query("SELECT code, stopped FROM coupons") == [("DIPAKAI", True)]
    # whoever had it in the cart is told, and pays the whole price only then
    sari.force(kopi, "y:qris", shown)
    world.quiet()
    assert kopi.value("SELECT count(*) FROM orders WHERE telegram_id = %s", sari.id) == 0
    sari.send(kopi, "/keranjang")
    page = sari.wait_for(kopi, "sedang tidak berlaku")
    sari.press(kopi, "✂️ Lepas Kupon", page)
    buy(sari, kopi, sari.wait_for(kopi, lambda m: "Keranjangmu" in m.text and not m.button("✂️ Lepas Kupon")))
    assert kopi.query("SELECT total, discount FROM orders WHERE telegram_id = %s", sari.id) == [(15_000, 0)]


def test_what_it_is_for(world, kopi, staff, budi):
    andi, ayu = staff
    make(andi, kopi)
    andi.press(kopi, "🎯 Berlaku untuk", page_of(andi, kopi, "HEMAT10"))
    andi.press(kopi, "➕ Kategori", andi.wait_for(kopi, "berlaku untuk semua produk"))
    andi.press(kopi, "Teh & <i>", andi.wait_for(kopi, "Pilih kategorinya"))
    page = andi.wait_for(kopi, "untuk 1 pilihan")
    assert "✖ 📂 Teh & <i>" in page.labels
    # both add one at once: both stay
    for admin in (andi, ayu):
        admin.force(kopi, f"avt:{kopi.value('SELECT id FROM coupons')}:1", admin.wait_for(kopi, lambda m: m.labels, fresh=False))
        admin.wait_for(kopi, "Pilih kategorinya")
    andi.press(kopi, "Kopi", andi.wait_for(kopi, "Pilih kategorinya", fresh=False))
    andi.press(kopi, "Kopi Susu", andi.wait_for(kopi, "Pilih produknya"))
    andi.wait_for(kopi, "untuk 2 pilihan")
    ayu.press(kopi, "Teh & <i>", ayu.wait_for(kopi, "Pilih kategorinya", fresh=False))
    ayu.press(kopi, "Teh Manis <b>", ayu.wait_for(kopi, "Pilih produknya"))
    page = ayu.wait_for(kopi, "untuk 3 pilihan")
    for label in ("✖ 📂 Teh & <i>", "✖ Teh Manis <b>"):
        ayu.press(kopi, label, page)
        page = ayu.wait_for(kopi, "pilihan ini")
    answer = ayu.wait_answer(kopi, ayu.press(kopi, "✖ Kopi Susu", page))
    assert "pilihan terakhir" in answer["text"]
    assert "dipakai" not in use(budi, kopi, fill(budi, kopi, "TEH"), "hemat10").text
    ayu.press(kopi, "🌐 Semua produk", ayu.wait_for(kopi, "untuk 1 pilihan", fresh=False))
    ayu.press(kopi, "✅ Ya", ayu.wait_for(kopi, "Jadikan berlaku untuk semua"))
    ayu.wait_for(kopi, "berlaku untuk semua produk")
    budi.send(kopi, "hemat10")
    assert "dipakai" in budi.wait_for(kopi, lambda m: m.labels).text
