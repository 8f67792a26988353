"""Backups in an S3-compatible store: made, listed, brought back; and what it does wrong loses nothing."""

import datetime
import json
import os

import pytest
from harness.s3 import KEY_ID, SECRET, StrictS3
from harness.store import product
from test_backup import alerts, backups, buy, completed, run_daily  # noqa: F401

BUCKET = "cadangan-lapak"


@pytest.fixture
def s3():
    store = StrictS3(BUCKET)
    yield store
    store.stop()


@pytest.fixture
def kopi(world, backups, s3):  # noqa: F811
    world.env.update(S3_ACCESS_KEY=KEY_ID, S3_SECRET_KEY=SECRET)
    world.config["backup"].update(
        offsite=f"s3://{BUCKET}/lapak",
        s3={"endpoint": s3.url, "access_key": "${S3_ACCESS_KEY}", "secret_key": "${S3_SECRET_KEY}", "patience": 1},
    )
    return world.store("kopi-digital", [product("Kopi Susu", 15_000, 10, code="SUSU")])


def test_it_comes_back_from_there_where_the_disk_is_gone(world, kopi, s3, backups):  # noqa: F811
    budi = world.person(2001, "Budi")
    world.start()
    buy(world, budi, kopi, "Kopi Susu")
    assert json.loads(world.ctl("backup", kopi.name, "--json").stdout)["ok"]
    assert sorted(key.rpartition(".")[2] for key in s3.objects(BUCKET)) == ["json", "lapak"]
    assert all(key.startswith("lapak/kopi-digital/") for key in s3.objects(BUCKET))
    for path in (backups / kopi.name).iterdir():
        path.unlink()
    assert [item["place"] for item in json.loads(world.ctl("list", kopi.name, "--json").stdout)["backups"]] == [f"s3://{BUCKET}/lapak"]
    buy(world, budi, kopi, "Kopi Susu")
    world.ctl("restore", kopi.name, "--yes")
    assert completed(kopi) == 1
    world.ctl("restore", kopi.name, "--confirm")


@pytest.mark.parametrize(
    ("failure", "words"), [(403, "answered 403: AccessDenied"), ("hang", "no answer"), ("drop", "no answer"), (500, "answered 500")]
)
def test_one_that_fails_is_told_and_no_older_backup_is_lost(world, kopi, s3, failure, words):
    world.ctl("backup", kopi.name)
    before = dict(s3.objects(BUCKET))
    s3.fail(failure, method="PUT")
    said = world.ctl("backup", kopi.name, expect=1)
    assert "tried out and good" in said.stdout and words in said.stderr and SECRET not in said.stderr
    assert dict(s3.objects(BUCKET)) == before
    world.expect(r"server: outbox row", must=False)
    world.start()
    run_daily(world, kopi)
    place = f"s3://{BUCKET}/lapak"
    world.until(lambda: words in alerts(world).get((kopi.name, place), ""), what="the alert")
    s3.unfail()
    run_daily(world, kopi)
    world.until(lambda: not alerts(world), what="the alert's end")
    assert set(before) < set(s3.objects(BUCKET))


def test_what_goes_well_the_second_time_is_no_failure(world, kopi, s3):
    s3.fail(500, times=1, of="list-type")
    s3.fail(500, method="PUT", times=1)
    said = world.ctl("backup", kopi.name)
    assert said.stderr == "" and len(s3.objects(BUCKET)) == 2


def test_a_completion_whose_answer_was_lost_is_one(world, kopi, s3, backups):  # noqa: F811
    yesterday = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=1)
    folder = world.log_directory / kopi.name
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / f"{yesterday:%Y-%m-%d}.log"
    log.write_bytes(os.urandom(17 * 1024 * 1024))  # more than a part
    s3.fail("unanswered", method="POST", times=1, of="uploadId")
    world.ctl("backup", kopi.name)
    log.unlink()
    posted = [query for method, _, query in s3.requests if method == "POST" and "uploadId" in query]
    assert len(posted) == 2 and posted[0] == posted[1]
    here = next((backups / kopi.name).glob("*.lapak"))
    assert s3.objects(BUCKET)[f"lapak/{kopi.name}/{here.name}"] == here.read_bytes()


def test_what_was_changed_there_is_not_brought_back(world, kopi, s3, backups):  # noqa: F811
    world.ctl("backup", kopi.name)
    for path in (backups / kopi.name).iterdir():
        path.unlink()
    key = next(key for key in s3.objects(BUCKET) if key.endswith(".lapak"))
    whole = s3.objects(BUCKET)[key]
    s3.objects(BUCKET)[key] = whole[:1000] + bytes([whole[1000] ^ 1]) + whole[1001:]
    schemas = world.query("SELECT nspname FROM pg_namespace ORDER BY 1")
    world.ctl("restore", kopi.name, "--yes", expect=1)
    assert world.query("SELECT nspname FROM pg_namespace ORDER BY 1") == schemas
    s3.objects(BUCKET)[key] = whole
    world.ctl("restore", kopi.name, "--yes")
    world.ctl("restore", kopi.name, "--undo")


def test_half_a_configuration_is_named(world, kopi):
    del world.config["backup"]["s3"]["secret_key"]
    world.write_files()
    assert "needs backup.s3.endpoint, access_key and secret_key" in world.ctl("check", expect=1).stdout
    world.config["backup"]["s3"]["secret_key"] = "tertulis-di-sini"
    world.write_files()
    said = world.ctl("check", expect=1).stdout
    assert "backup.s3.secret_key" in said and "tertulis-di-sini" not in said
