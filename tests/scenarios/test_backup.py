"""Backups: made, tried out, and brought back while the other stores sell."""

import base64
import datetime
import hashlib
import hmac
import json
import os
import threading

import pytest
from harness import updates
from harness.processes import build_dir, environment
from harness.store import product

PAID = "🎉 Pembayaran Berhasil"
STOCK = 40


def key_of(words):
    return base64.b64encode(hashlib.sha256(words).digest()).decode()


@pytest.fixture
def backups(world):
    """Where they go; each in a folder of its store."""
    directory = world.directory / "backups"
    world.env["BACKUP_KEY"] = key_of(b"a backup key for tests")
    world.config["backup"] = {"directory": str(directory)}
    return directory


@pytest.fixture
def kopi(world, backups):
    return world.store("kopi-digital", [product("Kopi Susu", 15_000, STOCK, code="SUSU")])


@pytest.fixture
def nonton(world, kopi):
    return world.store("nonton-hemat", [product("Cinema Ticket", 38_000, STOCK, code="XXI")])


@pytest.fixture
def budi(world):
    return world.person(2001, "Budi")


def buy(world, person, store, name):
    since = len([m for m in person.chat(store).all_messages() if PAID in m.text])
    world.pay(person.order(store, name))
    world.until(lambda: len([m for m in person.chat(store).all_messages() if PAID in m.text]) > since, what="a delivery")


def completed(store):
    return store.value("SELECT count(*) FROM orders WHERE state = 'completed'")


def make(world, store):
    """A backup by lapakctl; what it says of it."""
    answer = json.loads(world.ctl("backup", store.name, "--json").stdout)
    assert answer["ok"], answer
    return answer["backups"][0]


def schemas(world):
    return {row[0] for row in world.query("SELECT nspname FROM pg_namespace WHERE nspname ~ '^(before|restored|verify)_'")}


class Shopping(threading.Thread):
    """Somebody who buys in another store all the while."""

    def __init__(self, world, person, store, name):
        super().__init__()
        self.world, self.person, self.store, self.name_of_product = world, person, store, name
        self.over = threading.Event()
        self.bought = 0
        self.problem = None

    def run(self):
        try:
            while not self.over.is_set():
                buy(self.world, self.person, self.store, self.name_of_product)
                self.bought += 1
        except BaseException as problem:  # told by stop()
            self.problem = problem

    def stop(self):
        self.over.set()
        self.join()
        assert self.problem is None, self.problem
        assert self.bought > 0


# --- the restore drill ---


def test_a_store_comes_back_while_the_others_sell(world, kopi, nonton, budi):
    sari = world.person(2002, "Sari")
    world.start()
    buy(world, budi, kopi, "Kopi Susu")
    made = make(world, kopi)
    assert made["rows"] > 0 and made["removed"] == 0
    buy(world, budi, kopi, "Kopi Susu")
    assert completed(kopi) == 2
    shopping = Shopping(world, sari, nonton, "Cinema Ticket")
    shopping.start()

    # somebody destroyed it
    world.expect(r"log (kopi-digital|server): ", must=False)
    world.query(f"DROP SCHEMA {kopi.schema} CASCADE")
    said = world.ctl("restore", kopi.name, "--yes").stdout
    assert "restored as of" in said and "--confirm" not in said, "there is nothing to go back to"
    assert completed(kopi) == 1 and kopi.stock("SUSU")["sold"] == 1
    assert "kopi-digital: 0 differences" in world.ctl("verify", kopi.name).stdout
    buy(world, budi, kopi, "Kopi Susu")
    assert completed(kopi) == 2
    shopping.stop()
    assert "nonton-hemat: 0 differences" in world.ctl("verify", nonton.name).stdout
    assert schemas(world) == set()
    assert world.query("SELECT count(*) FROM lapak.audit_logs WHERE event = 'backup.restored'")[0][0] == 1


def test_a_store_whose_schema_was_gone_at_the_start_says_so(world, kopi, budi):
    world.start()
    buy(world, budi, kopi, "Kopi Susu")
    make(world, kopi)
    world.stop()
    world.query(f"DROP SCHEMA {kopi.schema} CASCADE")
    world.expect(r"log kopi-digital: .*its schema was gone and was made anew, empty; lapakctl restore")
    world.start()
    world.ctl("restore", kopi.name, "--yes")
    assert completed(kopi) == 1
    world.ctl("restore", kopi.name, "--confirm")


def test_a_restore_is_asked_for_taken_back_and_confirmed(world, kopi, budi):
    world.start()
    buy(world, budi, kopi, "Kopi Susu")
    made = make(world, kopi)
    buy(world, budi, kopi, "Kopi Susu")
    newest = kopi.value("SELECT max(id) FROM orders")

    # a no is a no, and the end of the input is one
    for typed in ("", "n\n", "kopi-digital\n"):
        refused = world.ctl("restore", kopi.name, typed=typed, expect=1)
        assert "nothing was changed" in refused.stderr and "orders                2 now,          1 in the backup" in refused.stdout
    assert json.loads(world.ctl("restore", kopi.name, "--json", expect=1).stdout)["code"] == "refused"
    assert completed(kopi) == 2 and schemas(world) == set()
    for arguments in (("--confirm",), ("--undo",)):
        assert "no restore" in world.ctl("restore", kopi.name, *arguments, expect=1).stderr
    world.ctl("restore", kopi.name, "--undo", "--confirm", expect=2)

    # others fill their carts meanwhile; statements that were prepared for the old tables go on with the new
    others = [world.person(3001 + number) for number in range(20)]
    statuses = set()
    around = threading.Event()

    def look_around():
        number = kopi.value("SELECT id FROM products")
        for turn in range(10_000):
            if around.is_set():
                return
            press = updates.callback(others[turn % len(others)], f"q:{number}:1:15000")
            statuses.add(kopi.post_update(press)[0])

    looking = threading.Thread(target=look_around)
    looking.start()
    world.ctl("restore", kopi.name, "--at", made["time"], typed="y\n")
    assert completed(kopi) == 1
    buy(world, budi, kopi, "Kopi Susu")
    around.set()
    looking.join()
    assert statuses <= {200, 503}, statuses
    assert kopi.value("SELECT count(*) FROM cart_items") > 0
    assert kopi.value("SELECT max(id) FROM orders") > newest, "an id that was given out is not given again"
    assert "0 differences" in world.ctl("verify", kopi.name).stdout
    assert [name[:7] for name in schemas(world)] == ["before_"]
    assert "neither confirmed nor taken back" in world.ctl("restore", kopi.name, "--yes", expect=1).stderr

    # and taken back, and taken back again
    world.ctl("restore", kopi.name, "--undo")
    assert completed(kopi) == 2 and "0 differences" in world.ctl("verify", kopi.name).stdout
    buy(world, budi, kopi, "Kopi Susu")
    assert completed(kopi) == 3
    world.ctl("restore", kopi.name, "--undo")
    assert completed(kopi) == 2 and kopi.stock("SUSU")["sold"] == 2
    assert "confirmed" in world.ctl("restore", kopi.name, "--confirm").stdout
    assert schemas(world) == set()
    events = [row[0] for row in world.query("SELECT event FROM lapak.audit_logs WHERE event LIKE 'backup.%%' ORDER BY id")]
    assert events == ["backup.restored", "backup.undone", "backup.undone", "backup.confirmed"]


# --- what can be wrong with a backup ---


def files_of(backups, made):
    container = backups / made["key"]
    return container, container.with_suffix(".json")


def flip(path, at=None):
    data = bytearray(path.read_bytes())
    data[len(data) // 2 if at is None else at] ^= 4
    path.write_bytes(data)


def test_a_damaged_backup_is_found_and_the_older_one_is_still_good(world, kopi, backups):
    older, newer = make(world, kopi), make(world, kopi)
    assert older["time"] < newer["time"]
    container, manifest = files_of(backups, newer)
    good, good_manifest = container.read_bytes(), manifest.read_text()
    assert container.stat().st_mode & 0o777 == 0o600
    assert "good" in world.ctl("verify", kopi.name, "--at", "newest").stdout

    def refused(words, *arguments):
        for command in (("verify", kopi.name, "--at", newer["time"]), ("restore", kopi.name, "--at", newer["time"], "--yes")):
            said = world.ctl(*command, *arguments, expect=1).stderr
            assert words in said, said
        container.write_bytes(good)
        manifest.write_text(good_manifest)
        assert schemas(world) == set()

    flip(container)
    refused("damaged: changed or cut off at byte")
    flip(container, 20)
    refused("damaged: its beginning was changed")
    container.write_bytes(good[:-100])
    assert "not as long as it was" in world.ctl("list", kopi.name, expect=1).stdout
    refused("cut off")
    container.write_bytes(good + b"x")
    refused("changed or cut off")
    container.write_bytes(b"PK\3\4 something else")
    refused("no backup of Lapak's")
    key = world.env["BACKUP_KEY"]
    world.env["BACKUP_KEY"] = key_of(b"another")
    world.write_files()
    assert "another BACKUP_KEY" in world.ctl("list", kopi.name, expect=1).stdout
    assert "another BACKUP_KEY" in world.ctl("restore", kopi.name, "--yes", expect=1).stderr
    del world.env["BACKUP_KEY"]
    world.write_files()
    for command in (("backup", kopi.name), ("restore", kopi.name, "--yes")):
        assert "BACKUP_KEY" in world.ctl(*command, expect=1).stderr
    assert "no backups are made: BACKUP_KEY is not set" in world.ctl("check").stdout
    world.env["BACKUP_KEY"] = "pendek"
    world.write_files()
    assert "BACKUP_KEY: must be 32 bytes in base64" in world.ctl("check", expect=1).stdout
    world.env["BACKUP_KEY"] = key
    world.write_files()

    # a manifest that somebody wrote into is none; one that says otherwise is found even with the right signature
    changed = json.loads(good_manifest)
    changed["tables"]["orders"] += 1
    manifest.write_text(json.dumps(changed))
    assert "manifest was changed" in world.ctl("verify", kopi.name, "--at", newer["time"], expect=1).stderr
    del changed["signature"]
    manifest.write_text(json.dumps({**changed, "signature": signature(base64.b64decode(key), changed)}))
    said = world.ctl("verify", kopi.name, "--at", newer["time"], expect=1).stderr
    assert "it is not what its manifest says: orders: 0 rows, not 1" in said
    manifest.unlink()
    assert "no manifest" in world.ctl("list", kopi.name, expect=1).stdout
    manifest.write_text(good_manifest)

    # another store's backup is not this one's
    listed = json.loads(world.ctl("list", "--json").stdout)["backups"]
    assert [item["time"] for item in listed] == [newer["time"], older["time"]]
    flip(container)
    world.ctl("restore", kopi.name, "--at", older["time"], "--yes")
    world.ctl("restore", kopi.name, "--confirm")


def signature(key, manifest):
    """As backup/manifest.c makes it."""
    extracted = hmac.new(bytes(32), key, hashlib.sha256).digest()
    signing = hmac.new(extracted, b"backup:manifest\x01", hashlib.sha256).digest()
    text = json.dumps(manifest, sort_keys=True, separators=(",", ":")).encode()
    return hmac.new(signing, text, hashlib.sha256).hexdigest()


# --- by itself ---


def run_daily(world, store):
    """The store's daily backup, now; ends when its job is planned for another day (or hour)."""
    store.query("UPDATE jobs SET due_at = now() WHERE kind = 'backup_daily'")
    world.query("SELECT pg_notify('lapak_catalogue', %s)", store.name)
    world.until(lambda: store.query("SELECT 1 FROM jobs WHERE kind = 'backup_daily' AND due_at > now() + interval '5 minutes' AND "
                                    "due_at < 'infinity'"), seconds=60, what="the daily backup")


def alerts(world):
    """The open ones about backups: {(store, subject): detail}."""
    return {(store, subject): detail for store, subject, detail in world.query(
        "SELECT store, subject, detail FROM lapak.alerts WHERE kind = 'backup' AND recovered_at IS NULL")}


def figures(world, store):
    found = world.query("SELECT backup_at, backup_error FROM lapak.store_figures WHERE store = %s", store.name)
    return found[0] if found else (None, None)


@pytest.fixture
def full_disk(world, backups):
    """A file; while it is there nothing below the backups' folder grows."""
    flag = world.directory / "full"
    world.program_env = {
        "LD_PRELOAD": str(build_dir() / "tests" / "scenarios" / "full_disk.so"),
        "FULL_DISK": str(flag),
        "FULL_DISK_BELOW": str(backups),
        "ASAN_OPTIONS": environment()["ASAN_OPTIONS"] + ":verify_asan_link_order=0",
    }
    return flag


def test_once_a_day_and_told_when_it_fails(world, kopi, backups, full_disk):
    world.expect(r"server: outbox row", must=False)  # the owner never wrote to the bot
    world.start()
    first_due = kopi.value("SELECT due_at - now() FROM jobs WHERE kind = 'backup_daily'")
    assert 0 < first_due.total_seconds() <= 26 * 3600
    assert world.query("SELECT count(*) FROM lapak.jobs WHERE kind = 'backup_server'") == [(1,)]
    run_daily(world, kopi)
    world.until(lambda: figures(world, kopi)[0], what="the figures")
    first = sorted((backups / kopi.name).iterdir())
    assert [path.suffix for path in first] == [".json", ".lapak"] and json.loads(first[0].read_text())["verified_ms"]
    assert kopi.query("SELECT event, actor FROM audit_logs WHERE starts_with(event, 'backup.')") == [("backup.made", "system")]
    assert alerts(world) == {} and figures(world, kopi)[1] is None and schemas(world) == set()

    # a disk without room: told, and what was there is still there
    age(first)
    full_disk.touch()
    run_daily(world, kopi)
    world.until(lambda: (kopi.name, "") in alerts(world), what="the alert")
    assert "No space left on device" in alerts(world)[kopi.name, ""]
    world.until(lambda: figures(world, kopi)[1], what="the figures")
    assert "No space left" in figures(world, kopi)[1] and figures(world, kopi)[0]
    older = sorted((backups / kopi.name).iterdir())
    assert len(older) == 2, "nothing half written stays"
    full_disk.unlink()

    # a bit that turned in the older one is told as well, once there is a good new one
    flip(older[1])
    run_daily(world, kopi)
    world.until(lambda: (kopi.name, "older") in alerts(world) and (kopi.name, "") not in alerts(world), what="the alerts")
    assert "damaged" in alerts(world)[kopi.name, "older"]
    assert len(list((backups / kopi.name).glob("*.lapak"))) == 2, "the damaged one is not removed either"
    assert figures(world, kopi)[1] is None
    flip(older[1])


def age(paths):
    """The backup as if it had been made some days ago, so that it is no longer fresh: another name."""
    key = base64.b64decode(key_of(b"a backup key for tests"))
    manifest = json.loads(paths[0].read_text())
    del manifest["signature"]
    manifest["time_ms"] -= 3 * 24 * 3600 * 1000
    stamp = datetime.datetime.fromtimestamp(manifest["time_ms"] / 1000, datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    paths[0].with_name(f"{stamp}.json").write_text(json.dumps({**manifest, "signature": signature(key, manifest)}))
    paths[1].rename(paths[1].with_name(f"{stamp}.lapak"))
    paths[0].unlink()


def test_the_second_place_gets_what_it_missed(world, kopi, backups):
    offsite = world.directory / "elsewhere"
    world.config["backup"]["offsite"] = str(offsite)
    offsite.write_text("no directory")  # as a disk that is not mounted
    world.write_files()
    said = world.ctl("backup", kopi.name, expect=1)
    assert "tried out and good" in said.stdout and "second place" in said.stderr
    assert figures(world, kopi)[0] and figures(world, kopi)[1], "there is a good one, and something is wrong"
    world.expect(r"server: outbox row", must=False)
    world.start()
    run_daily(world, kopi)
    world.until(lambda: (kopi.name, str(offsite)) in alerts(world), what="the alert")
    assert (kopi.name, "") not in alerts(world)
    offsite.unlink()
    run_daily(world, kopi)
    world.until(lambda: not alerts(world), what="the alert's end")
    here, there = ({p.name: p.read_bytes() for p in (place / kopi.name).iterdir()} for place in (backups, offsite))
    assert here == there and len(here) == 2, "the one there was, and no other one was made"
    listed = json.loads(world.ctl("list", kopi.name, "--json").stdout)["backups"]
    assert [item["place"] for item in listed] == [str(backups), str(offsite)]

    # and brings it back where the first is gone
    for path in (backups / kopi.name).iterdir():
        path.unlink()
    world.ctl("restore", kopi.name, "--yes")
    world.ctl("restore", kopi.name, "--confirm")


def test_what_can_not_be_tried_out_does_not_pile_up(world, kopi, backups, monkeypatch):
    world.start()
    good = make(world, kopi)
    programs = world.directory / "programs"
    programs.mkdir()
    (programs / "pg_restore").write_text("#!/bin/sh\necho 'pg_restore: error: no room' >&2\nexit 1\n")
    (programs / "pg_restore").chmod(0o700)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    for _ in range(3):
        assert "no room" in world.ctl("backup", kopi.name, expect=1).stderr
    left = sorted(path.stem for path in (backups / kopi.name).glob("*.lapak"))
    assert len(left) == 2 and left[0] == good["time"], "the good one and the last that failed"


# --- another machine ---


def test_everything_moves_to_another_machine(world, kopi, budi, backups):
    world.start()
    buy(world, budi, kopi, "Kopi Susu")
    assert json.loads(world.ctl("backup", "--all", "--json").stdout)["ok"]
    assert "lapakd uses this database" in world.ctl("restore", "server", "--yes", expect=1).stderr
    world.stop()
    secret = kopi.telegram_secret
    role = f"lapak_{kopi.name.replace('-', '_')}"
    for statement in (f"DROP SCHEMA {kopi.schema} CASCADE", "DROP SCHEMA lapak CASCADE", f"DROP ROLE {role}"):
        world.query(statement)
    world.ctl("restore", "server", "--yes")
    world.ctl("restore", kopi.name, "--yes")
    assert kopi.telegram_secret == secret and completed(kopi) == 1
    world.start()
    buy(world, budi, kopi, "Kopi Susu")
    assert completed(kopi) == 2

    # its configuration came along, without a secret in it
    files = world.directory / "files"
    world.ctl("restore", kopi.name, "--files", files)
    tenant = (files / "config" / "kopi-digital.yaml").read_text()
    assert tenant == (world.tenants_directory / "kopi-digital.yaml").read_text()
    assert "store: " in (files / "config" / "own.yaml").read_text() and list((files / "logs").iterdir())
    everything = b"".join(path.read_bytes() for path in backups.rglob("*") if path.is_file())
    everything += b"".join(path.read_bytes() for path in files.rglob("*") if path.is_file())
    for word in (kopi.token, kopi.api_key, "SUSU-0001:rahasia", world.env["BACKUP_KEY"]):
        assert word.encode() not in everything
    # sealed with another key it would be of no use: that is said before anything is replaced
    world.stop()
    world.env["DATA_ENCRYPTION_KEY"] = key_of(b"another")
    world.write_files()
    assert "another DATA_ENCRYPTION_KEY" in world.ctl("restore", kopi.name, "--yes", expect=1).stderr
    world.env["DATA_ENCRYPTION_KEY"] = world._good_env["DATA_ENCRYPTION_KEY"]
    world.write_files()
    world.ctl("backup", "tidak-ada", expect=1)
    world.ctl("backup", expect=2)


def test_a_backup_is_broken_off_when_the_server_stops(world, kopi, backups):
    programs = world.directory / "programs"
    programs.mkdir()
    runs = world.directory / "runs"
    (programs / "pg_dump").write_text(f"#!/bin/sh\ntouch {runs}\nexec sleep 60\n")
    (programs / "pg_dump").chmod(0o700)
    world.program_env = {"PATH": f"{programs}:{environment()['PATH']}"}
    world.start()
    kopi.query("UPDATE jobs SET due_at = now() WHERE kind = 'backup_daily'")
    world.query("SELECT pg_notify('lapak_catalogue', %s)", kopi.name)
    world.until(runs.exists, what="pg_dump")
    assert "another backup or restore of it is under way" in world.ctl("backup", kopi.name, expect=1).stderr
    world.stop()
    assert list((backups / kopi.name).iterdir()) == []
    assert kopi.query("SELECT event FROM audit_logs WHERE event = 'backup.failed' AND actor = 'system'") == []
    # it is not forgotten, and what stands in its way is named
    (programs / "pg_dump").write_text("#!/bin/sh\necho 'pg_dump: error: aborting because of server version mismatch' >&2\nexit 1\n")
    world.expect(r"server: outbox row", must=False)
    world.start()
    world.until(lambda: (kopi.name, "") in alerts(world), seconds=30, what="the alert")
    assert alerts(world)[kopi.name, ""] == "pg_dump: aborting because of server version mismatch"
    (programs / "pg_dump").unlink()
    run_daily(world, kopi)
    world.until(lambda: not alerts(world), what="the alert's end")
