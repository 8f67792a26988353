"""Stores come, change and go while lapakd runs and others sell: the operator drops a file, and that is all."""

import json
import re
import socket
import stat
import threading

import pytest
from harness.processes import http
from harness.store import product
from sandbox_client import delivered_lines

PAID = "🎉 Pembayaran Berhasil"


def goods(code, stock=200):
    return [product("Kopi Susu", 15_000, stock, code=code)]


@pytest.fixture
def kopi(world):
    return world.store("kopi-digital", goods("SUSU"))


@pytest.fixture
def nonton(world):
    return world.store("nonton-hemat", goods("XXI"))


def order(buyer, store, code):
    buyer.quick_order(store, code)
    return buyer.invoice(store)


def buy(world, buyer, store, code):
    """A whole purchase by the line a buyer types."""
    world.pay(order(buyer, store, code))
    return delivered_lines(buyer.chat(store), buyer.wait_for(store, PAID))


class Crowd:
    """Buyers who buy one thing after the other until they are told to stop."""

    def __init__(self, world, *shops):
        self.world, self.over = world, threading.Event()
        self.bought, self.errors = 0, []
        self.threads = [
            threading.Thread(target=self.run, args=(world.person(3000 + number), *shop))
            for number, shop in enumerate(shops)
        ]

    def run(self, buyer, store, code):
        try:
            buyer.start_chat(store)
            while not self.over.is_set():
                buy(self.world, buyer, store, code)
                self.bought += 1
        except BaseException as error:  # told by __exit__
            self.errors.append(error)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *exception):
        self.over.set()
        for thread in self.threads:
            thread.join()
        assert not self.errors, self.errors


def test_fifty_dropped_files_are_live_in_seconds_while_others_sell(world, kopi, nonton):
    world.start()
    many = [world.prepare_store(f"toko-{number}", []) for number in range(50)]
    with Crowd(world, (kopi, "SUSU"), (nonton, "XXI")) as crowd:
        world.until(lambda: crowd.bought > 1, what="a first purchase")
        world.drop(*many)
        world.wait_states("live", *many, seconds=60)
        before = crowd.bought
        world.until(lambda: crowd.bought > before + 1 or crowd.errors, what="another purchase")
    assert world.log_text().count("reloaded:") <= 4, "many files make few reloads"
    world.wait_webhooks(many)
    some = many[17]
    some.import_catalogue(goods("BARU", 3))
    some.products = goods("BARU", 0)
    budi = world.person(2001, "Budi")
    budi.start_chat(some)
    assert len(buy(world, budi, some, "BARU")) == 1


def test_a_bad_file_leaves_its_store_as_it_was_and_says_why(world, kopi, nonton):
    world.start()
    budi = world.person(2001, "Budi")
    budi.start_chat(kopi)
    path = world.tenants_directory / "kopi-digital.yaml"
    good = path.read_text()
    path.write_text(good + "rahsia: [\n")
    world.expect(r"log kopi-digital: .*its file is not followed, the store goes on as it was: .*kopi-digital\.yaml:\d+")
    world.until(lambda: "goes on as it was" in world.log_text(), what="the fault to be told")
    assert len(buy(world, budi, kopi, "SUSU")) == 1
    calls = len(world.calls(kopi, method="setWebhook")), len(world.calls(nonton, method="getMe"))

    # told once, whatever else happens
    nonton.title = "Nonton Bioskop"
    world.drop(nonton)
    world.until(lambda: "followed" in (world.log_directory / "nonton-hemat").glob("*.log").__next__().read_text(),
                what="the other store to change")
    assert world.log_text().count("goes on as it was") == 1
    assert "Nonton Bioskop" in budi.start_chat(nonton).text

    path.write_text(good.replace("Kopi Digital", "Kopi Baik"))
    world.until(lambda: "Kopi Baik" in budi.start_chat(kopi).text, what="the good file to be followed")
    assert (len(world.calls(kopi, method="setWebhook")), len(world.calls(nonton, method="getMe"))) == calls, \
        "Telegram needs to know nothing of a title"


def test_what_is_gone_stops_and_keeps_its_data_until_it_is_back(world, kopi, nonton):
    world.start()
    budi = world.person(2001, "Budi")
    budi.start_chat(kopi)
    budi.start_chat(nonton)
    buy(world, budi, kopi, "SUSU")
    open_invoice = order(budi, kopi, "SUSU")
    world.quiet()
    stock, body = kopi.stock("SUSU"), kopi.notice(kopi.transaction(open_invoice))
    secret = kopi.telegram_secret

    world.take_away(kopi)
    world.wait_states("removed", kopi)
    world.until(lambda: world.calls(kopi, method="deleteWebhook"), what="its webhook to be taken off")
    assert world.calls(kopi, method="deleteWebhook")[-1]["params"].get("drop_pending_updates") is not True
    assert kopi.post_update({"update_id": 1}, secret=secret)[0] == 404
    assert kopi.post_pakasir(body)[0] == 404
    world.pay(open_invoice, webhook="never")  # while it is away
    assert len(buy(world, budi, nonton, "XXI")) == 1
    assert kopi.stock("SUSU") == stock and kopi.value("SELECT count(*) FROM orders") == 2

    budi.send(kopi, "/start")  # Telegram keeps it
    world.drop(kopi)
    world.wait_states("live", kopi)
    assert len(delivered_lines(budi.chat(kopi), budi.wait_for(kopi, PAID, seconds=30))) == 1, "what was paid meanwhile is delivered"
    assert len(buy(world, budi, kopi, "SUSU")) == 1
    assert kopi.telegram_secret == secret


def test_links_and_permissions_are_changes_too(world, kopi, nonton):
    teh = world.prepare_store("teh-tarik", [])
    world.start()
    elsewhere = world.directory / "available"
    elsewhere.mkdir()
    teh.write(elsewhere)
    (world.tenants_directory / "teh-tarik.yaml").symlink_to(elsewhere / "teh-tarik.yaml")
    world.wait_states("live", teh)

    # a file lapakd may not read becomes readable; as root reads any, one that is still open for writing stands for it
    budi = world.person(2001, "Budi")
    path = world.tenants_directory / "kopi-digital.yaml"
    with open(path, "r+", encoding="utf-8") as file:
        text = file.read()
        file.seek(0)
        file.write(text.replace("Kopi Digital", "Kopi Tiktak"))
        file.flush()
        path.chmod(0o600)
        world.until(lambda: "Kopi Tiktak" in budi.start_chat(kopi).text, what="the file to be followed")


def test_what_went_while_nobody_ran_is_removed_and_a_bad_file_is_not(world, kopi, nonton):
    world.start()
    world.wait_states("live", kopi, nonton)
    calls = len(world.calls(nonton, method="setWebhook"))
    world.stop()
    world.take_away(kopi)
    world.start()
    world.wait_states("removed", kopi)
    world.until(lambda: world.calls(nonton, method="getWebhookInfo"), what="the bot to be looked at")
    assert world.calls(nonton)[-1]["method"] == "getWebhookInfo"
    assert len(world.calls(nonton, method="setWebhook")) == calls, "it knows all that it would be told"
    world.stop()
    path = world.tenants_directory / "nonton-hemat.yaml"
    path.write_text(path.read_text() + "rahsia: 1\n")
    world.expect(r"log server: .*store not started: .*nonton-hemat\.yaml")
    world.start(wait=False).wait_ready()
    assert world.states()["nonton-hemat"] != "removed"
    nonton.write(world.tenants_directory)
    world.wait_states("live", nonton)


def test_keys_are_rotated_by_the_env_file_alone(world, kopi, nonton):
    world.start()
    budi = world.person(2001, "Budi")
    budi.start_chat(kopi)
    others = len(world.calls(nonton))

    old_token, kopi.token = kopi.token, f"{kopi.bot_id}:{'rotated-token-of-kopi-'.ljust(35, 'y')}"
    old_secret, kopi.api_key, kopi.webhook_secret = kopi.webhook_secret, "kunci-baru", "rahasia-webhook-baru"
    world.sandbox.post("bot", token=old_token, revoked=True)
    world.sandbox.post("project", slug=kopi.slug, api_key=kopi.api_key, webhook_secret=kopi.webhook_secret,
                       webhook_url=f"{world.url}{kopi.pakasir_path}")
    replacement = world.directory / "env.new"  # as a careful operator does
    world.write_env(replacement)
    replacement.rename(world.env_file)
    world.until(lambda: len(world.calls(kopi, method="getMe")) >= 2, what="the bot to be registered anew")
    world.wait_states("live", kopi)
    assert len(buy(world, budi, kopi, "SUSU")) == 1
    invoice = order(budi, kopi, "SUSU")
    body = kopi.notice(kopi.transaction(invoice))
    assert kopi.post_pakasir(body, secret=old_secret)[0] == 401
    assert kopi.post_pakasir(body)[0] == 200
    world.pay(invoice)
    budi.wait_for(kopi, PAID)
    assert len(world.calls(nonton)) == others, "the other store is not touched"
    assert not re.search(r"error", "\n".join(p.read_text() for p in world.log_directory.glob("server/*.log")))


def test_who_has_a_bot_keeps_it(world, kopi):
    """A file that names the bot of a store that runs is refused, though its name comes first."""
    world.start()
    thief = world.prepare_store("aaa-toko", [])
    thief.token = kopi.token
    world.drop(thief)
    world.expect(r"log server: .*store not started: .*aaa-toko\.yaml:\d+: telegram\.token: is of the same bot as in .*kopi-digital")
    world.until(lambda: "is of the same bot as in" in world.log_text(), what="the refusal")
    budi = world.person(2001, "Budi")
    budi.start_chat(kopi)
    assert len(buy(world, budi, kopi, "SUSU")) == 1
    assert http(f"{world.url}{thief.telegram_path}", body="{}")[0] == 404
    world.stores.remove(thief)


# --- lapakctl reload, status ---


def test_reload_answers_what_it_did(world, kopi):
    world.start()
    (world.directory / "run" / "lapakd.sock").stat()
    teh = world.prepare_store("teh-digital", [])
    world.drop(teh)
    answer = json.loads(world.ctl("reload", "--json").stdout)
    world.wait_states("live", teh)
    # by the files' own change or by the command: whoever was first
    assert answer["faults"] == [] and answer["removed"] == [] and answer["restart_for"] is None
    assert answer["added"] in (["teh-digital"], []) and answer["unchanged"] + len(answer["added"]) == 2
    assert "unchanged: 2" in world.ctl("reload").stdout

    path = world.tenants_directory / "teh-digital.yaml"
    path.write_text(path.read_text() + "rahsia: 1\n")
    world.expect(r"log teh-digital: .*goes on as it was: .*teh-digital\.yaml:\d+: rahsia")
    told = world.ctl("reload", expect=1)
    assert re.search(r"teh-digital\.yaml:\d+: rahsia: ", told.stderr), told.stderr
    [fault] = json.loads(world.ctl("reload", "--json", expect=1).stdout)["faults"]
    assert fault["file"] == str(path) and fault["line"] > 1 and fault["key"] == "rahsia" and fault["text"]
    teh.write(world.tenants_directory)
    world.ctl("reload")

    world.config["lanes"] = 3
    world.write_files()
    told = world.ctl("reload").stdout
    assert "lanes" in told and "restart" in told
    status = json.loads(world.ctl("status", "--json").stdout)
    assert status["stores"] == 2 and status["live"] == 2 and status["pid"] == world.server.child.pid
    world.until(lambda: [json.loads(row[0]) for row in world.query("SELECT detail FROM lapak.audit_logs WHERE event = 'config.reloaded' ORDER BY id")]
                == [{"added": ["teh-digital"]}], what="the reload in the audit trail")


def test_a_bad_env_file_changes_nothing(world, kopi):
    world.start()
    good = world.env_file.read_text()
    world.env_file.write_text("this is no line\n" + good.splitlines()[0] + "\n")
    world.expect(r"log server: .*not followed: .*env:1: ")
    world.until(lambda: "not followed: " in world.log_text(), what="the fault to be told")
    assert "env:1:" in world.ctl("reload", expect=1).stderr, "lapakctl reads it too"
    budi = world.person(2001, "Budi")
    budi.start_chat(kopi)
    assert len(buy(world, budi, kopi, "SUSU")) == 1
    world.env_file.write_text(good)
    assert "unchanged: 1" in world.ctl("reload").stdout


def test_nobody_answers_where_no_lapakd_runs(world, kopi):
    world.write_files()
    for command in ("reload", "status"):
        assert "no lapakd answers at" in world.ctl(command, expect=1).stderr
    world.start()
    world.ctl("status")
    world.kill9()
    assert "no lapakd answers at" in world.ctl("status", expect=1).stderr, "a socket left behind is nobody"
    world.start()
    assert f"process {world.server.child.pid}" in world.ctl("status").stdout


def test_the_newer_server_has_the_socket(world, kopi):
    first = world.start()
    second = world.start_another()
    assert f"process {second.child.pid}" in world.ctl("status").stdout
    first.stop()
    assert f"process {second.child.pid}" in world.ctl("status").stdout, "the older one leaves it alone"


def test_the_socket_is_closed_to_others_and_bears_nonsense(world, kopi):
    world.start()
    path = world.directory / "run" / "lapakd.sock"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and stat.S_IMODE(path.parent.stat().st_mode) == 0o700

    def ask(raw):
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(20)
            client.connect(str(path))
            try:
                client.sendall(raw)
                client.shutdown(socket.SHUT_WR)
                return b"".join(iter(lambda: client.recv(4096), b""))
            except (BrokenPipeError, ConnectionResetError):
                return b""

    for raw in (b"", b"\n", b"reload\n", b"[]\n", b"{}\n", b'{"command": 7}\n', b'{"command": "drop"}\n', b"\xff\n"):
        answer = ask(raw)
        assert not answer or "error" in json.loads(answer), (raw, answer)
    assert ask(b"x" * 200_000) == b""
    with socket.socket(socket.AF_UNIX) as silent:
        silent.connect(str(path))  # who says nothing holds up nobody
        assert json.loads(ask(b'{"command": "status"}\n'))["stores"] == 1
    world.stop()
    assert not path.exists()


# --- suspension ---


def test_a_suspended_store_turns_buyers_away_and_settles_what_is_open(world, kopi, nonton):
    world.start()
    budi, andi = world.person(2001, "Budi"), world.admin(kopi)
    budi.start_chat(kopi)
    invoice = order(budi, kopi, "SUSU")
    told = world.ctl("suspend", "kopi-digital", "Sedang diperiksa").stdout
    assert told.strip() == "kopi-digital is suspended"

    def closed():
        budi.send(kopi, "/start")
        return "tutup untuk sementara" in budi.wait_for(kopi, lambda message: True).text

    world.until(closed, what="buyers to be told")
    page = budi.last(kopi)
    assert kopi.title in page.text and "Sedang diperiksa" not in page.text
    world.pay(invoice)
    assert len(delivered_lines(budi.chat(kopi), budi.wait_for(kopi, PAID))) == 1
    budi.press(kopi, "🧾", budi.wait_for(kopi, "tutup untuk sementara", fresh=False))
    assert "Kopi Susu" in budi.wait_for(kopi, "Kopi Susu").text, "what is theirs stays open"
    andi.send(kopi, "/admin")
    assert "ditangguhkan" in andi.wait_for(kopi, "ditangguhkan").text
    budi.start_chat(nonton)  # the other store is open

    listed = json.loads(world.ctl("tenants", "--json").stdout)["stores"]
    assert {store["bot_store_name"]: store["suspended"] for store in listed} == {"kopi-digital": True, "nonton-hemat": False}
    assert "Sedang diperiksa" in world.ctl("tenants").stdout
    assert "already" in world.ctl("suspend", "kopi-digital").stdout

    world.restart()
    budi.send(kopi, "/start")
    budi.wait_for(kopi, "tutup untuk sementara")
    assert world.ctl("resume", "kopi-digital").stdout.strip() == "kopi-digital is open"
    world.until(lambda: "Selamat datang" in (budi.send(kopi, "/start"), budi.wait_for(kopi, kopi.title))[1].text,
                what="the store to be open")
    assert len(buy(world, budi, kopi, "SUSU")) == 1
    trail = world.ctl("audit", "server").stdout
    assert "store.suspended" in trail and "store.resumed" in trail
    assert "there is no store" in world.ctl("suspend", "tidak-ada", expect=1).stderr


def test_every_server_learns_of_a_suspension_at_once(world, kopi):
    world.start_two()
    world.ctl("suspend", "kopi-digital")
    world.until(lambda: world.log_text().count("suspended: buyers are told") == 2, what="both servers to know")
    world.ctl("resume", "kopi-digital")
    world.until(lambda: world.log_text().count("] resumed") == 2, what="both servers to know")
