"""Behind a proxy: whom it forwards for decides who may read the figures and who may be Telegram."""

import json

from harness import updates

STRANGER = {"X-Forwarded-For": "127.0.0.1, 203.0.113.9"}
TELEGRAM = {"X-Forwarded-For": "149.154.167.220"}


def test_a_forwarded_address_decides(world):
    kopi, budi = world.store("kopi-digital"), world.person(2001, "Budi")
    world.config["trusted_proxies"] = ["127.0.0.1"]
    world.config["telegram_only_from"] = ["149.154.160.0/20"]
    world.config["metrics_allow"] = ["198.51.100.0/24"]
    world.start()

    assert world.http("/metrics")[0] == 200
    assert world.http("/metrics", headers=STRANGER)[0] == 403, "the proxy on this machine is not the one who asks"
    assert world.http("/metrics", headers={"X-Forwarded-For": "198.51.100.7"})[0] == 200
    assert world.http("/healthz", headers=STRANGER)[0] == 200

    body = json.dumps(updates.message(budi, "/start"))
    secret = {"X-Telegram-Bot-Api-Secret-Token": kopi.telegram_secret, "Content-Type": "application/json"}
    assert world.http(kopi.telegram_path, body=body, headers={**secret, **STRANGER})[0] == 403
    assert world.http(kopi.telegram_path, body=body, headers=secret)[0] == 403
    assert world.http(kopi.telegram_path, body=body, headers={**secret, **TELEGRAM})[0] == 200
    assert world.http(kopi.telegram_path, body=body, headers=TELEGRAM)[0] == 401, "the secret is asked for all the same"
    assert world.metrics().get("lapak_webhook_refused_total", **{"from": "telegram", "reason": "address"}) == 2
