"""Backups: made, tried out, and brought back while the other stores sell."""

import base64
import hashlib
import hmac
import json
import threading

import pytest
from harness import updates
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
    assert "restored as of" in said and "--confirm" in said
    assert completed(kopi) == 1 and kopi.stock("SUSU")["sold"] == 1
    assert "kopi-digital: 0 differences" in world.ctl("verify", kopi.name).stdout
    buy(world, budi, kopi, "Kopi Susu")
    assert completed(kopi) == 2
    shopping.stop()
    assert "nonton-hemat: 0 differences" in world.ctl("verify", nonton.name).stdout
    assert schemas(world) == set()
    assert world.query("SELECT count(*) FROM lapak.audit_logs WHERE event = 'backup.restored'")[0][0] == 1


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
