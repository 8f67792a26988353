"""What every scenario must leave behind: nothing pending, nothing malformed, no error line nobody expected.

Each finding is one line of text; world.expect(regex) names the findings that a scenario is about.
"""

import re

ERROR_LINE = re.compile(r"^\[[^\]]*\] \[(?:error|fatal)\] ")


def pending(world):
    """What is still on its way; it is waited for."""
    state = world.sandbox.state()
    if state.get("updates_pending"):
        yield f"sandbox: {state['updates_pending']} updates pending"
    if state.get("webhooks_pending"):
        yield f"sandbox: {state['webhooks_pending']} Pakasir webhooks pending"
    for store in world.live_bots():
        for number, error in store.query("SELECT id, error FROM outbox WHERE state = 'pending' ORDER BY id"):
            yield f"{store.name}: outbox row {number} is pending, last error: {error}"
        for kind, ref, error in store.query(
            "SELECT kind, ref, error FROM jobs WHERE state = 'pending' AND (due_at <= now() OR attempts > 0)"
        ):
            yield f"{store.name}: job {kind} {ref} is due, last error: {error}"


def left_behind(world):
    """What will not go away by itself."""
    for store in world.live_bots():
        for number, chat, error in store.query("SELECT id, chat_id, error FROM outbox WHERE state = 'failed' ORDER BY id"):
            if chat in store.admins and "can't initiate conversation" in error:
                continue  # an admin who never wrote to the bot, as in most scenarios
            yield f"{store.name}: outbox row {number} failed: {error}"
        for kind, ref, error in store.query("SELECT kind, ref, error FROM jobs WHERE state = 'parked'"):
            yield f"{store.name}: job {kind} {ref} is parked: {error}"
        for number, attempts, error in store.query("SELECT update_id, attempts, error FROM updates_failed"):
            yield f"{store.name}: update {number} failed {attempts} times: {error}"
    for call in world.sandbox.get("malformed")["malformed"]:
        yield f"malformed call: {call['method']} of bot {call['bot']}: {call.get('description')} {call.get('params')}"


def error_lines(world):
    for path in sorted(world.log_directory.glob("**/*.log")):
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            if ERROR_LINE.match(line):
                yield f"log {path.parent.name}: {line}"


def books(stores, looked_at):
    """What lapakctl verify found; `looked_at` is its answer by store. A scenario that tampers with rows expects it:
    world.expect(r"books of .*")."""
    for store in stores:
        answer = looked_at.get(store.name, {"error": "not looked at"})
        if "error" in answer or answer["unfinished"]:
            yield f"books of {store.name}: {answer.get('error') or answer['unfinished'] + ' took too long'}"
            continue
        for found in answer["listed"]:
            yield f"books of {store.name}: {found['what']}: {found['who']}: {found['says']}"


LOG_LINE = re.compile(r"\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\] \[(debug|info|warn|error)\] \S.*")


def told_by_logs(world):
    """Secrets and sold lines in a log or on standard error, and lines of another form than documented."""
    secrets = {"the master key": world.env["DATA_ENCRYPTION_KEY"], "the owner's token": world.owner_token}
    for store in world.stores:
        for key in ("token", "api_key", "webhook_secret"):
            secrets[f"{store.name}'s {key}"] = getattr(store, key)
            # a token is also told by its second half
            secrets[f"the end of {store.name}'s {key}"] = getattr(store, key)[-20:]
        for call in world.calls(store, method="setWebhook"):
            secrets[f"{store.name}'s secret_token"] = call["params"].get("secret_token") or "-" * 99
        for item in store.products:
            secrets.update({f"stock line {number} of {item['code']}": line for number, line in enumerate(item["stock"])})
            if item.get("content"):
                secrets[f"the content of {item['code']}"] = item["content"]
    text = world.log_text()
    for name, secret in secrets.items():
        if secret in text:
            yield f"log: {name} can be read in it"
    for path in world.log_directory.glob("**/*.log"):
        for line in path.read_text(encoding="utf-8").splitlines():
            if not LOG_LINE.fullmatch(line):
                yield f"log: a line of another form: {line!r}"


class Expectations:
    def __init__(self):
        self._wanted = []  # [pattern, must happen, happened]

    def add(self, regex, must=True):
        self._wanted.append([re.compile(regex), must, False])

    def unexpected(self, findings):
        left = []
        for finding in findings:
            fitting = [wanted for wanted in self._wanted if wanted[0].search(finding)]
            for wanted in fitting:
                wanted[2] = True
            if not fitting:
                left.append(finding)
        return left

    def missing(self):
        return [
            f"expected and not found: {pattern.pattern}" for pattern, must, happened in self._wanted if must and not happened
        ]
