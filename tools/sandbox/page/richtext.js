// Telegram's HTML as DOM. The text is never given to the browser's HTML parser: it is split here, and only the
// elements of TAGS are made, with no attribute but a checked href. What Telegram would not accept stays text.

import { el, safeUrl } from './dom.js';

const TAGS = {
  b: () => el('b'),
  strong: () => el('b'),
  i: () => el('i'),
  em: () => el('i'),
  u: () => el('u'),
  ins: () => el('u'),
  s: () => el('s'),
  strike: () => el('s'),
  del: () => el('s'),
  code: () => el('code'),
  pre: () => el('pre'),
  blockquote: () => el('blockquote'),
  'tg-emoji': () => el('span'),
  'tg-spoiler': () => spoiler(),
  span: (attributes) => (attributes.class === 'tg-spoiler' ? spoiler() : el('span')),
  a: (attributes) => link(attributes.href ?? ''),
};

const TOKEN = /<(\/?)([a-zA-Z][a-zA-Z0-9-]*)((?:\s+[a-zA-Z-]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>"']+))?)*)\s*>/g;
const ATTRIBUTE = /([a-zA-Z-]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+)))?/g;
const ENTITY = /&(lt|gt|amp|quot|#\d{1,7}|#x[0-9a-fA-F]{1,6});/g;
const NAMED = { lt: '<', gt: '>', amp: '&', quot: '"' };
const CLICKABLE = /(https?:\/\/[^\s<>"']*[^\s<>"'.,;:!?)\]])|(^|[\s(])(\/[a-z][a-z0-9_]{0,31})(?![\w/])/gi;

function spoiler() {
  const node = el('span', { class: 'spoiler', role: 'button', tabindex: '0', 'aria-label': 'Teks tersembunyi, tekan untuk melihat' });
  const reveal = () => {
    node.classList.add('shown');
    node.removeAttribute('aria-label');
    node.removeAttribute('role');
    node.removeAttribute('tabindex');
  };
  node.addEventListener('click', reveal);
  node.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      reveal();
    }
  });
  return node;
}

function link(address) {
  const href = safeUrl(address);
  return href === null ? el('span') : el('a', { href, target: '_blank', rel: 'noopener noreferrer' });
}

function unescape(text) {
  return text.replace(ENTITY, (whole, name) => {
    if (name in NAMED)
      return NAMED[name];
    const code = name[1] === 'x' ? parseInt(name.slice(2), 16) : parseInt(name.slice(1), 10);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

function attributesOf(text) {
  const found = {};
  for (const match of text.matchAll(ATTRIBUTE))
    found[match[1].toLowerCase()] = unescape(match[2] ?? match[3] ?? match[4] ?? '');
  return found;
}

/** Appends plain text; addresses become links and /commands buttons that call onCommand. */
function appendText(parent, text, onCommand) {
  if (parent.closest?.('a, code, pre')) {
    parent.append(text);
    return;
  }
  let from = 0;
  for (const match of text.matchAll(CLICKABLE)) {
    const command = match[3];
    const start = match.index + (command ? match[2].length : 0);
    parent.append(text.slice(from, start));
    if (command) {
      parent.append(el('button', { class: 'command', type: 'button', text: command, on: { click: () => onCommand(command) } }));
    } else {
      const anchor = link(match[1]);
      anchor.textContent = match[1];
      parent.append(anchor);
    }
    from = match.index + match[0].length;
  }
  parent.append(text.slice(from));
}

const ENTITIES = {
  bold: () => el('b'),
  italic: () => el('i'),
  underline: () => el('u'),
  strikethrough: () => el('s'),
  code: () => el('code'),
  pre: () => el('pre'),
  blockquote: () => el('blockquote'),
  expandable_blockquote: () => el('blockquote'),
  spoiler: () => spoiler(),
  text_link: (entity) => link(entity.url ?? ''),
};

/** Text with Telegram's entities, which nest and count in UTF-16 units, as JavaScript does. */
export function renderEntities(text, entities, onCommand) {
  const root = el('div', { class: 'text' });
  const waiting = entities.filter((entity) => Object.hasOwn(ENTITIES, entity.type))
    .sort((a, b) => a.offset - b.offset || b.length - a.length);
  const fill = (parent, from, to) => {
    let at = from;
    while (waiting.length > 0 && waiting[0].offset < to) {
      const entity = waiting.shift();
      const end = Math.min(entity.offset + entity.length, to);
      if (entity.offset < at || end <= entity.offset)
        continue;
      appendText(parent, text.slice(at, entity.offset), onCommand);
      const node = ENTITIES[entity.type](entity);
      parent.append(node);
      fill(node, entity.offset, end);
      at = end;
    }
    appendText(parent, text.slice(at, to), onCommand);
  };
  fill(root, 0, text.length);
  return root;
}

export function renderHtml(html, onCommand) {
  const root = el('div', { class: 'text' });
  const open = [{ name: '', node: root }];
  const top = () => open[open.length - 1];
  let from = 0;
  for (const match of html.matchAll(TOKEN)) {
    const name = match[2].toLowerCase();
    const closing = match[1] === '/';
    if (!Object.hasOwn(TAGS, name) || (closing && top().name !== name))
      continue;
    appendText(top().node, unescape(html.slice(from, match.index)), onCommand);
    from = match.index + match[0].length;
    if (closing) {
      open.pop();
    } else {
      const node = TAGS[name](attributesOf(match[3]));
      top().node.append(node);
      open.push({ name, node });
    }
  }
  appendText(top().node, unescape(html.slice(from)), onCommand);
  return root;
}
