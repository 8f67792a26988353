"""What an operator meets: lapakctl, bad configuration, health and metrics, a database that goes away, stopping."""

import json
import re
import threading

import pytest
import yaml
from harness import updates
from harness.processes import http
from harness.store import catalogue_text, product
from sandbox_client import delivered_lines

PAID = "🎉 Pembayaran Berhasil"


@pytest.fixture
def kopi(world):
    return world.store("kopi-digital", [product("Kopi Susu", 15_000, 10, code="SUSU", snk="Jangan dibagi.")])


@pytest.fixture
def budi(world):
    return world.person(2001, "Budi")


# --- lapakctl check ---


def line_of(path, text):
    return next(number for number, line in enumerate(path.read_text().splitlines(), 1) if text in line)


def test_check_is_content_with_a_good_configuration(world, kopi):
    assert "good" in world.ctl("check").stdout
    answer = json.loads(world.ctl("check", "--json").stdout)
    assert answer["ok"] and answer["faults"] == []
    assert [store["bot_store_name"] for store in answer["stores"]] == ["kopi-digital"]


FAULTS = {
    "a secret written out": ("telegram", "token", "7000000001:AAAA-bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", "token:"),
    "another secret written out": ("pakasir", "api_key", "kunci-rahasia-asli", "api_key:"),
    "an unknown variable": ("pakasir", "webhook_secret", "${TIDAK_ADA}", "webhook_secret:"),
    "the server's own variable": ("pakasir", "api_key", "${DATA_ENCRYPTION_KEY}", "api_key:"),
    "an unknown key": ("telegram", "tokn", "x", "tokn:"),
    "a list where text is wanted": (None, "title", ["a"], "title:"),
    "text where a number is wanted": (None, "invoice_minutes", "sebentar", "invoice_minutes:"),
    "a number out of range": (None, "invoice_minutes", 0, "invoice_minutes:"),
    "an unknown language": (None, "language", "jv", "language:"),
    "an unknown timezone": (None, "timezone", "Asia/Kota", "timezone:"),
    "an id that is none": ("telegram", "admins", ["andi"], "admins:"),
    "an unknown method": ("pakasir", "methods", ["emas"], "methods:"),
    "neither true nor false": ("pakasir", "sandbox", "mungkin", "sandbox:"),
    "another name than the file's": (None, "bot_store_name", "toko-lain", "bot_store_name:"),
    "a name of other letters": (None, "bot_store_name", "Kopi Digital", "bot_store_name:"),
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda name: name.replace(" ", "-"))
def test_check_finds_each_fault_with_file_and_line(world, kopi, fault):
    section, key, value, text = FAULTS[fault]
    path = world.tenants_directory / "kopi-digital.yaml"
    tenant = yaml.safe_load(path.read_text())
    (tenant[section] if section else tenant)[key] = value
    path.write_text(yaml.safe_dump(tenant, sort_keys=False))
    line = line_of(path, text)
    found = world.ctl("check", expect=1).stdout
    name = f"{section}.{key}" if section else key
    # a list's fault may be on the line of its element
    assert re.search(rf"^{re.escape(str(path))}:({line}|{line + 1}): {re.escape(name)}", found, re.M), found
    assert "AAAA-bbbb" not in found and "kunci-rahasia-asli" not in found, "a secret is not repeated"
    faults = json.loads(world.ctl("--json", "check", expect=1).stdout)["stores"][0]["faults"]
    assert faults[0]["file"] == str(path) and faults[0]["line"] in (line, line + 1) and faults[0]["key"].startswith(name)
    world.ctl("tenants", expect=1)


@pytest.mark.parametrize("key, message", [("token", "telegram.token"), ("slug", "pakasir.project")])
def test_check_finds_what_two_stores_share(world, kopi, key, message):
    nonton = world.store("nonton-hemat")
    setattr(nonton, key, getattr(kopi, key))
    nonton.write(world.tenants_directory)
    world.write_files()
    found = world.ctl("check", expect=1).stdout
    path = world.tenants_directory / "nonton-hemat.yaml"
    assert re.search(rf"^{re.escape(str(path))}:\d+: {message}: .*kopi-digital.yaml", found, re.M), found
    assert kopi.token not in found


def test_check_of_the_servers_own_file(world, kopi):
    good = dict(world.config)
    for change, key in (
        ({"public_url": "http://contoh.id"}, "public_url"),
        ({"listen": "di mana saja"}, "listen"),
        ({"lanes": 0}, "lanes"),
        ({"lanes": "empat"}, "lanes"),
        ({"database_url": "postgresql://u:p@h/db"}, "database_url"),
        ({"rahasia": 1}, "rahasia"),
        ({"metrics_allow": ["bukan-alamat"]}, "metrics_allow"),
        ({"tenants_dir": "/tidak/ada"}, "tenants_dir"),
        ({"owner": {"token": "${OWNER_BOT_TOKEN}"}}, "owner"),
    ):
        world.config = {**good, **change}
        world.write_files()
        found = world.ctl("check", expect=1).stdout
        assert re.search(rf"^{re.escape(str(world.config_file))}(:\d+)?: {key}", found, re.M), (change, found)
        assert "p@h" not in found
    world.config = good
    key = world.env["DATA_ENCRYPTION_KEY"]
    for wrong in ("", "bukan base64!", key[:-8]):
        world.env["DATA_ENCRYPTION_KEY"] = wrong
        world.write_files()
        found = world.ctl("check", expect=1).stdout
        assert "DATA_ENCRYPTION_KEY" in found and (not wrong or wrong not in found)
    world.env["DATA_ENCRYPTION_KEY"] = key
    world.config_file.write_text("listen: [1, 2\nx")
    assert re.search(rf"^{re.escape(str(world.config_file))}:\d+", world.ctl("check", expect=1).stdout, re.M)
    world.write_files()
    world.ctl("check")


def test_one_bad_file_stops_that_store_alone(world, kopi, budi):
    nonton = world.store("nonton-hemat", [product("Cinema Ticket", 38_000, 5, code="XXI")])
    path = world.tenants_directory / "kopi-digital.yaml"
    path.write_text(path.read_text() + "rahsia: ya\n")
    (world.tenants_directory / "rusak.yaml").write_text("{: :")
    (world.tenants_directory / "catatan.txt").write_text("bukan toko")
    world.expect(r"log server: .*store not started: .*kopi-digital\.yaml:\d+: rahsia")
    world.expect(r"log server: .*store not started: .*rusak\.yaml")
    world.expect(r"log server: .*catatan\.txt", must=False)
    world.start(wait=False)
    world.server.wait_ready()
    world.wait_webhooks([nonton])
    world.pay(budi.order(nonton, "Cinema Ticket"))
    budi.wait_for(nonton, PAID)
    assert world.http(kopi.telegram_path, body="{}")[0] == 404
    # and is back after the repair
    kopi.write(world.tenants_directory)
    (world.tenants_directory / "rusak.yaml").unlink()
    (world.tenants_directory / "catatan.txt").unlink()
    world.restart()
    budi.start_chat(kopi)


def test_a_server_that_can_not_start_says_why(world, kopi):
    world.config["rahasia"] = 1
    world.start(wait=False)
    server = world.servers[-1]
    assert server.child.wait(20) == 1
    assert re.search(rf"{re.escape(str(world.config_file))}:\d+: rahasia", server.text())
    del world.config["rahasia"]
    world.start()
    # the same port again
    second = world.launch(world.config_file, world.port, False)
    assert second.child.wait(20) == 1
    assert str(world.port) in second.text()
    world.expect(r"log server: .*can't start: .*")


# --- lapakctl's other commands ---


def test_usage(world, kopi):
    for arguments in (("tidak-ada",), ("catalog",), ("catalog", "import"), ("catalog", "import", "kopi-digital"),
                      ("tenants", "lebih"), ("--tidak-ada",), ("check", "--config")):
        assert world.ctl(*arguments, expect=2).stderr, arguments
    for arguments in (("--help",), ("check", "--help"), ("--version",)):
        assert world.ctl(*arguments).stdout
    # options before and behind
    world.ctl("tenants", "--config", world.config_file, "--env", world.env_file)
    world.ctl(f"--config={world.config_file}", "check", f"--env={world.env_file}", "-j")


def test_tenants_and_migrate(world, kopi):
    world.store("nonton-hemat")
    world.start()
    world.until(lambda: len(re.findall(r"\blive\b", world.ctl("tenants").stdout)) == 2, what="two live stores")
    listed = json.loads(world.ctl("tenants", "--json").stdout)["stores"]
    assert {(store["bot_store_name"], store["state"]) for store in listed} == {
        ("kopi-digital", "live"), ("nonton-hemat", "live")}
    assert "current" in world.ctl("migrate").stdout
    assert json.loads(world.ctl("migrate", "--json").stdout)["ok"]
    (world.tenants_directory / "nonton-hemat.yaml").unlink()
    assert "removed" in world.ctl("tenants").stdout
    world.stores.pop().write(world.tenants_directory)


def test_the_catalogue_goes_round(world, kopi):
    items = [
        product("Net <&> \"flix\" 🎬", 35_000, ["a:b", " spasi ", "baris: [x] #y", "- z", "'"], code="N1", description="satu\n\ndua: #tiga\n",
                snk="- a\n- b", category="Film & <Musik>"),
        product("Kopi Susu", 15_000, [], code="SUSU", category="Umum"),
        product("123", 1, ["yes", "null", "0x1F", "2026-01-01"], code="ANGKA", category="Film & <Musik>"),
    ]
    path = world.directory / "masuk.yaml"
    path.write_text(catalogue_text(items), encoding="utf-8")
    first = json.loads(world.ctl("catalog", "import", "kopi-digital", path, "--json").stdout)
    assert (first["products_added"], first["stock_added"], first["stock_known"]) == (2, 9, 0)
    again = json.loads(world.ctl("catalog", "import", "kopi-digital", path, "--json").stdout)
    assert (again["products_added"], again["stock_added"], again["stock_known"]) == (0, 0, 9)
    exported = world.ctl("catalog", "export", "kopi-digital").stdout
    out = world.directory / "keluar.yaml"
    out.write_text(exported, encoding="utf-8")
    back = {item["code"]: item for group in yaml.safe_load(exported)["categories"] for item in group["products"]}
    for item in items:
        for key in ("name", "price"):
            assert back[item["code"]][key] == item[key]
        assert (back[item["code"]].get("description") or "").strip() == item["description"].strip()
        assert (back[item["code"]].get("snk") or "") == item["snk"]
    assert back["N1"]["stock"] == [line for line in items[0]["stock"]]
    third = json.loads(world.ctl("catalog", "import", "kopi-digital", out, "--json").stdout)
    assert (third["products_added"], third["products_changed"], third["stock_added"]) == (0, 0, 0)
    assert world.ctl("catalog", "export", "kopi-digital").stdout == exported
    nonton = world.store("nonton-hemat", [product("X", 1_000, 1)])
    world.ctl("catalog", "import", nonton.name, out)
    assert nonton.stock("N1")["available"] == 5


@pytest.mark.parametrize("text, line", [
    ("categories:\n  - name: A\n    products:\n      - {code: X, name: Y, price: -5}\n", 4),
    ("categories:\n  - name: A\n    products:\n      - {code: X, name: Y, price: lima}\n", 4),
    ("categories:\n  - name: A\n    products:\n      - {code: X, name: Y, price: 5, harga: 6}\n", 4),
    ("categories:\n  - name: A\n    products:\n      - {code: X, price: 5}\n", 4),
    ("categories:\n  - name: A\n    products:\n      - {code: X, name: Y, price: 5}\n      - {code: X, name: Z, price: 5}\n", 5),
    ("categories:\n  - name: A\n    products: [\n", 3),
    ("kategori: []\n", 1),
    ("categories: [{name: A, products: [{code: X, name: Y, price: 5}]}]\ncoupons:\n  - {code: HEMAT, percent: 10, products: [Z]}\n", 3),
])
def test_a_faulty_catalogue_changes_nothing(world, kopi, text, line):
    before = kopi.query("SELECT * FROM products"), kopi.query("SELECT * FROM stock_units")
    path = world.directory / "salah.yaml"
    path.write_text(text)
    told = world.ctl("catalog", "import", "kopi-digital", path, expect=1).stderr
    assert re.search(rf"salah\.yaml:({line}|{line + 1})\b", told), told
    assert (kopi.query("SELECT * FROM products"), kopi.query("SELECT * FROM stock_units")) == before
    world.ctl("catalog", "import", "tidak-ada", path, expect=1)
    world.ctl("catalog", "import", "kopi-digital", "/tidak/ada.yaml", expect=1)


def test_a_running_server_sees_an_import(world, kopi, budi):
    budi.start_chat(kopi)
    assert "Teh" not in budi.list_text(kopi)
    kopi.import_catalogue([product("Teh Manis", 9_000, 3, code="TEH")])
    world.until(lambda: "Teh Manis" in budi.list_text(kopi), what="the new product")


# --- the running server ---


def test_health_and_metrics(world, kopi, budi):
    world.start()
    assert world.http("/healthz")[:2] == (200, "ok\n")
    assert world.http("/readyz")[0] == 200
    world.pay(budi.order(kopi, "Kopi Susu"))
    budi.wait_for(kopi, PAID)
    world.quiet()
    status, text, headers = world.http("/metrics")
    assert status == 200 and headers["Content-Type"].startswith("text/plain")
    metrics = world.metrics()
    assert metrics.get("lapak_updates_total", outcome="handled") >= 7
    assert metrics.get("lapak_store_updates_total", store="kopi-digital") >= 7
    assert metrics.get("lapak_stores", state="live") == 1
    assert metrics.get("lapak_lanes") == metrics.get("lapak_lanes_up") == 2
    assert metrics.get("lapak_outbox_total", outcome="sent") >= 4
    assert metrics.get("lapak_payment_hints_total", result="noted") == 1
    assert metrics.get("lapak_log_errors_total") == 0
    # as Prometheus wants it: each name once introduced, before its samples
    introduced = re.findall(r"^# TYPE (\S+) ", text, re.M)
    assert len(introduced) == len(set(introduced))
    of_histograms = {f"{name}_{part}" for name in introduced for part in ("bucket", "sum", "count")}
    assert {name for name, _, _ in metrics.samples} <= set(introduced) | of_histograms
    assert not world.cluster.own or "rahasia" not in text
    for path in ("/metrics", "/healthz", "/readyz"):
        assert world.http(path, method="POST", body="x")[0] in (404, 405)


def test_metrics_of_many_stores_stay_short(world):
    for number in range(3):
        world.store(f"toko-{number}")
    world.start()
    metrics = world.metrics()
    for number in range(3):
        assert metrics.get("lapak_store_live", store=f"toko-{number}") is not None


def test_the_database_goes_away_and_comes_back(world, kopi, budi):
    andi = world.admin(kopi)
    invoice = budi.order(kopi, "Kopi Susu")
    world.quiet()
    secret = kopi.telegram_secret
    world.expect("log .*", must=False)
    world.database_away()
    try:
        world.until(lambda: world.http("/readyz")[0] == 503, 20, "/readyz to tell")
        assert world.http("/healthz")[0] == 200
        status, _, headers = world.http(
            kopi.telegram_path, body=json.dumps(updates.message(budi, "/start")),
            headers={"X-Telegram-Bot-Api-Secret-Token": secret})
        assert status == 503 and int(headers["Retry-After"]) > 0
        world.pay(invoice)  # its webhook gets 503 and is repeated
        sent = budi.chat(kopi)._send(text="/keranjang")
        assert world.sandbox.state()["updates_pending"] > 0 and sent
    finally:
        world.database_back()
    world.until(lambda: world.http("/readyz")[0] == 200, 30, "/readyz to recover")
    budi.wait_for(kopi, PAID, seconds=40)
    budi.wait_for(kopi, "Keranjang", fresh=False, seconds=40)
    andi.wait_for(kopi, "Pesanan dibayar", fresh=False, seconds=40)
    world.quiet(40)
    assert kopi.stock("SUSU")["sold"] == 1


def test_connections_that_break_in_the_middle(world, kopi, budi):
    budi.start_chat(kopi)
    world.expect("log .*", must=False)
    end, cuts = threading.Event(), []
    own = world.query("SELECT pg_backend_pid()")[0][0]

    def cut():
        while not end.wait(0.02):
            cuts.append(world.cluster.cut(world.database, own))

    welcome = budi.last(kopi)
    number = kopi.value("SELECT id FROM products")
    cutter = threading.Thread(target=cut)
    cutter.start()
    try:
        for _ in range(4):
            before = sum(cuts)
            budi.force(kopi, f"q:{number}:1:15000", welcome)
            world.until(lambda before=before: sum(cuts) > before, what="another broken connection")
    finally:
        end.set()
        cutter.join()
    world.quiet(40)
    assert world.metrics().get("lapak_database_reconnects_total") > 0
    assert kopi.query("SELECT quantity FROM cart_items") == [(4,)], "each once, whatever broke"
    world.pay(budi.order(kopi, "Kopi Susu"))
    budi.wait_for(kopi, PAID)


def test_stopping_finishes_what_runs(world, kopi, budi):
    budi.start_chat(kopi)
    world.quiet()
    secret = kopi.telegram_secret
    lock = world.db(kopi)
    lock.autocommit = False
    with lock.cursor() as cursor:
        cursor.execute("LOCK TABLE cart_items IN ACCESS EXCLUSIVE MODE")
    number = kopi.value("SELECT id FROM products")
    answers, faults = [], []
    running = threading.Thread(
        target=lambda: answers.append(kopi.post_update(updates.callback(budi, f"q:{number}:1:15000"), secret=secret)))
    running.start()
    world.until(lambda: world.query("SELECT count(*) FROM pg_locks WHERE NOT granted")[0][0] > 0, what="an update at work")
    server = world.server
    stopping = threading.Thread(target=lambda: faults.extend(server.stop()))
    stopping.start()

    def refuses():
        status, _, headers = http(f"{world.url}{kopi.telegram_path}", body=json.dumps(updates.message(budi, "/start")),
                                  headers={"X-Telegram-Bot-Api-Secret-Token": secret}, timeout=2)
        if status == 503:
            assert int(headers["Retry-After"]) > 0
        return status in (0, 503)

    world.until(refuses, 5, "new work to be refused")
    assert not answers, "the old one is still at work"
    lock.rollback()
    lock.close()
    running.join()
    stopping.join()
    assert faults == []
    assert answers[0][0] == 200, "and was finished"
    assert kopi.query("SELECT quantity FROM cart_items") == [(1,)]


def test_stopping_while_everything_hangs(world, kopi, budi):
    invoice = budi.order(kopi, "Kopi Susu")
    world.quiet()
    world.fail("telegram", "slow", bot=kopi.bot_id, method="sendMessage", delay_ms=3000)
    heal = world.fail("pakasir", "slow", slug=kopi.slug, delay_ms=3000)
    sari = world.person(2002, "Sari")
    sari.chat(kopi)._send(text="/start")
    world.pay(invoice)
    world.until(lambda: kopi.query("SELECT 1 FROM jobs WHERE lease_until > now()"), what="a call to the gateway")
    assert world.server.stop() == [], "within ten seconds, with exit status 0"
    heal()
    world.sandbox.post("unfail")
    world.start()
    budi.wait_for(kopi, PAID, seconds=45)


def test_neither_logs_nor_a_stolen_dump_tell_what_was_sold(world, kopi, budi):
    andi = world.admin(kopi)
    proof = "bukti-yang-sangat-rahasia-4711"
    # with all the trouble there may be, so that the lines about trouble are looked at too
    for mode in ("drop_before", "html", "drop_after"):
        world.fail("telegram", mode, bot=kopi.bot_id, chat=budi.id, method="sendPhoto", times=1)
    for mode in ("status", "html"):
        world.fail("pakasir", mode, slug=kopi.slug, method="transaction-status", times=1)
    world.fail("pakasir", "drop_before", slug=kopi.slug, method="create-transaction", times=1)
    budi.quick_order(kopi, "SUSU", 2)
    invoice = budi.invoice(kopi, seconds=40)
    world.quiet(40)
    heal = world.fail("telegram", "status", bot=kopi.bot_id, chat=budi.id, status=500)
    world.pay(invoice)
    world.until(lambda: kopi.query("SELECT state FROM orders") == [("paid",)], 40, "the order to be paid")
    # while it waits, and once it is sent
    assert world.find_in_database(*kopi.products[0]["stock"]) == []
    heal()
    delivery = budi.wait_for(kopi, PAID, seconds=40)
    lines = delivered_lines(budi.chat(kopi), delivery)
    budi.press(kopi, "✅ Penuhi SNK")
    budi.wait_for(kopi, "Kirim bukti SNK")
    budi.send(kopi, proof)
    andi.wait_for(kopi, proof, fresh=False)
    world.quiet()
    assert world.find_in_database("Jangan dibagi."), "the scan does find what is not sealed"
    secrets = [proof, *lines, kopi.token, kopi.api_key, kopi.webhook_secret, kopi.telegram_secret]
    assert world.find_in_database(*secrets, *kopi.products[0]["stock"]) == []
    assert world.in_logs(*secrets, "payload", "qr_string", "00020101") == []
    names = {path.relative_to(world.log_directory).parts for path in world.log_directory.glob("**/*.log")}
    assert {folder for folder, _ in names} == {"server", "kopi-digital"}
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d\.log", file) for _, file in names)
    assert "[warn]" in world.log_text(), "there was trouble"
