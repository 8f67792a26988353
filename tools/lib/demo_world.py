"""The demo's people, bots and projects, as tools/demo puts them into the sandbox.

demo_world.py secrets ENV_FILE                       makes the file with random secrets, unless it is there
demo_world.py people ENV_FILE SANDBOX LAPAKD         registers people, bots and projects
demo_world.py greet ENV_FILE SANDBOX LAPAKD_PID      waits until every bot has its webhook; admins say /start
"""

import base64
import os
import secrets
import sys

from sandbox_client import Chat, Sandbox, Timeout
from wait_http import alive

ADMIN, OWNER, BUDI, SARI = 1001, 9001, 2001, 2002

PEOPLE = [
    {"id": BUDI, "first_name": "Budi", "last_name": "Santoso", "username": "budi_s", "language_code": "id"},
    {"id": SARI, "first_name": "Sari", "last_name": "<Dewi> & Co", "username": "sari_d", "language_code": "id"},
    {"id": ADMIN, "first_name": "Andi", "last_name": "(admin)", "username": "andi_admin", "language_code": "id"},
    {"id": OWNER, "first_name": "Wira", "last_name": "(owner)", "username": "wira_owner", "language_code": "id"},
]

# name, prefix of its secrets, bot's username, bot's name, language, who has to have greeted the bot to get its notices
STORES = [
    ("kopi-digital", "KOPI", "kopi_digital_bot", "Kopi Digital", "id", [ADMIN, OWNER]),
    ("nonton-hemat", "NONTON", "nonton_hemat_bot", "Nonton & Baca Hemat", "en", [ADMIN]),
]


def new_token():
    return f"{secrets.randbelow(9 * 10**9) + 10**9}:{secrets.token_urlsafe(27)[:35]}"


def make_secrets(path):
    if os.path.exists(path):
        return
    values = {
        "DATA_ENCRYPTION_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        "OWNER_BOT_TOKEN": new_token(),
    }
    for _, prefix, *_ in STORES:
        values[f"{prefix}_BOT_TOKEN"] = new_token()
        values[f"{prefix}_PAKASIR_KEY"] = secrets.token_hex(16)
        values[f"{prefix}_PAKASIR_SECRET"] = secrets.token_hex(16)
    # whole or not at all: without the key the database that goes with it can't be read
    with open(path + ".new", "w", encoding="utf-8", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write("# Made by tools/demo, once. The database beside it can only be read with this key.\n")
        file.writelines(f"{name}={value}\n" for name, value in values.items())
        file.flush()
        os.fsync(file.fileno())
    os.rename(path + ".new", path)


def read_secrets(path):
    with open(path, encoding="utf-8") as file:
        lines = [line.strip() for line in file]
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def bot_id(values, prefix):
    return int(values[f"{prefix}_BOT_TOKEN"].partition(":")[0])


def register(values, sandbox, lapakd):
    for person in PEOPLE:
        sandbox.post("person", **person)
    for name, prefix, username, title, *_ in STORES:
        sandbox.post("bot", token=values[f"{prefix}_BOT_TOKEN"], username=username, first_name=title)
        sandbox.post(
            "project",
            slug=name,
            api_key=values[f"{prefix}_PAKASIR_KEY"],
            webhook_url=f"{lapakd}/webhooks/pakasir/{name}",
            webhook_secret=values[f"{prefix}_PAKASIR_SECRET"],
            is_sandbox=False,
        )


def greet(values, sandbox, pid):
    wanted = {bot_id(values, prefix): name for name, prefix, *_ in STORES}

    def missing():
        there = {bot["id"] for bot in sandbox.state()["bots"] if bot.get("webhook")}
        return [name for bot, name in wanted.items() if bot not in there]

    def ready():
        if not alive(pid):
            sys.exit("lapakd has ended.")
        return not missing()

    try:
        sandbox.wait(ready, 30, "webhooks")
    except Timeout:
        sys.exit(f"lapakd did not set the webhook of {', '.join(missing())}.")
    for _, prefix, *_, people in STORES:
        for person in people:
            # a bot may only write to who has written to it
            chat = Chat(sandbox, bot_id(values, prefix), person)
            chat.send("/start")
            chat.wait(lambda message: message.buttons)


def main():
    action, env_file, *rest = sys.argv[1:]
    if action == "secrets":
        make_secrets(env_file)
    elif action == "people":
        register(read_secrets(env_file), Sandbox(rest[0]), rest[1])
    elif action == "greet":
        greet(read_secrets(env_file), Sandbox(rest[0]), int(rest[1]))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
