"""Every button of every menu, pressed by people who also type nonsense: each press is answered, no screen is a dead end,
nothing is refused by Telegram, no error or warning is logged, and the books are right afterwards.

    LAPAK_TEST_CRAWL=600    seconds for each kind of people; 45 if not given
    LAPAK_TEST_SEED=4711    the same dice
"""

import os
import re

import pytest
from harness import routes, seed
from harness.crawler import Crawl
from harness.storm import seed as throw

SECONDS = float(os.environ.get("LAPAK_TEST_CRAWL", "45"))
OWNERS, BUYERS = 40, 20
FIRST_OWNER, FIRST_BUYER = 1101, 4001
# What no bot can know before it asks.
REFUSED = re.compile("message is not modified|bot was blocked by the user|can't initiate conversation|getChat: Bad Request: chat not found")
# What the seeded store tells of itself.
LOGGED = re.compile(r"paid with \d+ instead of \d+, parked")


def logged(world, store):
    for path in sorted((world.log_directory / store.name).glob("*.log")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if re.search(r"\] \[(warn|error)\] ", line) and not LOGGED.search(line):
                yield f"log: {line}"


def refused(world, store, since):
    for call in world.calls(store, since=since):
        said = f"{call['method']}: {call.get('description')}"
        if not call["ok"] and not REFUSED.search(said):
            yield f"Telegram: {said} {str(call['params'])[:300]}"


@pytest.fixture
def shop(world):
    # what is set up for a deposit by hand, a channel and the rest must not keep a buyer from buying
    store = seed.make_store(world, owners=tuple(range(FIRST_OWNER, FIRST_OWNER + OWNERS)))
    return seed.fill(world, store)


def crawl_through(world, shop, people, **how):
    number, since = throw(), world.sandbox.seq()
    crawl = Crawl(world, shop.store, words=shop.words(), number=number, seconds=SECONDS, **how)
    crawl.explore(people)
    print(crawl.tell())
    world.quiet(120)
    findings = [*crawl.found(), *refused(world, shop.store, since), *logged(world, shop.store)]
    assert not findings, f"{len(findings)} findings ({crawl.tell()}):\n" + "\n".join(findings[:60])
    return crawl


def test_owners_press_everything(world, shop):
    people = [world.person(number) for number in shop.store.owners]
    rows = routes.read()[2]
    buyers = {row.verb for row in rows if row.role == routes.ROLES["ROLE_BUYER"]}
    crawl = crawl_through(world, shop, people, root="/admin", skip=buyers, depth=9)
    print(f"never offered: {' '.join(sorted({row.verb for row in rows} - buyers - set(crawl.verbs)))}")
    assert crawl.steps > SECONDS


def test_buyers_press_everything(world, shop):
    people = [world.person(FIRST_BUYER + number, f"Perayap {number}") for number in range(BUYERS)]
    for person in people:
        person.start_chat(shop.store)
    crawl = crawl_through(world, shop, people, root="/start", labels=people[0].keyboard(shop.store), depth=9)
    assert crawl.steps > SECONDS
