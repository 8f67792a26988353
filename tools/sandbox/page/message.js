// One message of a chat as an element: bubble, media and the inline keyboard under it.

import { clock, el, fileSize, icon, ownUrl, safeUrl, toDate } from './dom.js';
import { renderHtml, renderPlain } from './richtext.js';

const STYLES = ['danger', 'success', 'primary'];

/** What tells two versions of a message apart. */
export const signature = (message) => JSON.stringify(message);

/** The key of one button of one message, for the spinner that waits for its answer. */
export const buttonKey = (messageId, data) => `${messageId}:${data}`;

function photoNode(photo) {
  const url = photo.url ? ownUrl(photo.url) : null;
  if (url === null)
    return el('div', { class: 'no-photo', text: '🖼 Foto' });
  const image = el('img', {
    class: photo.qr ? 'photo qr' : 'photo', src: url, alt: photo.qr ? 'Kode QR' : 'Foto',
    width: photo.width, height: photo.height, loading: 'lazy',
  });
  return el('a', { class: 'photo-link', href: url, target: '_blank', rel: 'noopener', 'aria-label': photo.qr ? 'Buka kode QR' : 'Buka foto' }, image);
}

function documentNode(file) {
  const url = file.url ? ownUrl(file.url) : null;
  const name = file.file_name || 'dokumen';
  const size = fileSize(file.size ?? file.file_size);
  return el(url ? 'a' : 'div', { class: 'document', href: url, download: url ? name : null, data: { testid: 'document' } },
    el('span', { class: 'document-icon' }, icon('file')),
    el('span', { class: 'document-about' }, el('b', { text: name }), el('small', { text: url ? `${size} · Unduh` : size })));
}

function textNode(message, onCommand) {
  if (message.from === 'bot' && typeof message.html === 'string' && message.html !== '')
    return renderHtml(message.html, onCommand);
  const text = message.text ?? message.caption ?? '';
  if (text !== '')
    return renderPlain(text, onCommand);
  if (message.photo || message.document)
    return null;
  const kind = message.sticker ? '🙂 Stiker' : message.contact ? '👤 Kontak' : message.video ? '🎬 Video' : 'Pesan tanpa teks';
  return el('div', { class: 'text other', text: kind });
}

function copyText(button) {
  if (button.copy_text === undefined || button.copy_text === null)
    return null;
  return typeof button.copy_text === 'string' ? button.copy_text : button.copy_text.text ?? '';
}

function inlineButton(message, button, actions) {
  const style = STYLES.includes(button.style) ? ` ${button.style}` : '';
  const label = el('span', { class: 'label', text: button.text });
  if (button.url) {
    const href = safeUrl(button.url);
    return el('a', {
      class: `inline url${style}`, href, target: '_blank', rel: 'noopener noreferrer',
      data: { testid: 'inline-button', kind: 'url', url: button.url },
    }, label);
  }
  const copied = copyText(button);
  if (copied !== null)
    return el('button', {
      class: `inline copy${style}`, type: 'button', data: { testid: 'inline-button', kind: 'copy', copy: copied },
      on: { click: () => actions.copy(copied) },
    }, label);
  const data = button.callback_data ?? '';
  return el('button', {
    class: `inline${style}`, type: 'button', data: { testid: 'inline-button', kind: 'callback', data },
    on: { click: () => actions.press(message.message_id, data) },
  }, label);
}

function keyboardNode(message, actions) {
  const rows = message.inline_keyboard ?? [];
  if (rows.length === 0)
    return null;
  return el('div', { class: 'keyboard', role: 'group', 'aria-label': 'Tombol pesan' },
    rows.map((row) => el('div', { class: 'keyboard-row' }, row.map((button) => inlineButton(message, button, actions)))));
}

/** actions: press(messageId, data), copy(text), command(text), pay(qr). */
export function messageNode(message, actions) {
  const mine = message.from !== 'bot';
  const media = message.photo ? photoNode(message.photo) : message.document ? documentNode(message.document) : null;
  const text = textNode(message, actions.command);
  const date = toDate(message.date ?? 0);
  const meta = el('span', { class: 'meta' },
    message.edited ? el('span', { class: 'edited', text: 'diedit', data: { testid: 'edited' } }) : null,
    el('time', { datetime: date.toISOString(), text: clock(date) }),
    mine ? el('span', { class: 'ticks', 'aria-hidden': 'true', text: '✓✓' }) : null);
  const bubble = el('div', { class: `bubble${message.photo ? ' has-photo' : ''}${text ? '' : ' no-text'}` }, media, text, meta);
  const qr = message.photo?.qr;
  const pay = !mine && qr
    ? el('button', { class: 'pay', type: 'button', data: { testid: 'pay-button' }, on: { click: () => actions.pay(qr) } },
      '📱 Bayar dengan aplikasi bank')
    : null;
  return el('article', {
    class: `message ${mine ? 'mine' : 'theirs'}`, 'aria-label': mine ? 'Pesan Anda' : 'Pesan bot',
    data: { testid: 'message', messageId: message.message_id, from: mine ? 'person' : 'bot' },
  }, bubble, pay, keyboardNode(message, actions));
}
