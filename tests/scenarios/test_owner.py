"""The owner's bot: one for all stores, for the owners of the server and nobody else."""

import base64
import datetime
import json
import re
import zoneinfo

import pytest
from harness import routes
from harness.store import product
from harness.updates import callback, message
from harness.world import OWNER

MENU = "Pusat Kendali"
CLOSED = "sedang tutup untuk sementara"


@pytest.fixture
def kopi(world):
    return world.store("kopi-digital", [product("Kopi Susu", 15_000, 5, code="SUSU")])


@pytest.fixture
def oma(world, kopi):
    oma = world.person(OWNER)
    world.start()
    world.wait_states("live", kopi)
    oma.start_chat(world.owner_bot)
    return oma


def posted(world, update):
    """What the owner's bot answers an update with, in the reply to the webhook itself."""
    status, _, reply = world.owner_bot.post_update(update)
    assert status == 200
    return json.loads(reply) if reply else None


# --- who may come in ---


def test_owner_sees_menu_and_stores(world, kopi, oma):
    bot = world.owner_bot
    budi = world.person(2001, "Budi")
    world.pay(budi.order(kopi, "Kopi Susu"))
    budi.wait_for(kopi, "Pembayaran Berhasil")
    page = oma.wait_for(bot, MENU, fresh=False)
    assert "Toko: 1" in page.text and "Aktif: 1" in page.text and "Bermasalah: 0" in page.text
    oma.press(bot, "Daftar Toko")
    page = oma.wait_for(bot, "Daftar Toko (1)")
    assert "🟢 kopi-digital:" in page.text and "🟢 kopi-digital" in page.labels
    oma.press(bot, "🛰️ Pusat Kendali")
    oma.wait_for(bot, "Order hari ini")
    oma.send(bot, "apa saja")
    oma.wait_for(bot, "Bot pemilik server")
    assert len(oma.from_bot(bot)) == 2, "screens edit their message"
    assert world.metrics().get("lapak_owner_bot_up") == 1
    assert world.calls(bot, method="setMyCommands")[-1]["params"]["commands"]


def test_outsiders_get_nothing(world, kopi, oma):
    bot = world.owner_bot
    mallory = world.person(2002, "Mallory")
    andi = world.person(1001)  # an admin of a store is nobody here
    for person in (mallory, andi):
        for update in (message(person, "/start"), message(person, "halo"), callback(person, "os"), callback(person, "ad"),
                       callback(person, "q:1:1:15000"), message(person, photo=[{"file_id": "x", "width": 1, "height": 1}])):
            assert posted(world, update) is None
    group = message(oma, "/start")
    group["message"]["chat"] = {"id": -100123, "type": "supergroup", "title": "Grup"}
    assert posted(world, group) is None, "an owner in a group"
    world.quiet()
    assert world.metrics().get("lapak_owner_outsiders_total") == 12
    assert world.query("SELECT count(*) FROM updates_seen", schema="lapak")[0][0] == 1, "the owner's /start"
    assert set(bot.received()) == {OWNER}


def test_a_repeated_update_is_done_once(world, kopi, oma):
    update = callback(oma, "os")
    assert posted(world, update)["method"] in ("sendMessage", "editMessageText")
    assert posted(world, update) is None or posted(world, update)["method"] == "answerCallbackQuery"
    assert world.owner_bot.post_update(update, secret="wrong")[0] == 401


# --- alerts ---


def raised(world, kind, detail, *, store="kopi-digital", subject="", count=1):
    """As watch/alerts writes one down: its id. With a subject that no round looks at, and so clears."""
    return world.query("INSERT INTO lapak.alerts (store, kind, subject, detail, count, first_at, last_at, due_at)"
                       " VALUES (%s, %s, %s, %s, %s, now(), now(), now()) RETURNING id", store, kind, subject, detail, count)[0][0]


def recovered(world, number):
    world.query("UPDATE lapak.alerts SET recovered_at = now(), due_at = now() WHERE id = %s", number)


def test_alerts_are_told_acknowledged_muted_and_recover(world, kopi, oma):
    bot = world.owner_bot
    number = raised(world, "webhook", "Connection <refused> & more", subject="uji")
    told = oma.wait_for(bot, "[kopi-digital] ⚠️ Webhook Telegram bermasalah (uji)")
    assert "Connection <refused> & more" in told.text and told.labels == ["✅ Sudah tahu", "🔕 Bisukan…", "🏪 kopi-digital"]
    raised(world, "disk", "91 %", store="", subject="/var")
    oma.wait_for(bot, "[server] 🚨 Disk hampir penuh (/var)")
    oma.send(bot, "/start")
    assert "🔔 Peringatan (2)" in oma.wait_for(bot, MENU).labels
    oma.press(bot, "🔔 Peringatan (2)")
    page = oma.wait_for(bot, "Peringatan yang masih terbuka (2)")
    assert "Webhook" in page.text and "Disk" in page.text
    oma.press(bot, "🚨 [server] Disk", page)
    page = oma.wait_for(bot, "91 %")
    oma.press(bot, "🔕 24 jam", page)
    page = oma.wait_for(bot, "Dibisukan sampai")
    oma.press(bot, "🔔 Bunyikan lagi", page)
    oma.wait_for(bot, lambda message: message.id == page.id and "Dibisukan" not in message.text)
    # the button on the alert's own message
    pressed = oma.press(bot, "✅ Sudah tahu", told)
    assert "Dicatat" in oma.wait_answer(bot, pressed)["text"]
    page = oma.wait_for(bot, "Sudah diketahui")
    assert str(OWNER) in page.text and page.id == told.id and "✅ Sudah tahu" not in page.labels
    recovered(world, number)
    page = oma.wait_for(bot, "[kopi-digital] ✅ Pulih: Webhook Telegram bermasalah")
    assert page.labels == ["🏪 kopi-digital"]
    pressed = oma.press(bot, "🔕 1 jam", told)
    assert "sudah selesai" in oma.wait_answer(bot, pressed)["text"]
    oma.wait_for(bot, "✅ Pulih ")
    events = [event for (event,) in world.query("SELECT event FROM lapak.audit_logs ORDER BY id")]
    assert events == ["owner.login", "alert.muted", "alert.unmuted", "alert.acked"]


def test_a_dead_token_loses_no_alert(world, kopi, oma):
    """Whatever is raised while the owner's bot is dead comes once it lives again."""
    bot = world.owner_bot
    world.expect("log server: .*disabled: ")
    world.sandbox.post("bot", token=world.owner_token, revoked=True)
    world.restart()
    world.until(lambda: bot.value("SELECT state FROM owner_bot") == "disabled", what="the owner's bot to be disabled")
    assert world.metrics().get("lapak_owner_bot_up") == 0
    assert bot.post_update(message(oma, "/start"))[0] == 503, "Telegram keeps it until the token works"
    for number in range(3):
        raised(world, "error", f"kesalahan {number}", subject=f"kesalahan {number}", count=number + 1)
    world.until(lambda: bot.value("SELECT count(*) FROM alerts WHERE told_at IS NULL") == 0, what="all alerts to be told")
    assert bot.value("SELECT count(*) FROM outbox WHERE state = 'pending'") >= 4, "three alerts and the bot's own"
    world.sandbox.post("bot", token=world.owner_token, revoked=False)
    world.restart()
    for number in range(3):
        oma.wait_for(bot, f"kesalahan {number}", fresh=False)
    assert "3 kali" in oma.wait_for(bot, "kesalahan 2", fresh=False).text


def test_an_owner_who_never_wrote_gets_everything_later(world, kopi):
    bot, oma = world.owner_bot, world.person(OWNER)
    world.start()
    raised(world, "books", "2", subject="uji")
    world.until(lambda: bot.query("SELECT state FROM outbox") == [("held",)], what="the message to be held")
    oma.start_chat(bot)
    oma.wait_for(bot, "[kopi-digital] 🚨 Pembukuan tidak cocok", fresh=False)


# --- a store's page, the machine, the trail ---


def test_a_stores_page(world, kopi, oma):
    bot = world.owner_bot
    raised(world, "error", "database <gone> & back", subject="database gone & back", count=7)
    oma.wait_for(bot, "Kesalahan di log", fresh=False)
    oma.send(bot, "/toko")
    page = oma.wait_for(bot, "Daftar Toko (1)")
    oma.press(bot, "🟢 kopi-digital", page)
    page = oma.wait_for(bot, "🏪 kopi-digital · @")
    assert "🟢 Aktif sejak" in page.text and "Peringatan terbuka: 1" in page.text
    oma.press(bot, "❗ Kesalahan 1 jam", page)
    page = oma.wait_for(bot, "Kesalahan satu jam terakhir")
    assert "database <gone> & back" in page.text and "7 kali" in page.text
    oma.press(bot, "⬅️ Kembali", page)
    oma.wait_for(bot, "🏪 kopi-digital · @")
    for number in range(10):
        kopi.post_update(message(oma, "/start"), secret=f"salah {number}")
    world.until(lambda: kopi.value("SELECT count(*) FROM audit_logs WHERE event LIKE 'fraud.%%'") > 0, what="the trail's row")
    oma.press(bot, "🧾 Jejak audit", page)
    page = oma.wait_for(bot, "🧾 Jejak audit · kopi-digital")
    assert "fraud." in page.text and page.labels[-2:] == ["⬅️ Kembali", "🛰️ Pusat Kendali"]
    oma.press(bot, "🛰️ Pusat Kendali", page)
    oma.press(bot, "🖥️ Kesehatan Server", oma.wait_for(bot, MENU))
    page = oma.wait_for(bot, "Kesehatan Server")
    oma.press(bot, "🧾 Jejak audit", page)
    page = oma.wait_for(bot, "🧾 Jejak audit · server")
    assert "owner.login" in page.text
    assert "tidak dilayani" in oma.wait_answer(bot, oma.force(bot, "ota:tidak-ada:0"))["text"]
    oma.force(bot, "ot:tidak-ada")


def test_the_trail_is_paged(world, kopi, oma):
    bot = world.owner_bot
    for number in range(20):
        number = raised(world, "cpu", "91 %", store="", subject=f"{number}")
        oma.wait_answer(bot, oma.force(bot, f"oam:{number}:1"))
    oma.force(bot, "ota:server:0")
    seen = []
    page = oma.wait_for(bot, "Jejak audit · server")
    while True:
        seen += [line for line in page.text.splitlines() if "subject:" in line]
        if not page.button("➡️"):
            break
        oma.press(bot, "➡️", page)
        page = oma.wait_for(bot, lambda found, before=page.version: found.id == page.id and found.version != before)
    assert len(seen) == 20 == len(set(seen))
    oma.press(bot, "⏮️", page)
    oma.wait_for(bot, "subject: 19")


# --- the day ---


def test_the_daily_summary(world, kopi):
    bot, oma = world.owner_bot, world.person(OWNER)
    zone = zoneinfo.ZoneInfo("Asia/Jakarta")
    # a few minutes ago, so that the first look finds it due; not across midnight
    now = datetime.datetime.now(zone)
    at = max(now - datetime.timedelta(minutes=3), now.replace(hour=0, minute=0))
    world.config["owner"] = {**world.config["owner"], "summary_at": at.strftime("%H:%M")}
    world.start()
    oma.start_chat(bot)
    yesterday = (now - datetime.timedelta(days=1)).date()
    world.query("UPDATE lapak.owner_bot SET summary_on = %s", yesterday)
    world.query("INSERT INTO lapak.store_figures (store, day, orders, revenue, orders_before, revenue_before)"
                " VALUES ('kopi-digital', %s, 1, 500, 12, 345000), ('lain', %s, 3, 4500, 9, 9) ON CONFLICT (store)"
                " DO UPDATE SET day = EXCLUDED.day, orders_before = 12, revenue_before = 345000", now.date(), yesterday)
    raised(world, "books", "2", subject="uji")
    oma.wait_for(bot, "Pembukuan tidak cocok")
    world.stop()
    bot.query("UPDATE jobs SET due_at = now(), lease_until = NULL WHERE kind = 'owner_summary'")
    world.start()
    told = oma.wait_for(bot, f"☀️ Ringkasan {yesterday}", fresh=False)
    assert "Order: 15\n" in told.text and "Omzet: Rp 349.500" in told.text
    assert "1. kopi-digital: 12 order, Rp 345.000\n2. lain: 3 order, Rp 4.500" in told.text
    assert "Peringatan terbuka: 1" in told.text and "Tanpa cadangan 26 jam terakhir: 1 (kopi-digital)" in told.text
    world.stop()
    bot.query("UPDATE jobs SET due_at = now(), lease_until = NULL WHERE kind = 'owner_summary'")
    world.start()
    world.until(lambda: bot.value("SELECT due_at > now() FROM jobs WHERE kind = 'owner_summary'"), what="the next look")
    world.quiet()
    assert bot.received("☀️ Ringkasan") == {OWNER: 1}, "once a day"


# --- what an owner does ---


def test_suspending_and_resuming_a_store(world, kopi, oma):
    bot = world.owner_bot
    budi = world.person(2001, "Budi")
    invoice = budi.order(kopi, "Kopi Susu")
    oma.force(bot, "ot:kopi-digital")
    page = oma.wait_for(bot, "🏪 kopi-digital · @")
    oma.press(bot, "⏸️ Jeda toko", page)
    page = oma.wait_for(bot, "Apa alasannya?")
    oma.send(bot, "Stok <diaudit>")
    page = oma.wait_for(bot, "diberi tahu bahwa toko tutup sementara")
    oma.press(bot, "Simpan", page)
    page = oma.wait_for(bot, "⏸️ Dijeda oleh 9001")
    assert "Stok <diaudit>" in page.text and "▶️ Buka lagi" in page.labels
    budi.send(kopi, "/produk")
    assert "Stok" not in budi.wait_for(kopi, CLOSED).text, "the reason is the owner's"
    world.pay(invoice)
    budi.wait_for(kopi, "Pembayaran Berhasil")
    oma.force(bot, "ad")
    assert "Dijeda: 1" in oma.wait_for(bot, MENU).text
    oma.force(bot, "otr:kopi-digital")
    page = oma.wait_for(bot, "untuk pembeli?")
    oma.press(bot, "✅ Ya", page)
    page = oma.wait_for(bot, "🟢 Aktif sejak")
    assert "Dijeda" not in page.text and "⏸️ Jeda toko" in page.labels
    assert "Kopi Susu" in budi.list_text(kopi)
    oma.force(bot, "oty:kopi-digital")
    oma.force(bot, "oty:tidak-ada")
    world.quiet()
    assert world.query("SELECT event, actor FROM lapak.audit_logs WHERE event LIKE 'store.%%' ORDER BY id") == [
        ("store.suspended", "telegram:9001"), ("store.resumed", "telegram:9001")]


def test_a_form_is_left_and_taken_up_again(world, kopi, oma):
    bot = world.owner_bot
    oma.force(bot, "otu:kopi-digital")
    oma.wait_for(bot, "Apa alasannya?")
    oma.send(bot, "/start")
    page = oma.wait_for(bot, "belum selesai: ⏸️ Jeda toko")
    oma.press(bot, "Lanjutkan", page)
    page = oma.wait_for(bot, "Apa alasannya?")
    oma.press(bot, "Lewati", page)
    page = oma.wait_for(bot, "tutup sementara")
    oma.press(bot, "Batal", page)
    oma.wait_for(bot, "Jeda toko")
    oma.force(bot, "ot:kopi-digital")
    assert "🟢 Aktif" in oma.wait_for(bot, "🏪 kopi-digital · @").text


def test_a_backup_is_made_when_an_owner_asks(world, kopi):
    bot, oma = world.owner_bot, world.person(OWNER)
    world.env["BACKUP_KEY"] = base64.b64encode(b"k" * 32).decode()
    world.config["backup"] = {"directory": str(world.directory / "backups")}
    world.start()
    oma.start_chat(bot)
    oma.force(bot, "ot:kopi-digital")
    pressed = oma.press(bot, "💾 Cadangkan sekarang", oma.wait_for(bot, "🏪 kopi-digital · @"))
    assert "Hasilnya dikirim ke sini" in oma.wait_answer(bot, pressed)["text"]
    told = oma.wait_for(bot, "[kopi-digital] 💾 Cadangan selesai", seconds=60)
    oma.press(bot, "⬅️ Kembali", told)
    page = oma.wait_for(bot, "🏪 kopi-digital · @")
    assert "Cadangan terakhir: –" not in page.text


def test_no_backup_without_a_key(world, kopi, oma):
    pressed = oma.force(world.owner_bot, "otb:kopi-digital")
    assert "BACKUP_KEY" in oma.wait_answer(world.owner_bot, pressed)["text"]


def test_every_button_leads_somewhere(world, kopi, oma):
    """Each kind of button of the owner's screens is pressed once on each screen that shows it; every screen has a way back,
    and what comes of it names nothing that is left unfilled."""
    bot = world.owner_bot
    for number in range(9):
        raised(world, "error", f"<kesalahan> {number}", subject=f"jenis {number}")
    world.until(lambda: bot.value("SELECT count(*) FROM alerts WHERE told_at IS NULL") == 0, what="the alerts to be told")
    seen, todo = set(), ["ad"]
    while todo:
        data = todo.pop(0)
        reply = posted(world, callback(oma, data))
        assert reply, f"{data}: no answer"
        if "text" not in reply or "reply_markup" not in reply:
            continue  # a popup, or what another lane is asked for
        text, buttons = reply["text"], [button["callback_data"] for row in reply["reply_markup"]["inline_keyboard"] for button in row]
        assert any(button in ("ad", "os") or button.startswith(("zx", "ot:")) for button in buttons), f"no way out of {text}"
        assert not re.search(r"[{}]|None|\(null\)", text), text
        for button in buttons:
            kind = (text.splitlines()[0], button.partition(":")[0])
            if kind not in seen:
                seen.add(kind)
                todo.append(button)
    known = {row.verb for row in routes.read_owner()}
    pressed = {verb for _, verb in seen}
    assert pressed <= known
    # those that only a longer list, an older state, or another turn of a form shows
    assert known - pressed <= {"n", "osa", "osb", "z", "zp", "zr", "zb", "otr", "oty", "oau", "onwb"}, known - pressed


def test_an_admin_forges_every_verb(world, kopi):
    """A store's admin, who knows the owner's buttons, is an outsider at the owner's bot; and at the store's own bot the
    owner's buttons mean nothing."""
    bot, andi = world.owner_bot, world.admin(kopi)
    rows = routes.read_owner()
    number = raised(world, "books", "2", subject="uji")
    values = {"i": str(number), "s": "kopi-digital", "w": "qris"}
    datas = [":".join([row.verb, *(values[kind] for kind in row.arguments)]) for row in rows]
    assert len(datas) > 20
    for data in datas:
        assert posted(world, callback(andi, data)) is None
    world.quiet()
    assert world.query("SELECT acked_at, muted_until FROM lapak.alerts WHERE id = %s", number) == [(None, None)]
    assert world.query("SELECT count(*) FROM lapak.stores WHERE suspended_at IS NOT NULL") == [(0,)]
    assert world.metrics().get("lapak_owner_outsiders_total") == len(datas)
    assert bot.value("SELECT count(*) FROM updates_seen") == 0
    events = world.query("SELECT event, detail FROM lapak.audit_logs")
    assert events and all(event == "fraud.outsider" and "1001" in detail for event, detail in events)
    theirs = {row.verb for row in routes.read()[2]}
    for data in [data for data in datas if data.partition(":")[0] not in theirs]:
        status, _, reply = kopi.post_update(callback(andi, data))
        assert status == 200 and MENU not in reply and "Dijeda" not in reply
