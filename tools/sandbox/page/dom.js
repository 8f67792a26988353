// Building elements without markup strings, and the few formats the page shows.

/** Makes an element. `props`: class, text, data {name: value}, on {event: handler}; anything else is an attribute
 *  (false, null and undefined leave it out, true makes it empty). Children may be strings, nodes or null. */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false)
      continue;
    if (key === 'class')
      node.className = value;
    else if (key === 'text')
      node.textContent = value;
    else if (key === 'data')
      for (const [name, item] of Object.entries(value))
        node.dataset[name] = item;
    else if (key === 'on')
      for (const [event, handler] of Object.entries(value))
        node.addEventListener(event, handler);
    else
      node.setAttribute(key, value === true ? '' : value);
  }
  for (const child of children.flat())
    if (child !== null && child !== undefined && child !== false)
      node.append(child);
  return node;
}

const ICONS = {
  menu: 'M4 6h16M4 12h16M4 18h16',
  clip: 'M8 12.5l6.2-6.2a3 3 0 0 1 4.3 4.3l-8 8a5 5 0 0 1-7-7L11 4',
  send: 'M4 12l16-8-6 16-3-7z',
  more: 'M12 5v.01M12 12v.01M12 19v.01',
  close: 'M6 6l12 12M18 6L6 18',
  keyboard: 'M3 7h18v11H3zM7 11v.01M11 11v.01M15 11v.01M8 15h8',
  down: 'M6 9l6 6 6-6',
  up: 'M6 15l6-6 6 6',
  file: 'M7 3h7l4 4v14H7zM14 3v4h4',
};

export function icon(name) {
  const ns = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(ns, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  svg.setAttribute('class', 'icon');
  const path = document.createElementNS(ns, 'path');
  path.setAttribute('d', ICONS[name]);
  svg.append(path);
  return svg;
}

export function avatar(name, id) {
  const letters = [...String(name)].filter((c) => /[\p{L}\p{N}]/u.test(c));
  return el('span', { class: `avatar tint-${Math.abs(Number(id) || 0) % 6}`, 'aria-hidden': 'true', text: (letters[0] ?? '?').toUpperCase() });
}

export function personName(person, id) {
  if (!person)
    return `Orang ${id}`;
  return [person.first_name, person.last_name].filter(Boolean).join(' ') || `Orang ${id}`;
}

export function botName(bot, id) {
  return bot?.first_name || bot?.username || `Bot ${id}`;
}

/** Telegram's seconds or a millisecond time, as a Date. */
export function toDate(value) {
  return new Date(value > 1e11 ? value : value * 1000);
}

export const clock = (date) => date.toLocaleTimeString('id-ID', { hour: '2-digit', minute: '2-digit' }).replace('.', ':');
export const clockSeconds = (date) => date.toLocaleTimeString('en-GB');
export const day = (date) => date.toLocaleDateString('id-ID', { day: 'numeric', month: 'long' });
export const rupiah = (amount) => `Rp ${new Intl.NumberFormat('id-ID').format(amount)}`;

export function fileSize(bytes) {
  if (!Number.isFinite(bytes))
    return '';
  return bytes < 1024 ? `${bytes} B` : bytes < 1048576 ? `${(bytes / 1024).toFixed(1)} KB` : `${(bytes / 1048576).toFixed(1)} MB`;
}

/** An address that is safe to put in href: http, https or tg, else null. */
export function safeUrl(text, protocols = ['http:', 'https:', 'tg:', 'mailto:']) {
  try {
    const url = new URL(text, location.href);
    return protocols.includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/** The address of a file of the sandbox itself, or null: nothing is loaded from elsewhere. */
export function ownUrl(text) {
  const href = safeUrl(text, ['http:', 'https:']);
  if (href === null)
    return null;
  const url = new URL(href);
  return url.pathname + url.search;
}
