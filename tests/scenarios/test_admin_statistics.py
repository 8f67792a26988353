"""📊 Statistik: figures against a history that is known, the chart, the files; a press is answered at once, and what was
asked for comes whatever happens to the server."""

import csv
import datetime
import io
import struct

import pytest
from harness.clock import leases_run_out
from harness.store import product
from psycopg2 import sql

FORMULA = '=HYPERLINK("http://x","Kopi, \'gratis\'")'


def noon_zone():
    """A zone where it is about noon now, so that no midnight comes while a test runs; and its offset."""
    hours = 12 - datetime.datetime.now(datetime.timezone.utc).hour
    return (f"Etc/GMT{-hours:+d}" if hours else "Etc/UTC"), datetime.timezone(datetime.timedelta(hours=hours))


@pytest.fixture
def zone():
    return noon_zone()


@pytest.fixture
def kopi(world, zone):
    return world.store(
        "kopi-digital", [product(FORMULA, 15_000, 30, code="SUSU"), product("Teh <b>Manis</b> & Co", 4_000, 30, code="TEH")],
        admins=[1001, 1002], timezone=zone[0], title="Kopi <Digital> & Co")


@pytest.fixture
def andi(world, kopi):
    return world.admin(kopi)


class History:
    """Rows as a history would have left them, as far as the books go."""

    def __init__(self, world, store, tz):
        self.world, self.store, self.tz = world, store, tz
        self.today = datetime.datetime.now(tz).date()

    def at(self, days_ago, time):
        hour, minute = map(int, time.split(":"))
        return datetime.datetime.combine(self.today - datetime.timedelta(days=days_ago), datetime.time(hour, minute), self.tz)

    def order(self, person, code, quantity, made, paid=None):
        """`made`, `paid`: (days ago, "HH:MM"); one that was not paid expired."""
        made, paid = self.at(*made), paid and self.at(*paid)
        product, price = self.store.query("SELECT id, price FROM products WHERE code = %s", code)[0]
        number = self.store.value("SELECT count(*) + 1 FROM orders")
        total = price * quantity
        order = self.store.value(
            "INSERT INTO orders (reference, telegram_id, state, subtotal, total, created_at, expires_at, paid_at, completed_at,"
            " ended_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id",
            f"tg{person.id}-r{number}", person.id, "completed" if paid else "expired", total, total, made, made, paid, paid,
            None if paid else made)
        item = self.store.value(
            "INSERT INTO order_items (order_id, product_id, name, price, quantity, snk) VALUES (%s, %s, 'X', %s, %s, '')"
            " RETURNING id", order, product, price, quantity)
        if not paid:
            return order
        self.store.query(
            "INSERT INTO payments (order_id, gateway_order_id, method, amount, state, created_at, ended_at)"
            " VALUES (%s, %s, 'manual', %s, 'completed', %s, %s)", order, f"hand-{number}", total, made, paid)
        self.store.query(
            "UPDATE stock_units SET state = 'sold', order_item_id = %s, reserved_at = %s, sold_at = %s WHERE id IN"
            " (SELECT id FROM stock_units WHERE product_id = %s AND state = 'available' ORDER BY id LIMIT %s)",
            item, paid, paid, product, quantity)
        self.store.query("UPDATE products SET sold = sold + %s WHERE id = %s", quantity, product)
        self.store.query("UPDATE counters SET value = value + 1 WHERE name = 'completed'")
        return order

    def deposit(self, person, amount, when):
        number = self.store.value(
            "INSERT INTO deposits (reference, telegram_id, kind, amount, state, created_at, expires_at, completed_at)"
            " VALUES (%s, %s, 'gateway', %s, 'completed', %s, %s, %s) RETURNING id",
            f"dp{person.id}-r1", person.id, amount, self.at(*when), self.at(*when), self.at(*when))
        self.store.query(
            "INSERT INTO payments (deposit_id, gateway_order_id, method, amount, state, created_at, ended_at)"
            " VALUES (%s, 'hand-deposit', 'manual', %s, 'completed', now(), now())", number, amount)
        self.store.query(
            "WITH entry AS (INSERT INTO ledger (telegram_id, kind, amount, reason_key, created_at)"
            " VALUES (%s, 'deposit', %s, %s, %s)) UPDATE users SET balance = balance + %s WHERE telegram_id = %s",
            person.id, amount, f"deposit:{number}", self.at(*when), amount, person.id)

    def refund(self, number, amount, when):
        self.store.query(
            "WITH bill AS (UPDATE orders SET refunded = refunded + %s WHERE id = %s RETURNING telegram_id),"
            " entry AS (INSERT INTO ledger (telegram_id, kind, amount, reason_key, created_at)"
            " SELECT telegram_id, 'refund', %s, %s, %s FROM bill)"
            " UPDATE users SET balance = balance + %s WHERE telegram_id = (SELECT telegram_id FROM bill)",
            amount, number, amount, f"refund:order:{number}:{amount}", self.at(*when), amount)


@pytest.fixture
def history(world, kopi, zone):
    history = History(world, kopi, zone[1])
    budi, sari, tuti = (world.person(number, name) for number, name in ((2001, "Budi"), (2002, "Sari"), (2003, "Tuti")))
    for person in (budi, sari, tuti):
        person.start_chat(kopi)
    history.order(budi, "TEH", 1, (40, "10:00"), (40, "10:05"))  # budi is no new buyer
    history.order(sari, "SUSU", 2, (8, "23:30"), (7, "00:10"))  # just before the last seven days
    number = history.order(sari, "TEH", 3, (6, "00:00"), (6, "00:00"))  # with their very first moment
    history.order(tuti, "SUSU", 1, (7, "22:00"), (2, "19:30"))  # paid late: made before them
    history.order(budi, "SUSU", 1, (0, "00:00"), (0, "00:01"))
    history.order(budi, "TEH", 2, (0, "19:00"), (0, "19:59"))
    history.order(tuti, "TEH", 1, (1, "12:00"))  # expired
    history.order(tuti, "TEH", 1, (0, "23:59"))
    history.refund(number, 5_000, (0, "08:00"))
    history.refund(number, 1_000, (9, "08:00"))
    history.deposit(budi, 20_000, (3, "12:00"))
    return history


def menu(store, person):
    person.send(store, "⚙️ Admin Settings")
    page = person.wait_for(store, "Admin Settings")
    person.press(store, "📊 Statistik", page)
    return person.wait_for(store, "Mau lihat periode")


def result(store, person, what="Omzet:"):
    """The page with the figures."""
    return person.wait_for(store, lambda message: what in message.text and message.button("📄 CSV"))


def chart(store, person):
    return person.wait_for(store, lambda message: message.photo and "Omzet" in message.text)


def figures(page):
    return {line.split(": ")[0].split(" ", 1)[1]: line.split(": ", 1)[1] for line in page.text.splitlines() if ": " in line}


def ask(store, person, button, page=None):
    person.press(store, button, page or menu(store, person))
    return result(store, person), chart(store, person)


def locked(world, store):
    """Nobody reads orders until it is closed."""
    connection = world.db(store)
    connection.autocommit = False
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
    return connection


# --- figures ---


def test_seven_days(world, kopi, andi, history):
    home = menu(kopi, andi)
    assert "Kopi <Digital> & Co" in home.text
    assert home.labels == ["Hari ini", "7 hari", "30 hari", "📅 Pilih tanggal", "⚙️ Admin"]
    page, picture = ask(kopi, andi, "7 hari", home)
    assert page.id == home.id, "edited in place"
    first, last = history.today - datetime.timedelta(days=6), history.today
    assert f"{first:%d/%m/%Y} – {last:%d/%m/%Y}" in page.text and "7 hari terakhir" in page.text
    found = figures(page)
    # 3 × 4.000, 15.000 late, 15.000 and 2 × 4.000 today
    assert found["Omzet"] == "Rp 50.000"
    assert found["Refund ke saldo"] == "Rp 5.000 (1×)"
    assert found["Pesanan dibuat"] == "5" and found["Pesanan dibayar"] == "4"
    assert found["Jadi dibayar"] == "60,0% dari yang dibuat"
    assert found["Rata-rata per pesanan"] == "Rp 12.500"
    assert found["Pembeli"] == "3, 1 di antaranya baru", "tuti alone had bought nothing before"
    assert found["Deposit masuk"] == "Rp 20.000 (1×)"
    lines = page.text.splitlines()
    assert lines[lines.index("🏆 Terlaris") + 1] == "1. Teh <b>Manis</b> & Co: 5 terjual, Rp 20.000"
    assert lines[lines.index("🏆 Terlaris") + 2] == f"2. {FORMULA}: 2 terjual, Rp 30.000"
    assert "00.00–01.00 (2), 19.00–20.00 (2)" in page.text

    assert picture.id > page.id and picture.text == "📊 Kopi <Digital> & Co · 7 hari terakhir\nOmzet Rp 50.000 dari 4 pesanan"
    png = world.sandbox.download(picture.photo)
    assert png[:8] == b"\x89PNG\r\n\x1a\n" and struct.unpack(">II", png[16:24]) == (1000, 640)
    assert 5_000 < len(png) < 100_000


def test_today_thirty_days_and_back(world, kopi, andi, history):
    page, _ = ask(kopi, andi, "Hari ini")
    found = figures(page)
    assert found["Omzet"] == "Rp 23.000" and found["Pesanan dibuat"] == "3" and found["Pesanan dibayar"] == "2"
    assert found["Jadi dibayar"] == "66,7% dari yang dibuat" and found["Pembeli"] == "1, 0 di antaranya baru"
    page, _ = ask(kopi, andi, "30 hari", page)
    found = figures(page)
    assert found["Omzet"] == "Rp 80.000" and found["Refund ke saldo"] == "Rp 6.000 (2×)"
    assert found["Pesanan dibuat"] == "7" and found["Pembeli"] == "3, 2 di antaranya baru"
    andi.press(kopi, "⬅️ Kembali", page)
    andi.wait_for(kopi, "Mau lihat periode")
    andi.press(kopi, "⚙️ Admin")
    andi.wait_for(kopi, "Admin Settings")


def test_a_store_that_sold_nothing(world, kopi, andi):
    page, picture = ask(kopi, andi, "30 hari")
    assert figures(page)["Omzet"] == "Rp 0" and figures(page)["Jadi dibayar"] == "– dari yang dibuat"
    assert page.text.count("Belum ada penjualan.") == 2
    assert len(world.sandbox.download(picture.photo)) > 5_000


def test_in_english(world, zone):
    shop = world.store("gadgets", ["Cable"], language="en", timezone=zone[0])
    andi = world.admin(shop)
    andi.send(shop, "/admin")
    andi.press(shop, "📊 Statistics", andi.wait_for(shop, "Admin Settings"))
    andi.press(shop, "7 days", andi.wait_for(shop, "Which period"))
    page = result(shop, andi, "Revenue:")
    assert "Last 7 days" in page.text and "Revenue: Rp 0" in page.text
    andi.wait_for(shop, lambda message: message.photo)


# --- dates ---


def test_chosen_dates(world, kopi, andi, history):
    day = history.today - datetime.timedelta(days=2)
    home = menu(kopi, andi)
    andi.press(kopi, "📅 Pilih tanggal", home)
    andi.wait_for(kopi, "Mulai tanggal berapa")
    andi.send(kopi, "kemarin")
    andi.wait_for(kopi, "Tanggal tidak terbaca")
    andi.send(kopi, f"{history.today + datetime.timedelta(days=1):%d/%m/%Y}")
    andi.wait_for(kopi, "Paling akhir hari ini")
    andi.send(kopi, f"{day:%d/%m/%Y}")
    assert f"Dari: {day:%d/%m/%Y}\n" in andi.wait_for(kopi, "Sampai tanggal berapa").text
    andi.send(kopi, f"{day - datetime.timedelta(days=1):%d/%m/%Y}")
    andi.wait_for(kopi, "sesudah tanggal mulai")
    andi.send(kopi, f"{day:%d/%m/%Y} 17:00")
    loading = andi.wait_for(kopi, "dikirim di bawah")
    assert loading.button("⬅️ Kembali")
    page = result(kopi, andi)
    assert page.id > loading.id and page.text.startswith(f"📊 {day:%d/%m/%Y}\n")
    assert figures(page)["Omzet"] == "Rp 15.000" and figures(page)["Pesanan dibuat"] == "0"
    chart(kopi, andi)
    # again, from its own button
    andi.press(kopi, "🔄 Refresh", page)
    again = andi.wait_for(kopi, lambda message: "Omzet:" in message.text)
    assert again.id == page.id and figures(again)["Omzet"] == "Rp 15.000"

    andi.press(kopi, "📅 Pilih tanggal", again)
    andi.wait_for(kopi, "Mulai tanggal berapa")
    andi.send(kopi, f"{history.today - datetime.timedelta(days=366):%d/%m/%Y}")
    andi.wait_for(kopi, "Sampai tanggal berapa")
    andi.send(kopi, f"{history.today:%d/%m/%Y}")
    andi.wait_for(kopi, "paling lama 366 hari")
    andi.send(kopi, f"{history.today - datetime.timedelta(days=1):%d/%m/%Y}")
    assert figures(result(kopi, andi))["Omzet"] == "Rp 61.000"
    chart(kopi, andi)


# --- files ---


def table(world, message):
    text = world.sandbox.download(message.document)
    assert text.startswith(b"\xef\xbb\xbf"), "Excel takes it for something else without"
    return list(csv.reader(io.StringIO(text.decode("utf-8-sig"), newline=""), strict=True))


def test_csv(world, kopi, andi, history):
    page, _ = ask(kopi, andi, "7 hari")
    pressed = andi.press(kopi, "📄 CSV", page)
    assert "CSV sedang disiapkan" in andi.wait_answer(kopi, pressed)["text"]
    days = table(world, andi.wait_for(kopi, lambda message: message.document and "harian" in message.text))
    first = history.today - datetime.timedelta(days=6)
    assert days[0] == ["Tanggal", "Pesanan dibuat", "Pesanan dibayar", "Omzet (Rp)"]
    assert [row[0] for row in days[1:]] == [str(first + datetime.timedelta(days=n)) for n in range(7)]
    assert days[1][1:] == ["1", "1", "12000"] and days[5][1:] == ["0", "1", "15000"]
    assert days[6][1:] == ["1", "0", "0"] and days[7][1:] == ["3", "2", "23000"]
    message = andi.wait_for(kopi, lambda message: message.document and "produk" in message.text)
    assert message.document["file_name"] == f"statistik-produk-{first}-{history.today}.csv"
    products = table(world, message)
    assert products == [
        ["Kode", "Produk", "Terjual", "Omzet (Rp)"],
        ["TEH", "Teh <b>Manis</b> & Co", "5", "20000"],
        ["SUSU", "'" + FORMULA, "2", "30000"],
    ]
    assert "Omzet:" in andi.chat(kopi).message(page.id).text, "the page stays"


# --- whatever happens ---


def test_one_at_a_time(world, kopi, andi, history):
    home = menu(kopi, andi)
    ayu = world.person(1002, "Ayu")
    ayu.start_chat(kopi)
    other = menu(kopi, ayu)
    lock = locked(world, kopi)
    andi.press(kopi, "7 hari", home)
    loading = andi.wait_for(kopi, "Sedang menghitung")
    assert loading.id == home.id and loading.button("⬅️ Kembali")
    for button in ("30 hari", "7 hari", "7 hari"):
        answer = andi.wait_answer(kopi, andi.press(kopi, button, loading))
        assert "Masih menghitung" in answer["text"] and answer["show_alert"]
    assert kopi.query("SELECT ref FROM jobs WHERE kind = 'statistics'") == [(1001,)]
    # a press is handled while another's figures are read, and so is everything else
    ayu.press(kopi, "30 hari", other)
    ayu.wait_for(kopi, "Sedang menghitung")
    andi.press(kopi, "📅 Pilih tanggal", loading)
    andi.wait_for(kopi, "Mulai tanggal berapa")
    for _ in range(2):
        andi.send(kopi, f"{history.today:%d/%m/%Y}")
    andi.wait_for(kopi, "Perhitungan sebelumnya belum selesai")
    lock.close()
    assert figures(result(kopi, andi))["Omzet"] == "Rp 50.000"
    assert figures(result(kopi, ayu))["Omzet"] == "Rp 80.000"
    world.quiet()
    assert len([message for message in andi.from_bot(kopi) if message.photo]) == 1, "pressed often, read once"


@pytest.mark.parametrize("end", ["stopped", "killed"])
def test_restarted_between_the_press_and_the_result(world, kopi, andi, history, end):
    home = menu(kopi, andi)
    lock = locked(world, kopi)
    andi.press(kopi, "7 hari", home)
    andi.wait_for(kopi, "Sedang menghitung")
    world.until(lambda: kopi.value("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = %s::regclass", "orders"))
    if end == "stopped":
        world.stop()
    else:
        world.kill9()
    lock.close()
    assert kopi.query("SELECT ref, state FROM jobs WHERE kind = 'statistics'") == [(1001, "pending")]
    if end == "killed":
        leases_run_out(kopi)
    world.start()
    page = result(kopi, andi)
    assert page.id == home.id and figures(page)["Omzet"] == "Rp 50.000"
    chart(kopi, andi)


def test_what_can_not_be_read_is_said(world, kopi, andi):
    home = menu(kopi, andi)
    role = kopi.value("SELECT rolname FROM pg_roles WHERE rolname LIKE 'lapak%%kopi%%'")
    for action in ("REVOKE SELECT ON ledger FROM {}", "GRANT SELECT ON ledger TO {}"):
        with world.db(kopi).cursor() as cursor:
            cursor.execute(sql.SQL(action).format(sql.Identifier(role)))
        if action.startswith("GRANT"):
            break
        andi.press(kopi, "7 hari", home)
        page = andi.wait_for(kopi, "belum bisa dihitung sekarang")
        assert page.id == home.id
    andi.press(kopi, "🔄 Refresh", page)
    assert figures(result(kopi, andi))["Omzet"] == "Rp 0"


def test_who_is_no_admin_any_more_gets_nothing(world, kopi, andi):
    home = menu(kopi, andi)
    lock = locked(world, kopi)
    andi.press(kopi, "7 hari", home)
    andi.wait_for(kopi, "Sedang menghitung")
    world.stop()
    lock.close()
    kopi.admins.remove(1001)
    kopi.write(world.tenants_directory)
    world.start()
    world.until(lambda: not kopi.query("SELECT FROM jobs WHERE kind = 'statistics'"))
    world.quiet()
    assert not [message for message in andi.from_bot(kopi) if message.photo or "Omzet" in message.text]


def test_forged(world, kopi, andi):
    home = menu(kopi, andi)
    today = int(kopi.value("SELECT extract(epoch FROM now())::bigint / 86400"))
    for data in ("aip:0", "aip:2", "aip:-7", "aip:366", f"aif:{today}:{today + 2}", f"aif:{today}:{today - 1}", "aif:0:400",
                 f"aic:{today - 400}:{today}", "aif:-1:0", "aif:-9223372036854775808:9223372036854775807"):
        answer = andi.wait_answer(kopi, andi.force(kopi, data, home))
        assert "tidak bisa dipilih" in answer["text"], data
    budi = world.person(2001, "Budi")
    page = budi.start_chat(kopi)
    for data in ("ai", "aip:7", f"aif:{today}:{today}", f"aic:{today}:{today}", "aiw"):
        answer = budi.wait_answer(kopi, budi.force(kopi, data, page))
        assert "tombol" in answer["text"].lower(), data
    assert kopi.query("SELECT count(*) FROM jobs WHERE kind = 'statistics'") == [(0,)]
