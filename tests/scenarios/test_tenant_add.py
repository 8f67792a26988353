"""lapakctl tenant add: a new store by answering questions; its keys are tried, its files are complete."""

import json
import os
import re

import pytest
import yaml

TOKEN = "7000000077:token-of-a-bot-just-made-xxxxxxxxxx"
KEY, SECRET = "kunci 'aneh' $5 # \\".replace(" ", "_"), "rahasia-webhook-teh"


@pytest.fixture
def project(world):
    world.write_files()
    world.sandbox.post("project", slug="teh-proyek", api_key=KEY, webhook_url="", webhook_secret=SECRET)
    return world


def answers(**changed):
    """What an operator types, line by line; a question they answer by Enter is empty."""
    typed = {
        "name": "teh-tarik",
        "token": TOKEN,
        "title": 'Teh "Tarik" & Co: 100%',
        "admins": "1001, 1002",
        "owners": "",
        "support": "@teh_tarik",
        "language": "",
        "timezone": "Asia/Makassar",
        "project": "teh-proyek",
        "api_key": KEY,
        "webhook_secret": SECRET,
        "sandbox": "",
        "methods": "qris, bri_va",
        "write": "y",
        **changed,
    }
    return "".join(f"{line}\n" for line in typed.values())


def test_a_store_is_added_and_its_keys_are_tried(project):
    world = project
    if os.geteuid() == 0:
        os.chown(world.tenants_directory, -1, 65534)  # lapakd's group, while root adds the store
    before = os.umask(0o077)
    done = world.ctl("tenant", "add", typed=answers())
    os.umask(before)
    assert f"{world.config['public_url']}/webhooks/pakasir/teh-tarik" in done.stdout
    assert KEY not in done.stdout + done.stderr and TOKEN not in done.stdout + done.stderr
    path = world.tenants_directory / "teh-tarik.yaml"
    assert path.stat().st_mode & 0o777 == 0o640
    assert path.stat().st_gid == world.tenants_directory.stat().st_gid
    text = path.read_text()
    assert KEY not in text and TOKEN not in text and SECRET not in text
    tenant = yaml.safe_load(re.sub(r"\$\{(\w+)\}", r"\1", text))
    assert tenant["title"] == 'Teh "Tarik" & Co: 100%'
    assert tenant["telegram"] == {"token": "TEH_TARIK_BOT_TOKEN", "admins": [1001, 1002]}
    assert tenant["timezone"] == "Asia/Makassar" and tenant["language"] == "id"
    assert tenant["pakasir"]["methods"] == ["qris", "bri_va"] and tenant["pakasir"]["sandbox"] is False
    assert world.env_file.stat().st_mode & 0o777 == 0o600
    assert "good" in world.ctl("check").stdout
    assert sorted(item.name for item in world.tenants_directory.iterdir()) == ["teh-tarik.yaml"]
    assert [call["method"] for call in world.sandbox.get("calls", bot=7000000077)["calls"]] == ["getMe"]
    assert world.sandbox.transactions("teh-proyek") == []


def test_what_was_typed_wrongly_is_named_and_nothing_is_written(project):
    world = project
    before = world.env_file.read_text()
    for changed, complaint in [
        ({"name": "Teh Tarik"}, "2 to 31"),
        ({"token": "bukan token"}, "@BotFather"),
        ({"admins": "andi"}, "no Telegram id"),
        ({"admins": ""}, "at least one"),
        ({"support": "teh"}, "with its @"),
        ({"language": "jv"}, "id or en"),
        ({"timezone": "Asia/Kota"}, "no such time zone"),
        ({"project": "proyek-lain"}, "no such project"),
        ({"api_key": "kunci-salah"}, "the key is refused"),
        ({"methods": "emas"}, "no way to pay"),
        ({"write": "n"}, "nothing was written"),
    ]:
        done = world.ctl("tenant", "add", typed=answers(**changed), expect=1)
        assert complaint in done.stderr, (changed, done.stderr)
    done = world.ctl("tenant", "add", typed="teh-tarik\n", expect=1)
    assert "no answer" in done.stderr
    assert world.env_file.read_text() == before and not list(world.tenants_directory.iterdir())


def test_a_token_or_a_project_that_another_store_uses_is_refused(world):
    world.store("kopi-digital")
    kopi = world.stores[0]
    for changed, complaint in [
        ({"name": "kopi-digital"}, "is there already"),
        ({"token": kopi.token, "name": "teh-lain"}, "is of the same bot as in"),
        ({"token": world.owner_token, "name": "teh-lain"}, "is of the owner's bot"),
    ]:
        world.sandbox.post("project", slug="teh-proyek", api_key=KEY, webhook_url="", webhook_secret=SECRET)
        done = world.ctl("tenant", "add", typed=answers(**changed), expect=1)
        assert complaint in done.stderr, (changed, done.stderr)
    assert "already used in" in world.ctl(
        "tenant",
        "add",
        typed=answers(project=kopi.slug, api_key=kopi.api_key, webhook_secret=kopi.webhook_secret),
        expect=1,
    ).stderr


def test_a_variable_that_holds_something_else_is_left_alone(project):
    world = project
    world.env["TEH_TARIK_PAKASIR_KEY"] = "milik-orang-lain"
    world.write_files()
    answer = json.loads(world.ctl("--json", "tenant", "add", "teh-tarik", typed=answers().split("\n", 1)[1]).stdout)
    assert answer["ok"] and answer["bot_store_name"] == "teh-tarik"
    assert "TEH_TARIK_PAKASIR_KEY=milik-orang-lain\n" in world.env_file.read_text()
    assert "${TEH_TARIK_PAKASIR_KEY_2}" in (world.tenants_directory / "teh-tarik.yaml").read_text()
    assert "good" in world.ctl("check").stdout
