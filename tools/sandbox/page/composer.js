// The bottom of a chat window: what the person writes, attaches, or taps on the reply keyboard.

import { el, icon } from './dom.js';

const PHOTO_SIDE_MAX = 1280;
const DOCUMENT_MAX_BYTES = 35 * 1024 * 1024; // more than the 20 MB a bot may fetch, less than a request may have
const CHUNK = 0x8000;
const FILE_KINDS = {
  photo: { accept: 'image/*', label: 'Pilih foto', read: async (file) => photoAsPng(file) },
  document: { accept: null, label: 'Pilih dokumen', read: async (file) => fileBody(file) },
  sticker: { accept: 'image/webp,image/png', label: 'Pilih stiker', read: async (file) => (await fileBody(file)).base64 },
};

/** Any picture the browser can read, as a PNG no larger than Telegram's own limit for a side. */
async function photoAsPng(file) {
  const picture = await createImageBitmap(file).catch(() => {
    throw new Error('Berkas ini bukan gambar yang bisa dibaca.');
  });
  const scale = Math.min(1, PHOTO_SIDE_MAX / Math.max(picture.width, picture.height));
  const canvas = el('canvas', { width: Math.max(1, Math.round(picture.width * scale)), height: Math.max(1, Math.round(picture.height * scale)) });
  canvas.getContext('2d').drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  return canvas.toDataURL('image/png').split(',')[1];
}

async function fileBody(file) {
  if (file.size > DOCUMENT_MAX_BYTES)
    throw new Error('Berkas lebih dari 35 MB.');
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = '';
  for (let at = 0; at < bytes.length; at += CHUNK)
    text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return { name: file.name, mime: file.type || null, base64: btoa(text) };
}

export class Composer {
  #handlers;
  #input;
  #popup;
  #replyBox;
  #replyToggle;
  #commands = [];
  #replySignature = '';
  #replyHidden = false;

  /** handlers: send(body) takes what /sandbox/send takes besides bot and from; fail(error) shows it. `name` labels the fields. */
  constructor(handlers, name) {
    this.#handlers = handlers;
    this.#input = el('textarea', {
      rows: 1, placeholder: 'Pesan', 'aria-label': `Pesan untuk ${name}`, data: { testid: 'composer-input' },
      on: { input: () => this.#typed(), keydown: (event) => this.#key(event) },
    });
    this.#popup = el('div', { class: 'popup', hidden: true });
    this.#replyBox = el('div', { class: 'reply-keyboard', role: 'group', 'aria-label': 'Papan tombol', hidden: true });
    this.#replyToggle = this.#button('keyboard', 'Tampilkan atau sembunyikan papan tombol', () => this.#toggleReply());
    this.#replyToggle.hidden = true;
    this.menu = el('button', {
      class: 'commands-button', type: 'button', 'aria-haspopup': 'true', hidden: true, data: { testid: 'commands-button' },
      on: { click: () => this.#toggle('commands') },
    }, icon('menu'), el('span', { text: 'Menu' }));
    const send = this.#button('send', 'Kirim', () => this.#submit(), 'composer-send');
    send.classList.add('send');
    this.start = el('button', {
      class: 'start', type: 'button', text: 'MULAI', hidden: true, data: { testid: 'start-button' },
      on: { click: () => this.#send({ text: '/start' }) },
    });
    this.bar = el('div', { class: 'bar' }, this.menu,
      this.#button('clip', 'Lampirkan', () => this.#toggle('attach'), 'attach-button'), this.#input, this.#replyToggle, send);
    this.node = el('div', { class: 'composer', on: { keydown: (event) => this.#escape(event) } },
      this.#popup, Object.keys(FILE_KINDS).map((kind) => this.#fileInput(kind)), this.start, this.bar, this.#replyBox);
    this.node.addEventListener('focusout', (event) => {
      if (!this.node.contains(event.relatedTarget) && event.relatedTarget !== null)
        this.#close();
    });
  }

  #button(name, label, onClick, testid = undefined) {
    return el('button', { class: 'icon-btn', type: 'button', 'aria-label': label, title: label, data: testid ? { testid } : {}, on: { click: onClick } }, icon(name));
  }

  #fileInput(kind) {
    const { accept, label } = FILE_KINDS[kind];
    return el('input', {
      class: 'file', type: 'file', accept, tabindex: '-1', 'aria-label': label,
      data: { testid: `attach-${kind}`, kind },
      on: {
        change: (event) => {
          const file = event.target.files[0];
          event.target.value = '';
          if (file)
            this.#sendFile(kind, file);
        },
      },
    });
  }

  async #send(body) {
    this.#close();
    try {
      await this.#handlers.send(body);
      return true;
    } catch (error) {
      this.#handlers.fail(error);
      return false;
    }
  }

  async #sendFile(kind, file) {
    try {
      const body = { [kind]: await FILE_KINDS[kind].read(file) };
      await (kind === 'sticker' ? this.#send(body) : this.#sendWithCaption(body));
    } catch (error) {
      this.#handlers.fail(error);
    }
  }

  async #sendWithCaption(body) {
    const caption = this.#input.value.trim();
    if (await this.#send(caption ? { ...body, caption } : body))
      this.#clear();
  }

  async #submit() {
    const text = this.#input.value.trim();
    if (text === '')
      return;
    this.#clear();
    if (!(await this.#send({ text })))
      this.#input.value ||= text;
    this.#input.focus();
  }

  #clear() {
    this.#input.value = '';
    this.#resize();
  }

  #resize() {
    this.#input.style.height = 'auto';
    this.#input.style.height = `${Math.min(this.#input.scrollHeight, 160)}px`;
  }

  #typed() {
    this.#resize();
    if (/^\/\w*$/.test(this.#input.value) && this.#commands.length > 0)
      this.#show('commands', this.#input.value.slice(1).toLowerCase());
    else
      this.#close();
  }

  #key(event) {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing)
      return;
    event.preventDefault();
    this.#submit();
  }

  #escape(event) {
    if (event.key !== 'Escape' || this.#popup.hidden)
      return;
    this.#close();
    this.#input.focus();
  }

  #close() {
    this.#popup.hidden = true;
    this.#popup.dataset.kind = '';
  }

  #toggle(kind) {
    if (!this.#popup.hidden && this.#popup.dataset.kind === kind) {
      this.#close();
      return;
    }
    this.#show(kind, '');
    this.#popup.querySelector('button')?.focus();
  }

  #show(kind, prefix) {
    const items = kind === 'commands' ? this.#commandItems(prefix) : this.#attachItems();
    this.#popup.dataset.kind = kind;
    this.#popup.replaceChildren(...items);
    this.#popup.hidden = items.length === 0;
  }

  #item(label, hint, testid, onClick) {
    return el('button', { type: 'button', data: { testid }, on: { click: onClick } }, el('b', { text: label }), el('span', { text: hint }));
  }

  #commandItems(prefix) {
    return this.#commands.filter((item) => item.command.startsWith(prefix)).map((item) =>
      this.#item(`/${item.command}`, item.description ?? '', 'command', async () => {
        if (await this.#send({ text: `/${item.command}` }))
          this.#clear();
      }));
  }

  #attachItems() {
    const pick = (kind) => () => {
      this.#close();
      this.node.querySelector(`input[data-kind="${kind}"]`).click();
    };
    return [
      this.#item('🖼 Foto', 'dari berkas', 'attach-photo-pick', pick('photo')),
      this.#item('📄 Dokumen', 'berkas apa saja', 'attach-document-pick', pick('document')),
      this.#item('🎨 Foto contoh', 'gambar buatan sandbox', 'attach-sample', () => this.#sendWithCaption({ photo: true })),
      this.#item('🙂 Stiker', 'dari berkas', 'attach-sticker-pick', pick('sticker')),
      this.#item('🙂 Stiker contoh', 'gambar buatan sandbox', 'attach-sticker-sample', () => this.#send({ sticker: true })),
      this.#item('👤 Kontak', 'kontak saya', 'attach-contact', () => this.#send({ contact: true })),
    ];
  }

  #toggleReply() {
    this.#replyHidden = !this.#replyHidden;
    this.#replyBox.hidden = this.#replyHidden;
  }

  setCommands(commands) {
    this.#commands = Array.isArray(commands) ? commands.filter((item) => typeof item?.command === 'string') : [];
    this.menu.hidden = this.#commands.length === 0;
  }

  /** A chat without any message shows the start button instead of the field, as Telegram does. */
  setEmpty(empty) {
    this.start.hidden = !empty;
    this.bar.hidden = empty;
  }

  setReplyKeyboard(rows) {
    const text = JSON.stringify(rows ?? []);
    if (text === this.#replySignature)
      return;
    this.#replySignature = text;
    this.#replyHidden = false;
    const present = Array.isArray(rows) && rows.length > 0;
    this.#replyBox.hidden = !present;
    this.#replyToggle.hidden = !present;
    this.#replyBox.replaceChildren(...(present ? rows : []).map((row) => el('div', { class: 'keyboard-row' }, row.map((button) => {
      const label = typeof button === 'string' ? button : button.text;
      return el('button', { type: 'button', text: label, data: { testid: 'reply-button', text: label }, on: { click: () => this.#send({ text: label }) } });
    }))));
  }

  focus() {
    (this.start.hidden ? this.#input : this.start).focus();
  }
}
