"""One scenario's world: a database, configuration, stores, one lapakd (or more), people."""

import base64
import hashlib
import json
import os
import shutil
import subprocess
import threading
from pathlib import Path

import psycopg2
import yaml
from sandbox_client import Message

from . import proof
from .crowd import Channel, add_crowd
from .metrics import Metrics
from .person import Person
from .processes import PATIENCE, ROOT, SANITIZER, Process, environment, free_port, http, program, until
from .store import Bot, Store, product

OWNER = 9001
ADMIN = 1001


class World:
    def __init__(self, cluster, sandbox, directory):
        self.cluster = cluster
        self.sandbox = sandbox
        self.directory = Path(directory)
        self.log_directory = self.directory / "logs"
        self.tenants_directory = self.directory / "tenants"
        self.tenants_directory.mkdir(parents=True)
        self.database, self.database_url, self._dsn = cluster.create()
        self._connection = None
        self._lock = threading.RLock()  # people may act in threads of their own
        self.port = free_port()
        self.stores = []
        self.people = {}
        self.servers = []  # every lapakd that was ever started, the running ones and the others
        self.expectations = proof.Expectations()
        self._faults = []
        self.owner_token = f"6999999999:{'owner-token-for-tests-'.ljust(35, 'x')}"
        key = base64.b64encode(hashlib.sha256(b"a key for tests").digest()).decode()
        self.owner_bot = Bot(self, "server", self.owner_token, owners=[OWNER])
        # both may be changed before start()
        self.env = {"DATA_ENCRYPTION_KEY": key, "OWNER_BOT_TOKEN": self.owner_token}
        self.config = {
            "listen": f"127.0.0.1:{self.port}",
            "public_url": f"http://127.0.0.1:{self.port}",
            "database_url": "${DATABASE_URL}",
            "tenants_dir": str(self.tenants_directory),
            "log_dir": str(self.log_directory),
            "control_socket": str(self.directory / "run" / "lapakd.sock"),
            "telegram_api_base": sandbox.url,
            "pakasir_api_base": f"{sandbox.url}/api/v2",
            "owner": {"token": "${OWNER_BOT_TOKEN}", "ids": [OWNER]},
            "lanes": 2,
            # rarely, and of nothing that the other tests on this machine do; see test_monitor.py
            "watch": {"every_seconds": 3600, "cpu": 100, "memory": 100, "disk": 100, "connections": 100},
        }
        self.program_env = {}  # of lapakd itself, from its next start on
        self._good_config, self._good_env = dict(self.config), dict(self.env)
        sandbox.post("reset")

    # Building it

    def store(self, name, products=None, *, admins=(ADMIN,), owners=(), enforce_rates=False, expires_in=900, **more):
        """A store with its tenant file, its project at the gateway and its catalogue (`products`: see
        harness.store.product; a name alone will do). Other keywords go into the tenant file. A lapakd that runs
        picks it up."""
        store = self.prepare_store(name, products, admins=admins, owners=owners, enforce_rates=enforce_rates,
                                   expires_in=expires_in, **more)
        self.write_files()
        store.write(self.tenants_directory)
        self.ctl("migrate")
        store.import_catalogue(store.products)
        return store

    def prepare_store(self, name, products=None, *, admins=(ADMIN,), owners=(), enforce_rates=False, expires_in=900,
                      **more):
        """The same without a file: Telegram and Pakasir know it, the server does not. drop() is what comes then."""
        products = [product(item) if isinstance(item, str) else item for item in products or ["Kopi Susu"]]
        store = Store(self, len(self.stores) + 1, name, products, admins=list(admins), owners=list(owners), **more)
        self.stores.append(store)
        for person in (*store.admins, *store.owners, OWNER):
            self.person(person)
        self.sandbox.post(
            "project",
            slug=store.slug,
            api_key=store.api_key,
            webhook_url=f"http://127.0.0.1:{self.port}{store.pakasir_path}",
            webhook_secret=store.webhook_secret,
            enforce_rates=enforce_rates,
            expires_in=expires_in,
        )
        return store

    def drop(self, *stores):
        """The files of these stores and their secrets, as they are now: new ones, or changed ones."""
        self.write_files()
        for store in stores:
            store.write(self.tenants_directory)

    def take_away(self, *stores):
        """Removes the stores' files."""
        for store in stores:
            (self.tenants_directory / f"{store.name}.yaml").unlink()

    def states(self):
        """{bot_store_name: state} as the server wrote them down."""
        return dict(self.query("SELECT bot_store_name, state FROM lapak.stores"))

    def wait_states(self, state, *stores, seconds=20):
        names = {store.name for store in stores}

        def others():
            states = self.states()
            return {name: states.get(name) for name in names if states.get(name) != state}

        self.until(lambda: not others(), seconds, what=lambda: f"state {state} of {others()}")

    def person(self, telegram_id, first_name=None, **more):
        if telegram_id not in self.people or first_name or more:
            first_name = first_name or {ADMIN: "Andi", OWNER: "Oma"}.get(telegram_id, f"Orang {telegram_id}")
            self.sandbox.post("person", **{"id": telegram_id, "first_name": first_name, "language_code": "id", **more})
            self.people[telegram_id] = Person(self, telegram_id, first_name)
        return self.people[telegram_id]

    def crowd(self, store, count, **more):
        """See harness.crowd.add_crowd; the ids of as many people."""
        return add_crowd(self, store, count, **more)

    def channel(self, number=-1001234567890, *, title="Info Toko", username=None, type="channel", bots=()):
        """A channel at Telegram that the bots of these stores are administrators of. See harness.crowd.Channel."""
        channel = Channel(self, number, title=title, username=username, type=type)
        for store in bots:
            channel.set(store, "administrator")
        return channel

    def admin(self, store, greet=True):
        """The store's first admin; who has written to the bot, so that it may write back."""
        person = self.person(store.admins[0])
        if greet:
            person.start_chat(store)
        return person

    @property
    def config_file(self):
        return self.directory / "lapak.yaml"

    @property
    def env_file(self):
        return self.directory / "env"

    def write_files(self):
        config = yaml.safe_dump(self.config, allow_unicode=True, sort_keys=False)
        self.config_file.write_text(config, encoding="utf-8")
        self.write_env(self.env_file)

    def write_env(self, path):
        values = {"DATABASE_URL": self.database_url, **self.env}
        for store in self.stores:
            values = {**store.environment(), **values}
        path.write_text("".join(f"{name}={value}\n" for name, value in values.items()), encoding="utf-8")
        path.chmod(0o600)

    @staticmethod
    def _run_ctl(config_file, env_file, *arguments, typed=None):
        done = subprocess.run(
            [program("lapakctl"), "--config", config_file, "--env", env_file, *map(str, arguments)],
            cwd=ROOT,
            env=environment(),
            input=typed,
            capture_output=True,
            text=True,
            timeout=60 * PATIENCE,
            check=False,
        )
        assert not SANITIZER.search(done.stderr), f"lapakctl {' '.join(map(str, arguments))}:\n{done.stderr}"
        return done

    def ctl(self, *arguments, expect=0, typed=""):
        """Runs lapakctl; the completed process, whose exit status must be `expect`. `typed` is its standard input."""
        done = self._run_ctl(self.config_file, self.env_file, *arguments, typed=typed)
        words = " ".join(map(str, arguments))
        assert done.returncode == expect, f"lapakctl {words}: exit {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    def verify(self):
        """lapakctl verify on all stores that ran: what differs in their books, one line each. With files of its own:
        the scenario may be about broken ones."""
        stores = self.live_stores()
        if not stores:
            return []
        directory = self.directory / "verify"
        (directory / "tenants").mkdir(parents=True, exist_ok=True)
        values = {"DATABASE_URL": self.database_url, **self._good_env}
        for store in stores:
            store.write(directory / "tenants")
            values.update(store.environment())
        config = {**self._good_config, "tenants_dir": str(directory / "tenants")}
        (directory / "lapak.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
        (directory / "env").write_text("".join(f"{name}={value}\n" for name, value in values.items()))
        (directory / "env").chmod(0o600)
        done = self._run_ctl(directory / "lapak.yaml", directory / "env", "verify", "--json")
        try:
            answer = json.loads(done.stdout)
            looked_at = {item["bot_store_name"]: item for item in answer["stores"]}
        except (ValueError, KeyError):
            return [f"books: lapakctl verify: exit {done.returncode}: {done.stdout}{done.stderr}"]
        return list(proof.books(stores, looked_at))

    # The server

    @property
    def server(self):
        """The lapakd that was started last, if it runs."""
        return self.servers[-1] if self.servers and self.servers[-1].alive() else None

    def start(self, wait=True):
        """Starts lapakd unless it runs; waits until it is ready and every live store's bot has its webhook."""
        with self._lock:
            if not self.server:
                self.write_files()
                self.launch(self.config_file, self.port, wait)
            return self.server

    def launch(self, config_file, port, wait):
        """One more lapakd, with that configuration and port."""
        number = len(self.servers) + 1
        server = Process(
            f"lapakd {number}",
            [program("lapakd"), "--config", config_file, "--env", self.env_file],
            self.directory / f"lapakd-{number}.out",
            environment(**self.program_env),
            f"{self.scheme}://127.0.0.1:{port}/readyz",
        )
        server.port = port
        self.servers.append(server)
        if wait:
            server.wait_ready()
            self.wait_webhooks()
        return server

    def start_another(self, wait=True):
        """A second lapakd on the same database and stores, on a port of its own; its log directory is shared."""
        port = free_port()
        config_file = self.directory / f"lapak-{port}.yaml"
        config = {**self.config, "listen": f"127.0.0.1:{port}"}
        config_file.write_text(yaml.safe_dump(config, allow_unicode=True, sort_keys=False), encoding="utf-8")
        return self.launch(config_file, port, wait)

    def start_two(self):
        """Two lapakd at the same instant; the first has the stores' webhooks."""
        self.write_files()
        first = self.launch(self.config_file, self.port, False)
        second = self.start_another(wait=False)
        for server in (first, second):
            server.wait_ready()
        self.wait_webhooks()
        return first, second

    def wait_webhooks(self, stores=None):
        def missing():
            # asked for anew each time: a store may turn out to be disabled meanwhile
            wanted = {bot.bot_id for bot in (stores or self.live_bots())}
            return wanted - {bot["id"] for bot in self.sandbox.state()["bots"] if bot.get("webhook")}

        self.sandbox.wait(lambda: not missing(), 20 * PATIENCE, lambda: f"the webhooks of bots {sorted(missing())}")

    def live_stores(self):
        """The stores that are not switched off by an error of theirs."""
        try:
            states = dict(self.query("SELECT bot_store_name, state FROM lapak.stores"))
        except psycopg2.errors.UndefinedTable:
            return []
        return [store for store in self.stores if states.get(store.name) not in (None, "disabled", "removed")]

    def live_bots(self):
        """The same, and the owner's bot, unless its token is refused, or it has none."""
        stores = self.live_stores()
        try:
            state = self.query("SELECT state FROM lapak.owner_bot")
        except psycopg2.errors.UndefinedTable:
            return stores
        lives = "owner" in self.config and state and state != [("disabled",)]
        return [*stores, self.owner_bot] if lives else stores

    def stop(self):
        """SIGTERM to every server; what is wrong with their ends is told by the proof at the end."""
        for server in self.servers:
            if server.alive():
                self._faults += server.stop()

    def restart(self):
        self.stop()
        return self.start()

    def kill9(self):
        """SIGKILL to the server; start() then starts another one."""
        self.server.kill9()

    # Looking and doing

    @property
    def url(self):
        return f"{self.scheme}://127.0.0.1:{self.port}"

    @property
    def scheme(self):
        return "https" if "tls" in self.config else "http"

    def http(self, path, **more):
        """(status, text, headers) of a request to lapakd."""
        return http(self.url + path, **more)

    @staticmethod
    def http_at(url, path, **more):
        """The same of a request to somebody else."""
        return http(url + path, **more)

    def metrics(self):
        status, text, _ = self.http("/metrics")
        assert status == 200, f"/metrics: {status} {text}"
        return Metrics(text)

    def db(self, store=None):
        """A psycopg2 connection of its own (autocommit), as superuser; search_path is the store's schema."""
        connection = self.cluster.connect(self._dsn)
        if store is not None:
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('search_path', %s, false)", (store.schema,))
        return connection

    def disconnect(self):
        """The test's own connection; the next query makes another one."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()

    def database_away(self):
        """Until database_back(): nobody gets into this world's database."""
        self.disconnect()
        self.cluster.take_away(self.database)

    def database_back(self):
        self.cluster.give_back(self.database)

    def query(self, statement, *parameters, schema=None):
        with self._lock:
            if self._connection is None or self._connection.closed:
                self._connection = self.db()
            try:
                with self._connection.cursor() as cursor:
                    cursor.execute("SELECT set_config('search_path', %s, false)", (schema or "public",))
                    cursor.execute(statement, parameters or None)
                    return cursor.fetchall() if cursor.description else []
            except (psycopg2.OperationalError, psycopg2.InterfaceError):
                self._connection.close()  # the next question is asked on a new one
                raise

    def find_in_database(self, *texts):
        """Where any of the texts can be read in any table of this database, as text or as bytes: what somebody sees
        who stole a dump. [(schema.table.column, text)]"""
        found = []
        columns = self.query(
            "SELECT n.nspname, c.relname, a.attname, t.typname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
            " JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_type t ON t.oid = a.atttypid"
            " WHERE c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped"
            " AND (n.nspname = 'lapak' OR n.nspname LIKE 'store%%') AND t.typname IN ('text', 'bytea', 'jsonb', 'json')",
        )
        assert len(columns) > 30, "the scan must see the stores' tables"
        for schema, table, column, kind in columns:
            for text in texts:
                value = f'"{column}"' if kind == "bytea" else f"convert_to(\"{column}\"::text, 'UTF8')"
                if self.query(f'SELECT 1 FROM "{schema}"."{table}" WHERE position(%s in {value}) > 0 LIMIT 1',
                              psycopg2.Binary(text.encode())):
                    found.append((f"{schema}.{table}.{column}", text))
        return found

    def log_text(self):
        return "\n".join(
            path.read_text(encoding="utf-8", errors="replace")
            for path in [*self.log_directory.glob("**/*.log"), *(server.log for server in self.servers)]
        )

    def in_logs(self, *texts):
        """Those of the texts that stand in a log or were printed."""
        logs = self.log_text()
        return [text for text in texts if text in logs]

    def pay(self, invoice, **how):
        """Pays as a bank app does: `invoice` is the message with the QR, a QR text, or a transaction's id."""
        if isinstance(invoice, Message):
            assert invoice.qr, f"no readable QR on {invoice}"
            what = {"qr": invoice.qr}
        else:
            what = {"qr" if invoice.startswith("0002") else "txn_id": invoice}
        return self.sandbox.pay(**what, **how)

    def fail(self, service, mode, **more):
        """Tells the sandbox to fail (see its control interface); returns a function that ends it."""
        number = self.sandbox.post("fail", service=service, mode=mode, **more)["id"]
        return lambda: self.sandbox.post("unfail", id=number)

    def deliveries(self, store):
        return self.sandbox.get("deliveries", bot=store.bot_id)["deliveries"]

    def calls(self, store, method=None, chat=None, since=None):
        """The calls that this store's bot made."""
        found = self.sandbox.get("calls", bot=store.bot_id, method=method, chat=chat, since=since)
        return found["calls"]

    def gateway_calls(self, store=None, method=None, argument=None):
        """The calls that reached Pakasir: of a store's project, to an endpoint, about an order or a transaction."""
        found = self.sandbox.get("gateway_calls", slug=store and store.slug, method=method)["calls"]
        return [call for call in found if argument is None or call["argument"] == argument]

    def until(self, look, seconds=15, what="something that did not happen"):
        """For what no event announces (rows, metrics): looks again and again."""
        return until(look, seconds, what)

    @staticmethod
    def at_once(*functions):
        """Runs the functions at the same instant, each in a thread; their results in order."""
        barrier = threading.Barrier(len(functions))
        results = [None] * len(functions)
        errors = []

        def run(number, function):
            barrier.wait()
            try:
                results[number] = function()
            except BaseException as error:  # told to the test's own thread below
                errors.append(error)

        threads = [threading.Thread(target=run, args=pair) for pair in enumerate(functions)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if errors:
            raise errors[0]
        return results

    # The end

    def expect(self, regex, must=True):
        """This scenario is about such a finding (a log's error line, a failed row, a malformed call). With `must`,
        the scenario fails when it does not occur."""
        self.expectations.add(regex, must)

    expect_log = expect

    def quiet(self, seconds=15):
        """Waits until nothing is on its way any more, but what is expected to stay."""
        found = []

        def nothing():
            found[:] = self.expectations.unexpected(proof.pending(self))
            return not found

        try:
            until(nothing, seconds, "quiet")
        except AssertionError:
            raise AssertionError("still pending:\n" + "\n".join(found)) from None

    def prove(self):
        """Run after every scenario that went well so far."""
        if self.server:
            self.quiet()
        self.stop()
        findings = self._faults + [report for server in self.servers for report in server.sanitizer_reports()]
        findings = list(dict.fromkeys(findings))
        findings += proof.left_behind(self)
        findings += proof.error_lines(self)
        findings += proof.told_by_logs(self)
        if self.servers:
            findings += self.verify()
        findings = self.expectations.unexpected(findings) + self.expectations.missing()
        assert not findings, "this scenario leaves behind:\n" + "\n".join(findings)

    def close(self):
        for server in self.servers:
            server.kill9()
        if self._connection is not None:
            self._connection.close()
        if not os.environ.get("LAPAK_TEST_KEEP"):
            self.cluster.drop(self.database)
            shutil.rmtree(self.directory, ignore_errors=True)

    # For the report of a failure

    def log_tails(self, lines=40):
        paths = sorted(self.log_directory.glob("**/*.log")) + [server.log for server in self.servers]
        for path in paths:
            text = path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]
            if text:
                yield str(path.relative_to(self.directory)), "\n".join(text)

    def conversations(self):
        for store in [*self.stores, self.owner_bot]:
            for person in self.people.values():
                lines = []
                for message in person.chat(store).all_messages():
                    who = store.name if message.from_bot else person.first_name
                    gone = " (deleted)" if message.deleted else ""
                    lines.append(f"{who} #{message.id}{gone}: {message.text}")
                    lines += ["    " + " ".join(f"[{b['text']}]" for b in row) for row in message.rows]
                if lines:
                    yield f"{person.first_name} and {store.name}", "\n".join(lines)
