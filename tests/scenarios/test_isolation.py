"""Two stores with the same person in both: neither ever shows, sells or changes anything of the other."""

import json

import psycopg2
import pytest
from harness.store import product
from sandbox_client import check_out, choose, delivered_lines, shown_stock

# every table of a store that holds something about a person
PERSONAL = {
    "users": "telegram_id",
    "cart_items": "telegram_id",
    "orders": "telegram_id",
    "terms": "telegram_id",
    "ledger": "telegram_id",
    "conversations": "telegram_id",
}


@pytest.fixture
def stores(world):
    # the same product code, category and name in both; only contents and prices differ
    return (
        world.store(
            "kopi-digital",
            [product("Paket Hemat", 10_000, [f"KOPI-{n}" for n in range(1, 6)], code="SAMA", snk="SNK kopi")],
        ),
        world.store(
            "nonton-hemat",
            [product("Paket Hemat", 20_000, [f"NONTON-{n}" for n in range(1, 6)], code="SAMA", snk="SNK nonton")],
        ),
    )


def rows_of(store, person):
    return {
        table: store.query(f"SELECT * FROM {table} WHERE {column} = %s ORDER BY 1", person.id)
        for table, column in PERSONAL.items()
    }


def all_texts(person, store):
    return "\n".join(message.text for message in person.chat(store).all_messages())


def test_one_person_in_both_stores(world, stores):
    kopi, nonton = stores
    budi = world.person(2001, "Budi")
    world.admin(kopi)
    andi = world.admin(nonton)

    # a cart in one is not in the other
    choose(budi.chat(kopi), budi.open_product(kopi, "Paket Hemat"), 2)
    budi.start_chat(nonton)
    world.quiet()
    assert kopi.query("SELECT quantity FROM cart_items") == [(2,)]
    assert nonton.query("SELECT quantity FROM cart_items") == []
    assert nonton.query("SELECT count(*) FROM orders") == [(0,)]

    # a purchase in one changes nothing in the other
    untouched = rows_of(nonton, budi), nonton.stock("SAMA")
    page = budi.open_product(kopi, "Paket Hemat")
    world.pay(check_out(budi.chat(kopi), page))
    delivery = budi.wait_for(kopi, "🎉 Pembayaran Berhasil")
    assert set(delivered_lines(budi.chat(kopi), delivery)) == {"KOPI-1", "KOPI-2"}
    world.quiet()
    assert (rows_of(nonton, budi), nonton.stock("SAMA")) == untouched
    assert nonton.transactions() == []

    page = budi.open_product(nonton, "Paket Hemat")
    assert shown_stock(page) == 5
    world.pay(check_out(budi.chat(nonton), choose(budi.chat(nonton), page, 1)))
    delivery = budi.wait_for(nonton, "🎉 Pembayaran Berhasil")
    assert delivered_lines(budi.chat(nonton), delivery) == ["NONTON-1"]
    world.quiet()

    assert "NONTON" not in all_texts(budi, kopi) and "SNK nonton" not in all_texts(budi, kopi)
    assert "KOPI-" not in all_texts(budi, nonton) and "SNK kopi" not in all_texts(budi, nonton)
    references = {store.name: store.value("SELECT reference FROM orders") for store in stores}
    assert references[kopi.name] not in all_texts(andi, nonton)
    assert references[nonton.name] not in all_texts(andi, kopi)


def test_a_conversation_in_one_store_is_none_in_the_other(world, stores):
    kopi, nonton = stores
    budi = world.person(2001, "Budi")
    andi = world.admin(kopi)
    world.admin(nonton)
    budi.start_chat(nonton)
    world.pay(budi.order(kopi, "Paket Hemat"))
    budi.press(kopi, "✅ Penuhi SNK")
    budi.wait_for(kopi, lambda message: True)
    # the proof, sent to the wrong store
    budi.send(nonton, "ini bukti saya")
    world.quiet()
    assert "ini bukti saya" not in all_texts(andi, nonton)
    assert kopi.query("SELECT state FROM terms") == [("awaiting",)]
    assert nonton.query("SELECT count(*) FROM terms") == [(0,)]


def test_buttons_of_another_store_do_nothing(world, stores):
    kopi, nonton = stores
    budi = world.person(2001, "Budi")
    sari = world.person(2002, "Sari")
    invoice = budi.order(kopi, "Paket Hemat", 3)
    welcome = sari.start_chat(nonton)
    for button in invoice.buttons:
        if "callback_data" in button:
            sari.chat(nonton).press_raw(welcome.id, button["callback_data"], force=True)
    world.quiet()
    assert kopi.query("SELECT state FROM orders") == [("pending",)]
    assert kopi.stock("SAMA")["reserved"] == 3


def test_a_paid_order_of_one_store_told_to_the_other(world, stores):
    kopi, nonton = stores
    budi = world.person(2001, "Budi")
    budi.start_chat(nonton)
    invoice = budi.order(kopi, "Paket Hemat")
    (transaction,) = kopi.transactions()
    body = {
        "txn_id": transaction["txn_id"],
        "order_id": transaction["order_id"],
        "amount": transaction["amount"],
        "is_sandbox": False,
        "status": "completed",
        "completed_at": "2026-08-24T10:00:00Z",
    }
    before = rows_of(nonton, budi)
    # signed as the other store's, and with the first store's secret
    status, _, _ = nonton.post_pakasir(json.dumps(body))
    assert status < 500
    status, _, _ = nonton.post_pakasir(body, secret=kopi.webhook_secret)
    assert status == 401
    world.quiet()
    assert kopi.query("SELECT state FROM orders") == [("pending",)]
    assert rows_of(nonton, budi) == before
    world.pay(invoice)
    budi.wait_for(kopi, "🎉 Pembayaran Berhasil")


def test_a_stores_role_sees_no_other_schema(world, stores):
    kopi, nonton = stores
    world.start()
    role = world.query(
        "SELECT r.rolname FROM pg_namespace n, aclexplode(n.nspacl) a JOIN pg_roles r ON r.oid = a.grantee"
        " WHERE n.nspname = %s AND a.grantee <> n.nspowner AND a.privilege_type = 'USAGE'",
        kopi.schema,
    )[0][0]
    connection = world.db()
    with connection.cursor() as cursor:
        cursor.execute(f'SET ROLE "{role}"')
        cursor.execute(f"SELECT count(*) FROM {kopi.schema}.users")
        for table in ("users", "stock_units", "orders", "outbox"):
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cursor.execute(f"SELECT 1 FROM {nonton.schema}.{table}")
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute("SELECT webhook_secret FROM lapak.stores")
    connection.close()
