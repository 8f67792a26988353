"""The sandbox itself: what its Bot API says of files, copies and edits, without any lapakd. A scenario about media
relies on these being Telegram's answers."""

import pytest
from harness.bot_api import BotApi
from sandbox_client import Chat, SandboxError

TOKEN = f"7100000001:{'bot-for-the-tests-of-the-sandbox'.ljust(35, 'x')}"
OTHER = f"7100000002:{'another-bot-for-these-tests'.ljust(35, 'x')}"
BUDI = 2001
MIB = 1024 * 1024


@pytest.fixture
def bot(sandbox):
    sandbox.post("reset")
    sandbox.post("person", id=BUDI, first_name="Budi")
    return BotApi(sandbox, TOKEN)


@pytest.fixture
def budi(sandbox, bot):
    chat = Chat(sandbox, bot.id, BUDI)
    chat.send("/start")
    return chat


def own(message):
    """The file of a message that a method gave back."""
    for kind in ("document", "sticker", "video", "audio", "voice", "animation", "video_note"):
        if kind in message:
            return message[kind]
    return message["photo"][-1]


def received(bot, budi, sent):
    """The message of an update: a bot learns a file's ids by a reply to it."""
    answer = bot.call("sendMessage", chat_id=BUDI, text=".", reply_parameters={"message_id": sent["message_id"]})
    return answer["reply_to_message"]


def test_people_send_files_of_every_kind(bot, budi):
    sent = budi.send_document("stok <1>.csv", "a:b\nc:d\n", caption="isi /stok", mime="text/csv")
    message = received(bot, budi, sent)
    assert message["document"].items() >= {"file_name": "stok <1>.csv", "mime_type": "text/csv", "file_size": 8}.items()
    assert message["caption"] == "isi /stok"
    assert message["caption_entities"] == [{"type": "bot_command", "offset": 4, "length": 5}]
    nameless = received(bot, budi, budi.send_document(None, b"\x00\xff", mime=None))["document"]
    assert "file_name" not in nameless and "mime_type" not in nameless and nameless["file_size"] == 2
    assert received(bot, budi, budi.send_sticker())["sticker"]["type"] == "regular"
    for kind in ("photo", "video", "animation", "audio", "voice", "video_note"):
        message = received(bot, budi, budi.send_media(kind))
        assert kind in message and "text" not in message
    for kind in ("contact", "location", "dice", "poll"):
        assert kind in received(bot, budi, budi.send_media(kind))
    album = received(bot, budi, budi.send_photo("satu", media_group="55"))
    assert album["media_group_id"] == "55" and album["caption"] == "satu"


def test_people_format_reply_and_forward(bot, budi):
    bold = {"type": "bold", "offset": 0, "length": 5}
    message = received(bot, budi, budi.send("tebal 🙂 biasa", entities=[bold]))
    assert message["entities"] == [bold]
    forwarded = received(bot, budi, budi.send("dari Sari", forward_from=2002))
    assert forwarded["forward_origin"]["sender_user"]["id"] == 2002
    hidden = received(bot, budi, budi.send("dari siapa", forward_name="<Anonim>"))
    assert hidden["forward_origin"]["sender_user_name"] == "<Anonim>"
    first = bot.call("sendMessage", chat_id=BUDI, text="tanya")
    assert received(bot, budi, budi.send("jawab", reply_to=first["message_id"]))["text"] == "jawab"
    with pytest.raises(SandboxError, match="none of this text"):
        budi.send("pendek", entities=[{"type": "bold", "offset": 0, "length": 7}])


def test_get_file_and_download(bot, budi, sandbox):
    document = received(bot, budi, budi.send_document("a.txt", "satu\ndua\n"))["document"]
    file = bot.call("getFile", file_id=document["file_id"])
    assert file["file_size"] == 9 and file["file_unique_id"] == document["file_unique_id"]
    assert bot.download(file["file_path"]) == (200, b"satu\ndua\n")
    assert bot.download("documents/file_9.txt")[0] == 404
    assert bot.refusal("getFile", file_id="BQACsalah") == "Bad Request: invalid file_id"
    big = received(bot, budi, budi.send_document("besar.csv", "x", size=20 * MIB + 1))["document"]
    assert big["file_size"] == 20 * MIB + 1
    assert bot.refusal("getFile", file_id=big["file_id"]) == "Bad Request: file is too big"
    whole = received(bot, budi, budi.send_document("pas.csv", "x", size=20 * MIB))["document"]
    assert bot.call("getFile", file_id=whole["file_id"])["file_size"] == 20 * MIB
    # what can go wrong on the way
    sandbox.post("fail", service="telegram", mode="status", method="file", status=502, times=1)
    assert bot.download(file["file_path"])[0] == 502
    sandbox.post("fail", service="telegram", mode="truncated", method="file", times=1)
    assert bot.download(file["file_path"]) == (200, b"satu")
    sandbox.post("fail", service="telegram", mode="empty", method="file", times=1)
    assert bot.download(file["file_path"]) == (200, b"")
    sandbox.post("fail", service="telegram", mode="drop_before", method="file", times=1)
    with pytest.raises(OSError):
        bot.download(file["file_path"])
    assert bot.download(file["file_path"]) == (200, b"satu\ndua\n")


def test_a_file_id_belongs_to_one_bot(bot, budi, sandbox):
    photo = own(received(bot, budi, budi.send_photo()))["file_id"]
    document = own(received(bot, budi, budi.send_document("a.txt", "a")))["file_id"]
    sticker = own(received(bot, budi, budi.send_sticker()))["file_id"]
    for method, field, file_id in (("sendPhoto", "photo", photo), ("sendDocument", "document", document),
                                   ("sendSticker", "sticker", sticker)):
        again = own(bot.call(method, chat_id=BUDI, **{field: file_id}))
        assert again["file_id"] == file_id
    other = BotApi(sandbox, OTHER)
    Chat(sandbox, other.id, BUDI).send("/start")
    wrong = "Bad Request: wrong file identifier/HTTP URL specified"
    assert other.refusal("sendPhoto", chat_id=BUDI, photo=photo) == wrong
    assert other.refusal("sendDocument", chat_id=BUDI, document=document) == wrong
    assert other.refusal("getFile", file_id=photo).startswith("Bad Request: wrong file_id")
    assert sandbox.get("malformed")["malformed"] == [], "only Telegram can know"
    assert bot.refusal("sendPhoto", chat_id=BUDI, photo=document) == "Bad Request: can't use file of type Document as Photo"
    assert bot.refusal("sendDocument", chat_id=BUDI, document=photo) == "Bad Request: can't use file of type Photo as Document"
    assert bot.refusal("sendPhoto", chat_id=BUDI) == "Bad Request: there is no photo in the request"
    assert "wrong remote file identifier specified" in bot.refusal("sendPhoto", chat_id=BUDI, photo="AgACtidakada")


def test_a_bot_uploads(bot, budi, sandbox):
    answer = bot.upload("sendDocument", "document", "laporan.csv", b"a;b\n", chat_id=BUDI, caption="<b>Laporan</b>", parse_mode="HTML")
    assert answer["result"]["document"].items() >= {"file_name": "laporan.csv", "mime_type": "text/csv", "file_size": 4}.items()
    assert answer["result"]["caption"] == "Laporan"
    shown = budi.last()
    assert sandbox.download(shown.document) == b"a;b\n" and shown.document["file_name"] == "laporan.csv"
    refused = bot.upload("sendPhoto", "photo", "x.png", b"no picture", chat_id=BUDI)
    assert refused["description"] == "Bad Request: IMAGE_PROCESS_FAILED"


def test_copies(bot, budi):
    sent = budi.send_photo("promo <b>")
    copy = bot.call("copyMessage", chat_id=BUDI, from_chat_id=BUDI, message_id=sent["message_id"],
                    reply_markup={"inline_keyboard": [[{"text": "Beli", "callback_data": "p:1"}]]})
    assert list(copy) == ["message_id"]
    shown = budi.last()
    assert shown.id == copy["message_id"] and shown.text == "promo <b>" and shown.photo and shown.labels == ["Beli"]
    changed = bot.call("copyMessage", chat_id=BUDI, from_chat_id=BUDI, message_id=sent["message_id"], caption="lain")
    assert budi.message(changed["message_id"]).text == "lain"
    dice = bot.call("copyMessage", chat_id=BUDI, from_chat_id=BUDI, message_id=budi.send_media("dice")["message_id"])
    assert budi.message(dice["message_id"]).data["dice"]["value"] == 4
    missing = "Bad Request: message to copy not found"
    assert bot.refusal("copyMessage", chat_id=BUDI, from_chat_id=BUDI, message_id=999_999) == missing
    bot.call("deleteMessage", chat_id=BUDI, message_id=sent["message_id"])
    assert bot.refusal("copyMessage", chat_id=BUDI, from_chat_id=BUDI, message_id=sent["message_id"]) == missing
    too_long = [[{"text": "x", "callback_data": "y" * 65}]]
    assert bot.refusal("copyMessage", chat_id=BUDI, from_chat_id=BUDI, message_id=shown.id,
                       reply_markup={"inline_keyboard": too_long}) == "Bad Request: BUTTON_DATA_INVALID"


def test_edits(bot, budi):
    keys = {"inline_keyboard": [[{"text": "Kembali", "callback_data": "w"}]]}
    photo = own(received(bot, budi, budi.send_photo()))["file_id"]
    document = own(received(bot, budi, budi.send_document("a.txt", "a")))["file_id"]
    page = bot.call("sendMessage", chat_id=BUDI, text="halaman", reply_markup=keys)
    place = {"chat_id": BUDI, "message_id": page["message_id"]}
    # a text becomes a picture, and never a text again
    edited = bot.call("editMessageMedia", **place, media={"type": "photo", "media": photo, "caption": "foto"}, reply_markup=keys)
    assert own(edited)["file_id"] == photo and edited["caption"] == "foto" and edited["reply_markup"] == keys
    assert bot.refusal("editMessageText", **place, text="x") == "Bad Request: there is no text in the message to edit"
    assert bot.refusal("editMessageMedia", **place, media={"type": "photo", "media": photo, "caption": "foto"},
                       reply_markup=keys).startswith("Bad Request: message is not modified")
    assert own(bot.call("editMessageMedia", **place, media={"type": "document", "media": document}))["file_id"] == document
    assert bot.refusal("editMessageMedia", **place, media={"type": "sticker", "media": document}).startswith("Bad Request: can't parse InputMedia")
    assert bot.call("editMessageCaption", **place, caption="k" * 1024)["caption"] == "k" * 1024
    assert bot.refusal("editMessageCaption", **place, caption="k" * 1025) == "Bad Request: message caption is too long"
    assert bot.call("editMessageReplyMarkup", **place, reply_markup=keys)["reply_markup"] == keys
    assert "reply_markup" not in bot.call("editMessageReplyMarkup", **place, reply_markup={"inline_keyboard": []})
    assert bot.refusal("editMessageReplyMarkup", **place).startswith("Bad Request: message is not modified")
    sticker = own(received(bot, budi, budi.send_sticker()))["file_id"]
    stuck = bot.call("sendSticker", chat_id=BUDI, sticker=sticker)["message_id"]
    assert bot.refusal("editMessageMedia", chat_id=BUDI, message_id=stuck, media={"type": "photo", "media": photo}) == (
        "Bad Request: there is no media in the message to edit")
    assert bot.refusal("editMessageCaption", chat_id=BUDI, message_id=stuck, caption="x") == (
        "Bad Request: there is no caption in the message to edit")
    # with a reply keyboard, or a person's own: never
    fixed = bot.call("sendMessage", chat_id=BUDI, text="menu", reply_markup={"keyboard": [["Menu"]]})["message_id"]
    assert bot.refusal("editMessageText", chat_id=BUDI, message_id=fixed, text="y") == "Bad Request: message can't be edited"
    theirs = budi.send("punyaku")["message_id"]
    assert bot.refusal("editMessageText", chat_id=BUDI, message_id=theirs, text="y") == "Bad Request: message can't be edited"
    assert bot.refusal("deleteMessage", chat_id=BUDI, message_id=999_999) == "Bad Request: message to delete not found"


def test_what_no_person_could_send(budi):
    before = len(budi.all_messages())
    for photo, why in ((b"\x89PNG broken", "IMAGE_PROCESS_FAILED"), (b"", "non-empty")):
        with pytest.raises(SandboxError, match=why):
            budi.send_photo(photo=photo)
    with pytest.raises(SandboxError, match="not base64"):
        budi.send_any(document={"name": "a", "base64": "!"})
    with pytest.raises(SandboxError, match="is needed"):
        budi.send_any(sticker=False)
    assert len(budi.all_messages()) == before
