"""A person's hands and eyes in lapak-sandbox: its HTTP control interface, one chat of one person with one bot, and
the steps of a purchase. Python's standard library only; tools/demo and the scenario tests share it.

What is waited for is looked at again whenever the sandbox reports an event. The only pause is a person's pace: the
server takes about one action a second from a person, after a short burst.
"""

import base64
import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import NamedTuple


class SandboxError(Exception):
    """The sandbox refused; `status` is the HTTP status, the text its reason."""

    def __init__(self, status, reason):
        super().__init__(f"{status}: {reason}")
        self.status = status
        self.reason = reason


class Timeout(AssertionError):
    """What was waited for did not come."""


class Sandbox:
    def __init__(self, url):
        self.url = url.rstrip("/")

    def _call(self, request, timeout):
        try:
            with urllib.request.urlopen(request, timeout=timeout) as reply:
                return json.load(reply)
        except urllib.error.HTTPError as error:
            body = error.read().decode("utf-8", "replace")
            try:
                reason = json.loads(body)["error"]
            except (ValueError, KeyError, TypeError):
                reason = body
            raise SandboxError(error.code, reason) from None

    def get(self, path, timeout=60, **query):
        query = {key: value for key, value in query.items() if value is not None}
        url = f"{self.url}/sandbox/{path}"
        if query:
            url += "?" + urllib.parse.urlencode(query)
        return self._call(url, timeout)

    def post(self, path, timeout=60, **body):
        request = urllib.request.Request(
            f"{self.url}/sandbox/{path}",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        return self._call(request, timeout)

    def state(self):
        return self.get("state")

    def seq(self):
        return self.get("events", since=1 << 52)["seq"]

    def wait(self, look, seconds, what):
        """Returns look()'s first value that is neither None nor False."""
        end = time.monotonic() + seconds
        while True:
            seq = self.seq()
            value = look()
            if value is not None and value is not False:
                return value
            left = end - time.monotonic()
            if left <= 0:
                raise Timeout(f"waited {seconds:g} s for {what() if callable(what) else what}")
            self.get("events", since=seq, wait_ms=int(min(left, 2) * 1000) + 1)

    def download(self, media):
        """The bytes of a message's photo, document, …"""
        with urllib.request.urlopen(urllib.parse.urljoin(self.url, media["url"]), timeout=60) as reply:
            return reply.read()

    def transactions(self, slug=None):
        return self.get("transactions", slug=slug)["transactions"]

    def pay(self, **what):
        """what: txn_id, order_id or qr; webhook, parallel, delay_ms, status_amount, force."""
        return self.post("pay", **what)


MEDIA = ("photo", "document", "sticker", "video", "animation", "audio", "voice", "video_note")


class Message:
    """A message as it looked when it was read."""

    def __init__(self, data):
        self.data = data
        self.id = data["message_id"]
        self.text = data.get("text") or data.get("caption") or ""
        self.html = data.get("html") or ""
        self.from_bot = data["from"] == "bot"
        self.deleted = bool(data.get("deleted"))
        self.photo = data.get("photo")
        self.document = data.get("document")
        self.sticker = data.get("sticker")
        self.kind = next((kind for kind in MEDIA if kind in data), None)  # of the file, None: it has none
        self.version = (self.id, data.get("edited", 0), self.deleted)
        self.rows = data.get("inline_keyboard") or []

    @property
    def buttons(self):
        return [button for row in self.rows for button in row]

    @property
    def labels(self):
        return [button["text"] for button in self.buttons]

    @property
    def qr(self):
        return (self.photo or {}).get("qr")

    def button(self, wanted):
        """The button of that exact label or callback_data; else the first whose label contains it; else None."""
        for key in ("text", "callback_data"):
            for button in self.buttons:
                if button.get(key) == wanted:
                    return button
        for button in self.buttons:
            if wanted in button["text"]:
                return button
        return None

    def matches(self, what):
        if callable(what):
            return what(self)
        if isinstance(what, re.Pattern):
            return what.search(self.text)
        return what in self.text

    def __repr__(self):
        return f"<message {self.id} {self.text[:60]!r} {self.labels}>"


class Pace:
    """A person's speed: `burst` actions at once, then one every `seconds`."""

    def __init__(self, seconds=1.0, burst=7):
        self.seconds = seconds
        self.burst = burst
        self.next_at = 0.0

    def wait(self):
        now = time.monotonic()
        self.next_at = max(self.next_at, now - self.seconds * (self.burst - 1)) + self.seconds
        if self.next_at > now + self.seconds:
            time.sleep(self.next_at - self.seconds - now)


class Chat:
    """One person's private chat with one bot. `pace`: a Pace, or None for as fast as it goes."""

    def __init__(self, sandbox, bot_id, person_id, patience=15, pace=None, language="id"):
        self.sandbox = sandbox
        self.bot_id = bot_id
        self.person_id = person_id
        self.patience = patience
        self.pace = pace
        self.labels = LABELS[language]
        self.before = set()  # the versions of messages that were there at the person's last action

    def read(self):
        try:
            return self.sandbox.get("chat", bot=self.bot_id, chat=self.person_id)
        except SandboxError as error:
            if error.status == 404:
                return {"messages": [], "reply_keyboard": None, "answers": [], "typing": False}
            raise

    def all_messages(self):
        return [Message(data) for data in self.read()["messages"]]

    def messages(self):
        """What the person sees: nothing deleted."""
        return [message for message in self.all_messages() if not message.deleted]

    def from_bot(self):
        return [message for message in self.messages() if message.from_bot]

    def last(self):
        return next(reversed(self.from_bot()), None)

    def reply_keyboard(self):
        rows = self.read()["reply_keyboard"] or []
        return [key if isinstance(key, str) else key["text"] for row in rows for key in row]

    def answers(self):
        return self.read()["answers"]

    def keep_pace(self):
        """Waits until this person may act again."""
        if self.pace:
            self.pace.wait()

    def _act(self):
        self.keep_pace()
        self.before = {message.version for message in self.all_messages()}

    # What the person does

    # `more` may hold entities, reply_to, media_group, forward_from (a person's id), forward_name

    def send(self, text, **more):
        return self.send_any(text=text, **more)

    def send_photo(self, caption=None, photo=True, **more):
        return self.send_any(photo=as_base64(photo), **captioned(caption), **more)

    def send_document(self, name, content, caption=None, mime="text/plain", size=None, **more):
        """`content`: bytes or a text; `size` claims another one; `name` or `mime` may be None: the update has none."""
        document = {"name": name, "base64": as_base64(content), "mime": mime}
        if size is not None:
            document["size"] = size
        return self.send_any(document=document, **captioned(caption), **more)

    def send_sticker(self, **more):
        return self.send_any(sticker=True, **more)

    def send_media(self, kind, caption=None, **more):
        """Of MEDIA, or contact, location, dice, poll."""
        return self.send_any(**{kind: True}, **captioned(caption), **more)

    def send_any(self, **what):
        self._act()
        return self._send(**what)

    def _send(self, **what):
        return self.sandbox.post("send", bot=self.bot_id, **{"from": self.person_id}, **what)

    def find_button(self, wanted, message=None):
        """The newest message that has such a button, and the button."""
        for candidate in [self.message(message.id)] if message else reversed(self.from_bot()):
            button = candidate.button(wanted) if candidate else None
            if button:
                return candidate, button
        return None

    def message(self, message_id):
        return next((message for message in self.messages() if message.id == message_id), None)

    def press(self, wanted, message=None, seconds=None):
        """Presses the button of that label or callback_data on `message`, else on the newest that has it; waits
        until there is one. Returns {"update_id", "callback_query_id", "message_id"}."""
        found, button = self.sandbox.wait(
            lambda: self.find_button(wanted, message),
            seconds or self.patience,
            lambda: f"a button {wanted!r} in chat {self.person_id}; there are {self._all_labels()}",
        )
        if "callback_data" not in button:
            raise AssertionError(f"the button {button['text']!r} is not a callback button: {button}")
        self._act()
        pressed = self.press_raw(found.id, button["callback_data"])
        return {**pressed, "message_id": found.id}

    def press_raw(self, message_id, data, force=False):
        return self.sandbox.post(
            "press", bot=self.bot_id, **{"from": self.person_id}, message_id=message_id, data=data, force=force
        )

    def _all_labels(self):
        return [message.labels for message in self.from_bot()][-3:]

    # What the person sees

    def wait(self, what, fresh=True, seconds=None, deleted=False):
        """The newest message from the bot that contains the text, matches the pattern, or satisfies the function.
        `fresh`: only one that came or changed since this person's last action in this chat."""

        def look():
            for message in reversed(self.all_messages()):
                if not message.from_bot or message.deleted != deleted:
                    continue
                if fresh and message.version in self.before:
                    continue
                if message.matches(what):
                    return message
            return None

        return self.sandbox.wait(look, seconds or self.patience, lambda: f"{describe(what)}; {self._seen()}")

    def wait_gone(self, message, seconds=None):
        """Until that message is deleted."""
        return self.sandbox.wait(
            lambda: self.message(message.id) is None,
            seconds or self.patience,
            lambda: f"message {message.id} of chat {self.person_id} to go away; {self._seen()}",
        )

    def wait_answer(self, pressed, seconds=None):
        """The answer to that press (what `press` returned)."""
        wanted = str(pressed["callback_query_id"])
        return self.sandbox.wait(
            lambda: next((a for a in self.answers() if str(a["callback_query_id"]) == wanted), None),
            seconds or self.patience,
            f"the answer to callback query {wanted}",
        )

    def _seen(self):
        return "the chat ends with " + "; ".join(repr(message) for message in self.messages()[-4:])


def as_base64(content):
    """Bytes or a text as the sandbox takes them; True (the sandbox has one) stays as it is."""
    if content is True:
        return True
    return base64.b64encode(content.encode() if isinstance(content, str) else content).decode()


def captioned(caption):
    return {"caption": caption} if caption else {}


def describe(what):
    if callable(what):
        return f"a message that satisfies {getattr(what, '__name__', what)}"
    return f"a message with {what.pattern if isinstance(what, re.Pattern) else what!r}"


# The steps of a purchase, by the labels that buyers know


class Labels(NamedTuple):
    """What a store of that language calls it."""

    all_products: str
    to_cart: str
    to_payment: str
    fulfil_terms: str
    paid: str
    plus: str = "➕"
    qris: str = "💠 QRIS"


LABELS = {
    "id": Labels(
        all_products="🧭 Semua Produk",
        to_cart="🧺 Lanjut ke Keranjang",
        to_payment="💳 Lanjut ke Pembayaran",
        fulfil_terms="✅ Penuhi SNK",
        paid="🎉 Pembayaran Berhasil",
    ),
    "en": Labels(
        all_products="🧭 All Products",
        to_cart="🧺 Go to Cart",
        to_payment="💳 Go to Payment",
        fulfil_terms="✅ Fulfil Terms",
        paid="🎉 Payment Successful",
    ),
}

KEYCAP = re.compile("([0-9])\ufe0f?\u20e3")


def plain_number(label):
    """"1️⃣" and "1" are 1, "1️⃣2️⃣" is 12, "🔟" is 10; anything else is None."""
    label = KEYCAP.sub(r"\1", label).replace("🔟", "10").strip()
    return int(label) if label.isdigit() else None


def listed_number(text, name):
    """The number that stands before a product's name in a list."""
    for line in text.splitlines():
        head, found, _ = KEYCAP.sub(r"\1", line).replace("🔟", "10").partition(name)
        numbers = re.findall(r"\d+", head)
        if found and numbers:
            return int(numbers[-1])
    return None


def shown_stock(message):
    """The stock figure of a product page; 0 where it says in words that there is none."""
    found = re.search(r"(?:Stok|Stock): *(\S+)", message.text)
    if not found:
        raise AssertionError(f"no stock figure in {message.text!r}")
    figure = found.group(1).replace(".", "").replace(",", "")
    return int(figure) if figure.isdigit() else 0


def shows_product(name):
    def product_page(message):
        return name in message.text and message.button(LABELS["id"].plus)

    return product_page


def open_list(chat, category=None):
    """/start, then a category (or all products): the list's first page."""
    category = category or chat.labels.all_products
    chat.send("/start")
    chat.wait(lambda message: message.button(category))
    chat.press(category)
    return chat.wait(lambda message: any(plain_number(label) for label in message.labels))


def open_product(chat, name, category=None):
    """/start, a category, the product: its page. Turns the list's pages until the product is there."""
    page = open_list(chat, category)
    while name not in page.text:
        if not page.button("➡️"):
            raise AssertionError(f"{name!r} is on no page of {category or 'all products'!r}")
        chat.press("➡️", page)
        page = chat.wait(lambda message: any(plain_number(label) for label in message.labels))
    number = listed_number(page.text, name)
    label = next((label for label in page.labels if plain_number(label) == number or name in label), None)
    if label is None:
        raise AssertionError(f"no button for {name!r} (number {number}) in {page!r}")
    chat.press(label, page)
    return chat.wait(shows_product(name))


def choose(chat, page, quantity):
    """➕ until `quantity` of this product are in the cart; the page as it is then."""
    for _ in range(quantity):
        chat.press(chat.labels.plus, page)
        page = chat.wait(lambda message: message.button(chat.labels.to_cart))
    return page


def to_methods(chat, page):
    """From a product's page through the cart to the page with the ways to pay."""
    chat.press(chat.labels.to_cart, page)
    cart = chat.wait(lambda message: message.button(chat.labels.to_payment))
    chat.press(chat.labels.to_payment, cart)
    return chat.wait(lambda message: not message.button(chat.labels.to_payment))


def check_out(chat, page, seconds=None):
    """From a product's page through cart and method to the invoice: the message with the QR."""
    method = to_methods(chat, page)
    chat.press(chat.labels.qris, method)
    return chat.wait(lambda message: message.photo, seconds=seconds)


def delivered_lines(chat, message):
    """The contents of a delivery, line by line (its <pre> blocks, or the document's text)."""
    if message.document:
        text = chat.sandbox.download(message.document).decode()
    else:
        text = "\n".join(block_texts(message))
    return [line.strip() for line in text.splitlines() if line.strip()]


def block_texts(message):
    """The texts of the message's <pre> blocks. Telegram counts entities in UTF-16 units."""
    units = message.text.encode("utf-16-le")
    for entity in message.data.get("entities") or []:
        if entity["type"] == "pre":
            start = entity["offset"] * 2
            yield units[start : start + entity["length"] * 2].decode("utf-16-le")
