"""The sandbox's chat page in a real browser: a purchase by clicking."""

import pytest
from harness.bot_api import BotApi
from harness.store import product
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select, WebDriverWait

pytestmark = pytest.mark.browser


def by(testid, more=""):
    return By.CSS_SELECTOR, f'[data-testid="{testid}"]{more}'


class Page:
    def __init__(self, driver, url):
        self.driver = driver
        self.waiter = WebDriverWait(driver, 20)
        driver.get(f"{url}/")

    def wait(self, look, what):
        return self.waiter.until(lambda _: look(), what)

    def one(self, testid, more=""):
        return self.wait(lambda: next(iter(self.driver.find_elements(*by(testid, more))), None), testid + more)

    def open_chat(self, person, bot):
        self.wait(lambda: str(person) in self._values("person-select") and str(bot) in self._values("bot-select"), "lists")
        Select(self.one("person-select")).select_by_value(str(person))
        Select(self.one("bot-select")).select_by_value(str(bot))
        self.one("open-chat").click()
        return ChatWindow(self, f'[data-bot="{bot}"][data-person="{person}"]')

    def _values(self, testid):
        return [option.get_attribute("value") for option in self.driver.find_elements(*by(testid, " option"))]


class ChatWindow:
    def __init__(self, page, which):
        self.page = page
        self.which = which
        self.node = page.one("chat-window", which)

    def all(self, testid, more=""):
        return self.page.driver.find_elements(By.CSS_SELECTOR, f'[data-testid="chat-window"]{self.which} [data-testid="{testid}"]{more}')

    def texts(self):
        return self.page.driver.execute_script(
            "return [...document.querySelectorAll(arguments[0])].map((node) => node.innerText)",
            f'[data-testid="chat-window"]{self.which} [data-testid="message"]')

    def wait_text(self, text):
        self.page.wait(lambda: any(text in shown for shown in self.texts()), f"{text!r}")

    def click(self, testid, label):
        """The newest button of that label."""

        def press():
            nodes = [node for node in self.all(testid) if label in node.text]
            if not nodes:
                return False
            self.page.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", nodes[-1])
            nodes[-1].click()
            return True

        self.page.wait(lambda: _steady(press), f"the button {label!r}")

    def pictures(self):
        """Those that were loaded."""
        return [node for node in self.all("photo", " img") + self.all("sticker") if node.get_property("naturalWidth")]

    def write(self, text):
        self.all("composer-input")[0].send_keys(text)
        self.all("composer-send")[0].click()


def _steady(act):
    from selenium.common.exceptions import ElementClickInterceptedException, StaleElementReferenceException

    try:
        return act()
    except (StaleElementReferenceException, ElementClickInterceptedException):
        return False  # redrawn or covered at this moment: looked for again


def test_a_purchase_by_clicking(world, browser):
    kopi = world.store(
        "kopi-digital", [product("Netflix <b>&", 35_000, ["akun-satu:sandi <&>", "akun-dua:x"], code="NFLX", snk="Jangan <i>dibagi</i>.")])
    world.person(2001, "Budi")
    andi = world.admin(kopi)
    browser.get_log("browser")
    page = Page(browser, world.sandbox.url)
    chat = page.open_chat(2001, kopi.bot_id)
    page.wait(lambda: chat.all("start-button") and chat.all("start-button")[0].is_displayed(), "MULAI")
    chat.all("start-button")[0].click()
    chat.wait_text("Selamat datang di")
    page.wait(lambda: any("🛍 Semua Produk" in node.text for node in chat.all("reply-button")), "the reply keyboard")
    chat.click("reply-button", "🛍 Semua Produk")
    chat.wait_text("Netflix <b>&")
    chat.click("inline-button", "1️⃣")
    chat.wait_text("Di keranjang: 0")
    chat.click("inline-button", "➕")
    chat.wait_text("Di keranjang: 1")
    chat.click("inline-button", "🧺 Lanjut ke Keranjang")
    chat.wait_text("Keranjangmu")
    chat.click("inline-button", "💳 Lanjut ke Pembayaran")
    chat.wait_text("Pilih metode")
    chat.click("inline-button", "💠 QRIS")
    chat.wait_text("Tagihan QRIS")
    page.wait(lambda: chat.all("pay-button"), "the bank app's button")
    assert all("Sedang memuat" not in text for text in chat.texts()) or page.wait(
        lambda: all("Sedang memuat" not in text for text in chat.texts()), "the loading line to go")
    chat.click("pay-button", "")
    assert "Rp" in page.one("bank-amount").text
    page.one("bank-pay-confirm").click()
    page.one("bank-result", '[data-result="ok"]')
    page.one("bank-close").click()
    chat.wait_text("Pembayaran Berhasil")
    chat.wait_text("akun-satu:sandi <&>")
    chat.wait_text("Jangan <i>dibagi</i>.")
    page.wait(lambda: not chat.all("pay-button"), "the invoice to go")
    chat.click("inline-button", "✅ Penuhi SNK")
    chat.wait_text("Kirim bukti SNK")
    chat.write("sudah <saya> penuhi")
    chat.wait_text("sudah kami teruskan ke admin")
    andi.wait_for(kopi, "sudah <saya> penuhi", fresh=False)
    # two chats side by side, each its own
    admin = page.open_chat(1001, kopi.bot_id)
    admin.wait_text("Pesanan dibayar")
    assert not any("Pesanan dibayar" in text for text in chat.texts())
    world.quiet()
    assert kopi.stock("NFLX") == {"available": 1, "reserved": 0, "sold": 1}
    severe = [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]
    assert severe == []


def test_answers_edits_and_the_cancel_button(world, browser):
    kopi = world.store("kopi-digital", [product("Netflix", 35_000, 3, code="NFLX")])
    world.person(2001, "Budi")
    world.start()
    page = Page(browser, world.sandbox.url)
    chat = page.open_chat(2001, kopi.bot_id)
    page.wait(lambda: chat.all("start-button") and chat.all("start-button")[0].is_displayed(), "MULAI")
    chat.all("start-button")[0].click()
    chat.wait_text("Selamat datang di")
    chat.write("1")
    chat.wait_text("Di keranjang: 0")
    chat.click("inline-button", "🖐️ x5")
    page.wait(lambda: any("Sudah maksimal: 3" in node.text for node in page.driver.find_elements(*by("toast"))), "the toast")
    chat.click("inline-button", "🧺 Lanjut ke Keranjang")
    chat.click("inline-button", "💳 Lanjut ke Pembayaran")
    chat.click("inline-button", "💠 QRIS")
    chat.wait_text("Tagihan QRIS")
    chat.click("inline-button", "❌ Batalkan Pembelian")
    chat.wait_text("Pesanan dibatalkan")
    page.wait(lambda: not chat.all("pay-button"), "the invoice to go")
    world.quiet()
    assert kopi.stock("NFLX") == {"available": 3, "reserved": 0, "sold": 0}


def test_files_by_clicking(world, browser, tmp_path):
    kopi = world.store("kopi-digital", [product("Netflix", 35_000, 3, code="NFLX")])
    budi = world.person(2001, "Budi")
    budi.start_chat(kopi)
    bot = BotApi(world.sandbox, kopi.token)
    page = Page(browser, world.sandbox.url)
    chat = page.open_chat(2001, kopi.bot_id)
    chat.wait_text("Selamat datang di")
    stock = tmp_path / "stok <1>.csv"
    stock.write_bytes(b"akun;sandi\n\xff\x00")
    picture = tmp_path / "gambar.png"
    picture.write_bytes(world.sandbox.download(budi.chat(kopi).message(budi.send_photo(kopi)["message_id"]).photo))
    # from the person's files
    chat.all("attach-button")[0].click()
    labels = [node.text for node in chat.all("attach-document-pick") + chat.all("attach-sticker-pick")]
    assert "Dokumen" in labels[0] and "Stiker" in labels[1]
    chat.all("attach-document")[0].send_keys(str(stock))
    chat.all("attach-sticker")[0].send_keys(str(picture))
    chat.all("attach-photo")[0].send_keys(str(picture))
    page.wait(lambda: sorted(m.kind for m in budi.messages(kopi) if m.kind) == ["document", "photo", "photo", "sticker"], "three files")
    document = next(m for m in budi.messages(kopi) if m.document)
    assert document.document["file_name"] == "stok <1>.csv" and document.document["mime_type"] == "text/csv"
    assert world.sandbox.download(document.document) == stock.read_bytes()
    page.wait(lambda: len(chat.pictures()) == 3, "pictures that are there")
    # from the bot: by file_id, uploaded, copied
    own = {m.kind: m.data[m.kind]["file_id"] for m in budi.messages(kopi) if m.kind}
    for method, kind in (("sendPhoto", "photo"), ("sendSticker", "sticker"), ("sendDocument", "document")):
        bot.call(method, chat_id=2001, **{kind: own[kind]})
    bot.upload("sendDocument", "document", "laporan.csv", b"a;b\n", chat_id=2001, caption="Laporan")
    bold = budi.send(kopi, "tebal <b> 🙂", entities=[{"type": "bold", "offset": 0, "length": 5}], forward_name="Sari <i>")
    bot.call("copyMessage", chat_id=2001, from_chat_id=2001, message_id=bold["message_id"])
    bot.call("copyMessage", chat_id=2001, from_chat_id=2001, message_id=document.id, caption="salinan")
    chat.wait_text("salinan")
    link = next(node for node in chat.all("document") if "laporan.csv" in node.text)
    assert link.tag_name == "a" and link.get_attribute("download") == "laporan.csv" and "Unduh" in link.text
    assert len([node for node in chat.all("document") if "stok <1>.csv" in node.text]) == 3
    page.wait(lambda: len(chat.pictures()) == 5, "all pictures")
    assert [node.text for node in chat.all("forward")] == ["Diteruskan dari Sari <i>"]
    bolds = page.driver.execute_script("return [...document.querySelectorAll('.message b')].map((node) => node.textContent)")
    assert bolds.count("tebal") == 2, "the copy is as bold as what was copied"
    severe = [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]
    assert severe == []
