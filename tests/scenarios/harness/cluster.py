"""PostgreSQL for the tests: LAPAK_TEST_DATABASE_URL or DATABASE_URL where set, else a private cluster on a Unix
socket. Each world gets a database of its own, made from nothing and dropped afterwards."""

import itertools
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import make_dsn, parse_dsn

from . import ROOT


class Cluster:
    def __init__(self, private=False):
        self._child = None
        self._directory = None
        self._numbers = itertools.count(1)
        self.own = False
        given = os.environ.get("LAPAK_TEST_DATABASE_URL") or os.environ.get("DATABASE_URL")
        if given and not private:
            self.admin_dsn, self.owner = given, None
        else:
            self._start()
        self._roles = self._role_names()

    def _start(self):
        # /tmp itself: the path of a socket has 107 bytes at most
        self._directory = Path(tempfile.mkdtemp(prefix="lapak-test-", dir="/tmp"))
        self._child = subprocess.Popen(
            [ROOT / "tools/lib/postgres-run", self._directory, "fsync=off", "max_connections=200"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        line = self._child.stdout.readline().split()
        if len(line) != 2:
            self._child.wait()
            raise RuntimeError("the private PostgreSQL did not start")
        self.admin_dsn, self.owner, self.own = line[1], "lapak", True

    def connect(self, dsn=None):
        connection = psycopg2.connect(dsn or self.admin_dsn)
        connection.autocommit = True
        return connection

    def _run(self, statement, *parameters):
        connection = self.connect()
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement, parameters)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def _role_names(self):
        return {name for (name,) in self._run("SELECT rolname FROM pg_roles")}

    def create(self):
        """A new, empty database: (name, URL for lapakd, DSN for the test itself)."""
        name = f"lapak_test_{os.getpid()}_{next(self._numbers)}"
        statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
        if self.owner:
            statement += sql.SQL(" OWNER {}").format(sql.Identifier(self.owner))
        self._run(statement)
        admin = make_dsn(**{**parse_dsn(self.admin_dsn), "dbname": name})
        return name, as_url(admin, self.owner), admin

    def take_away(self, name):
        """Until give_back(): nobody gets into the database, and who is in it is thrown out."""
        self._run(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(sql.Identifier(name)))
        self._run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", name)

    def cut(self, name, spare):
        """Breaks every connection to the database but the one of that server process; how many."""
        return len(self._run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> %s", name, spare))

    def give_back(self, name):
        self._run(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(sql.Identifier(name)))

    def drop(self, name):
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def stop(self):
        if not self.own:
            # roles outlive databases: leave none of ours in somebody else's cluster
            for role in self._role_names() - self._roles:
                self._run(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))
            return
        self._child.stdin.close()
        self._child.wait(60)
        shutil.rmtree(self._directory, ignore_errors=True)


def as_url(dsn, user=None):
    """A DSN as the URL that conf/lapak.yaml takes."""
    from urllib.parse import quote, urlencode

    parts = parse_dsn(dsn)
    parts.pop("options", None)
    name = parts.pop("dbname")
    if user:
        parts["user"] = user
        parts.pop("password", None)
    login = quote(parts.pop("user", ""), safe="")
    if "password" in parts:
        login += ":" + quote(parts.pop("password"), safe="")
    return f"postgresql://{login}@/{quote(name, safe='')}?{urlencode(parts, quote_via=quote, safe='')}"
