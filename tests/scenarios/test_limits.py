"""What bad input gets, a server too busy, updates that can't be handled, and people who are too fast."""

import json
import threading
from typing import NamedTuple

import pytest
from harness import updates
from harness.store import product

MIB = 1024 * 1024


class Passer(NamedTuple):
    """Somebody the sandbox does not know."""

    id: int
    first_name: str = "Orang"


@pytest.fixture
def kopi(world):
    return world.store("kopi-digital", [product("Kopi Susu", 15_000, 50, code="SUSU")])


@pytest.fixture
def budi(world):
    return world.person(2001, "Budi")


def refused(world, **labels):
    return world.metrics().get("lapak_webhook_refused_total", **labels)


def test_wrong_secret_unknown_store_and_other_paths(world, kopi, budi):
    nonton = world.store("nonton-hemat")
    world.start()
    body = updates.message(budi, "/start")
    secret = kopi.telegram_secret
    before = refused(world, **{"from": "telegram", "reason": "secret"})
    wrong = ["", "x", secret[:-1], secret + "x", nonton.telegram_secret, kopi.token, kopi.webhook_secret]
    for attempt in wrong:
        assert kopi.post_update(body, secret=attempt)[0] == 401
    # nothing is read: what is no update, too
    assert kopi.post_update(b"{", secret="x")[0] == 401
    assert refused(world, **{"from": "telegram", "reason": "secret"}) == before + len(wrong) + 1
    for path in ("/webhooks/telegram/tidak-ada", "/webhooks/telegram/", "/webhooks/telegram/kopi-digital/x",
                 "/webhooks/telegram/..%2fkopi-digital", "/webhooks/telegram/KOPI-DIGITAL", "/", "/favicon.ico",
                 "/webhooks", "/webhooks/pakasir/tidak-ada", "/webhooks/telegram/" + "a" * 2000):
        headers = {"X-Telegram-Bot-Api-Secret-Token": secret, "X-Secret": kopi.webhook_secret}
        assert world.http(path, body=json.dumps(body), headers=headers)[0] == 404, path
    assert world.http(kopi.telegram_path)[0] in (404, 405), "GET"
    world.quiet()
    assert kopi.query("SELECT count(*) FROM users") == [(0,)]


def test_sizes_and_shapes(world, kopi, budi):
    world.start()
    good = json.dumps(updates.message(budi, "/cara")).encode()
    assert kopi.post_update(good + b" " * (MIB - len(good)))[0] == 200, "1 MiB may be"
    assert kopi.post_update(good + b" " * (MIB - len(good) + 1))[0] == 413
    assert kopi.post_update(b"x" * (3 * MIB))[0] == 413
    assert kopi.post_update(b"x" * (3 * MIB), secret="x")[0] in (401, 413)
    deep = b"[" * 100_000 + b"]" * 100_000
    for body in (b"", b"{", b"null", b"[]", b"42", b'"update"', b"{}", b'{"update_id": "5"}', b'{"update_id": 1.5}',
                 b'{"update_id": -1, "message": 5}', b"\xff\xfe{}", b'{"update_id": 5, "message": "\xff"}', deep,
                 b'{"update_id": 1}trailing', b"update_id=5", b'{"update_id": 99999999999999999999999}'):
        assert kopi.post_update(body)[0] == 400, body[:60]
    assert refused(world, **{"from": "telegram", "reason": "malformed"}) >= 16
    assert world.http(kopi.pakasir_path, body="x" * (MIB + 1), headers={"X-Secret": kopi.webhook_secret})[0] == 413
    for body in ("", "{", "[]", "null", "5", "{}", "txn_id=1&order_id=2"):
        assert kopi.post_pakasir(body)[0] == 400, body
    # and the server is well
    budi.start_chat(kopi)


def test_too_busy_is_told_with_a_time_to_come_back(world, kopi, budi):
    nonton = world.store("nonton-hemat")
    budi.start_chat(kopi)
    budi.start_chat(nonton)
    world.quiet()
    lock = world.db(kopi)
    lock.autocommit = False
    with lock.cursor() as cursor:
        cursor.execute("LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
    results = []

    def post(bodies):
        results.extend(kopi.post_updates(bodies))

    def waits():
        return world.query("SELECT count(*) FROM pg_locks WHERE NOT granted")[0][0] > 0

    stuck = threading.Thread(target=post, args=([updates.message(Passer(70_000), "/start")],))
    stuck.start()
    world.until(waits, what="the lane to wait for the lock")
    many = threading.Thread(target=post, args=([updates.callback(Passer(71_000 + n), "n") for n in range(300)],))
    many.start()
    try:
        world.until(lambda: refused(world, **{"from": "telegram", "reason": "busy"}) >= 40, what="a full queue")
        status, _, headers = kopi.post_pakasir(
            {"txn_id": "t", "order_id": "tg1-x", "amount": 1, "is_sandbox": False, "status": "completed"})
        assert status == 503 and int(headers["Retry-After"]) > 0
    finally:
        lock.rollback()
        lock.close()
    stuck.join()
    many.join()
    busy = [headers for status, headers, _ in results if status == 503]
    assert 40 <= len(busy) <= 45 and all(int(headers["retry-after"]) > 0 for headers in busy)
    assert all(status == 200 for status, _, _ in results if status != 503)
    budi.open_product(kopi, "Kopi Susu")


def test_a_store_that_waits_holds_up_no_other_lane(world, kopi, budi):
    others = [world.store(name) for name in ("toko-a", "toko-b", "toko-c", "toko-d")]
    for store in others:
        budi.start_chat(store)
    world.quiet()
    lock = world.db(kopi)
    lock.autocommit = False
    with lock.cursor() as cursor:
        cursor.execute("LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
    stuck = threading.Thread(target=lambda: kopi.post_update(updates.message(Passer(70_000), "/start")))
    stuck.start()
    world.until(lambda: world.query("SELECT count(*) FROM pg_locks WHERE NOT granted")[0][0] > 0, what="the wait")
    served = []
    for store in others:  # two lanes: some of these are not on the same one
        sent = [updates.callback(Passer(71_000), "a:0")]
        thread = threading.Thread(target=lambda store=store, sent=sent: served.extend(store.post_updates(sent)))
        thread.daemon = True
        thread.start()
    world.until(lambda: served, 4, "another lane to answer")
    assert served[0][0] == 200
    assert world.http("/healthz")[0] == 200
    lock.rollback()
    lock.close()
    stuck.join()
    world.until(lambda: len(served) == 4, what="the rest")


def test_an_update_that_fails_five_times_is_set_aside(world, kopi, budi):
    andi = world.admin(kopi)
    sari = world.person(2002, "Sari")
    budi.open_product(kopi, "Kopi Susu")
    world.quiet()
    kopi.query("ALTER TABLE cart_items RENAME TO cart_items_away")
    world.expect(r"log kopi-digital: .*\[error\] update \d+ from 2001", must=True)
    world.expect(r"kopi-digital: update \d+ failed 5 times", must=True)
    pressed = budi.press(kopi, "🧺 Lanjut ke Keranjang")
    told = andi.wait_for(kopi, "gagal lima kali", fresh=False, seconds=30)
    assert str(pressed["update_id"]) in told.text and "Budi" in told.text
    statuses = [post["status"] for post in world.deliveries(kopi) if post.get("update_id") == pressed["update_id"]]
    assert statuses == [500, 500, 500, 500, 200], "parked and acknowledged"
    assert world.metrics().get("lapak_updates_total", outcome="parked") == 1
    assert kopi.value("SELECT parked_at IS NOT NULL FROM updates_failed")
    # others go on, and so does this person
    sari.start_chat(kopi)
    budi.send(kopi, "🏷 Cek Stok")
    budi.wait_for(kopi, "📦 Informasi Stok")
    kopi.query("ALTER TABLE cart_items_away RENAME TO cart_items")
    budi.send(kopi, "/keranjang")
    budi.wait_for(kopi, "Keranjangmu masih kosong")
    # what was parked is sealed, and comes no second time
    assert world.find_in_database('"callback_query"') == []
    world.sandbox.post("repeat", bot=kopi.bot_id, update_id=pressed["update_id"], times=1)
    world.quiet()
    assert len([m for m in andi.from_bot(kopi) if "gagal lima kali" in m.text]) == 1


def test_spam(world, kopi, budi):
    andi = world.admin(kopi)
    sari = world.person(2002, "Sari")
    budi.start_chat(kopi)
    world.quiet()
    sent = budi.send(kopi, "📘 Cara Order")
    budi.wait_for(kopi, "Cara Order di")
    world.sandbox.post("repeat", bot=kopi.bot_id, update_id=sent["update_id"], times=40, parallel=True)
    warning = budi.wait_for(kopi, "🚫 Jangan spam ya, tindakanmu akan dilaporkan ke admin.")
    report = andi.wait_for(kopi, "Laporan spam", fresh=False)
    assert "Budi" in report.text
    # nobody else is slowed down
    sari.open_product(kopi, "Kopi Susu")
    world.quiet()
    posts = [post for post in world.deliveries(kopi) if post.get("update_id") == sent["update_id"]]
    assert all(post["status"] == 200 for post in posts), "acknowledged, whatever it was"
    assert len([m for m in budi.from_bot(kopi) if m.text == warning.text]) == 1
    assert len([m for m in andi.from_bot(kopi) if "Laporan spam" in m.text]) == 1
    assert world.metrics().get("lapak_spam_reports_total") == 1
    dropped = world.metrics().get("lapak_updates_total", outcome="dropped_spam")
    assert dropped >= 20
    # paused: nothing is done for this person now
    budi.hurry(kopi)
    before = len([m for m in budi.from_bot(kopi) if "Informasi Stok" in m.text])
    budi.send(kopi, "🏷 Cek Stok")
    world.quiet()
    assert len([m for m in budi.from_bot(kopi) if "Informasi Stok" in m.text]) == before
    assert world.metrics().get("lapak_updates_total", outcome="dropped_spam") == dropped + 1


def test_spam_by_buttons_is_answered_too(world, kopi, budi):
    page = budi.open_product(kopi, "Kopi Susu")
    world.quiet()
    budi.hurry(kopi)
    data = page.button("➕")["callback_data"]
    answers = kopi.post_updates([updates.callback(budi, data, page.id) for _ in range(30)])
    assert all(status == 200 for status, _, _ in answers)
    replies = [json.loads(text) for _, _, text in answers if text]
    warned = [reply for reply in replies if "Jangan spam" in reply.get("text", "")]
    assert len(warned) == 1 and warned[0]["method"] == "answerCallbackQuery" and warned[0]["show_alert"]
    slowed = [reply for reply in replies if "Pelan-pelan" in reply.get("text", "")]
    assert len(slowed) >= 15 and all(reply["method"] == "answerCallbackQuery" for reply in slowed)
    world.quiet()
    assert kopi.value("SELECT quantity FROM cart_items") <= 12


def test_a_fast_person_is_only_slowed_down(world, kopi, budi):
    # a dozen taps in a row, as fast as Telegram passes them on: later, but none is lost
    page = budi.open_product(kopi, "Kopi Susu")
    world.quiet()
    budi.hurry(kopi)
    for _ in range(8):
        pressed = budi.press(kopi, "➕", page)
        budi.wait_answer(kopi, pressed)
    world.quiet()
    assert kopi.query("SELECT quantity FROM cart_items") == [(8,)]
    assert not [a for a in budi.answers(kopi) if "spam" in (a.get("text") or "")]


def test_admins_of_the_file_are_not_slowed_down(world, budi):
    kopi = world.store("kopi-digital", [product("Kopi Susu", 15_000, 50, code="SUSU")], admins=[1001], owners=[1003])
    staff = [world.person(number) for number in (1001, 1003)]
    for person in [*staff, budi]:
        person.start_chat(kopi)
    world.quiet()
    delayed = world.metrics().get("lapak_updates_total", outcome="delayed")

    def press_thirty_times(person):
        return kopi.post_updates([updates.callback(person, "w", person.last(kopi).id) for _ in range(30)])

    for person in staff:
        answers = press_thirty_times(person)
        assert all(status == 200 and "spam" not in text and "Pelan-pelan" not in text for status, _, text in answers)
    assert world.metrics().get("lapak_updates_total", outcome="delayed") == delayed
    assert world.metrics().get("lapak_updates_total", outcome="dropped_spam") == 0
    assert len([text for _, _, text in press_thirty_times(budi) if "Pelan-pelan" in text]) >= 15
    assert world.metrics().get("lapak_spam_reports_total") == 1
