"""The sandbox itself: channels and their members, crowds, and how fast a bot sends."""

import time

import pytest
from harness.bot_api import BotApi
from sandbox_client import Chat

TOKEN = f"7100000001:{'bot-for-the-tests-of-the-sandbox'.ljust(35, 'x')}"
BUDI, SARI, ANDI = 2001, 2002, 2003
INFO = -1001234567890


@pytest.fixture
def bot(sandbox):
    sandbox.post("reset")
    for number, name in ((BUDI, "Budi"), (SARI, "Sari"), (ANDI, "Andi")):
        sandbox.post("person", id=number, first_name=name)
    return BotApi(sandbox, TOKEN)


def member(sandbox, user, status):
    return sandbox.post("member", channel=INFO, user=user, status=status)["before"]


def test_who_is_in_a_channel(bot, sandbox):
    sandbox.post("channel", id=INFO, title="Info <Toko>", username="infotoko")
    ask = {"chat_id": "@InfoToko", "user_id": BUDI}
    # a public channel is seen by everybody, its members by its administrators
    assert bot.call("getChat", chat_id="@infotoko") == {"id": INFO, "title": "Info <Toko>", "type": "channel", "username": "infotoko"}
    assert bot.refusal("getChatMember", **ask) == "Bad Request: member list is inaccessible"
    member(sandbox, bot.id, "administrator")
    assert bot.call("getChatMember", **ask) == {"status": "left", "user": bot.call("getChatMember", **ask)["user"]}
    assert bot.call("getChatMember", **ask)["user"]["first_name"] == "Budi"
    assert member(sandbox, BUDI, "member") == "left"
    assert bot.call("getChatMember", chat_id=INFO, user_id=BUDI)["status"] == "member"
    assert member(sandbox, BUDI, "restricted") == "member"
    assert bot.call("getChatMember", **ask)["is_member"] is True
    member(sandbox, BUDI, "kicked")
    assert bot.call("getChatMember", **ask)["status"] == "kicked"
    assert bot.call("getChatMember", chat_id=INFO, user_id=bot.id)["status"] == "administrator"
    assert bot.refusal("getChatMember", chat_id=INFO, user_id=999) == "Bad Request: user not found"
    for chat in ("@tidakada", -1009, "@"):
        assert bot.refusal("getChatMember", chat_id=chat, user_id=BUDI) == "Bad Request: chat not found"
    assert "chat not found" in bot.refusal("getChat", chat_id="@tidakada")


def test_a_private_channel_hides_from_strangers(bot, sandbox):
    sandbox.post("channel", id=INFO, title="Rahasia")
    stranger = "Forbidden: bot is not a member of the channel chat"
    assert bot.refusal("getChatMember", chat_id=INFO, user_id=BUDI) == stranger
    assert bot.refusal("getChat", chat_id=INFO) == stranger
    member(sandbox, bot.id, "kicked")
    assert bot.refusal("getChat", chat_id=INFO) == "Forbidden: bot was kicked from the channel chat"
    member(sandbox, bot.id, "administrator")
    assert bot.call("getChatMember", chat_id=INFO, user_id=BUDI)["status"] == "left"
    assert bot.call("getChat", chat_id=INFO)["invite_link"].startswith("https://t.me/+")
    # in a group, members see each other
    sandbox.post("channel", id=INFO, type="supergroup")
    member(sandbox, bot.id, "member")
    assert bot.call("getChatMember", chat_id=INFO, user_id=BUDI)["status"] == "left"
    assert sandbox.get("malformed")["malformed"] == []


def test_a_crowd(bot, sandbox):
    Chat(sandbox, bot.id, BUDI).send("/start")
    started = time.monotonic()
    sandbox.post("people", bot=bot.id, first=500_001, count=10_000, blocked=[500_002])
    assert time.monotonic() - started < 5
    assert [person["id"] for person in sandbox.state()["people"]] == [BUDI, SARI, ANDI]
    for number in (500_001, 510_000):
        bot.call("sendMessage", chat_id=number, text=f"promo untuk {number}")
    bot.call("sendMessage", chat_id=500_001, text="yang lain")
    assert bot.refusal("sendMessage", chat_id=500_002, text="promo") == "Forbidden: bot was blocked by the user"
    assert bot.refusal("sendMessage", chat_id=510_001, text="promo") == "Bad Request: chat not found"
    got = sandbox.get("received", bot=bot.id, text="promo")
    assert got == {"total": 2, "chats": {"500001": 1, "510000": 1}}
    assert sandbox.get("received", bot=bot.id)["chats"]["500001"] == 2


def test_rates(bot, sandbox):
    for number in (BUDI, SARI):
        Chat(sandbox, bot.id, number).send("/start")
    begin = int(time.time() * 1000)
    for number in (BUDI, SARI, BUDI):
        bot.call("sendMessage", chat_id=number, text="hai")
    bot.call("sendChatAction", chat_id=BUDI, action="typing")
    bot.call("editMessageText", chat_id=SARI, message_id=4, text="halo")
    rates = sandbox.get("rates", bot=bot.id, since_ms=begin, window_ms=60_000)
    assert (rates["sent"], rates["most"], rates["most_in_a_chat"], rates["chat"]) == (3, 3, 2, BUDI)
    # and as Telegram has it
    sandbox.post("limits", bot=bot.id, per_second=30, retry_after=3)
    answers = [bot.request("sendMessage", chat_id=SARI, text="hai") for _ in range(40)]
    refused = [answer for answer in answers if not answer["ok"]]
    assert refused and all(answer["error_code"] == 429 and answer["parameters"]["retry_after"] == 3 for answer in refused)
    rates = sandbox.get("rates", bot=bot.id)
    assert rates["most"] <= 30 and rates["refused"] == len(refused)
    sandbox.post("limits", bot=bot.id)
    assert bot.request("sendMessage", chat_id=SARI, text="hai")["ok"]
