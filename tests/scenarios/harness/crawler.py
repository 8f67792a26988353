"""A crawler: people who press every button they are shown, breadth first, and type nonsense in between.

Two screens are the same state where they ask the same and offer the same kinds of buttons: names and figures do not count.
Each kind of button of a state is pressed once or twice, first those nearest to the start. Several people explore one store
at once, each as fast as the server takes one person, and share what they know of the ways; so two runs of one seed are alike,
not equal.

What must hold after each step is looked at there; a finding is a line of text with the way that led to it.
"""

import random
import re
import threading
import time
from collections import deque

from sandbox_client import Message, SandboxError

from .processes import PATIENCE, pause

NEW, ONCE, AGAIN = range(3)
EACH = 2  # how often one kind of button of one state is pressed
LATEST = 40  # messages of a chat that are looked at
ANSWER_SECONDS, SETTLE_SECONDS, STALE_SECONDS = 30, 0.6, 15

# A button that leads out: every screen with buttons has one.
WAY_OUT = re.compile("⬅️|🏠|❌|⚙️ Admin|🚫 Tidak|🧭|🔄|👤|🗂|🧾 Pesananku|🛍 Order Lagi|💰 Deposit|🧺|📋 Buka Pesanan|📋 Daftar|💬")
OLD_BUTTON = "Tombol ini sudah tidak berlaku"
# A placeholder without a value, or what was escaped twice.
UNFILLED = re.compile(r"\{[a-z_]+\}|&(?:lt|gt|amp|quot);")
# The way through a form: its choices and its end, which are another thing in each.
ONWARD = {"z", "zk"}
# What a state waits for an answer to is typed: the verbs of the ways out of a question.
ASKS = {"zx", "kb", "dz", "u", "dn", "kc"}

WORDS = "ngawur"  # stands in every made-up text, so that a state is not another one for having been told it
SAMPLES = {
    "number": "7",
    "amount": "25.000",
    "word": f"Teks {WORDS}",
    "html": f"<b>{WORDS}</i> & \"kutip\" <script>",
    "lines": f"{WORDS} satu\n{WORDS} dua\n\n{WORDS} tiga",
    "date": "31/12/2027 17:00",
    "past": "01/01/2020",
    "code": "NGAWUR7",
    "name": "@ngawur_toko",
    "person": "3001",
    "negative": "-1",
    "huge": "9" * 30,
    "long": f"{WORDS} " * 580,
    "odd": f"\u202e\u200b🏴‍☠️ {WORDS}",
    "command": "/produk",
    "data": "ap:1",
    "photo": None,
    "document": None,
    "sticker": None,
    "voice": None,
}
# What a question is likely to take, by what it says.
HINTS = [
    (re.compile("gambar|foto|photo", re.I), "photo"),
    (re.compile("stiker", re.I), "sticker"),
    (re.compile("berkas|dokumen|file", re.I), "document"),
    (re.compile("tanggal|jam|kapan|HH|/20", re.I), "date"),
    (re.compile("persen|hari|menit|batas|jumlah|angka|berapa|urutan", re.I), "number"),
    (re.compile("harga|Rp|rupiah|nominal", re.I), "amount"),
    (re.compile("kode", re.I), "code"),
    (re.compile("channel|username|@", re.I), "name"),
    (re.compile("ID|admin baru|pembeli", re.I), "person"),
]


class State:
    def __init__(self, key, depth, path, asks, hint, is_bill):
        self.key, self.depth, self.path, self.asks, self.hint, self.is_bill = key, depth, path, asks, hint, is_bill
        self.done = {}  # action: how often
        self.ways = {}  # action: the state it led to last


class Explorer:
    """One person with one chat. `screen` is the message whose buttons are pressed next; None: back to the start."""

    def __init__(self, crawl, person, chance):
        self.crawl, self.person, self.chance = crawl, person, chance
        self.chat = person.chat(crawl.store)
        self.screen = None
        self.path = ()

    def look(self):
        found = self.chat.sandbox.get("chat", bot=self.chat.bot_id, chat=self.person.id, last=LATEST)
        answers = {str(one["callback_query_id"]): one for one in found["answers"]}
        return [Message(data) for data in found["messages"]], answers, found

    # One step: what is done, and what is seen then

    def press(self, message, button):
        before = {one.version for one in self.look()[0]}
        self.chat.keep_pace()
        try:
            pressed = self.chat.press_raw(message.id, button["callback_data"])
        except SandboxError:
            self.screen = None  # the button is gone: something else changed the screen meanwhile
            return None
        wanted = str(pressed["callback_query_id"])
        answer = self.until(lambda: self.look()[1].get(wanted), ANSWER_SECONDS)
        named = f"{button['text']!r} ({button['callback_data']})"
        if answer is None:
            self.crawl.find(self, f"button {named} was never answered")
        else:
            self.crawl.told(self, action_of(self.crawl, button), named, OLD_BUTTON in answer["text"])
        return self.seen(before, message)

    def start(self):
        """Says the word that leads to the start, and waits for its buttons: other messages may come before."""
        before = {one.version for one in self.look()[0]}
        self.chat.send(self.crawl.root)
        shown = self.until(lambda: [one for one in self.changed(before) if self.crawl.presses(one)], ANSWER_SECONDS)
        if not shown:
            self.crawl.find(self, "the start shows no buttons")
            return None
        return shown[-1]

    def say(self, sample, text=None):
        before = {one.version for one in self.look()[0]}
        if text is None and SAMPLES[sample] is None:
            sent = {"photo": self.chat.send_photo, "sticker": self.chat.send_sticker,
                    "voice": lambda: self.chat.send_media("voice"),
                    "document": lambda: self.chat.send_document("ngawur.csv", "ngawur-1:a\nngawur-2:b\n")}[sample]
            sent()
        else:
            self.chat.send(text or SAMPLES[sample])
        if not self.until(lambda: self.changed(before), ANSWER_SECONDS):
            self.crawl.find(self, f"no word about {sample} {text or ''}")
        return self.seen(before, self.screen)

    def pay(self):
        before = {one.version for one in self.look()[0]}
        try:
            self.crawl.world.pay(self.screen)
        except SandboxError:
            return None  # it was canceled meanwhile
        if not self.until(lambda: self.changed(before), ANSWER_SECONDS):
            self.crawl.find(self, "no word about a bill that was paid")
        return self.seen(before, None)

    def changed(self, before):
        return [one for one in self.look()[0] if one.from_bot and one.version not in before and not one.deleted]

    def until(self, look, seconds):
        end = time.monotonic() + seconds * PATIENCE
        while not (value := look()):
            if time.monotonic() > end:
                return None
            pause(0.03)
        return value

    def seen(self, before, message):
        """The screen that came of it: the one that was pressed where it changed, else the newest one with buttons."""
        self.until(lambda: self.changed(before), SETTLE_SECONDS)
        messages, _, chat = self.look()
        shown = [one for one in messages if one.from_bot and not one.deleted]
        new = [one for one in shown if one.version not in before]
        same = next((one for one in shown if message and one.id == message.id), None)
        for one in new:
            self.crawl.check(self, one, chat)
        with_buttons = [one for one in new if self.crawl.presses(one)]
        if same in with_buttons:
            return same
        if with_buttons:
            return with_buttons[-1]
        return same if same and self.crawl.presses(same) else None

    # The way

    def run(self):
        crawl = self.crawl
        while not crawl.over():
            if self.screen is None:
                self.path = ()
                self.screen = self.start()
                if self.screen is None:
                    return
            state = crawl.state(self.screen, self.path)
            action = crawl.choose(state, self.chance)
            if action is None:
                return  # nothing is left anywhere
            self.step(state, action)
            if len(self.path) > 2 * crawl.depth:
                self.screen = None

    def step(self, state, action):
        kind, name = action
        with self.crawl._lock:
            self.crawl.walked += 1
        self.path = (*self.path, name)
        if kind == "say":
            screen = self.say(name)
        elif kind == "type":
            screen = self.say("label", name)
        elif kind == "pay":
            screen = self.pay()
        else:
            buttons = [button for button in self.crawl.presses(self.screen) if action_of(self.crawl, button) == action]
            if not buttons:
                self.screen = None
                return
            screen = self.press(self.screen, self.chance.choice(buttons))
        self.screen = screen
        if screen is not None:
            self.crawl.learn(state, action, self.crawl.state(screen, self.path))


def verb_of(data):
    verb, *arguments = data.split(":")
    return f"{verb}/{len(arguments)}"


def action_of(crawl, button):
    return "press", f"{crawl.plain(button['text'])} {verb_of(button['callback_data'])}"


def verb_in(action):
    return action[1].rpartition(" ")[2].partition("/")[0]


class Crawl:
    """`skip`: verbs of buttons that are not pressed, though shown."""

    def __init__(self, world, store, *, root, labels=(), words=(), skip=(), number, seconds, depth):
        self.world, self.store, self.root, self.labels, self.depth = world, store, root, labels, depth
        self.number, self._skip = number, set(skip)
        self.states, self.verbs = {}, {}
        self._findings, self._recognised = {}, {}
        self.steps = self.walked = 0
        self._names = re.compile("|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)))
        self._lock = threading.RLock()
        self._seconds = seconds
        self._end = self._newest = 0

    def explore(self, people):
        """Until nothing is left, or the time is over."""
        self._newest = time.monotonic()
        self._end = self._newest + self._seconds
        explorers = [Explorer(self, person, random.Random(f"{self.number} {person.id}")) for person in people]
        threads = [threading.Thread(target=self._guarded, args=(explorer,)) for explorer in explorers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _guarded(self, explorer):
        try:
            explorer.run()
        except Exception as error:  # told to the test's own thread
            self.find(explorer, f"the crawler itself: {error!r}")

    def over(self):
        """The time is over, or going around has found nothing new for a while."""
        now = time.monotonic()
        return now > min(self._end, self._newest + STALE_SECONDS)

    # States

    def plain(self, text):
        """Without what differs between two of a kind."""
        text = self._names.sub("X", text)
        text = re.sub(rf"\S*({WORDS}|NGAWUR)\S*", "X", text)
        return re.sub(r"\d+", "0", re.sub(r"(\d[️]?⃣|🔟)+", "#", text))

    def presses(self, message):
        return [button for button in message.buttons
                if "callback_data" in button and button["callback_data"].split(":")[0] not in self._skip]

    def state(self, message, path):
        buttons = self.presses(message)
        verbs = {button["callback_data"].split(":")[0] for button in buttons}
        lines = [line for line in self.plain(message.text).splitlines() if line.strip()]
        asks = bool(verbs & ASKS)
        # a question is told apart by what it asks, in the end; another screen by its title
        title = tuple(lines[:1] + lines[-2:]) if asks else tuple(lines[:1])
        key = (tuple(line[:80] for line in title), tuple(dict.fromkeys(action_of(self, button) for button in buttons)))
        with self._lock:
            for button in buttons:
                self.verbs.setdefault(button["callback_data"].split(":")[0], 0)
            known = self.states.get(key)
            if known is None:
                hint = next((sample for pattern, sample in HINTS if pattern.search(message.text[-300:])), "word")
                known = self.states[key] = State(key, len(path), path, asks, hint, bool(message.qr))
            elif len(path) < known.depth:
                known.depth, known.path = len(path), path
            return known

    def _is_new(self, action):
        return action[0] != "press" or verb_in(action) in ONWARD or self.verbs.get(verb_in(action), 0) == 0

    def _open_actions(self, state, how=AGAIN):
        """What is still to be done in a state, in order. First what nobody has done anywhere, then everything once, and
        only then some things twice and nonsense."""
        if state.depth >= self.depth:
            return []
        actions = [(action, 1) for action in state.key[1] if how > NEW or self._is_new(action)]
        if state.asks:
            actions.insert(0, (("say", state.hint), 1))
        if state.is_bill:
            actions.append((("pay", "the bill"), 1))
        if state.depth == 0:
            actions += [(("type", label), 1) for label in self.labels]
        if how == AGAIN:
            actions += [(action, EACH) for action in state.key[1]]
            actions += [(("say", sample), 1) for sample in self._samples(state) if state.asks]
        return [action for action, times in actions if state.done.get(action, 0) < times]

    def _samples(self, state):
        return random.Random(f"{self.number} {state.key}").sample(list(SAMPLES), 6)

    def choose(self, state, chance):
        """What is to be done next; where no way is known to anything that is left, any step: much depends on what the
        person has, and is found by going around. None where nothing is left."""
        with self._lock:
            action = next(filter(None, (self._next(state, how) for how in (NEW, ONCE, AGAIN))), None)
            if action is None and any(self._open_actions(other) for other in self.states.values()):
                walk = [*state.key[1], *[("type", label) for label in self.labels if state.depth == 0]]
                return chance.choice(walk) if walk else ("say", "word")
            if action and action in self._open_actions(state):
                state.done[action] = state.done.get(action, 0) + 1
                self._newest = time.monotonic()
                self.steps += 1
                if action[0] == "press":
                    self.verbs[verb_in(action)] = self.verbs.get(verb_in(action), 0) + 1
                if chance.random() < 0.05:
                    return "say", chance.choice(list(SAMPLES))
            return action

    def _next(self, state, how):
        """The first thing to do here, or the first step to the nearest state that has any."""
        if found := self._open_actions(state, how):
            return found[0]
        seen, queue = {state.key}, deque([(state, None)])
        while queue:
            at, first = queue.popleft()
            for action, target in at.ways.items():
                if target.key in seen:
                    continue
                seen.add(target.key)
                if self._open_actions(target, how):
                    return first or action
                queue.append((target, first or action))
        return None

    def learn(self, state, action, target):
        with self._lock:
            state.ways[action] = target

    # What must hold

    def find(self, explorer, what, action=None):
        """The same about the same kind of thing is told once; with `action` not if that was recognised at other times."""
        line = f"{' → '.join(explorer.path[-6:]) or 'at the start'}: {what}"
        with self._lock:
            self._findings.setdefault(self.plain(what), (action, line))

    def told(self, explorer, action, named, is_old):
        """Somebody else may have done away with what a button was about, since it was shown; but not each time."""
        with self._lock:
            self._recognised[action] = self._recognised.get(action, 0) + (not is_old)
        if is_old:
            self.find(explorer, f"button {named} was shown and is not recognised", action)

    def found(self):
        """All findings, one line each."""
        return [line for action, line in self._findings.values() if not self._recognised.get(action)]

    def check(self, explorer, message, chat):
        buttons = [button for button in message.buttons if "callback_data" in button]
        title = next(iter(message.text.splitlines()), "")
        # what was not edited may be a message of its own, which stays; the reply keyboard leads on
        is_screen = message.data["edited"] > 0 or not chat["reply_keyboard"]
        if buttons and is_screen and not any(WAY_OUT.search(button["text"]) for button in buttons):
            self.find(explorer, f"a screen without a way out: {title[:80]!r} {message.labels}")
        if not buttons and not chat["reply_keyboard"]:
            self.find(explorer, f"a dead end: {title[:80]!r}")
        # screens about texts show them as they are written
        if not any(button["callback_data"].startswith(("ar", "z")) for button in buttons) and (odd := UNFILLED.search(message.text)):
            self.find(explorer, f"{odd[0]!r} is shown to people: {title[:80]!r}")

    def tell(self):
        never = sorted(verb for verb, times in self.verbs.items() if times == 0)
        left = sum(bool(self._open_actions(state)) for state in self.states.values())
        """How far it came."""
        return (f"{self.steps} steps ({self.walked} with the ways between), {len(self.states)} states ({left} not done), {len(self.verbs)} verbs offered"
                + (f", never pressed: {' '.join(never)}" if never else ""))
