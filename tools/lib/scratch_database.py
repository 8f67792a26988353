"""scratch_database.py create|drop NAME: a database of its own in the PostgreSQL that DATABASE_URL names; `create`
prints its URL."""

import os
import re
import sys

import psycopg2
from psycopg2 import sql

action, name = sys.argv[1:]
url = os.environ["DATABASE_URL"]
connection = psycopg2.connect(url)
connection.autocommit = True
with connection.cursor() as cursor:
    cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
    if action == "create":
        cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        print(re.sub(r"^(\w+://[^/?]*)(/[^?]*)?", rf"\1/{name}", url))
connection.close()
