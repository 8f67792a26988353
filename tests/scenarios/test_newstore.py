"""A new store from the owner's bot: by /newstore with a token that is pasted, or with a bot made by the link, where
nobody types a token at all."""

import re

import pytest
import yaml
from harness.bot_api import BotApi
from harness.store import product
from harness.updates import callback, message
from harness.world import OWNER
from sandbox_client import delivered_lines

MENU = "Pusat Kendali"
GOODS = [product("Teh Tarik", 12_000, 3, code="TEH")]


@pytest.fixture
def manager(world):
    """The owner's bot may manage bots."""
    world.sandbox.post("bot", token=world.owner_token, username="lapak_owner_bot", can_manage_bots=True)


@pytest.fixture
def oma(world):
    world.store("kopi-digital", [product("Kopi Susu", 15_000, 5, code="SUSU")])
    world.start()
    oma = world.person(OWNER)
    oma.start_chat(world.owner_bot)
    return oma


@pytest.fixture
def teh(world, oma):
    """What Telegram and Pakasir know; there is no file of it."""
    teh = world.prepare_store("teh-tarik", GOODS, admins=[OWNER])
    teh.names = {"token": "TEH_TARIK_BOT_TOKEN", "api_key": "TEH_TARIK_PAKASIR_KEY", "webhook_secret": "TEH_TARIK_PAKASIR_SECRET"}
    world.sandbox.post("bot", token=teh.token, username="teh_tarik_bot", first_name="Teh Tarik & Co")
    return teh


class Form:
    """An owner who fills in the form; each answer waits for the question it is for."""

    def __init__(self, world, person, store):
        self.world, self.person, self.store, self.bot = world, person, store, world.owner_bot

    def asked(self, step, **more):
        return self.person.wait_for(self.bot, f"Langkah {step}/11", **more)

    def say(self, text, step):
        """Types an answer that leads to that step."""
        self.person.send(self.bot, text)
        return self.asked(step)

    def complaint(self, text, what):
        self.person.send(self.bot, text)
        return self.person.wait_for(self.bot, lambda m: "⚠️" in m.text and what in m.text)

    def press(self, label, step):
        self.person.press(self.bot, label)
        return self.asked(step)

    def begin(self):
        self.person.send(self.bot, "/newstore")
        self.asked(1)
        return self.say(self.store.name, 2)

    def from_title(self):
        self.press("Teh Tarik & Co", 4)
        self.press("👤 Saya sendiri", 5)
        self.say(self.store.slug, 6)
        self.say(self.store.api_key, 7)
        self.from_secret()

    def from_secret(self):
        self.say(self.store.webhook_secret, 8)
        self.press("Tidak, uang sungguhan", 9)
        self.person.press(self.bot, "⬜ 🏦 BRI Virtual Account")
        self.person.wait_for(self.bot, lambda m: any("☑️" in label and "BRI" in label for label in m.labels))
        self.press("✅ Selesai memilih", 10)
        self.press("Bahasa Indonesia", 11)
        self.person.press(self.bot, "WITA (Makassar)")
        self.summary()

    def summary(self):
        summary = self.person.wait_for(self.bot, "Sudah benar?")
        for words in (self.store.name, "@teh_tarik_bot", "Teh Tarik & Co", str(OWNER), self.store.slug, "WITA"):
            assert words in summary.text
        return summary

    def save(self):
        self.person.press(self.bot, "✅ Simpan")
        return self.person.wait_for(self.bot, re.compile("sudah aktif: @teh_tarik_bot"), seconds=40)

    def nothing_is_told(self, *secrets):
        """The secrets are in no log and no message, and nobody reads them in the database."""
        self.world.until(lambda: not [m for m in self.person.messages(self.bot) if any(s in m.text for s in secrets)],
                         what="the messages with secrets to be deleted")
        assert not [m for m in self.person.chat(self.bot).all_messages() if m.from_bot and any(s in m.text for s in secrets)]
        assert self.world.find_in_database(*secrets) == []
        assert self.world.in_logs(*secrets) == []


def secrets_of(store):
    return store.token, store.api_key, store.webhook_secret


def buyer_buys(world, store):
    store.import_catalogue(GOODS)
    budi = world.person(2001, "Budi")
    budi.start_chat(store)
    budi.quick_order(store, "TEH")
    world.pay(budi.invoice(store))
    assert len(delivered_lines(budi.chat(store), budi.wait_for(store, "🎉 Pembayaran Berhasil"))) == 1


def events(world):
    return world.query("SELECT event, actor, detail FROM lapak.audit_logs WHERE event LIKE 'store.%%' ORDER BY id")


def test_a_store_with_a_pasted_token(world, oma, teh):
    form = Form(world, oma, teh)
    assert not any("url" in button for button in form.begin().buttons), "this bot may not manage others"
    form.say(teh.token, 3)
    form.from_title()
    form.nothing_is_told(*secrets_of(teh))
    live = form.save()
    assert f"{world.config['public_url']}/webhooks/pakasir/teh-tarik" in live.text
    assert any(button.get("url") == "https://t.me/teh_tarik_bot" for button in live.buttons)
    tenant = yaml.safe_load((world.tenants_directory / "teh-tarik.yaml").read_text())
    assert tenant["title"] == "Teh Tarik & Co" and tenant["timezone"] == "Asia/Makassar"
    assert tenant["telegram"] == {"token": "${TEH_TARIK_BOT_TOKEN}", "admins": [OWNER]}
    assert tenant["pakasir"]["methods"] == ["qris", "bri_va"] and tenant["pakasir"]["sandbox"] is False
    assert events(world) == [("store.added", f"telegram:{OWNER}", '{"store":"teh-tarik"}')]
    form.nothing_is_told(*secrets_of(teh))
    buyer_buys(world, teh)


def test_a_store_with_a_bot_made_by_the_link(world, manager, oma, teh):
    """No token is typed, and nobody sees @BotFather."""
    bot = world.owner_bot
    world.sandbox.post("bot", token=teh.token, username="bukan_ini_bot")
    form = Form(world, oma, teh)
    page = form.begin()
    link = next(button["url"] for button in page.buttons if "url" in button)
    assert link == "https://t.me/newbot/lapak_owner_bot/teh_tarik_bot?name=Teh%20Tarik"
    made = world.sandbox.post("newbot", bot=bot.bot_id, **{"from": OWNER}, username="teh_tarik_bot", name="Teh Tarik & Co")
    teh.token, teh.bot_id = made["token"], made["id"]
    form.asked(3)
    form.from_title()
    form.save()
    assert not [m for m in oma.chat(bot).all_messages() if teh.token in m.text], "nobody typed it"
    form.nothing_is_told(*secrets_of(teh))
    assert bot.query("SELECT bot_id, bot_username, made_by, store FROM managed_bots") == [
        (teh.bot_id, "teh_tarik_bot", OWNER, "teh-tarik")]
    buyer_buys(world, teh)

    # its token is replaced: the server follows by itself
    old, teh.token = teh.token, BotApi(world.sandbox, world.owner_token).call("replaceManagedBotToken", user_id=teh.bot_id)
    assert bot.post_update(managed(oma, made))[0] == 200
    oma.wait_for(bot, "sudah memakai yang baru")
    env = world.env_file.read_text()
    assert teh.token in env and old not in env and env.count("TEH_TARIK_BOT_TOKEN") == 1
    assert world.env_file.stat().st_mode & 0o777 == 0o600
    world.until(lambda: len(world.calls(teh, method="getMe")) >= 3, what="the bot to be registered with its new token")
    world.wait_states("live", teh)
    assert bot.post_update(managed(oma, made))[0] == 200, "and once more, for nothing"
    buyer = world.person(2002, "Citra")
    buyer.start_chat(teh)
    assert [event for event, _, _ in events(world)] == ["store.added", "store.token_changed"]


def managed(person, made):
    update = message(person, "")
    return {"update_id": update["update_id"], "managed_bot": {
        "user": {"id": person.id, "is_bot": False, "first_name": person.first_name},
        "bot": {"id": made["id"], "is_bot": True, "first_name": "Teh Tarik & Co", "username": "teh_tarik_bot"}}}


def test_a_bot_that_nobody_asked_for_may_become_a_store(world, manager, oma, teh):
    bot = world.owner_bot
    world.sandbox.post("bot", token=teh.token, username="bukan_ini_bot")
    made = world.sandbox.post("newbot", bot=bot.bot_id, **{"from": OWNER}, username="teh_tarik_bot", name="Teh Tarik & Co")
    offer = oma.wait_for(bot, "@teh_tarik_bot) sudah dibuat")
    oma.press(bot, "🏪 Jadikan toko", offer)
    form = Form(world, oma, teh)
    form.asked(1)
    form.say(teh.name, 3)
    # an outsider's bot is nobody's business
    mallory = world.person(2002, "Mallory")
    assert bot.post_update(managed(mallory, {"id": made["id"] + 5}))[2] == ""
    assert bot.post_update(callback(oma, f"onwb:{made['id'] + 5}"))[0] == 200
    assert bot.query("SELECT bot_id, made_by FROM managed_bots") == [(made["id"], OWNER)]
    oma.press(bot, "❌ Batal")
    oma.wait_for(bot, "Dibatalkan")


def test_wrong_answers_and_ways_back(world, oma, teh):
    bot, form = world.owner_bot, Form(world, oma, teh)
    oma.press(bot, "➕ Toko Baru")
    form.asked(1)
    form.complaint("Teh Tarik", "tidak bisa dipakai")
    form.complaint("kopi-digital", "sudah (atau pernah) dipakai")
    form.say("teh-tarik", 2)
    form.complaint("bukan token", "bukan token bot")
    other = f"7000000077:{'a-token-that-is-refused-'.ljust(35, 'z')}"
    world.sandbox.post("bot", token=other, revoked=True)
    form.complaint(other, "menolak token")
    form.complaint(world.stores[0].token, "sudah dipakai toko kopi-digital")
    form.complaint(world.owner_token, "bot pemilik ini sendiri")
    form.say(teh.token, 3)
    oma.press(bot, "⬅️ Kembali")
    assert "@teh_tarik_bot" not in form.asked(2).text
    form.say(teh.token, 3)
    form.complaint("x" * 65, "64")
    oma.send(bot, teh.token)
    oma.wait_for(bot, "berisi token bot")
    form.say("Teh Enak", 4)
    form.complaint("andi", "bukan daftar ID")
    form.say("1001, saya", 5)
    form.complaint("proyek lain", "hanya terdiri dari")
    form.say("proyek-lain", 6)
    form.complaint("kunci-entah", "Pakasir menolak kunci")
    oma.press(bot, "⬅️ Kembali")
    form.asked(5)
    form.say(teh.slug, 6)
    form.complaint("dua kata", "bukan kunci")
    away = world.fail("pakasir", "status", status=500)
    assert "belum terperiksa" in form.say(teh.api_key, 7).text
    away()
    form.say(teh.webhook_secret, 8)
    form.complaint("ya", "tombol")
    form.press("Ya, sandbox", 9)
    oma.press(bot, "☑️ 💠 QRIS")
    oma.wait_for(bot, lambda m: any("⬜" in label and "QRIS" in label for label in m.labels))
    oma.press(bot, "✅ Selesai memilih")
    oma.wait_for(bot, "paling sedikit satu")
    # commands and the menu go first; the form waits
    oma.send(bot, "/start")
    page = oma.wait_for(bot, MENU)
    assert "belum selesai" in page.text
    oma.press(bot, "▶️ Lanjutkan isian", page)
    form.asked(9)
    form.nothing_is_told(*secrets_of(teh), world.owner_token, other, "kunci-entah", "dua kata")
    oma.press(bot, "❌ Batal")
    oma.wait_for(bot, "Dibatalkan")
    assert bot.query("SELECT * FROM conversations") == [] and events(world) == []
    assert not (world.tenants_directory / "teh-tarik.yaml").exists() and teh.token not in world.env_file.read_text()
    oma.send(bot, teh.token)  # too late for a form, and still not left lying about
    oma.wait_for(bot, "berisi token bot")
    world.until(lambda: not [m for m in oma.messages(bot) if teh.token in m.text], what="the token to be deleted")


def test_the_form_survives_a_crash(world, oma, teh):
    bot, form = world.owner_bot, Form(world, oma, teh)
    form.begin()
    form.say(teh.token, 3)
    world.kill9()
    world.stores.remove(teh)  # its secrets are not in the env file yet
    world.start()
    world.stores.append(teh)
    form.nothing_is_told(teh.token)
    oma.send(bot, "/start")
    page = oma.wait_for(bot, MENU)
    assert "Toko baru" in page.text
    oma.press(bot, "▶️ Lanjutkan isian", page)
    form.asked(3)
    form.from_title()
    form.save()
    world.wait_states("live", teh)


def test_a_crash_behind_the_writing_makes_one_store(world, oma, teh):
    bot, form = world.owner_bot, Form(world, oma, teh)
    form.begin()
    form.say(teh.token, 3)
    form.from_title()
    held = world.db()
    held.autocommit = False
    with held.cursor() as cursor:  # the files are there, and it can't be written down that they are
        cursor.execute("LOCK TABLE lapak.audit_logs IN ACCESS EXCLUSIVE MODE")
        oma.press(bot, "✅ Simpan")
        world.until((world.tenants_directory / "teh-tarik.yaml").exists, what="the file")
        world.kill9()
    held.rollback()
    held.close()
    world.query("UPDATE lapak.jobs SET lease_until = now() WHERE lease_until IS NOT NULL")  # a while later
    world.start()
    oma.wait_for(bot, "sudah aktif: @teh_tarik_bot", seconds=40)
    assert [event for event, _, _ in events(world)] == ["store.added"]
    assert world.env_file.read_text().count("TEH_TARIK_BOT_TOKEN") == 1


def test_clashes_that_show_only_at_the_end_lead_back(world, oma, teh):
    form = Form(world, oma, teh)
    form.begin()
    form.say(teh.token, 3)
    form.from_title()
    path = world.tenants_directory / "teh-tarik.yaml"
    path.write_text("bot_store_name: [\n")  # somebody else was faster
    world.expect(r"log server: .*(teh-tarik|/env: No such file)", must=False)  # as far as the server looked in between
    oma.press(world.owner_bot, "✅ Simpan")
    page = oma.wait_for(world.owner_bot, "sudah (atau pernah) dipakai")
    assert "Langkah 1/11" in page.text and "@teh_tarik_bot" in page.text, "the rest is kept"
    teh.name = "teh-panas"
    oma.send(world.owner_bot, teh.name)
    form.summary()
    world.env_file.rename(world.directory / "env-away")
    oma.press(world.owner_bot, "✅ Simpan")
    page = oma.wait_for(world.owner_bot, "tidak bisa ditulis di server")
    (world.directory / "env-away").rename(world.env_file)
    path.unlink()
    form.save()
    teh.names = {key: value.replace("TARIK", "PANAS") for key, value in teh.names.items()}
    world.wait_states("live", teh)


def test_outsiders_get_no_form(world, oma, teh):
    bot, mallory = world.owner_bot, world.person(2002, "Mallory")
    for update in (message(mallory, "/newstore"), callback(mallory, "onw"), callback(mallory, "onwb:2000000000"),
                   managed(mallory, {"id": 2000000000})):
        status, _, reply = bot.post_update(update)
        assert (status, reply) == (200, "")
    assert bot.query("SELECT * FROM managed_bots") == [] and bot.query("SELECT * FROM conversations") == []
    assert world.metrics().get("lapak_owner_outsiders_total") == 4
