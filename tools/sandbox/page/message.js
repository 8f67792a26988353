// One message of a chat as an element: bubble, media and the inline keyboard under it.

import { clock, el, safeUrl, toDate } from './dom.js';
import { forwardNode, mediaNode, otherName } from './media.js';
import { renderEntities, renderHtml } from './richtext.js';

const STYLES = ['danger', 'success', 'primary'];

/** What tells two versions of a message apart. */
export const signature = (message) => JSON.stringify(message);

/** The key of one button of one message, for the spinner that waits for its answer. */
export const buttonKey = (messageId, data) => `${messageId}:${data}`;

function textNode(message, media, onCommand) {
  if (message.from === 'bot' && typeof message.html === 'string' && message.html !== '')
    return renderHtml(message.html, onCommand);
  const text = message.text ?? '';
  if (text !== '')
    return renderEntities(text, message.entities ?? [], onCommand);
  const other = otherName(message) ?? (media ? null : 'Pesan tanpa teks');
  return other === null ? null : el('div', { class: 'text other', text: other });
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
  const media = mediaNode(message);
  const text = textNode(message, media, actions.command);
  const date = toDate(message.date ?? 0);
  const meta = el('span', { class: 'meta' },
    message.edited ? el('span', { class: 'edited', text: 'diedit', data: { testid: 'edited' } }) : null,
    el('time', { datetime: date.toISOString(), text: clock(date) }),
    mine ? el('span', { class: 'ticks', 'aria-hidden': 'true', text: '✓✓' }) : null);
  const bubble = el('div', { class: `bubble${message.photo ? ' has-photo' : ''}${text ? '' : ' no-text'}` }, forwardNode(message), media, text, meta);
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
