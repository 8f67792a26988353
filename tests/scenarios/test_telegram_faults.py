"""Telegram that refuses, breaks off, or is away: what matters arrives in order, and nobody else is held up."""

import pytest
from harness.store import product

PAID = "🎉 Pembayaran Berhasil"


@pytest.fixture
def kopi(world):
    return world.store("kopi-digital", [product("Kopi Susu", 15_000, 20, code="SUSU")])


@pytest.fixture
def budi(world):
    return world.person(2001, "Budi")


def deliveries(person, store):
    return [message for message in person.from_bot(store) if PAID in message.text]


def test_429_is_waited_out(world, kopi, budi):
    andi = world.admin(kopi)
    invoice = budi.order(kopi, "Kopi Susu")
    world.quiet()
    world.fail("telegram", "too_many", bot=kopi.bot_id, method="sendMessage", chat=budi.id, retry_after=3, times=1)
    world.pay(invoice)
    budi.wait_for(kopi, PAID)
    andi.wait_for(kopi, "Pesanan dibayar", fresh=False)
    world.quiet()
    calls = world.calls(kopi, method="sendMessage", chat=budi.id)
    refused = next(number for number, call in enumerate(calls) if call.get("error_code") == 429)
    assert calls[refused + 1]["at_ms"] - calls[refused]["at_ms"] >= 3000, "not before retry_after"
    assert "Pembayaran Berhasil" in calls[refused + 1]["params"]["text"]
    assert len(deliveries(budi, kopi)) == 1


def test_5xx_html_and_broken_connections_are_tried_again(world, kopi, budi):
    invoice = budi.order(kopi, "Kopi Susu")
    world.quiet()
    for mode, more in (("status", {"status": 502}), ("html", {}), ("drop_before", {})):
        world.fail("telegram", mode, bot=kopi.bot_id, chat=budi.id, times=1, **more)
    world.pay(invoice)
    budi.wait_for(kopi, PAID, seconds=30)
    budi.wait_gone(kopi, invoice)
    world.quiet(30)
    assert len(deliveries(budi, kopi)) == 1
    world.until(lambda: kopi.query("SELECT state FROM orders") == [("completed",)])


def test_an_answer_that_gets_lost_may_send_twice_but_never_not(world, kopi, budi):
    world.admin(kopi)
    invoice = budi.order(kopi, "Kopi Susu")
    world.quiet()
    world.fail("telegram", "drop_after", bot=kopi.bot_id, method="sendMessage", chat=budi.id, times=1)
    world.pay(invoice)
    budi.wait_for(kopi, PAID)
    world.quiet(30)
    assert len(deliveries(budi, kopi)) in (1, 2)
    assert len({message.text for message in deliveries(budi, kopi)}) == 1, "the same units"
    assert kopi.stock("SUSU")["sold"] == 1


def test_the_invoices_photo_is_sent_again_too(world, kopi, budi):
    world.fail("telegram", "drop_after", bot=kopi.bot_id, method="sendPhoto", chat=budi.id, times=1)
    budi.quick_order(kopi, "SUSU")
    budi.invoice(kopi)
    world.quiet(30)
    photos = [message for message in budi.from_bot(kopi) if message.photo]
    assert 1 <= len(photos) <= 2
    world.pay(photos[-1])
    budi.wait_for(kopi, PAID, fresh=False)


def test_while_telegram_is_down_everything_waits_in_order(world, kopi, budi):
    andi = world.admin(kopi)
    buyers = [budi, world.person(2002, "Sari"), world.person(2003, "Dewi")]
    invoices = [buyer.order(kopi, "Kopi Susu") for buyer in buyers]
    world.quiet()
    seen = len(andi.from_bot(kopi))
    heal = world.fail("telegram", "drop_before", bot=kopi.bot_id)
    references = []
    for number, invoice in enumerate(invoices, 1):
        references.append(kopi.transaction(invoice)["order_id"])
        world.pay(invoice)
        world.until(
            lambda number=number: kopi.value("SELECT count(*) FROM orders WHERE state = 'paid'") == number, what="paid"
        )
    assert not any(deliveries(buyer, kopi) for buyer in buyers)
    heal()
    for buyer in buyers:
        buyer.wait_for(kopi, PAID, fresh=False, seconds=40)
    world.quiet(40)
    told = [m.text for m in andi.from_bot(kopi)[seen:]]
    assert [next(r for r in references if r in text) for text in told if "Pesanan dibayar" in text] == references
    for buyer in buyers:
        assert len(deliveries(buyer, kopi)) == 1
    world.until(lambda: kopi.query("SELECT DISTINCT state FROM orders") == [("completed",)])


def test_a_message_nobody_can_send_holds_up_no_other_chat(world, kopi, budi):
    sari = world.person(2002, "Sari")
    invoice = sari.order(kopi, "Kopi Susu")
    world.quiet()
    stuck = budi.order(kopi, "Kopi Susu")
    heal = world.fail("telegram", "status", bot=kopi.bot_id, chat=budi.id, status=500)
    world.pay(stuck)
    world.pay(invoice)
    sari.wait_for(kopi, PAID)
    assert not deliveries(budi, kopi)
    heal()
    budi.wait_for(kopi, PAID, seconds=40)


def test_a_message_telegram_refuses_for_good_is_reported(world, kopi, budi):
    andi = world.admin(kopi)
    invoice = budi.order(kopi, "Kopi Susu")
    world.quiet()
    world.fail("telegram", "status", bot=kopi.bot_id, chat=budi.id, method="sendMessage", status=400, times=1)
    world.pay(invoice)
    andi.wait_for(kopi, "ditolak Telegram", fresh=False)
    world.expect("outbox row .* failed")
    world.expect("log .*", must=False)
    world.quiet()
    # the units are sold all the same, and can be fetched
    assert kopi.query("SELECT state FROM orders") == [("paid",)]
    budi.send(kopi, "/pesanan")
    budi.press(kopi, "1️⃣")
    budi.press(kopi, "📦 Ambil Lagi")
    budi.wait_for(kopi, kopi.products[0]["stock"][0])


def test_a_dead_token_stops_its_store_alone(world, kopi, budi):
    nonton = world.store("nonton-hemat", [product("Cinema Ticket", 38_000, 5, code="XXI")])
    world.sandbox.post("bot", token=kopi.token, revoked=True)
    world.expect("log kopi-digital: .*disabled")
    world.start()
    world.until(lambda: state(world, kopi) == "disabled", what="the store to be disabled")
    world.pay(budi.order(nonton, "Cinema Ticket"))
    budi.wait_for(nonton, PAID)
    assert state(world, nonton) == "live"
    reason = world.query("SELECT state_reason FROM lapak.stores WHERE bot_store_name = %s", kopi.name)[0][0]
    assert reason and kopi.token not in reason
    assert world.metrics().get("lapak_stores", state="disabled") == 1
    listed = world.ctl("tenants", expect=1).stdout
    assert "disabled" in listed and kopi.token not in listed


def test_a_token_that_dies_later(world, kopi, budi):
    invoice = budi.order(kopi, "Kopi Susu")
    nonton = world.store("nonton-hemat", [product("Cinema Ticket", 38_000, 5, code="XXI")])
    world.restart()
    world.quiet()
    secret = kopi.telegram_secret
    world.sandbox.post("bot", token=kopi.token, revoked=True)
    world.expect("log kopi-digital: .*disabled")
    world.expect("kopi-digital: .*pending", must=False)
    world.pay(invoice)
    world.until(lambda: state(world, kopi) == "disabled", what="the store to be disabled")
    # Telegram keeps its updates
    status, headers, _ = kopi.post_update({"update_id": 5, "message": {}}, secret=secret)
    assert status == 503 and int(headers["retry-after"]) > 0
    world.pay(budi.order(nonton, "Cinema Ticket"))
    budi.wait_for(nonton, PAID)
    # the token works again: what was sold meanwhile is delivered
    world.sandbox.post("bot", token=kopi.token, revoked=False)
    world.restart()
    world.until(lambda: state(world, kopi) == "live", what="the store to be live")
    budi.wait_for(kopi, PAID, fresh=False, seconds=30)


def test_telegram_unreachable_at_the_start(world, kopi, budi):
    budi.start_chat(kopi)
    world.quiet()
    world.stop()
    # one that knows all is only looked at, by getWebhookInfo
    heals = [world.fail("telegram", "drop_before", method=method) for method in ("getWebhookInfo", "getMe")]
    world.start(wait=False)
    world.server.wait_ready()
    world.until(lambda: state(world, kopi) == "unreachable", what="the store to be unreachable")
    # what Telegram sends all the same is served
    budi.send(kopi, "🏷 Cek Stok")
    budi.wait_for(kopi, "📦 Informasi Stok")
    for heal in heals:
        heal()
    world.until(lambda: state(world, kopi) == "live", 30, "the store to be live")


def state(world, store):
    return world.query("SELECT state FROM lapak.stores WHERE bot_store_name = %s", store.name)[0][0]
