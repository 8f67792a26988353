"""A store that wants its buyers in a channel: they join and are let in, whoever left is asked again, and a channel
that Telegram does not tell about keeps nobody from buying."""

import time

import pytest
from harness.settings import ask, change, reset, setting
from harness.store import product
from sandbox_client import delivered_lines

ADMINS, OWNERS = [1001], [1003]
PAID = "🎉 Pembayaran Berhasil"
JOIN = "Gabung dulu"
NAME = "kopi_kabar"
PRIVATE = -1009876543210


@pytest.fixture
def kopi(world):
    return world.store("kopi-digital", [product("Kopi Susu", 15_000, 5, code="SUSU", snk="Kirim bukti ulasan.")],
                       admins=ADMINS, owners=OWNERS)


@pytest.fixture
def andi(world, kopi):
    return world.admin(kopi)


@pytest.fixture
def channel(world, kopi):
    return world.channel(username=NAME, title="Kabar Kopi", bots=[kopi])


@pytest.fixture
def budi(world):
    return world.person(2001, "Budi")


def set_channel(admin, store, typed, wanted="Channel wajib aktif"):
    ask(admin, store, "Channel wajib")
    admin.send(store, typed)
    return admin.wait_for(store, wanted)


def asks(world, store):
    return len(world.calls(store, method="getChatMember"))


def joined(person, store):
    """The page with the buttons, pressed."""
    page = person.wait_for(store, JOIN, fresh=False)
    pressed = person.press(store, "✅ Saya sudah bergabung", page)
    assert "dicek" in person.wait_answer(store, pressed)["text"]
    return page


def a_day_later(store, person):
    """What the server knows of the person is a day old (and what it remembers is forgotten by a restart)."""
    store.query("UPDATE users SET member_until = member_until - interval '25 hours' WHERE telegram_id = %s", person.id)
    store.query("UPDATE settings SET updated_at = updated_at - interval '3 days' WHERE key = 'channel'")
    store.world.restart()


def test_join_and_buy(world, kopi, andi, channel, budi):
    budi.start_chat(kopi)
    set_channel(andi, kopi, f"https://t.me/{NAME}")
    before = asks(world, kopi)
    budi.send(kopi, "/produk")
    page = budi.wait_for(kopi, JOIN)
    assert page.button("📢 Gabung Channel")["url"] == f"https://t.me/{NAME}"
    # not yet
    joined(budi, kopi)
    page = budi.wait_for(kopi, "belum terlihat")
    assert asks(world, kopi) == before + 1
    budi.force(kopi, "a:0", page)
    budi.wait_for(kopi, lambda m: JOIN in m.text and "belum terlihat" not in m.text)
    channel.join(budi)
    page = joined(budi, kopi)
    assert budi.wait_for(kopi, "Terima kasih sudah bergabung", fresh=False).id == page.id
    welcome = budi.wait_for(kopi, lambda m: m.button("🧭 Semua Produk"))
    assert "Kopi Digital" in welcome.text and "🛍 Semua Produk" in budi.keyboard(kopi)
    count = asks(world, kopi)
    world.pay(budi.order(kopi, "Kopi Susu"))
    budi.wait_for(kopi, PAID)
    assert asks(world, kopi) == count, "known for a day"
    # who runs the store needs no channel
    andi.send(kopi, "/produk")
    andi.wait_for(kopi, "Kopi Susu")


def test_who_is_new(world, kopi, andi, channel, budi):
    set_channel(andi, kopi, f"@{NAME}")
    channel.join(budi)
    budi.send(kopi, "/start")
    joined(budi, kopi)
    budi.wait_for(kopi, lambda m: m.button("🧭 Semua Produk"))
    sari = world.person(2002, "Sari")
    channel.set(sari, "kicked")
    sari.send(kopi, "/start")
    joined(sari, kopi)
    sari.wait_for(kopi, "belum terlihat")
    channel.set(sari, "restricted")
    joined(sari, kopi)
    sari.wait_for(kopi, lambda m: m.button("🧭 Semua Produk"))
    assert kopi.value("SELECT count(*) FROM users WHERE member_until IS NOT NULL") == 2


def test_who_left_is_asked_again(world, kopi, andi, channel, budi):
    set_channel(andi, kopi, f"@{NAME}")
    channel.join(budi)
    budi.send(kopi, "/start")
    joined(budi, kopi)
    budi.wait_for(kopi, lambda m: m.button("🧭 Semua Produk"))
    a_day_later(kopi, budi)
    count = asks(world, kopi)
    budi.send(kopi, "/produk")  # served, and asked for beside
    budi.wait_for(kopi, "Kopi Susu")
    world.until(lambda: asks(world, kopi) == count + 1)
    world.until(lambda: kopi.value("SELECT member_until > now() FROM users WHERE telegram_id = 2001"))
    channel.leave(budi)
    a_day_later(kopi, budi)
    budi.send(kopi, "/produk")
    budi.wait_for(kopi, "Kopi Susu")
    world.until(lambda: kopi.query("SELECT member_until FROM users WHERE telegram_id = 2001") == [(None,)])
    world.until(lambda: (budi.send(kopi, "/produk"), budi.wait_for(kopi, lambda m: m.text))[1].matches(JOIN))


def test_what_is_theirs_goes_on(world, kopi, andi, channel, budi):
    invoice = budi.order(kopi, "Kopi Susu")
    set_channel(andi, kopi, f"@{NAME}")
    world.pay(invoice)
    delivery = budi.wait_for(kopi, PAID)
    budi.press(kopi, "✅ Penuhi SNK")
    budi.wait_for(kopi, "bukti")
    budi.send(kopi, "sudah ya")
    andi.wait_for(kopi, "sudah ya", fresh=False)
    budi.send(kopi, "/pesanan")
    orders = budi.wait_for(kopi, "Pesananku")
    budi.press(kopi, orders.buttons[0]["text"], orders)
    budi.press(kopi, "📦 Ambil Lagi")
    again = budi.wait_for(kopi, "📦 Pembelianmu")
    assert delivered_lines(budi.chat(kopi), again) == delivered_lines(budi.chat(kopi), delivery)
    budi.send(kopi, "/produk")
    budi.wait_for(kopi, JOIN)


def test_a_channel_that_can_not_be_asked(world, kopi, andi, channel, budi):
    """The bot is thrown out: people are served, the admins told once, and once when it is over."""
    set_channel(andi, kopi, f"@{NAME}")
    channel.set(kopi, "left")
    for number in range(3):
        person = world.person(2010 + number, f"Orang {number}")
        person.send(kopi, "/start")
        joined(person, kopi)
        person.wait_for(kopi, lambda m: m.button("🧭 Semua Produk"))
    world.pay(person.order(kopi, "Kopi Susu"))
    person.wait_for(kopi, PAID)
    told = andi.wait_for(kopi, "tidak bisa memeriksa", fresh=False)
    assert "member list is inaccessible" in told.text
    assert len([m for m in andi.from_bot(kopi) if "tidak bisa memeriksa" in m.text]) == 1
    channel.set(kopi, "administrator")
    kopi.query("UPDATE jobs SET due_at = now() WHERE kind = 'channel_down'")
    world.restart()  # so that it is looked at now
    andi.wait_for(kopi, "bisa diperiksa lagi", fresh=False, seconds=30)
    assert kopi.query("SELECT 1 FROM jobs WHERE kind = 'channel_down'") == []


@pytest.mark.parametrize("mode", ["drop_before", "status", "too_many"])
def test_telegram_is_away(world, kopi, andi, channel, budi, mode):
    set_channel(andi, kopi, f"@{NAME}")
    over = world.fail("telegram", mode, method="getChatMember", times=None, status=500, retry_after=5)
    budi.send(kopi, "/start")
    joined(budi, kopi)
    budi.wait_for(kopi, lambda m: m.button("🧭 Semua Produk"), seconds=30)
    assert not [m for m in andi.from_bot(kopi) if "tidak bisa memeriksa" in m.text], "that passes by itself"
    over()


def test_what_can_not_be_set(world, kopi, andi, channel):
    ask(andi, kopi, "Channel wajib")
    for wrong in ("kopi kabar", "@a", "-12345", "https://example.com/x"):
        andi.send(kopi, wrong)
        andi.wait_for(kopi, "Bentuknya")
    andi.press(kopi, "❌ Batal")
    assert "chat not found" in set_channel(andi, kopi, "@tidak_ada", "belum dipasang").text
    channel.set(kopi, "member")
    assert "belum menjadi admin" in set_channel(andi, kopi, f"@{NAME}", "belum dipasang").text
    over = world.fail("telegram", "drop_before", method="getChat", times=None)
    page = set_channel(andi, kopi, f"@{NAME}", "belum dipasang")
    assert "tidak bisa dihubungi" in page.text
    over()
    # what is said of it leads on
    assert page.button("⚙️ Admin")
    andi.press(kopi, "⬅️", page)
    andi.wait_for(kopi, lambda m: m.id == page.id and m.text.startswith("⚙️ Channel wajib"))
    assert kopi.query("SELECT 1 FROM settings") == []
    assert kopi.query("SELECT 1 FROM admin_logs") == []


def test_a_private_channel_and_another_one(world, kopi, andi, channel, budi):
    private = world.channel(PRIVATE, title="Pelanggan Kopi", bots=[kopi])
    assert "Pelanggan Kopi" in set_channel(andi, kopi, str(PRIVATE)).text
    link = kopi.value("SELECT value #>> '{}' FROM settings WHERE key = 'channel.link'")
    budi.send(kopi, "/start")
    page = budi.wait_for(kopi, JOIN)
    assert page.button("📢 Gabung Channel")["url"] == link and link.startswith("https://t.me/+")
    private.join(budi)
    joined(budi, kopi)
    budi.wait_for(kopi, lambda m: m.button("🧭 Semua Produk"))
    # another channel: nobody is known to be in it
    set_channel(andi, kopi, f"@{NAME}")
    budi.send(kopi, "/produk")
    budi.wait_for(kopi, JOIN)
    # and none
    reset(andi, kopi, "Channel wajib")
    count = asks(world, kopi)
    budi.send(kopi, "/produk")
    budi.wait_for(kopi, "Kopi Susu")
    assert asks(world, kopi) == count
    change(andi, kopi, "Link undangan channel", "https://t.me/+AbC_123")
    assert "https://t.me/+AbC_123" in setting(andi, kopi, "Link undangan channel").text


@pytest.mark.parametrize("end", ["killed", "stopped"])
def test_pressed_and_the_server_ends(world, kopi, andi, channel, budi, end):
    """The question survives it; who stops does not wait for Telegram."""
    set_channel(andi, kopi, f"@{NAME}")
    budi.send(kopi, "/start")
    page = budi.wait_for(kopi, JOIN)
    over = world.fail("telegram", "slow", method="getChatMember", delay_ms=9000, times=None)
    budi.press(kopi, "✅ Saya sudah bergabung", page)
    world.until(lambda: kopi.query("SELECT 1 FROM jobs WHERE kind = 'membership'"))
    started = time.monotonic()
    world.kill9() if end == "killed" else world.stop()
    assert time.monotonic() - started < 7
    over()
    assert kopi.query("SELECT member_until FROM users WHERE telegram_id = 2001") == [(None,)]
    channel.join(budi)
    kopi.query("UPDATE jobs SET lease_until = now() WHERE kind = 'membership' AND lease_until IS NOT NULL")
    world.start()
    budi.wait_for(kopi, lambda m: m.button("🧭 Semua Produk"), fresh=False, seconds=40)


def test_two_admins_at_the_channel(world, kopi, andi, channel):
    ayu = world.person(1003, "Omar")
    ayu.start_chat(kopi)
    ask(andi, kopi, "Channel wajib")
    set_channel(ayu, kopi, f"@{NAME}")
    andi.send(kopi, f"@{NAME}")
    andi.wait_for(kopi, "Data sudah berubah")
    assert kopi.value("SELECT count(*) FROM admin_logs") == 1
