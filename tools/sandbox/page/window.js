// One chat window: a person's chat with one bot, kept equal to what /sandbox/chat says.

import { get, post } from './api.js';
import { Composer } from './composer.js';
import { avatar, botName, day, el, icon, personName, toDate } from './dom.js';
import { summary } from './media.js';
import { buttonKey, messageNode, signature } from './message.js';

const ANSWER_WAIT_MS = 20000;
const TOAST_MS = 4000;
const TYPING_MS = 5000;
const NEAR_BOTTOM_PX = 80;

export class ChatWindow {
  #actions;
  #shown = new Map();
  #pressed = new Map();
  #seenAnswers = null;
  #loading = false;
  #again = false;
  #blocked = false;
  #unread = 0;
  #typingTimer = 0;
  #closed = false;
  #atBottom = true;
  #sizes = new ResizeObserver(() => {
    if (this.#atBottom)
      this.#toBottom();
  });

  /** actions: pay(qr), alert(title, text), close(window), menu() opens the side panel, preview(). */
  constructor(bot, person, actions) {
    this.bot = bot;
    this.person = person;
    this.preview = '';
    this.#actions = actions;
    this.composer = new Composer({ send: (body) => this.#send(body), fail: (error) => this.fail(error) }, `bot ${bot}`);
    this.#build();
    this.#sizes.observe(this.list);
    this.composer.setEmpty(false);
  }

  get key() {
    return `bot=${this.bot}&person=${this.person}`;
  }

  #build() {
    const button = (name, label, onClick, extra = '', testid = '') => el('button', {
      class: `icon-btn ${extra}`, type: 'button', 'aria-label': label, title: label, data: testid ? { testid } : {}, on: { click: onClick },
    }, icon(name));
    this.title = el('h2', {});
    this.subtitle = el('span', { class: 'subtitle' });
    this.face = el('span', { class: 'face' });
    this.who = el('span', { class: 'who', data: { testid: 'chat-person' } });
    this.block = el('button', { class: 'flat block', type: 'button', data: { testid: 'block-button' }, on: { click: () => this.#toggleBlock() } });
    this.list = el('div', {
      class: 'messages', role: 'log', 'aria-live': 'polite', 'aria-relevant': 'additions text', tabindex: '0', 'aria-label': 'Pesan',
      on: { scroll: () => this.#scrolled() },
    });
    this.down = el('button', { class: 'down', type: 'button', hidden: true, 'aria-label': 'Ke pesan terbaru', on: { click: () => this.#toBottom() } },
      icon('down'), el('span', {}));
    this.nothing = el('p', { class: 'nothing', hidden: true, text: 'Belum ada pesan di sini. Tekan MULAI untuk menyapa bot.' });
    this.toasts = el('div', { class: 'toasts', role: 'status' });
    this.node = el('section', { class: 'chat', data: { testid: 'chat-window', bot: this.bot, person: this.person } },
      el('header', { class: 'chat-head' },
        button('menu', 'Buka panel', () => this.#actions.menu(), 'only-phone', 'side-open'), this.face,
        el('div', { class: 'names' }, this.title, el('p', { class: 'about' }, this.who, this.subtitle)), this.block,
        button('close', 'Tutup chat', () => this.#actions.close(this), '', 'chat-close')),
      el('div', { class: 'wall' }, this.list, this.nothing, this.down, this.toasts), this.composer.node);
  }

  /** Names and commands, from /sandbox/state. */
  describe(bot, person) {
    const title = botName(bot, this.bot);
    const name = personName(person, this.person);
    const text = JSON.stringify([title, name, bot?.username, bot?.revoked, bot?.commands]);
    if (this.described === text)
      return;
    this.described = text;
    this.names = { bot: title, person: name };
    this.title.textContent = title;
    this.who.textContent = `sebagai ${name}`;
    this.who.title = `ID ${this.person}`;
    this.about = bot?.revoked ? 'token dicabut' : bot?.username ? `@${bot.username}` : 'bot';
    this.face.replaceChildren(avatar(title, this.bot));
    this.node.setAttribute('aria-label', `Chat ${name} dengan ${title}`);
    this.composer.setCommands(bot?.commands);
    this.#showBlocked();
    this.#showTyping(false);
  }

  /** Takes the answers of the next fetch as old: the sandbox may have been restarted or reset. */
  forgetAnswers() {
    this.#seenAnswers = null;
  }

  /** Fetches the chat again; calls that come while one is running are one more fetch. */
  async refresh() {
    if (this.#loading) {
      this.#again = true;
      return;
    }
    this.#loading = true;
    try {
      do {
        this.#again = false;
        const chat = await get('/sandbox/chat', { bot: this.bot, chat: this.person });
        if (!this.#closed)
          this.#render(chat);
      } while (this.#again);
    } catch (error) {
      this.fail(error);
    } finally {
      this.#loading = false;
    }
  }

  close() {
    this.#closed = true;
    this.#sizes.disconnect();
    clearTimeout(this.#typingTimer);
    for (const wait of this.#pressed.values())
      clearTimeout(wait.timer);
    this.node.remove();
  }

  fail(error) {
    this.toast(error.message, 'error');
  }

  toast(text, kind) {
    const node = el('div', { class: `toast ${kind}`, text, data: { testid: 'toast', kind } });
    this.toasts.append(node);
    setTimeout(() => node.remove(), TOAST_MS);
  }

  #render(chat) {
    const all = chat.messages ?? [];
    const added = this.#renderMessages(all.filter((message) => !message.deleted));
    this.composer.setEmpty(all.length === 0);
    this.nothing.hidden = all.length > 0;
    this.composer.setReplyKeyboard(chat.reply_keyboard);
    this.#showTyping(Boolean(chat.typing));
    this.#showAnswers(chat.answers ?? []);
    this.#applyPressed();
    if (typeof chat.blocked === 'boolean' && chat.blocked !== this.#blocked) {
      this.#blocked = chat.blocked;
      this.#showBlocked();
    }
    if (this.#atBottom || added.some((message) => message.from !== 'bot')) {
      this.#toBottom();
    } else if (added.length > 0) {
      this.#unread += added.length;
      this.#scrolled();
    }
    const last = all.findLast((message) => !message.deleted);
    this.preview = last ? summary(last) : 'Belum ada pesan';
    this.#actions.preview();
  }

  /** Changes only what differs, so that focus, spinners and scrolling stay. Gives the messages that are new. */
  #renderMessages(messages) {
    const added = [];
    const wanted = [];
    let date = '';
    for (const message of messages) {
      const today = day(toDate(message.date ?? 0));
      if (today !== date) {
        date = today;
        wanted.push([`day ${today}`, today, () => el('div', { class: 'day' }, el('span', { text: today }))]);
      }
      const id = String(message.message_id);
      if (!this.#shown.has(id))
        added.push(message);
      wanted.push([id, signature(message), () => messageNode(message, {
        press: (messageId, data) => this.#press(messageId, data),
        copy: (text) => this.#copy(text),
        command: (text) => this.#send({ text }).catch((error) => this.fail(error)),
        pay: (qr) => this.#actions.pay(qr),
      })]);
    }
    const keep = new Set(wanted.map(([id]) => id));
    for (const [id, item] of this.#shown)
      if (!keep.has(id)) {
        item.node.remove();
        this.#shown.delete(id);
      }
    let before = this.list.firstChild;
    for (const [id, text, make] of wanted) {
      const old = this.#shown.get(id);
      let node = old?.node;
      if (old && old.text !== text) {
        node = this.#swap(old.node, make());
        if (before === old.node)
          before = node;
      }
      node ??= make();
      this.#shown.set(id, { node, text });
      if (node === before)
        before = before.nextSibling;
      else
        this.list.insertBefore(node, before);
    }
    return added;
  }

  /** Replaces an edited message; the focus goes to the button that says the same, or to the first. */
  #swap(old, fresh) {
    const focused = old.contains(document.activeElement) ? document.activeElement : null;
    old.replaceWith(fresh);
    if (focused) {
      const buttons = [...fresh.querySelectorAll('button, a')];
      const same = buttons.find((button) => button.dataset.data !== undefined && button.dataset.data === focused.dataset.data);
      (same ?? buttons[0] ?? this.list).focus({ preventScroll: true });
    }
    return fresh;
  }

  async #send(body) {
    await post('/sandbox/send', { bot: this.bot, from: this.person, ...body });
    this.#blocked = false;
    this.#showBlocked();
    await this.refresh();
    this.#toBottom();
  }

  async #press(messageId, data) {
    const key = buttonKey(messageId, data);
    if (this.#pressed.has(key))
      return;
    const wait = { messageId: String(messageId), data, id: null };
    wait.timer = setTimeout(() => {
      this.#release(key);
      this.toast('Bot belum menjawab tombol ini.', 'error');
    }, ANSWER_WAIT_MS);
    this.#pressed.set(key, wait);
    this.#applyPressed();
    try {
      const result = await post('/sandbox/press', { bot: this.bot, from: this.person, message_id: messageId, data });
      wait.id = String(result.callback_query_id);
      if (this.#seenAnswers?.has(wait.id))
        this.#release(key);
    } catch (error) {
      this.#release(key);
      this.fail(error);
    }
  }

  #release(key) {
    clearTimeout(this.#pressed.get(key)?.timer);
    this.#pressed.delete(key);
    this.#applyPressed();
  }

  #applyPressed() {
    for (const button of this.list.querySelectorAll('button.inline[data-kind="callback"]')) {
      const id = button.closest('.message').dataset.messageId;
      const busy = this.#pressed.has(buttonKey(id, button.dataset.data));
      button.classList.toggle('waiting', busy);
      button.setAttribute('aria-busy', String(busy));
    }
  }

  #showAnswers(answers) {
    const first = this.#seenAnswers === null;
    this.#seenAnswers ??= new Set();
    for (const answer of answers) {
      const id = String(answer.callback_query_id);
      if (this.#seenAnswers.has(id))
        continue;
      this.#seenAnswers.add(id);
      for (const [key, wait] of this.#pressed)
        if (wait.id === id)
          this.#release(key);
      if (first || !answer.text)
        continue;
      if (answer.show_alert)
        this.#actions.alert(this.names?.bot ?? 'Bot', answer.text);
      else
        this.toast(answer.text, 'answer');
    }
  }

  async #copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      this.toast('Teks disalin ke papan klip.', 'answer');
    } catch {
      this.#actions.alert('Salin teks ini', text);
    }
  }

  async #toggleBlock() {
    try {
      await post('/sandbox/block', { bot: this.bot, person: this.person, blocked: !this.#blocked });
      this.#blocked = !this.#blocked;
      this.#showBlocked();
    } catch (error) {
      this.fail(error);
    }
  }

  #showBlocked() {
    this.block.textContent = this.#blocked ? 'Buka blokir' : 'Blokir';
    this.block.setAttribute('aria-label', this.#blocked ? 'Buka blokir bot' : 'Blokir bot');
    this.node.classList.toggle('blocked', this.#blocked);
  }

  #showTyping(typing) {
    clearTimeout(this.#typingTimer);
    this.subtitle.textContent = typing ? 'sedang mengetik…' : this.about ?? 'bot';
    this.subtitle.classList.toggle('typing', typing);
    if (typing)
      this.#typingTimer = setTimeout(() => this.#showTyping(false), TYPING_MS);
  }

  #nearBottom() {
    return this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < NEAR_BOTTOM_PX;
  }

  #scrolled() {
    const near = this.#nearBottom();
    this.#atBottom = near;
    if (near)
      this.#unread = 0;
    this.down.hidden = near;
    this.down.lastChild.textContent = this.#unread > 0 ? String(this.#unread) : '';
  }

  #toBottom() {
    this.list.scrollTop = this.list.scrollHeight;
    this.#scrolled();
    for (const image of this.list.querySelectorAll('img'))
      if (!image.complete)
        image.addEventListener('load', () => {
          this.list.scrollTop = this.list.scrollHeight;
        }, { once: true });
  }
}
