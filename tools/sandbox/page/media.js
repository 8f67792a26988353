// What a message carries besides its text: pictures, stickers, files to download, and the rest in words.

import { el, fileSize, icon, ownUrl } from './dom.js';

const FILES = {
  document: 'dokumen', video: '🎬 Video', animation: '🎞 Animasi', audio: '🎵 Audio', voice: '🎤 Pesan suara', video_note: '⏺ Pesan video',
};
const OTHERS = { contact: '👤 Kontak', location: '📍 Lokasi', dice: '🎲 Dadu', poll: '📊 Jajak pendapat' };

function photoNode(photo) {
  const url = photo.url ? ownUrl(photo.url) : null;
  if (url === null)
    return el('div', { class: 'no-photo', text: '🖼 Foto' });
  const image = el('img', {
    class: photo.qr ? 'photo qr' : 'photo', src: url, alt: photo.qr ? 'Kode QR' : 'Foto',
    width: photo.width, height: photo.height, loading: 'lazy',
  });
  return el('a', {
    class: 'photo-link', href: url, target: '_blank', rel: 'noopener', 'aria-label': photo.qr ? 'Buka kode QR' : 'Buka foto', data: { testid: 'photo' },
  }, image);
}

function stickerNode(sticker) {
  const url = sticker.picture && sticker.url ? ownUrl(sticker.url) : null;
  return url === null
    ? el('div', { class: 'text other', text: '🙂 Stiker', data: { testid: 'sticker' } })
    : el('img', { class: 'sticker', src: url, alt: 'Stiker', width: 160, height: 160, loading: 'lazy', data: { testid: 'sticker' } });
}

function fileNode(kind, file) {
  const url = file.url ? ownUrl(file.url) : null;
  const name = file.file_name || FILES[kind];
  const about = [kind === 'document' ? null : FILES[kind], fileSize(file.size), url ? 'Unduh' : null].filter(Boolean).join(' · ');
  return el(url ? 'a' : 'div', { class: 'document', href: url, download: url ? name : null, data: { testid: 'document', kind } },
    el('span', { class: 'document-icon' }, icon('file')),
    el('span', { class: 'document-about' }, el('b', { text: name }), el('small', { text: about })));
}

/** The message's file as an element, or null. */
export function mediaNode(message) {
  if (message.photo)
    return photoNode(message.photo);
  if (message.sticker)
    return stickerNode(message.sticker);
  const kind = Object.keys(FILES).find((name) => message[name]);
  return kind ? fileNode(kind, message[kind]) : null;
}

/** What else it is, in words; null where it has a text or a file to show. */
export function otherName(message) {
  return Object.entries(OTHERS).find(([name]) => message[name])?.[1] ?? null;
}

/** One line that stands for the whole message, for lists. */
export function summary(message) {
  const kind = Object.keys(FILES).find((name) => message[name]);
  const file = message.photo ? '🖼 Foto' : message.sticker ? '🙂 Stiker' : kind ? `📄 ${message[kind].file_name ?? FILES[kind]}` : null;
  return message.text || file || otherName(message) || '…';
}

/** "Diteruskan dari …", or null. */
export function forwardNode(message) {
  const origin = message.forward_origin;
  if (!origin)
    return null;
  const user = origin.sender_user;
  const name = user ? [user.first_name, user.last_name].filter(Boolean).join(' ') : origin.sender_user_name ?? origin.chat?.title ?? '?';
  return el('p', { class: 'forward', text: `Diteruskan dari ${name}`, data: { testid: 'forward' } });
}
