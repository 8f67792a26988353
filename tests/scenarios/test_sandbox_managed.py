"""The sandbox itself: bots made through a manager's link."""

import pytest
from harness.bot_api import BotApi
from sandbox_client import SandboxError

TOKEN = f"7100000002:{'manager-for-the-tests'.ljust(35, 'x')}"
OMA = 9001


@pytest.fixture
def manager(sandbox):
    sandbox.post("reset")
    sandbox.post("person", id=OMA, first_name="Oma")
    sandbox.post("bot", token=TOKEN, username="lapak_owner_bot", can_manage_bots=True)
    return BotApi(sandbox, TOKEN)


def test_a_bot_made_by_a_person_is_the_managers_to_run(manager, sandbox):
    assert manager.call("getMe")["can_manage_bots"] is True
    with pytest.raises(SandboxError, match="end in bot"):
        sandbox.post("newbot", bot=manager.id, **{"from": OMA}, username="kopi", name="Kopi")
    made = sandbox.post("newbot", bot=manager.id, **{"from": OMA}, username="kopi_digital_bot", name="Kopi")
    with pytest.raises(SandboxError, match="taken"):
        sandbox.post("newbot", bot=manager.id, **{"from": OMA}, username="Kopi_Digital_Bot", name="Kopi")
    assert manager.call("getWebhookInfo")["pending_update_count"] == 1
    token = manager.call("getManagedBotToken", user_id=made["id"])
    assert token == made["token"]
    kopi = BotApi(sandbox, token)
    me = kopi.call("getMe")
    assert (me["id"], me["username"], me["first_name"], me["can_manage_bots"]) == (made["id"], "kopi_digital_bot", "Kopi", False)
    newer = manager.call("replaceManagedBotToken", user_id=made["id"])
    assert newer != token and kopi.refusal("getMe") == "Unauthorized"
    assert BotApi(sandbox, newer).call("getMe")["id"] == made["id"]


def test_only_its_manager_gets_a_token(manager, sandbox):
    made = sandbox.post("newbot", bot=manager.id, **{"from": OMA}, username="kopi_digital_bot", name="Kopi")
    other = BotApi(sandbox, f"7100000003:{'another-manager'.ljust(35, 'x')}")
    with pytest.raises(SandboxError, match="may not manage"):
        other.call("getMe")
        sandbox.post("newbot", bot=other.id, **{"from": OMA}, username="teh_bot", name="Teh")
    sandbox.post("bot", token=other.token, can_manage_bots=True)
    assert "user not found" in other.refusal("getManagedBotToken", user_id=made["id"])
