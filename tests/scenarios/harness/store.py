"""A store as a test describes it: its tenant file, catalogue, secrets, and its rows in the database."""

import itertools
import json
import subprocess
from pathlib import Path

import yaml

from . import updates
from .processes import program

_codes = itertools.count(1)
_changes = itertools.count(1)


def product(name, price=10_000, stock=5, *, code=None, description="", snk="", category="Umum", **kind):
    """A product for world.store(). `stock` is a number (contents are then made up) or a list of contents. `kind`: kind,
    content, question as in a catalogue file; what is no unit has no stock."""
    code = code or f"P{next(_codes)}"
    if kind.get("kind", "unit") != "unit":
        stock = []
    if isinstance(stock, int):
        stock = [f"{code}-{number:04d}:rahasia" for number in range(1, stock + 1)]
    return {
        "code": code,
        "name": name,
        "price": price,
        "description": description,
        "snk": snk,
        "stock": stock,
        "category": category,
        **kind,
    }


def catalogue_text(products):
    categories = {}
    for item in products:
        item = dict(item)
        category = item.pop("category", "Umum")
        categories.setdefault(category, []).append(item)
    return yaml.safe_dump(
        {"categories": [{"name": name, "emoji": "📦", "products": items} for name, items in categories.items()]},
        allow_unicode=True,
        sort_keys=False,
    )


class Bot:
    """A bot of lapakd at Telegram; `name` is the one in its webhook's path."""

    def __init__(self, world, name, token, *, admins=(), owners=(), language="id"):
        self.world = world
        self.admins = admins
        self.owners = owners
        self.name = name
        self.token = token
        self.bot_id = int(token.partition(":")[0])
        self.language = language

    @property
    def schema(self):
        """Of the server's own bot."""
        return "lapak"

    def query(self, statement, *parameters):
        """Runs SQL within the schema of its rows; the rows, if any."""
        return self.world.query(statement, *parameters, schema=self.schema)

    def value(self, statement, *parameters):
        return self.query(statement, *parameters)[0][0]

    @property
    def telegram_path(self):
        return f"/webhooks/telegram/{self.name}"

    @property
    def telegram_secret(self):
        """What lapakd gave Telegram at its last setWebhook."""
        return self.world.calls(self, method="setWebhook")[-1]["params"]["secret_token"]

    def post_updates(self, bodies, secret=None, port=None):
        """Posts updates (dicts, or raw bytes) as Telegram does, all at the same instant: [(status, headers, text)].
        Nothing that is answered goes to the sandbox."""
        self.world.start()
        headers = {"X-Telegram-Bot-Api-Secret-Token": self.telegram_secret if secret is None else secret}
        bodies = [updates.as_body(body) for body in bodies]
        return updates.post_all(port or self.world.port, self.telegram_path, bodies, headers if secret != "" else {})

    def post_update(self, body, secret=None, port=None):
        return self.post_updates([body], secret, port)[0]

    def received(self, text=None):
        """{chat: how many messages with that text its bot sent there}, for every chat that got any."""
        chats = self.world.sandbox.get("received", bot=self.bot_id, text=text)["chats"]
        return {int(chat): count for chat, count in chats.items()}


class Store(Bot):
    """One store of a world. Its attributes are what went into its tenant file."""

    def __init__(self, world, number, name, products, *, admins, owners, title=None, language="id", **more):
        token = f"{7_000_000_000 + number}:{f'test-token-of-{name}-'.ljust(35, 'x')[:35]}"
        super().__init__(world, name, token, admins=admins, owners=owners, language=language)
        self.title = title or name.replace("-", " ").title()
        self.products = products
        self.slug = f"{name}-proyek"
        self.api_key = f"kunci-{name}"
        self.webhook_secret = f"rahasia-webhook-{name}"
        self.more = more
        stem = name.upper().replace("-", "_")
        self.names = {"token": f"{stem}_BOT_TOKEN", "api_key": f"{stem}_KEY", "webhook_secret": f"{stem}_SECRET"}

    def environment(self):
        return {self.names[key]: getattr(self, key) for key in self.names}

    def tenant(self):
        tenant = {
            "bot_store_name": self.name,
            "title": self.title,
            "language": self.language,
            "timezone": "Asia/Jakarta",
            "telegram": {
                "token": "${%s}" % self.names["token"],
                "admins": self.admins,
                "owners": self.owners,
            },
            "pakasir": {
                "project": self.slug,
                "api_key": "${%s}" % self.names["api_key"],
                "webhook_secret": "${%s}" % self.names["webhook_secret"],
                "sandbox": False,
                "methods": ["qris"],
            },
            "invoice_minutes": 15,
            "low_stock": 3,
        }
        for key, value in self.more.items():
            if isinstance(value, dict):
                tenant[key] = {**tenant.get(key, {}), **value}
            else:
                tenant[key] = value
        return tenant

    def write(self, directory):
        path = Path(directory) / f"{self.name}.yaml"
        path.write_text(yaml.safe_dump(self.tenant(), allow_unicode=True, sort_keys=False), encoding="utf-8")
        return path

    def import_catalogue(self, products):
        """By lapakctl, as an operator does; also while lapakd runs."""
        path = self.world.directory / f"catalogue-{self.name}.yaml"
        path.write_text(catalogue_text(products), encoding="utf-8")
        return self.world.ctl("catalog", "import", self.name, path)

    def import_coupons(self, *coupons):
        """The same for coupons alone, each as in a catalogue file."""
        path = self.world.directory / f"coupons-{self.name}.yaml"
        path.write_text(yaml.safe_dump({"coupons": list(coupons)}, sort_keys=False), encoding="utf-8")
        return self.world.ctl("catalog", "import", self.name, path)

    # What only an admin's chat can set, past everybody

    def seal(self, identity, value):
        """The bytes as which the server keeps such a value."""
        key = self.world.env["DATA_ENCRYPTION_KEY"]
        done = subprocess.run([program("seal"), key, self.name, identity, value], capture_output=True, text=True, check=True)
        return bytes.fromhex(done.stdout)

    def set_product(self, code, description=None, **columns):
        """Columns of a product's row; waits until the server knows of it, which its description tells."""
        description = description or f"Perubahan {next(_changes)}."
        columns["description"] = description
        assignments = ", ".join(f"{column} = %s" for column in columns)
        self.query(f"UPDATE products SET {assignments} WHERE code = %s", *columns.values(), code)
        self.world.query("SELECT pg_notify('lapak_catalogue', %s)", self.name)
        number = self.value("SELECT id FROM products WHERE code = %s", code)
        press = f"p:{number}"
        self.world.until(
            lambda: description[:20] in self.post_update(updates.callback(self.world.person(self.admins[0]), press))[2],
            what="the server to notice the product")

    def set_file(self, code, document):
        """The document of a file product, as a message that brought it to the bot has it."""
        number = self.value("SELECT id FROM products WHERE code = %s", code)
        self.set_product(code, content=self.seal(f"product:{number}", document["file_id"]), content_name=document["file_name"])

    # Its rows

    @property
    def schema(self):
        rows = self.world.query("SELECT schema_name FROM lapak.stores WHERE bot_store_name = %s", self.name)
        return rows[0][0] if rows else None

    def stock(self, code):
        """{"available": n, "reserved": n, "sold": n} of a product."""
        counts = dict.fromkeys(("available", "reserved", "sold"), 0)
        counts.update(
            self.query(
                "SELECT s.state, count(*) FROM stock_units s JOIN products p ON p.id = s.product_id"
                " WHERE p.code = %s GROUP BY 1",
                code,
            )
        )
        return counts

    # The outside's way in

    @property
    def pakasir_path(self):
        return f"/webhooks/pakasir/{self.name}"

    def post_pakasir(self, body, secret=None, port=None):
        """Posts a webhook as Pakasir does; (status, text, headers). `body` is a dict, or raw text."""
        text = body if isinstance(body, (str, bytes)) else json.dumps(body)
        headers = {"Content-Type": "application/json"}
        if secret != "":
            headers["X-Secret"] = self.webhook_secret if secret is None else secret
        url = f"http://127.0.0.1:{port or self.world.port}"
        return self.world.http_at(url, self.pakasir_path, body=text, headers=headers)

    def notice(self, transaction, **changes):
        """What Pakasir's webhook says of a paid transaction."""
        return {
            "txn_id": transaction["txn_id"],
            "order_id": transaction["order_id"],
            "amount": transaction["amount"],
            "is_sandbox": False,
            "status": "completed",
            "completed_at": "2026-08-24T10:00:00.123456789Z",
            **changes,
        }

    def rates(self, since_ms=0, window_ms=1000):
        """How fast its bot sent: the most calls within one window (`most`), and to one chat (`most_in_a_chat`)."""
        return self.world.sandbox.get("rates", bot=self.bot_id, since_ms=since_ms, window_ms=window_ms)

    def limit(self, per_second=30, per_chat=0, retry_after=1):
        """From now on Telegram answers 429 to more sending calls than these in any second; 0: no limit."""
        self.world.sandbox.post("limits", bot=self.bot_id, per_second=per_second, per_chat=per_chat, retry_after=retry_after)

    def transactions(self):
        return self.world.sandbox.transactions(self.slug)

    def transaction(self, order=None):
        """The only transaction, or that of the order (a reference, or a message that shows it)."""
        found = self.transactions()
        if order is not None:
            text = order if isinstance(order, str) else order.text
            found = [item for item in found if item["order_id"] in text]
        assert len(found) == 1, f"{len(found)} transactions fit: {found}"
        return found[0]

    def __repr__(self):
        return f"<store {self.name}>"
