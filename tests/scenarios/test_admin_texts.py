"""📝 Kelola Respon Bot: every text of the store in the admins' own words, with pictures, history, and as a file."""

import pytest
import yaml
from harness.store import product

ANDI, AYU, OMAR = 1001, 1002, 1003


@pytest.fixture
def kopi(world):
    return world.store("kopi-digital", [product("Kopi Susu", 15_000, 5, code="SUSU")], admins=[ANDI, AYU], owners=[OMAR])


@pytest.fixture
def andi(world, kopi):
    person = world.person(ANDI, "Andi")
    person.start_chat(kopi)
    return person


@pytest.fixture
def budi(world):
    return world.person(2001, "Budi <b>")


def home(person, store):
    person.send(store, "/admin")
    person.wait_for(store, "Admin Settings")
    person.press(store, "📝 Kelola Respon Bot")
    return person.wait_for(store, "Kelola Respon Bot")


def page(person, store, group, name):
    """The page of one text, through the menus as people go."""
    person.press(store, group, home(person, store))
    listed = person.wait_for(store, lambda message: f"{name}\n" in message.text)
    number = next(line.split(".")[0] for line in listed.text.split("\n") if line.endswith(f" {name}"))
    person.press(store, f"{number}\ufe0f\u20e3", listed)
    return person.wait_for(store, "Contoh tampilan")


def write(person, store, text, group="🏠 Sambutan & info", name="information"):
    person.press(store, "✏️ Ubah", page(person, store, group, name))
    person.wait_for(store, "Kirim teks barunya")
    person.send(store, text)


def save(person, store):
    person.press(store, "✅ Simpan", person.wait_for(store, "Sudah benar?"))
    return person.wait_for(store, "tersimpan")


def information(person, store):
    person.send(store, "/info")
    return person.wait_for(store, lambda message: message.button("🧭 Semua Produk"))


def test_words_of_its_own_are_used_at_once_and_can_be_taken_back(world, kopi, andi, budi):
    write(andi, kopi, "Halo dari <b>{store_name}</b> & kawan")
    assert "&amp;" in andi.wait_for(kopi, "Format tidak benar").text
    andi.send(kopi, "Halo {pembeli}")
    refused = andi.wait_for(kopi, "tidak dikenal")
    assert "{pembeli}" not in refused.text and "pembeli" in refused.text and "total_products" in refused.text
    andi.send(kopi, "Halo dari <b>{store_name}</b>, ada {total_products} produk")
    assert "Halo dari Kopi Digital, ada 42 produk" in andi.wait_for(kopi, "Sudah benar?").text
    save(andi, kopi)
    assert information(budi, kopi).text == "Halo dari Kopi Digital, ada 1 produk"

    write(andi, kopi, "Versi dua")
    save(andi, kopi)
    assert information(budi, kopi).text == "Versi dua"

    andi.press(kopi, "🕘 Riwayat", page(andi, kopi, "🏠 Sambutan & info", "information"))
    history = andi.wait_for(kopi, "Riwayat")
    assert history.text.index("Versi dua") < history.text.index("Halo dari")
    andi.press(kopi, "2️⃣", history)
    andi.press(kopi, "⏪ Pakai lagi", andi.wait_for(kopi, "ada {total_products} produk"))
    andi.wait_for(kopi, "tersimpan")
    assert information(budi, kopi).text == "Halo dari Kopi Digital, ada 1 produk"

    world.restart()
    assert information(budi, kopi).text == "Halo dari Kopi Digital, ada 1 produk"
    andi.press(kopi, "↩️ Bawaan", page(andi, kopi, "🏠 Sambutan & info", "information"))
    andi.wait_for(kopi, "bawaan")
    assert "INFORMASI" in information(budi, kopi).text
    assert kopi.query("SELECT actor_id, action, subject FROM admin_logs ORDER BY id") == [
        (ANDI, "set", "setting"), (ANDI, "set", "setting"), (ANDI, "set", "setting"), (ANDI, "reset", "setting")]


def test_a_label_leads_where_it_led_and_two_never_read_the_same(kopi, andi, budi):
    write(andi, kopi, "📦 Stok Kami", "⌨️ Keyboard", "label_stock")
    save(andi, kopi)
    budi.start_chat(kopi)
    assert "📦 Stok Kami" in str(budi.keyboard(kopi))
    budi.send(kopi, "📦 Stok Kami")
    budi.wait_for(kopi, "Informasi Stok")
    budi.send(kopi, "🏷 Cek Stok")  # a keyboard from before
    budi.wait_for(kopi, "Informasi Stok")


def test_a_picture(kopi, andi, budi):
    andi.press(kopi, "🖼 Gambar", page(andi, kopi, "🏠 Sambutan & info", "information"))
    andi.wait_for(kopi, "Kirim fotonya")
    andi.send(kopi, "bukan foto")
    andi.wait_for(kopi, "Kirim sebuah foto")
    andi.send_photo(kopi)
    andi.wait_for(kopi, "tersimpan")
    shown = information(budi, kopi)
    assert shown.photo and "INFORMASI" in shown.text
    andi.press(kopi, "👁 Kirim contoh", page(andi, kopi, "🏠 Sambutan & info", "information"))
    assert andi.wait_for(kopi, lambda message: message.photo).text
    andi.press(kopi, "🗑 Hapus gambar", page(andi, kopi, "🏠 Sambutan & info", "information"))
    andi.wait_for(kopi, lambda message: "information" in message.text and not message.button("🗑 Hapus gambar"))
    assert not information(budi, kopi).photo


def test_two_admins_at_once(world, kopi, andi):
    ayu = world.person(AYU, "Ayu")
    ayu.start_chat(kopi)
    write(andi, kopi, "Kata Andi")
    andi.wait_for(kopi, "Sudah benar?")
    write(ayu, kopi, "Kata Ayu")
    save(ayu, kopi)
    andi.press(kopi, "✅ Simpan")
    andi.wait_for(kopi, "Data sudah berubah")
    assert information(andi, kopi).text == "Kata Ayu"


def test_a_half_typed_text_swallows_no_command_and_waits(world, kopi, andi):
    write(andi, kopi, "tidak {lengkap}")
    andi.wait_for(kopi, "tidak dikenal")
    andi.send(kopi, "🛍 Semua Produk")
    andi.wait_for(kopi, "Kopi Susu")
    world.restart()
    andi.send(kopi, "/admin")
    menu = andi.wait_for(kopi, "isian yang belum selesai")
    andi.press(kopi, "▶️ Lanjutkan isian", menu)
    andi.wait_for(kopi, "Kirim teks barunya")
    andi.send(kopi, "Lengkap")
    save(andi, kopi)


def test_a_text_that_fits_no_more_falls_back_and_is_reported_once(world, kopi, andi, budi):
    omar = world.person(OMAR, "Omar")
    omar.start_chat(kopi)
    kopi.query("""INSERT INTO settings (key, value, updated_by, updated_at)
                  VALUES ('text:information', '{"text": "Halo {hilang}"}', 1001, now()) RETURNING 1""")
    world.restart()
    assert "INFORMASI" in information(budi, kopi).text
    for person in (andi, omar):
        assert "information" in person.wait_for(kopi, "tidak cocok lagi", fresh=False).text
    world.restart()
    information(budi, kopi)
    assert kopi.value("SELECT count(*) FROM admin_logs WHERE action = 'text_broken'") == 1
    assert sum("tidak cocok lagi" in message.text for message in andi.messages(kopi)) == 1


def export(person, store):
    person.press(store, "📤 Ekspor", home(person, store))
    message = person.wait_for(store, lambda message: message.document)
    return person.world.sandbox.download(message.document).decode()


def load(person, store, text, name="konfigurasi.yaml"):
    person.press(store, "📥 Impor", home(person, store))
    person.wait_for(store, "Kirim file konfigurasi")
    person.send_document(store, name, text if isinstance(text, bytes) else text.encode())
    person.press(store, "✅ Simpan", person.wait_for(store, "menggantikan yang sekarang"))


def test_the_whole_configuration_as_a_file(kopi, andi, budi):
    write(andi, kopi, "Satu\n  <b>dua</b>: \"tiga\" #empat")
    save(andi, kopi)
    load(andi, kopi, "settings:\n  title: Kopi <Kita>\n  invoice_minutes: 30\n")
    assert "Berubah: 2" in andi.wait_for(kopi, "Impor selesai").text
    saved = export(andi, kopi)
    assert yaml.safe_load(saved) == {
        "store": "kopi-digital",
        "settings": {"title": "Kopi <Kita>", "invoice_minutes": 30},
        "texts": {"information": "Satu\n  <b>dua</b>: \"tiga\" #empat"},
        "pictures": {},
    }
    load(andi, kopi, "settings: {title: null, invoice_minutes: 5}\ntexts: {information: null, help: Tolong}\n")
    assert "Berubah: 4" in andi.wait_for(kopi, "Impor selesai").text
    assert "INFORMASI" in information(budi, kopi).text
    load(andi, kopi, saved)
    assert "Berubah: 3" in andi.wait_for(kopi, "Impor selesai").text
    assert information(budi, kopi).text.startswith("Satu")
    load(andi, kopi, saved)
    assert "Berubah: 0" in andi.wait_for(kopi, "Impor selesai").text


def test_a_channel_in_a_file_is_checked_before_it_counts(world, kopi, andi, budi):
    load(andi, kopi, "settings: {channel: '@tidak_ada', low_stock: 4}\n")
    told = andi.wait_for(kopi, "Impor selesai").text
    assert "Berubah: 1" in told and "Memeriksa @tidak_ada" in told
    assert "chat not found" in andi.wait_for(kopi, "belum dipasang").text
    assert kopi.query("SELECT key FROM settings") == [("low_stock",)]
    world.channel(username="kopi_kabar", title="Kabar Kopi", bots=[kopi])
    load(andi, kopi, "settings: {channel: '@kopi_kabar'}\n")
    andi.wait_for(kopi, "Channel wajib aktif")
    assert yaml.safe_load(export(andi, kopi))["settings"] == {"channel": "@kopi_kabar", "low_stock": 4}
    budi.send(kopi, "/produk")
    budi.wait_for(kopi, "Gabung dulu")
    load(andi, kopi, "settings: {channel: '@kopi_kabar'}\n")
    told = andi.wait_for(kopi, "Impor selesai").text
    assert "Berubah: 0" in told and "Memeriksa" not in told
    load(andi, kopi, "settings: {channel: null}\n")
    assert "Berubah: 1" in andi.wait_for(kopi, "Impor selesai").text
    budi.send(kopi, "/produk")
    budi.wait_for(kopi, "Kopi Susu")


@pytest.mark.parametrize("text, line, why", [
    ("texts:\n  welcome: Halo {pembeli}\n", 2, "tidak dikenal di teks ini"),
    ("texts:\n  welcome: Halo {nama}\n  wellcome: x\n", 3, "nama ini tidak dikenal"),
    ("settings:\n  invoice_minutes: 0\n", 2, "nilainya tidak boleh"),
    ("settings: [1]\n", 1, "bukan YAML"),
    ("admins:\n  - 1\n", 1, "nama ini tidak dikenal"),
    ("{", 2, "bukan YAML"),
    ("texts:\n  label_stock: '💰 Deposit'\n", 2, "sudah dipakai tombol lain"),
    (b"\xff\xfe\x00", 0, "bukan YAML"),
])
def test_a_faulty_file_changes_nothing(kopi, andi, text, line, why):
    load(andi, kopi, text)
    told = andi.wait_for(kopi, "Impor dibatalkan").text
    assert why in told and (not line or f"baris {line} " in told)
    assert kopi.value("SELECT count(*) FROM settings") == 0


def test_a_file_that_can_not_be_fetched(world, kopi, andi):
    andi.press(kopi, "📥 Impor", home(andi, kopi))
    andi.wait_for(kopi, "Kirim file konfigurasi")
    andi.send_document(kopi, "besar.yaml", b"x" * 600_000)
    andi.wait_for(kopi, "Paling besar 512 KB")
    andi.send_document(kopi, "besar.yaml", b"x" * 600_000, size=10)  # its device says so
    andi.press(kopi, "✅ Simpan", andi.wait_for(kopi, "menggantikan yang sekarang"))
    andi.wait_for(kopi, "Paling besar 512 KB")
