"""🧾 Log Admin: whatever an admin changes is written down with what was before and after; an admin reads what they
did themselves, an owner everything."""

import pytest
from harness.settings import change, reset, settings
from harness.store import product

ADMINS, OWNERS = [1001, 1002], [1003]


@pytest.fixture
def kopi(world):
    return world.store("kopi-digital", [product("Kopi Susu", 15_000, 9, code="SUSU")], admins=ADMINS, owners=OWNERS)


@pytest.fixture
def staff(world, kopi):
    people = [world.person(number, name) for number, name in zip(ADMINS + OWNERS, ("Andi", "Ayu <3", "Omar"))]
    for person in people:
        person.start_chat(kopi)
    return people


def logs(admin, store):
    admin.send(store, "/admin")
    admin.press(store, "🧾 Log Admin", admin.wait_for(store, "Admin Settings"))
    return admin.wait_for(store, lambda m: m.text.startswith("🧾"))


def opened_from(admin, store, page):
    """What the page was turned into by the press."""
    return admin.wait_for(store, lambda m: m.id == page.id and m.version != page.version)


def opened(admin, store, page, number):
    admin.press(store, str(number), page)
    return opened_from(admin, store, page)


def test_each_change_has_its_row(world, kopi, staff):
    andi, _, omar = staff
    world.channel(username="kopi_kabar", bots=[kopi])
    for label, typed in (("Nama toko", "Toko A"), ("Kontak bantuan", "@andi_admin"), ("Masa berlaku invoice", "20"),
                         ("Batas stok menipis", "2"), ("Pesanan terbuka per pembeli", "5"), ("Deposit minimum", "15rb"),
                         ("Deposit maksimum", "3jt"), ("Petunjuk transfer manual", "BCA 1"),
                         ("Link undangan channel", "https://t.me/+abcdef")):
        change(andi, kopi, label, typed)
        reset(andi, kopi, label)
    rows = kopi.query("SELECT action, before->'value', after->'value', after->>'key' FROM admin_logs ORDER BY id")
    assert len(rows) == 18
    for done, undone in zip(rows[::2], rows[1::2]):
        assert (done[0], undone[0]) == ("set", "reset") and done[3] == undone[3]
        assert done[1] is None and done[2] == undone[1] and undone[2] is None
    assert len({row[3] for row in rows}) == 9
    # the channel's is written by the job, in the admin's name
    page = settings(andi, kopi)
    andi.press(kopi, "Channel wajib", page)
    andi.press(kopi, "✏️ Ubah", opened_from(andi, kopi, page))
    andi.wait_for(kopi, "Ubah pengaturan toko")
    andi.send(kopi, "@kopi_kabar")
    andi.wait_for(kopi, "Channel wajib aktif")
    assert kopi.query("SELECT actor_id, after->>'value' FROM admin_logs ORDER BY id DESC LIMIT 1") == [(1001, "@kopi_kabar")]
    # and nothing is written where nothing was changed
    count = kopi.value("SELECT count(*) FROM admin_logs")
    page = settings(andi, kopi)
    andi.press(kopi, "Nama toko", page)
    andi.press(kopi, "✏️ Ubah", opened_from(andi, kopi, page))
    andi.press(kopi, "❌ Batal", andi.wait_for(kopi, "Ubah pengaturan toko"))
    andi.wait_for(kopi, "Dibatalkan")
    logs(omar, kopi)
    assert kopi.value("SELECT count(*) FROM admin_logs") == count
    assert kopi.query("SELECT DISTINCT actor_id FROM admin_logs") == [(1001,)]


def test_an_admin_reads_their_own_an_owner_all(world, kopi, staff):
    andi, ayu, omar = staff
    change(andi, kopi, "Nama toko", "Toko <Andi>")
    change(ayu, kopi, "Batas stok menipis", "7")
    own = logs(andi, kopi)
    assert "Nama toko" in own.text and "Batas stok" not in own.text
    page = opened(andi, kopi, own, 1)
    assert "nilai: Toko <Andi>" in page.text or "nilai: – → Toko <Andi>" in page.text
    assert "Andi" in page.text and not page.button("🧾 Log admin ini")
    andi.press(kopi, "⬅️ Kembali", page)
    andi.wait_for(kopi, "Log kamu")
    number = kopi.value("SELECT id FROM admin_logs WHERE actor_id = 1002")
    assert "tidak ditemukan" in andi.wait_answer(kopi, andi.force(kopi, f"ald:{number}:0", own))["text"]

    everything = logs(omar, kopi)
    assert "Toko" not in everything.text and "Nama toko" in everything.text and "Batas stok menipis" in everything.text
    assert "Ayu <3" in everything.text
    page = opened(omar, kopi, everything, 1)
    assert "Batas stok menipis" in page.text and "Ayu <3" in page.text
    omar.press(kopi, "🧾 Log admin ini", page)
    hers = omar.wait_for(kopi, lambda m: "Log" in m.text and "Ayu <3" in m.text and "Nama toko" not in m.text)
    assert "Batas stok" in hers.text
    page = opened(omar, kopi, hers, 1)
    omar.press(kopi, "🔎 Riwayat perihal ini", page)
    story = omar.wait_for(kopi, "Riwayat Batas stok menipis")
    omar.press(kopi, "⬅️ Kembali", story)
    page = omar.wait_for(kopi, "🕒")
    omar.press(kopi, "Batas stok menipis", page)
    omar.wait_for(kopi, lambda m: m.text.startswith("⚙️ Batas stok menipis"))


def test_pages_of_many(world, kopi, staff):
    _, _, omar = staff
    kopi.query("INSERT INTO admin_logs (actor_id, action, subject, subject_id, created_at)"
               " SELECT CASE WHEN n % 2 = 0 THEN 1001 ELSE 1002 END, 'edit', 'product', n, now() FROM generate_series(1, 30) n")
    seen = []
    page = logs(omar, kopi)
    while True:
        seen += [line for line in page.text.splitlines() if "produk" in line]
        if not page.button("➡️"):
            break
        omar.press(kopi, "➡️", page)
        before = page.version
        page = omar.wait_for(kopi, lambda m: m.id == page.id and m.version != before)
    assert len(seen) == 30 and len({line.split("produk ")[1] for line in seen}) == 30
    omar.press(kopi, "⬅️", page)
    assert "produk 14" in omar.wait_for(kopi, lambda m: m.id == page.id and "produk 7" in m.text).text
