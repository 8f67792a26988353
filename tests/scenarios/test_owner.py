"""The owner's bot: one for all stores, for the owners of the server and nobody else."""

import json

import pytest
from harness.store import product
from harness.updates import callback, message
from harness.world import OWNER

MENU = "Pusat Kendali"


@pytest.fixture
def kopi(world):
    return world.store("kopi-digital", [product("Kopi Susu", 15_000, 5, code="SUSU")])


@pytest.fixture
def oma(world, kopi):
    oma = world.person(OWNER)
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
