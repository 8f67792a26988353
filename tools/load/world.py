"""Stores to measure with: a database of their own, configuration, catalogues, and the lapakd that serves them."""

import base64
import contextlib
import itertools
import json
import re
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import machine
from machine import BenchError, Caller
from turns import Watch

ROOT = Path(__file__).resolve().parents[2]
MARKER = "lapak-bench-unit"  # in every unit that is sold, and in nothing else
CATEGORIES, PRODUCTS_EACH = 4, 6
BOT_IDS = itertools.count(7000000001)
UPDATE_IDS_APART = 10**9


class Bench:
    """What all measurements share: programs, PostgreSQL, the sink, options."""

    def __init__(self, options, say):
        self.build, self.work = Path(options.build), Path(options.work)
        self.quick, self.say = options.quick, say
        self.url, self.admin_url, self.psql = options.url, options.admin_url, options.psql
        self.postmaster, self.postgres_log = options.postmaster, Path(options.postgres_log)
        self.rounds = 3 if self.quick else 5
        self.seconds = 1.5 if self.quick else 4
        self.lanes = 4
        self.sink_port = machine.free_port()
        self.sink = machine.Server(
            "lapak-sink", [self.program("load/lapak-sink"), self.sink_port, MARKER], self.work / "sink.log"
        )
        self.numbers = itertools.count(1)

    def program(self, name):
        return self.build / ("server" if name == "lapakd" else "tools") / name

    def stop(self):
        self.sink.stop()

    def sql(self, text, database="postgres"):
        url = re.sub(r"@/\w*\?", f"@/{database}?", self.admin_url)
        return machine.run([self.psql, "-XAtq", "-v", "ON_ERROR_STOP=1", url, "-f", "-"], "psql", text).strip()

    def sink_get(self, what):
        with Caller(self.sink_port) as caller:
            return caller.json(f"/sink/{what}")

    def json_file(self, name, value):
        path = self.work / f"{name}-{next(self.numbers)}.json"
        path.write_text(json.dumps(value), encoding="utf-8")
        return path


def lane_of(name, lanes):
    """As server/work/lane.c deals stores out, so that a measurement can use all lanes alike."""
    h = 2166136261
    for byte in name.encode():
        h = (h ^ byte) * 16777619 & 0xFFFFFFFF
    return (h ^ h >> 15) % lanes


def store_names(prefix, count, lanes):
    """The same number of stores for every lane (the rest of a division goes to the first ones that come)."""
    most = -(-count // lanes)
    held = [0] * lanes
    names = []
    for number in itertools.count(1):
        name = f"{prefix}-{number:04d}"
        lane = lane_of(name, lanes)
        if held[lane] < most:
            held[lane] += 1
            names.append(name)
        if len(names) == count:
            return names
    return names


class Store:
    def __init__(self, name, lanes):
        self.name, self.lane = name, lane_of(name, lanes)
        self.schema, self.role = (prefix + name.replace("-", "_") for prefix in ("store_", "lapak_"))
        self.bot = next(BOT_IDS)
        self.secret = None  # of the webhook; lapakd makes it and tells it to Telegram
        self.path = f"/webhooks/telegram/{name}"


class Product:
    def __init__(self, product_id, price, stock):
        self.id, self.price, self.stock = product_id, price, stock


class World:
    """`with World(bench, "name", stores, units) as world:` has schemas and catalogues, and no lapakd yet."""

    def __init__(self, bench, name, count, units, lanes=None):
        self.bench, self.name, self.units = bench, name, units
        self.lanes = lanes or bench.lanes
        self.stores = [Store(store, self.lanes) for store in store_names(name, count, self.lanes)]
        self.by_bot = {store.bot: store for store in self.stores}
        self.directory = bench.work / name
        self.database = f"bench_{name}"
        self.url = re.sub(r"@/\w*\?", f"@/{self.database}?", bench.url)
        self.port = machine.free_port()
        self.server = None
        self.update = itertools.count(1)
        self.products, self.categories = [], []

    def __enter__(self):
        self.bench.say(f"{len(self.stores)} stores ({self.name}): schemas and catalogues")
        self.directory.mkdir(parents=True)
        self.bench.sql(f"CREATE DATABASE {self.database} OWNER lapak")
        try:
            self.write_files(self.stores)
            started = time.monotonic()
            self.lapakctl("migrate")
            self.migrate_seconds = time.monotonic() - started
            self.import_catalogues()
            self.read_catalogue()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        with contextlib.suppress(BenchError):
            self.stop()
        self.bench.sql(f"DROP DATABASE {self.database} WITH (FORCE)")

    # --- files ---

    def write_files(self, stores):
        tenants = self.directory / "tenants"
        tenants.mkdir(exist_ok=True)
        wanted = {store.name for store in stores}
        for path in tenants.iterdir():
            if path.stem not in wanted:
                path.unlink()
        for store in stores:
            (tenants / f"{store.name}.yaml").write_text(TENANT.format(store=store, variable=variable(store)))
        (self.directory / "lapak.yaml").write_text(CONFIG.format(world=self, root=ROOT, sink=self.bench.sink_port))
        env = self.directory / "env"
        if not env.exists():
            key = base64.b64encode(secrets.token_bytes(32)).decode()
            lines = [f"DATA_ENCRYPTION_KEY={key}", "PAKASIR=bench-secret"]
            lines += [f"{variable(store)}={store.bot}:{'A' * 35}" for store in self.stores]
            env.write_text("\n".join(lines) + "\n")
            env.chmod(0o600)

    def lapakctl(self, *arguments):
        files = ["--config", self.directory / "lapak.yaml", "--env", self.directory / "env"]
        return machine.run([self.bench.program("lapakctl/lapakctl"), *files, *arguments], "lapakctl " + arguments[0])

    def import_catalogues(self):
        path = self.directory / "catalogue.yaml"
        path.write_text(catalogue(self.units), encoding="utf-8")
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda store: self.lapakctl("catalog", "import", store.name, path), self.stores))

    def read_catalogue(self):
        """Ids are the same in every store: the same rows were put into the same empty tables."""
        schema = self.stores[0].schema
        rows = self.sql(f"SELECT id, price FROM {schema}.products ORDER BY id").split()
        self.products = [Product(*map(int, row.split("|")), self.units) for row in rows]
        self.categories = list(map(int, self.sql(f"SELECT id FROM {schema}.categories ORDER BY id").split()))
        if len(self.products) != CATEGORIES * PRODUCTS_EACH or len(self.categories) != CATEGORIES:
            raise BenchError("the catalogue is not what was imported")

    def sql(self, text):
        return self.bench.sql(text, self.database)

    def total(self, what):
        """The sum of a figure over all stores; {} is the schema."""
        rows = (what.format(store.schema) for store in self.stores)
        return int(self.sql("SELECT coalesce(sum(n), 0) FROM (" + " UNION ALL ".join(rows) + ") AS all_stores(n)"))

    # --- lapakd ---

    def spawn(self):
        files = ["--config", self.directory / "lapak.yaml", "--env", self.directory / "env"]
        self.server = machine.Server(
            "lapakd", [self.bench.program("lapakd"), *files], self.directory / "lapakd.log"
        )
        return self.server

    def start(self, stores=None):
        """Ends when every store is registered, so that nothing else goes on meanwhile. Returns the seconds until
        lapakd was ready."""
        stores = stores or self.stores
        before = {bot["id"]: bot["registrations"] for bot in self.bench.sink_get("bots")}
        started = time.monotonic()
        self.spawn()
        machine.wait_until(lambda: machine.answers(self.port, "/readyz"), 300, "lapakd", self.server, 0.005)
        ready = time.monotonic() - started

        def registered():
            bots = {bot["id"]: bot for bot in self.bench.sink_get("bots")}
            mine = [bots.get(store.bot) for store in stores]
            if not all(bot and bot["registrations"] > before.get(bot["id"], 0) for bot in mine):
                return False
            for bot in mine:
                self.by_bot[bot["id"]].secret = bot["secret"]
            return True

        machine.wait_until(registered, 60 + len(stores) / 2, "bots to be registered", self.server, 0.2)
        return ready

    def stop(self):
        if self.server:
            server, self.server = self.server, None
            server.stop()

    def metrics(self):
        with Caller(self.port) as caller:
            status, body = caller.call("GET", "/metrics")
        if status != 200:
            raise BenchError(f"/metrics: {status}")
        rows = (line.rpartition(" ") for line in body.decode().splitlines() if not line.startswith("#"))
        return {name: float(value) for name, _, value in rows}

    def post(self, caller, store, update):
        status, body = caller.call("POST", store.path, update, {"X-Telegram-Bot-Api-Secret-Token": store.secret})
        if status != 200:
            raise BenchError(f"{store.name}: {status} {body[:200]!r}; see {self.server.log if self.server else ''}")
        return body

    # --- load ---

    def plan(self, kinds, stores=None, seconds=None, persons=40000, connections=64):
        """`persons` are shared out among the stores, so that nobody is too fast for the spam guard."""
        stores = stores or self.stores
        return {
            "port": self.port,
            "connections": connections,
            "seconds": seconds or self.bench.seconds,
            "first_update": next(self.update) * UPDATE_IDS_APART,
            "first_person": 10**9,
            "persons": max(1, persons // len(stores)),
            "stores": [{"path": store.path, "secret": store.secret} for store in stores],
            "kinds": kinds,
        }

    def load(self, kinds, **options):
        """Runs lapak-load; every answer must be the expected one, and the server must not have held anything back."""
        path = self.bench.json_file("plan", self.plan(kinds, **options))
        counters, watch = self.metrics(), Watch(self.bench, self.server)
        result = json.loads(machine.run([self.bench.program("load/lapak-load"), path], "lapak-load"))
        result["total"] = result["answers"] + result["late"]
        watch.note(result)
        now = self.metrics()
        path.unlink()
        if result["wrong"]:
            raise BenchError(f"{result['wrong']} unexpected answers, the first: {result['first_wrong']}")
        for name in HELD_BACK:
            if now[name] != counters[name]:
                raise BenchError(f"{name} rose by {now[name] - counters[name]} under load")
        for outcome in ("all", "dropped"):
            name = f'lapak_telegram_calls_total{{outcome="{outcome}"}}'
            result["calls_" + outcome] = now[name] - counters[name]
        return result


HELD_BACK = [
    'lapak_updates_total{outcome="asked_again"}',
    'lapak_updates_total{outcome="failed"}',
    'lapak_updates_total{outcome="slowed_down"}',
    'lapak_updates_total{outcome="dropped_spam"}',
    'lapak_webhook_refused_total{from="telegram",reason="busy"}',
]


def variable(store):
    return f"TOKEN_{store.bot}"


def catalogue(units):
    lines = ["categories:"]
    for category in range(CATEGORIES):
        lines += [f'  - name: "Kategori {category + 1}"', '    emoji: "🎬"', "    products:"]
        for number in range(category * PRODUCTS_EACH, (category + 1) * PRODUCTS_EACH):
            code = f"P{number + 1:02d}"
            lines += [
                f"      - code: {code}",
                f'        name: "Akun Premium {code} 1 Bulan"',
                f"        price: {15000 + number * 1000}",
                '        description: "1 profil, 1 layar, kualitas Ultra HD. Garansi penuh 30 hari, aktif seketika."',
                '        snk: "Jangan mengganti kata sandi. Kirim tangkapan layar sebagai bukti sudah masuk."',
                "        stock:",
            ]
            lines += [f'          - "{MARKER}:{code}:{unit:05d}@contoh.example:kata-sandi"' for unit in range(units)]
    return "\n".join(lines) + "\n"


TENANT = """\
bot_store_name: {store.name}
title: Toko {store.name}
telegram:
  token: ${{{variable}}}
  admins: [1001]
pakasir:
  project: {store.name}
  api_key: ${{PAKASIR}}
  webhook_secret: ${{PAKASIR}}
  methods: [qris]
"""

CONFIG = """\
listen: 127.0.0.1:{world.port}
public_url: http://127.0.0.1:{world.port}
database_url: "{world.url}"
tenants_dir: "{world.directory}/tenants"
log_dir: "{world.directory}/logs"
control_socket: "{world.directory}/lapakd.sock"
texts_dir: "{root}/conf/texts"
schema_dir: "{root}/schema"
telegram_api_base: http://127.0.0.1:{sink}
pakasir_api_base: http://127.0.0.1:{sink}/api/v2
lanes: {world.lanes}
"""
