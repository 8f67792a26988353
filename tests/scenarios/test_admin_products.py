"""📦 Kelola Produk, its stock and 📜 Kelola SNK: an admin fills a store in the chat alone, and buyers buy what is there."""

import pytest
from harness.store import product
from sandbox_client import delivered_lines, open_product

ANDI, AYU = 1001, 1002
PAID = "🎉 Pembayaran Berhasil"
SAVED = "Tersimpan"
ODD = ["<b>&\"'</b>", "🎬👨‍👩‍👧", "\u202eشكرا", "e\u0301\u200d"]


@pytest.fixture
def kopi(world):
    return world.store("kopi-digital", [product("Kopi Susu", 15_000, 3, code="SUSU", snk="Kirim foto gelasnya.")],
                       admins=[ANDI, AYU], owners=[])


@pytest.fixture
def andi(world, kopi):
    return world.admin(kopi)


@pytest.fixture
def budi(world):
    return world.person(2001, "Budi")


class Desk:
    """An admin at work: buttons of the page that was shown last, and what is typed below it."""

    def __init__(self, admin, store):
        self.admin, self.store = admin, store
        self.page = None

    def see(self, what):
        self.page = self.admin.wait_for(self.store, what)
        return self.page

    def press(self, label, what):
        self.admin.press(self.store, label, self.page)
        return self.see(what)

    def type(self, text, what):
        self.admin.send(self.store, text)
        return self.see(what)

    def walk(self, *steps):
        """(label or, with `>`, a text that is typed; what comes of it), …"""
        for step, what in steps:
            if step.startswith(">"):
                self.type(step[1:], what)
            else:
                self.press(step, what)
        return self.page

    def home(self):
        self.admin.send(self.store, "/admin")
        self.see("Admin Settings")
        return self.press("📦 Kelola Produk", "Kelola Produk")

    def product(self, name):
        self.home()
        self.press("🔎 Cari", "Ketik sebagian")
        self.type(name, "Pilih produknya")
        return self.press(name, "🏷 Kode")

    def stock(self, name):
        self.product(name)
        return self.press("📊 Stok", "tersedia,")

    def upload(self, name, content, what, **more):
        self.press("➕ Tambah stok", "Kirim stoknya")
        self.admin.send_document(self.store, name, content, **more)
        return self.see(what)


@pytest.fixture
def desk(andi, kopi):
    return Desk(andi, kopi)


def buy(world, store, person, name):
    world.pay(person.order(store, name))
    return person.wait_for(store, PAID)


def test_a_product_from_nothing_to_its_buyer(world, kopi, desk, budi):
    name = f"Film {ODD[0]} 🎬"
    desk.home()
    desk.walk(("➕ Kategori", "Langkah 1/2"), (f">{ODD[2]}", "Langkah 2/2"), (">🎬", "Sudah benar?"),
              ("✅ Simpan", "Belum ada produk"), ("➕ Produk", "Langkah 2/"), ("📦 Stok satuan", "Apa nama"),
              (f">{name}", "kode produk"), (">SUSU", "sudah dipakai"), (">FILM-1", "Berapa harga"),
              (">12.5rb", "deskripsi"), (">Satu bulan\nuntuk <i>semua</i>", "SNK"), ("⏭ Lewati", "gambar"))
    desk.admin.send_photo(kopi)
    desk.see("stok awal")
    desk.admin.send_document(kopi, "stok.csv", 'a@film.example,"rahasia;1"\n"b ""dua""",rahasia-2,,\n')
    desk.see("Sudah benar?")
    assert "rahasia" not in desk.page.text
    desk.press("✅ Simpan", "Produk ditambahkan")
    desk.see("2 unit ditambahkan")
    assert kopi.stock("FILM-1")["available"] == 2
    page = open_product(budi.chat(kopi), name)
    assert page.photo and "Rp 12.500" in page.text
    assert delivered_lines(budi.chat(kopi), buy(world, kopi, budi, name)) == ["a@film.example|rahasia;1"]
    world.quiet()
    page = desk.product("FILM")
    assert "1 tersedia" in page.text and "1 terjual" in page.text
    assert not world.in_logs("rahasia") and world.find_in_database("rahasia-2") == []
    assert not kopi.query("SELECT 1 FROM admin_logs WHERE after::text LIKE '%%rahasia%%'")


def test_a_file_and_one_text_for_everybody(world, kopi, desk, budi):
    desk.home()
    desk.press("➕ Produk", "Pilih kategori")
    desk.press("Umum", "Jenis produk apa")
    desk.walk(("📄 File", "Apa nama"), (">Buku", "kode"), ("⏭ Lewati", "harga"), (">5000", "deskripsi"), ("⏭ Lewati", "SNK"),
              ("⏭ Lewati", "gambar"), ("⏭ Lewati", "sebagai dokumen"))
    desk.admin.send_document(kopi, "buku <1>.pdf", b"%PDF buku", mime="application/pdf")
    desk.see("Sudah benar?")
    desk.press("✅ Simpan", "Produk ditambahkan")
    desk.press("👁 Lihat isi", lambda message: message.document)
    buy(world, kopi, budi, "Buku")
    document = budi.wait_for(kopi, lambda message: message.document, fresh=False).document
    assert budi.chat(kopi).sandbox.download(document) == b"%PDF buku"

    desk.home()
    desk.press("➕ Produk", "Pilih kategori")
    desk.press("Umum", "Jenis produk apa")
    desk.walk(("♾ Satu isi", "Apa nama"), (">Grup", "kode"), ("⏭ Lewati", "harga"), (">5000", "deskripsi"), ("⏭ Lewati", "SNK"),
              ("⏭ Lewati", "gambar"), ("⏭ Lewati", "teks yang diterima"), (">t.me/lama", "Sudah benar?"), ("✅ Simpan", "Produk ditambahkan"),
              ("📄 Isi", "Ubah produk"), (">t.me/baru", SAVED), ("👁 Lihat isi", "t.me/baru"))
    assert delivered_lines(budi.chat(kopi), buy(world, kopi, budi, "Grup")) == ["t.me/baru"]
    assert kopi.query("SELECT action FROM admin_logs WHERE action LIKE '%%content%%' ORDER BY id") == [
        ("content_view",), ("edit_content",), ("content_view",)]


def test_documents_good_and_bad(world, kopi, desk):
    desk.stock("Kopi Susu")
    text = "\ufeffbaru-1\r\n\r\n  SUSU-0001:rahasia \r\nbaru-1\r\n" + "x" * 4097 + "\r\nbaru-2"
    desk.upload("stok.TXT", text, "sedang diproses")
    report = desk.see("2 unit ditambahkan").text
    assert "1 baris dilewati" in report and "2 baris ganda" in report
    assert "baris 3: SU•••••• sudah ada di stok" in report and "baris 4: b•••••• sama dengan baris 1" in report
    bad = {
        "gambar.csv": (b"\x89PNG\r\n\x1a\n\xff\xd8\xff", "bukan teks UTF-8"),
        "unicode.txt": ("akun-1\nakun-2".encode("utf-16"), "bukan teks UTF-8"),
        "kutip.csv": ('a,b\nc,"d', "baris 2 tidak ditutup"),
        "kosong.txt": ("\n \n", "Tidak ada baris"),
        "banyak.txt": ("\n".join(f"baris-{n}" for n in range(10_001)), "paling banyak 10000 baris"),
    }
    for name, (content, why) in bad.items():
        desk.press("📊 Stok", "tersedia,")
        desk.upload(name, content, "sedang diproses")
        report = desk.see(why)
        assert name in report.text and "tidak ada stok yang ditambahkan" in report.text
    desk.press("📊 Stok", "tersedia,")
    desk.upload("stok.xlsx", "PK", ".csv")
    desk.admin.send_document(kopi, "besar.txt", "x", size=6 << 20)
    desk.see("terlalu besar")
    desk.press("❌ Batal", "Dibatalkan")
    assert kopi.stock("SUSU") == {"available": 5, "reserved": 0, "sold": 0}


def test_the_most_lines_at_once(world, kopi, desk):
    desk.stock("Kopi Susu")
    desk.upload("banyak.txt", "\n".join(f"akun-{n}@contoh.example:sandi-{n}" for n in range(10_000)), "sedang diproses")
    desk.admin.wait_for(kopi, "10000 unit ditambahkan", seconds=60)
    assert kopi.stock("SUSU")["available"] == 10_003


def test_a_document_while_telegram_and_the_server_fail(world, kopi, desk):
    desk.stock("Kopi Susu")
    forget = world.fail("telegram", "status", bot=kopi.bot_id, method="getFile", status=500)
    desk.upload("stok.txt", "baru-1\nbaru-2", "sedang diproses")
    world.until(lambda: world.calls(kopi, method="getFile"), what="a call of getFile")
    world.kill9()
    forget()
    kopi.query("UPDATE jobs SET lease_until = NULL, due_at = now() WHERE kind = 'stock_import'")
    world.start()
    desk.admin.wait_for(kopi, "2 unit ditambahkan", seconds=60)
    world.quiet()
    assert kopi.stock("SUSU")["available"] == 5
    assert kopi.query("SELECT count(*) FROM jobs WHERE kind = 'stock_import'") == [(0,)]


def test_sold_out_hidden_restocked_shown_and_bought(world, kopi, desk, budi):
    desk.stock("Kopi Susu")
    budi.start_chat(kopi)
    desk.walk(("🗑 Keluarkan banyak", "Berapa unit"), ("Semua", "Keluarkan?"), ("✅ Simpan", "3 unit dikeluarkan"))
    assert "Stok 0" in budi.list_text(kopi)
    desk.product("Kopi Susu")
    desk.press("🙈 Sembunyikan", "Disembunyikan dari pembeli")
    assert "Kopi Susu" not in budi.list_text(kopi)
    desk.press("📊 Stok", "Tidak ada unit")
    desk.walk(("➕ Tambah stok", "Kirim stoknya"), (">SUSU-0002:rahasia\nbaru", "2 unit ditambahkan"))
    assert "pernah dikeluarkan" in desk.page.text
    desk.walk(("⬅️ Kembali", "tersedia,"), ("⬅️ Kembali", "🏷 Kode"), ("👁 Tampilkan", "🟢 Dijual"))
    assert delivered_lines(budi.chat(kopi), buy(world, kopi, budi, "Kopi Susu")) == ["SUSU-0002:rahasia"]


def test_units_are_masked_and_who_looks_is_written_down(world, kopi, desk):
    desk.stock("Kopi Susu")
    assert "rahasia" not in desk.page.text and "SU••••••" in desk.page.text
    desk.walk(("1️⃣", "🎫 Unit #"), ("👁 Lihat", "SUSU-0003:rahasia"), ("⬅️ Kembali", "Status"), ("🗑 Keluarkan", "Keluarkan unit"),
              ("✅ Ya", "dikeluarkan"), ("♻️ Kembalikan", "tersedia"), ("⬅️ Kembali", "tersedia,"))
    desk.admin.press(kopi, "⬇️ Ekspor", desk.page)
    file = desk.see(lambda message: message.document)
    assert delivered_lines(desk.admin.chat(kopi), file) == [f"SUSU-000{n}:rahasia" for n in (1, 2, 3)]
    assert [row[0] for row in kopi.query("SELECT action FROM admin_logs ORDER BY id")] == [
        "stock_view", "stock_remove", "stock_restore", "stock_export"]
    assert not world.in_logs("rahasia")


def test_two_admins_at_once(world, kopi, desk, budi):
    ayu = world.person(AYU, "Ayu")
    ayu.start_chat(kopi)
    other = Desk(ayu, kopi)
    desk.product("Kopi Susu")
    desk.press("💰 Harga", "Ubah produk")
    other.product("Kopi Susu")
    other.walk(("✏️ Nama", "Ubah produk"), (">Kopi Susu Gula Aren", SAVED))
    desk.walk((">20000", "Data sudah berubah"), ("⬅️ Kembali", "Kopi Susu Gula Aren"))
    assert "Rp 15.000" in desk.page.text
    other.press("🙈 Sembunyikan", "Disembunyikan")
    pressed = desk.admin.press(kopi, "🗑 Hapus", desk.page)
    desk.see("hanya disembunyikan")
    pressed = desk.admin.press(kopi, "✅ Ya", desk.page)
    answer = desk.admin.wait_answer(kopi, pressed)
    assert "sudah diubah" in answer["text"] and answer["show_alert"]
    desk.see("Disembunyikan")
    assert kopi.query("SELECT price, hidden, deleted_at, edition FROM products") == [(15_000, True, None, 3)]
    # and both at the same instant: one of them is told
    other.product("Gula Aren")
    desk.product("Gula Aren")
    world.at_once(lambda: desk.admin.press(kopi, "👁 Tampilkan", desk.page), lambda: ayu.press(kopi, "👁 Tampilkan", other.page))
    world.until(lambda: kopi.query("SELECT hidden FROM products") == [(False,)], what="the product to be shown")
    world.quiet()
    assert kopi.query("SELECT edition FROM products") == [(4,)]


def test_names_at_their_limits(world, kopi, desk, budi):
    for odd in ("".join(ODD), ODD[0]):
        name = (odd * 100)[:100]
        desk.product("SUSU")
        desk.walk(("✏️ Nama", "Ubah produk"), (f">{name}", SAVED), ("📝 Deskripsi", "Ubah produk"), (f">{(odd * 2000)[:2000]}", SAVED),
                  ("⬅️ Kembali", "Produk: 1"), ("✏️ Nama", "Ubah kategori"), (f">{(odd * 64)[:64]}", SAVED))
        assert budi.list_text(kopi)
    assert kopi.query("SELECT char_length(name), char_length(description) FROM products") == [(100, 2000)]


def test_terms_and_the_proofs_of_buyers(world, kopi, desk, budi):
    desk.home()
    desk.walk(("📜 Kelola SNK", "Kopi Susu"), ("1️⃣", "Kirim foto gelasnya."), ("✏️ Ubah SNK", "Ubah produk"),
              (">Kirim foto <gelas> & bon", SAVED))
    buy(world, kopi, budi, "Kopi Susu")
    budi.wait_for(kopi, "Kirim foto <gelas> & bon", fresh=False)
    budi.press(kopi, "✅ Penuhi SNK")
    budi.wait_for(kopi, "Kirim bukti SNK")
    budi.send_photo(kopi, caption="ini dia")
    budi.wait_for(kopi, "sudah kami teruskan ke admin")
    desk.admin.wait_for(kopi, lambda message: message.photo, fresh=False)
    desk.home()
    desk.walk(("📜 Kelola SNK", "Kopi Susu"), ("📥 Bukti diterima", "🖼 \u2068Budi"), ("1️⃣", lambda m: m.photo and "Budi" in m.text))
    assert kopi.value("SELECT reference FROM orders") in desk.page.text
    desk.press("⬅️ Kembali", "Bukti SNK yang diterima")
    desk.walk(("⬅️ Kembali", "Kopi Susu"), ("1️⃣", "Kirim foto"), ("🗑 Hapus SNK", "Hapus SNK dari"), ("✅ Ya", SAVED))
    buy(world, kopi, budi, "Kopi Susu")
    world.quiet()
    assert kopi.query("SELECT count(*) FROM terms") == [(1,)]
