"""Backups: made, tried out, and brought back while the other stores sell."""

import base64
import hashlib
import json
import threading

import pytest
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
