"""A person who has chats with several stores' bots."""

from sandbox_client import Chat, Pace, check_out, choose, open_product, to_methods

from .processes import PATIENCE


class Person:
    """Each method names the store whose bot the chat is with. See sandbox_client.Chat for what they return."""

    def __init__(self, world, telegram_id, first_name):
        self.world = world
        self.id = telegram_id
        self.first_name = first_name
        self._chats = {}

    def chat(self, store):
        if store.name not in self._chats:
            # the guard lets those whom the store's file names act as fast as they like
            pace = None if self.id in (*store.admins, *store.owners) else Pace()
            self._chats[store.name] = Chat(self.world.sandbox, store.bot_id, self.id, 15 * PATIENCE, pace, store.language)
        return self._chats[store.name]

    def hurry(self, store):
        """From now on this person acts faster than the server likes."""
        self.chat(store).pace = None

    def _acting(self, store):
        self.world.start()
        return self.chat(store)

    def send(self, store, text, **more):
        return self._acting(store).send(text, **more)

    def send_photo(self, store, caption=None, photo=True, **more):
        return self._acting(store).send_photo(caption, photo, **more)

    def send_document(self, store, name, content, caption=None, **more):
        return self._acting(store).send_document(name, content, caption, **more)

    def send_sticker(self, store, **more):
        return self._acting(store).send_sticker(**more)

    def send_media(self, store, kind, caption=None, **more):
        return self._acting(store).send_media(kind, caption, **more)

    def press(self, store, label, message=None, seconds=None):
        return self._acting(store).press(label, message, seconds)

    def wait_for(self, store, what, fresh=True, seconds=None, deleted=False):
        return self.chat(store).wait(what, fresh, seconds and seconds * PATIENCE, deleted)

    def wait_answer(self, store, pressed, seconds=None):
        return self.chat(store).wait_answer(pressed, seconds and seconds * PATIENCE)

    def wait_gone(self, store, message, seconds=None):
        return self.chat(store).wait_gone(message, seconds and seconds * PATIENCE)

    def messages(self, store):
        return self.chat(store).messages()

    def from_bot(self, store):
        return self.chat(store).from_bot()

    def last(self, store):
        return self.chat(store).last()

    def answers(self, store):
        return self.chat(store).answers()

    def keyboard(self, store):
        return self.chat(store).reply_keyboard()

    def block(self, store, blocked=True):
        return self.world.sandbox.post("block", bot=store.bot_id, person=self.id, blocked=blocked)

    # Whole stretches of the way, as sandbox_client walks it

    def start_chat(self, store):
        """/start; the welcome message."""
        self.send(store, "/start")
        return self.wait_for(store, lambda message: message.buttons)

    def list_text(self, store):
        """The text of the list of all products as it is now."""
        self.send(store, "/produk")
        return self.wait_for(store, lambda message: "Semua Produk" in message.text or "Belum ada produk" in message.text).text

    def open_product(self, store, name):
        return open_product(self._acting(store), name)

    def quick_order(self, store, code, quantity=1, method="qris"):
        """Asks for an invoice with few taps: buttons are pressed without the pages that show them. Returns the
        last press; `invoice` waits for what comes of it."""
        welcome = self.start_chat(store)
        number, price = store.query("SELECT id, price FROM products WHERE code = %s", code)[0]
        for step in (10, 5, 2, 1):
            while quantity >= step:
                self.wait_answer(store, self.force(store, f"q:{number}:{step}:{price}", welcome))
                quantity -= step
        return self.force(store, f"y:{method}", welcome)

    def invoice(self, store, seconds=None):
        return self.wait_for(store, lambda message: message.photo and message.qr, fresh=False, seconds=seconds)

    def force(self, store, data, message=None):
        """A callback as a forged or old keyboard would send it: whether the message has such a button or not."""
        chat = self.chat(store)
        number = message.id if message else chat.last().id
        chat._act()
        return {**chat.press_raw(number, data, force=True), "message_id": number}

    def order(self, store, name, quantity=1):
        """From /start to the invoice: the message with the QR."""
        chat = self._acting(store)
        page = choose(chat, open_product(chat, name), quantity)
        return check_out(chat, page)

    def methods(self, store, name, quantity=1):
        """From /start to the page with the ways to pay."""
        chat = self._acting(store)
        return to_methods(chat, choose(chat, open_product(chat, name), quantity))

    def __repr__(self):
        return f"<person {self.id} {self.first_name}>"
