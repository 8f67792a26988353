"""One whole purchase in one demo store, by the sandbox's HTTP interface alone: what a buyer does in the chat page,
from /start to the proof for the terms. Prints the conversation; exit 0 only if the contents that arrived are from the
catalogue file and the stock shown fell by the number bought.

purchase.py --sandbox URL --env FILE --store NAME --buyer ID --code CODE --quantity N --catalogue FILE --top-up FILE
            -- IMPORT COMMAND…         (gets the top-up file's name added)

When the stock is low, new stock lines are put into the top-up file and imported first: it may run for ever.
"""

import argparse
import re
import secrets
import sys
from pathlib import Path

import sandbox_client as shop
from demo_world import ADMIN, PEOPLE, STORES, bot_id, read_secrets
from sandbox_client import Chat, Pace, Sandbox, SandboxError, Timeout

ENOUGH = 8
QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')


class Failed(Exception):
    pass


def section(text, code):
    """The lines of a catalogue file that belong to a product."""
    found = re.search(rf"^( *)- code: {re.escape(code)}\n((?:\1 +.*\n?)*)", text, re.M)
    if not found:
        raise Failed(f"the catalogue file has no product {code}")
    return found.group(0)


def unquote(text):
    return re.sub(r"\\(.)", lambda found: {"n": "\n"}.get(found[1], found[1]), text)


def field(lines, name):
    found = re.search(rf"^ *{name}: {QUOTED.pattern}$", lines, re.M)
    return unquote(found.group(1)) if found else ""


def stock_lines(lines):
    return {unquote(text) for text in re.findall(rf"^ *- {QUOTED.pattern}$", lines, re.M)}


class Teller:
    """Prints what is new in some chats, as a conversation."""

    WIDTH = 100

    def __init__(self, chats):
        self.chats = chats  # [(chat, person's name, bot's name)]
        self.told = {chat: {message.version for message in chat.all_messages()} for chat, _, _ in chats}

    def line(self, who, text):
        for number, part in enumerate(text.splitlines() or [""]):
            print(f"  {who + ':' if number == 0 else '':>22} {part}")

    def does(self, who, what):
        print(f"  {who:>21}  ▸ {what}")

    def tell(self):
        for chat, person, bot in self.chats:
            told = self.told[chat]
            for message in chat.all_messages():
                if message.version in told:
                    continue
                told.add(message.version)
                if message.deleted:
                    print(f"  {'':>22} (message {message.id} is gone)")
                    continue
                self.message(message, bot if message.from_bot else person, person)
        sys.stdout.flush()

    def message(self, message, who, person):
        edited = " (edited)" if message.data.get("edited") else ""
        if message.from_bot:
            who = f"{who} → {person}"
        if message.photo:
            self.line(who, f"[photo{': a QR code' if message.qr else ''}]{edited}")
            who, edited = "", ""
        if message.document:
            self.line(who, f"[document {message.document.get('file_name')}]")
            who = ""
        if message.text:
            self.line(who + edited, message.text)
        for row in message.rows:
            print(f"  {'':>22} " + " ".join(f"[ {button['text']} ]" for button in row))


def open_stocked(chat, name, top_up):
    """The product's page, after adding stock where there is too little."""
    page = shop.open_product(chat, name)
    if shop.shown_stock(page) >= ENOUGH:
        return page
    wanted = top_up(ENOUGH * 3)
    for _ in range(50):
        page = shop.open_product(chat, name)
        if shop.shown_stock(page) >= wanted:
            return page
    raise Failed(f"{wanted} stock lines were imported, and the page still shows {shop.shown_stock(page)}")


def make_top_up(options, product):
    """A function that writes new stock lines beside the old ones and imports them; returns how many there are new."""
    import subprocess

    def top_up(count):
        path = Path(options.top_up)
        known = section(path.read_text(encoding="utf-8"), options.code) if path.exists() else None
        lines = known or "".join(line for line in product.splitlines(True) if not line.lstrip().startswith("- \""))
        for _ in range(count):
            lines += f'          - "{options.code}-{secrets.token_hex(6)}"\n'
        category = re.search(
            rf"^(  - name: .*\n(?:    \w+: .*\n)*?    products:\n)(?:      .*\n)*?      - code: {re.escape(options.code)}$",
            Path(options.catalogue).read_text(encoding="utf-8"),
            re.M,
        )
        path.write_text(f"categories:\n{category.group(1)}{lines}", encoding="utf-8")
        subprocess.run([*options.command, str(path)], check=True, stdout=subprocess.DEVNULL)
        return count

    return top_up


def purchase(options):
    values = read_secrets(options.env)
    name, prefix, _, title, language, _ = next(store for store in STORES if store[0] == options.store)
    people = {person["id"]: person["first_name"] for person in PEOPLE}
    sandbox = Sandbox(options.sandbox)
    buyer = Chat(sandbox, bot_id(values, prefix), options.buyer, patience=30, pace=Pace(), language=language)
    admin = Chat(sandbox, bot_id(values, prefix), ADMIN, patience=30)
    who, labels = people[options.buyer], buyer.labels
    product = section(Path(options.catalogue).read_text(encoding="utf-8"), options.code)
    product_name, terms = field(product, "name"), field(product, "snk")

    # quietly: is there enough to sell?
    page = open_stocked(buyer, product_name, make_top_up(options, product))
    teller = Teller([(buyer, who, title), (admin, people[ADMIN], title)])

    page = shop.open_product(buyer, product_name)
    stock_before = shop.shown_stock(page)
    teller.tell()
    teller.does(who, f"presses {labels.plus}, {options.quantity} times")
    page = shop.choose(buyer, page, options.quantity)
    teller.tell()
    teller.does(who, f"goes through the cart to {labels.qris}")
    invoice = shop.check_out(buyer, page)
    teller.tell()
    if not invoice.qr:
        raise Failed("the invoice's photo has no QR code that can be read")
    teller.does(who, "pays by scanning the QR code with a bank app")
    sandbox.pay(qr=invoice.qr)

    delivery = buyer.wait(lambda message: labels.paid in message.text or message.document)
    lines = shop.delivered_lines(buyer, delivery)
    teller.tell()
    check_contents(options, product, lines)

    if terms:
        buyer.wait(lambda message: message.button(labels.fulfil_terms))
        teller.tell()
        teller.does(who, f"presses {labels.fulfil_terms}")
        buyer.press(labels.fulfil_terms)
        buyer.wait(lambda message: True)
        teller.tell()
        proof = f"Sudah saya penuhi, bukti {secrets.token_hex(4)} <& terima kasih>"
        buyer.send(proof)
        admin.wait(proof, fresh=False)
        buyer.wait(lambda message: True)
        teller.tell()

    stock_after = shop.shown_stock(shop.open_product(buyer, product_name))
    teller.tell()
    if stock_after != stock_before - options.quantity:
        raise Failed(f"the stock shown was {stock_before} and is {stock_after} after {options.quantity} were bought")
    print(f"\n  {name}: {len(lines)} of {len(lines)} contents arrived, all from the catalogue; "
          f"stock {stock_before} -> {stock_after}"
          + ("; the admin got the proof" if terms else ""))


def check_contents(options, product, lines):
    known = stock_lines(product)
    if Path(options.top_up).exists():
        known |= stock_lines(Path(options.top_up).read_text(encoding="utf-8"))
    # a delivery may number its contents
    contents = [line if line in known else re.sub(r"^\d+[.)] ", "", line) for line in lines]
    bought = [line for line in contents if line in known]
    if len(bought) != options.quantity or len(set(bought)) != options.quantity:
        raise Failed(f"{options.quantity} contents of {options.code} were bought, and these arrived: {lines}")
    lines[:] = bought


def main():
    parser = argparse.ArgumentParser()
    for name in ("--sandbox", "--env", "--store", "--code", "--catalogue", "--top-up"):
        parser.add_argument(name, required=True)
    parser.add_argument("--buyer", type=int, required=True)
    parser.add_argument("--quantity", type=int, default=2)
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    try:
        purchase(options)
    except (Failed, Timeout, AssertionError, SandboxError, OSError) as error:
        print(f"!!! {options.store}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
