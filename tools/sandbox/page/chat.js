// The page of lapak-sandbox: which chats are open (kept in the address), the side panel, and the live events.

import { get, post } from './api.js';
import { openBank } from './bank.js';
import { Dock } from './dock.js';
import { avatar, botName, el, icon, personName } from './dom.js';
import { ChatWindow } from './window.js';

const POLL_MS = 25000;
const RETRY_FIRST_MS = 500;
const RETRY_LAST_MS = 5000;
const EXAMPLES = [
  ['Budi', 'Pembeli', 'budi_pembeli'],
  ['Sari', 'Admin', 'sari_admin'],
  ['Pak', 'Owner', 'pak_owner'],
];

const byId = (id) => document.getElementById(id);
const fields = { person: byId('person'), bot: byId('bot'), list: byId('open-list'), windows: byId('windows'), status: byId('status') };
const dock = new Dock(openBank);
let windows = [];
let state = { seq: 0, bots: [], people: [] };

const findBot = (id) => state.bots.find((bot) => String(bot.id) === String(id));
const findPerson = (id) => state.people.find((person) => String(person.id) === String(id));
const sleep = (ms) => new Promise((resolve) => {
  setTimeout(resolve, ms);
});

// The address: #bot=…&person=…;bot=…&person=…

function wantedByHash() {
  const wanted = [];
  for (const part of location.hash.slice(1).split(';')) {
    const pair = new URLSearchParams(part);
    const [bot, person] = [pair.get('bot'), pair.get('person')];
    if (/^\d{1,16}$/.test(bot ?? '') && /^\d{1,16}$/.test(person ?? ''))
      wanted.push({ bot: Number(bot), person: Number(person) });
  }
  return wanted;
}

function writeHash() {
  const hash = `#${windows.map((chat) => chat.key).join(';')}`;
  if (location.hash !== hash && !(location.hash === '' && hash === '#'))
    history.replaceState(null, '', hash);
}

// Windows

function showAlert(title, text) {
  const dialog = byId('alert');
  byId('alert-title').textContent = title;
  byId('alert-text').textContent = text;
  if (!dialog.open)
    dialog.showModal();
}

function setSide(open) {
  byId('side').classList.toggle('open', open);
  byId('scrim').hidden = !open;
}

function makeWindow(bot, person) {
  const chat = new ChatWindow(bot, person, {
    pay: openBank, alert: showAlert, menu: () => setSide(true), close: closeWindow, preview: showOpenList,
  });
  windows.push(chat);
  chat.describe(findBot(bot), findPerson(person));
  chat.refresh();
  return chat;
}

function closeWindow(chat) {
  chat.close();
  windows = windows.filter((other) => other !== chat);
  writeHash();
  arrange();
}

function openWindow(bot, person) {
  const found = windows.find((chat) => chat.bot === bot && chat.person === person);
  const chat = found ?? makeWindow(bot, person);
  writeHash();
  arrange();
  setSide(false);
  chat.node.scrollIntoView({ inline: 'start', block: 'nearest' });
  chat.composer.focus();
}

function followHash() {
  const wanted = wantedByHash();
  for (const chat of windows.filter((open) => !wanted.some((pair) => pair.bot === open.bot && pair.person === open.person)))
    chat.close();
  const old = windows;
  windows = [];
  for (const { bot, person } of wanted) {
    const kept = old.find((chat) => chat.bot === bot && chat.person === person);
    if (windows.some((chat) => chat.bot === bot && chat.person === person))
      continue;
    if (kept)
      windows.push(kept);
    else
      makeWindow(bot, person);
  }
  arrange();
}

function arrange() {
  fields.windows.querySelector('.welcome')?.remove();
  windows.forEach((chat, index) => {
    if (fields.windows.children[index] !== chat.node)
      fields.windows.insertBefore(chat.node, fields.windows.children[index] ?? null);
  });
  if (windows.length === 0)
    fields.windows.append(welcome());
  showOpenList();
}

function welcome() {
  const lines = [];
  if (state.people.length === 0)
    lines.push(el('p', { text: 'Belum ada orang. Buat tiga orang contoh, atau tambah sendiri di panel kiri.' }),
      el('button', { class: 'primary', type: 'button', text: 'Buat orang contoh', data: { testid: 'example-people' }, on: { click: addExamples } }));
  else if (state.bots.length === 0)
    lines.push(el('p', { text: 'Belum ada bot. Bot muncul di sini begitu Lapak dijalankan dan memanggil Telegram tiruan ini.' }));
  else
    lines.push(el('p', { text: 'Pilih orang dan bot di panel kiri, lalu tekan Buka chat. Beberapa chat bisa dibuka berdampingan.' }));
  return el('div', { class: 'welcome' }, el('div', {}, el('h2', { text: 'Belum ada chat terbuka' }), lines,
    el('button', { class: 'flat only-phone', type: 'button', text: 'Buka panel', on: { click: () => setSide(true) } })));
}

// Side panel

function fillSelect(select, items, label, empty) {
  const chosen = select.value;
  const options = items.map((item) => el('option', { value: item.id, text: label(item) }));
  select.replaceChildren(...(options.length > 0 ? options : [el('option', { value: '', text: empty })]));
  select.disabled = options.length === 0;
  if (items.some((item) => String(item.id) === chosen))
    select.value = chosen;
}

function showOpenList() {
  if (windows.length === 0) {
    fields.list.replaceChildren(el('li', { class: 'empty', text: 'Belum ada.' }));
    return;
  }
  fields.list.replaceChildren(...windows.map((chat) => el('li', {},
    el('button', { class: 'open-chat', type: 'button', on: { click: () => openWindow(chat.bot, chat.person) } },
      avatar(botName(findBot(chat.bot), chat.bot), chat.bot),
      el('span', { class: 'open-about' }, el('b', { text: botName(findBot(chat.bot), chat.bot) }),
        el('small', {}, el('span', { class: 'as', text: `${personName(findPerson(chat.person), chat.person)}: ` }), chat.preview))),
    el('button', { class: 'icon-btn', type: 'button', 'aria-label': `Tutup chat ${chat.names?.bot ?? ''}`, on: { click: () => closeWindow(chat) } }, icon('close')))));
}

function showStatus(connected) {
  byId('offline').hidden = connected;
  const part = (text, bad) => el('span', { class: bad ? 'bad' : '', text });
  fields.status.replaceChildren(el('span', { class: connected ? 'dot on' : 'dot', 'aria-hidden': 'true' }),
    part(connected ? 'Terhubung' : 'Terputus', !connected), part(`${state.bots.length} bot`), part(`${state.updates_pending ?? 0} update antre`),
    ...(state.malformed ? [part(`${state.malformed} panggilan cacat`, true)] : []));
}

async function addPerson(person) {
  await post('/sandbox/person', person);
  await loadState();
  fields.person.value = String(person.id);
}

const nextId = () => Math.max(1000, ...state.people.map((person) => person.id)) + 1;

async function addExamples() {
  try {
    for (const [first_name, last_name, username] of EXAMPLES)
      await addPerson({ id: nextId(), first_name, last_name, username, language_code: 'id' });
  } catch (error) {
    showAlert('Gagal menambah orang', error.message);
  }
  arrange();
}

function wireSide() {
  byId('open-form').addEventListener('submit', (event) => {
    event.preventDefault();
    if (fields.bot.value && fields.person.value)
      openWindow(Number(fields.bot.value), Number(fields.person.value));
  });
  byId('add-person').addEventListener('toggle', () => {
    byId('p-id').value ||= nextId();
  });
  byId('person-form').addEventListener('submit', async (event) => {
    event.preventDefault();
    const form = event.target;
    const problem = form.querySelector('.form-error');
    const person = Object.fromEntries([...new FormData(form)].filter(([, value]) => value.trim() !== ''));
    try {
      await addPerson({ ...person, id: Number(person.id) });
      form.reset();
      byId('p-id').value = nextId();
      byId('add-person').open = false;
      problem.hidden = true;
    } catch (error) {
      problem.textContent = error.message;
      problem.hidden = false;
    }
  });
  byId('side-close').addEventListener('click', () => setSide(false));
  byId('scrim').addEventListener('click', () => setSide(false));
  addEventListener('keydown', (event) => {
    if (event.key === 'Escape')
      setSide(false);
  });
  addEventListener('hashchange', followHash);
}

// State and events

/** What the side panel shows of the state: the lists are not rebuilt for a counter. */
function described({ bots, people }) {
  return JSON.stringify([bots.map(({ id, username, first_name, revoked, commands }) => [id, username, first_name, revoked, commands]), people]);
}

async function loadState() {
  const fresh = await get('/sandbox/state');
  const before = described(state);
  state = { ...fresh, bots: fresh.bots ?? [], people: fresh.people ?? [] };
  const changed = described(state) !== before;
  showStatus(true);
  if (!changed)
    return;
  fillSelect(fields.person, state.people, (person) => `${personName(person, person.id)} (${person.id})`, 'belum ada orang');
  fillSelect(fields.bot, state.bots, (bot) => (bot.username ? `${botName(bot, bot.id)} (@${bot.username})` : botName(bot, bot.id)), 'belum ada bot');
  dock.setBots(state.bots);
  for (const chat of windows)
    chat.describe(findBot(chat.bot), findPerson(chat.person));
  arrange();
}

function dispatch(events) {
  for (const chat of windows)
    if (events.some((event) => (event.bot === undefined || String(event.bot) === String(chat.bot))
      && (event.chat === undefined || event.chat === null || String(event.chat) === String(chat.person))))
      chat.refresh();
  dock.update();
}

/** Starts from what the sandbox has now; gives the sequence number to follow from. */
async function resync() {
  await loadState();
  const { seq } = state;
  for (const chat of windows) {
    chat.forgetAnswers();
    chat.refresh();
  }
  dock.reset();
  return seq;
}

async function follow() {
  let wait = RETRY_FIRST_MS;
  let seq = null;
  for (;;) {
    try {
      seq ??= await resync();
      const answer = await get('/sandbox/events', { since: seq, wait_ms: POLL_MS });
      wait = RETRY_FIRST_MS;
      if (answer.seq < seq) {
        seq = null;
        continue;
      }
      seq = answer.seq;
      if (answer.events?.length > 0) {
        dispatch(answer.events);
        await loadState();
      }
    } catch {
      seq = null;
      showStatus(false);
      await sleep(wait);
      wait = Math.min(wait * 2, RETRY_LAST_MS);
    }
  }
}

function openFirst() {
  if (location.hash.length <= 1 && state.people.length > 0 && state.bots.length > 0)
    makeWindow(state.bots[0].id, state.people[0].id);
  writeHash();
  arrange();
}

wireSide();
try {
  await loadState();
  followHash();
  openFirst();
} catch {
  followHash();
  showStatus(false);
}
follow();
