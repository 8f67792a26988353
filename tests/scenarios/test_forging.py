"""Whoever forges what is above their role: every command, label and button of admins and owners, about things that
exist and things that don't, is refused, logged once, and changes nothing. The rows come from the server's own tables."""

import re
from itertools import cycle

import psycopg2.sql as sql
import pytest
from harness import routes, seed

ADMIN = routes.ROLES["ROLE_ADMIN"]
OLD_BUTTON = "Tombol ini sudah tidak berlaku"
HELP = "belum aku pahami"
EACH = 6  # what one person does: fewer than the spam guard lets pass at once
FIRST_FORGER = 700_001
NEIGHBOURS = range(1201, 1241)
HUGE = 2**63 - 1


def above(rows, role):
    return [row for row in rows if row.role > role]


def subjects(store):
    """What numbers in callback data may mean, by table: the newest row's id and the oldest's."""
    found = {}
    for table, column in (("products", "id"), ("categories", "id"), ("stock_units", "id"), ("orders", "id"), ("order_items", "id"),
                          ("deposits", "id"), ("payments", "id"), ("terms", "id"), ("coupons", "id"), ("users", "telegram_id"),
                          ("broadcasts", "id"), ("admin_logs", "id"), ("settings", "id")):
        low, high = store.query(f"SELECT min({column}), max({column}) FROM {table}")[0]
        if high is not None:
            found[table] = (low, high)
    for table, condition in (("deposits", "state = 'review'"), ("orders", "state = 'pending'"), ("payments", "problem IS NOT NULL")):
        rows = store.query(f"SELECT id FROM {table} WHERE {condition} ORDER BY id")
        assert rows, f"no row of {table} where {condition}"
        found[f"{table} {condition}"] = (rows[0][0], rows[-1][0])
    return found


def data_of(row, store, forger):
    """Callback data of that row about things that are there, then about things that can't be."""
    found = subjects(store)
    numbers = [number for pair in found.values() for number in pair]
    wanted = [numbers[at:] + numbers[:at] for at in range(0, len(numbers), max(1, len(numbers) // 4))][:4]
    wanted += [[forger.id] * 3, [0] * 3, [1, 2, 3], [-1] * 3, [HUGE] * 3, [-HUGE - 1] * 3]
    for values in wanted if "i" in row.arguments else wanted[:1]:
        values = iter(values)
        parts = [str(next(values)) if kind == "i" else "qris" for kind in row.arguments]
        data = ":".join([row.verb, *parts])
        if len(data) <= 64:  # Telegram carries no more
            yield data


def fingerprint(store):
    """{table: a digest of all its rows}, but for what every update leaves."""
    tables = store.query("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = %s::regnamespace ORDER BY 1", store.schema)
    assert len(tables) >= 15
    digests = {}
    for (table,) in tables:
        if table in ("updates_seen", "audit_logs"):  # the trail tells of the forging; see test_audit.py
            continue
        statement = sql.SQL(
            "SELECT count(*), md5(coalesce(string_agg(row, '|' ORDER BY row), ''))"
            " FROM (SELECT (to_jsonb(t) - 'seen_at')::text AS row FROM {} t) rows").format(sql.Identifier(table))
        digests[table] = store.query(statement)[0]
    return digests


def at_rest(store):
    """The fingerprint, with all that the server would do by itself put off: it looks at open bills now and then."""
    store.query("UPDATE jobs SET due_at = greatest(due_at, now() + interval '1 hour')")
    return fingerprint(store)


LINE = re.compile(r"\[warn\] update (\d+) from (\d+): (/?[a-z]+|a label) is above this person's role, refused$")


def log_lines(world, store):
    return [line for path in sorted((world.log_directory / store.name).glob("*.log"))
            for line in path.read_text(encoding="utf-8").splitlines()]


class Forgers:
    """People who are not what they pretend, a few things each."""

    def __init__(self, world, store):
        self.world, self.store = world, store
        self._lines = len(log_lines(world, store))
        self.pressed = []  # (what `force` returned, data, person)
        self.sent = []  # (what `send` returned, text, person)

    def press(self, person, data):
        self.pressed.append((self.world.sandbox.post(
            "press", bot=self.store.bot_id, **{"from": person.id}, message_id=1, data=data, force=True), data, person))

    def send(self, person, text):
        self.sent.append((self.world.sandbox.post("send", bot=self.store.bot_id, **{"from": person.id}, text=text), text, person))

    def check(self, before):
        self._answered()
        self.world.quiet(60)
        after = fingerprint(self.store)
        assert {name: (before[name], after[name]) for name in after if before[name] != after[name]} == {}
        self._logged()

    def _answered(self):
        people = {person.id: person for *_, person in self.pressed + self.sent}.values()
        answers, replies = {}, {}
        wanted = len(self.pressed)

        def all_answered():
            answers.clear()
            for person in people:
                answers.update({answer["callback_query_id"]: answer["text"] for answer in person.answers(self.store)})
            return sum(str(one["callback_query_id"]) in answers for one, *_ in self.pressed) == wanted

        self.world.until(all_answered, 60, f"{wanted} answers")
        wrong = {data: answers[str(one["callback_query_id"])] for one, data, _ in self.pressed
                 if OLD_BUTTON not in answers[str(one["callback_query_id"])]}
        assert wrong == {}, "answered otherwise than an old button"
        for one, text, person in self.sent:
            replies[text] = self.world.until(
                lambda one=one, person=person: next(
                    (m for m in person.from_bot(self.store) if m.id > one["message_id"]), None), what=f"a reply to {text}")
            assert HELP in replies[text].text, f"{text}: {replies[text]}"

    def _logged(self):
        expected = {(str(one["update_id"]), str(person.id), data.partition(":")[0]) for one, data, person in self.pressed}
        expected |= {(str(one["update_id"]), str(person.id), text.partition(" ")[0] if text[0] == "/" else "a label")
                     for one, text, person in self.sent}

        def lines():
            return [line for line in log_lines(self.world, self.store)[self._lines :] if "above this person's role" in line]

        self.world.until(lambda: len(lines()) >= len(expected), what=f"{len(expected)} lines in the log")
        found = [LINE.search(line) for line in lines()]
        assert all(found), "a line of another form"
        found = [match.groups() for match in found]
        assert len(found) == len(set(found)), "logged twice"
        assert set(found) == expected


@pytest.fixture
def shop(world):
    store = seed.make_store(world, admins=tuple(range(seed.ADMIN, seed.ADMIN + 10)))
    world.store("toko-tetangga", admins=tuple(NEIGHBOURS))
    return seed.fill(world, store)


def forgers(world, store, count):
    """Buyers whom the store knows."""
    return [world.person(number, f"Iseng {number}") for number in world.crowd(store, count, first=FIRST_FORGER)]


def test_a_buyer_forges_everything(world, shop):
    store = shop.store
    commands, labels, callbacks = routes.read()
    people = forgers(world, store, 400)
    all_data = [data for row in above(callbacks, 0) for data in data_of(row, store, people[0])]
    texts = [text for row in above(commands, 0) for name in row.names for text in (name, f"{name} 1")]
    texts += [text for row in above(labels, 0) for text in dict.fromkeys(row.texts)]
    assert len(all_data) + len(texts) <= EACH * len(people), "more people are needed"
    assert len(texts) >= 3 and len(all_data) > len(above(callbacks, 0)) > 8
    before = at_rest(store)
    attempt, turns = Forgers(world, store), cycle(people)
    for data in all_data:
        attempt.press(next(turns), data)
    for text in texts:
        attempt.send(next(turns), text)
    attempt.check(before)
    assert world.metrics().get("lapak_forged_total") == len(all_data) + len(texts)


def admins_forge_what_is_the_owners(world, store, commands, labels, callbacks):
    people = cycle([world.person(number) for number in store.admins])
    attempt = Forgers(world, store)
    before = at_rest(store)
    for data in [data for row in above(callbacks, ADMIN) for data in list(data_of(row, store, world.person(store.admins[0])))[:3]]:
        attempt.press(next(people), data)
    for row in above(commands, ADMIN):
        attempt.send(next(people), row.names[0])
    assert not above(labels, ADMIN), "a label for owners alone: send it here"
    attempt.check(before)


def another_stores_admins(world, store, rows):
    world.crowd(store, len(NEIGHBOURS), first=NEIGHBOURS[0])
    strangers = cycle([world.person(number) for number in NEIGHBOURS])
    attempt = Forgers(world, store)
    before = at_rest(store)
    for row, stranger in zip(rows, strangers):
        attempt.press(stranger, next(data_of(row, store, stranger)))
    attempt.send(next(strangers), "/admin")
    attempt.check(before)


def who_is_barred(world, store, rows):
    """Whatever they are told, it is nothing."""
    barred = forgers(world, store, 60)
    store.query("UPDATE users SET barred_at = now() WHERE telegram_id >= %s", FIRST_FORGER)
    before, turns = at_rest(store), cycle(barred)
    posts = [world.sandbox.post("press", bot=store.bot_id, **{"from": person.id}, message_id=1, data=next(data_of(row, store, person)),
                                force=True) for row, person in zip(rows, turns)]
    world.quiet(60)
    answered = {answer["callback_query_id"] for person in barred for answer in person.answers(store)}
    assert {str(post["callback_query_id"]) for post in posts} <= answered
    after = fingerprint(store)
    assert {name for name in after if before[name] != after[name]} == set()


def test_admins_of_other_things_and_who_is_barred(world, shop):
    commands, labels, callbacks = routes.read()
    admins_forge_what_is_the_owners(world, shop.store, commands, labels, callbacks)
    another_stores_admins(world, shop.store, above(callbacks, 0))
    who_is_barred(world, shop.store, above(callbacks, 0))
