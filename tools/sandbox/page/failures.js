// "Gangguan": rules of /sandbox/fail, set and cleared by hand.

import { get, post } from './api.js';
import { el } from './dom.js';

const MODES = {
  slow: ['Lambat', 'slow', 'delay_ms'],
  drop_before: ['Putus sebelum diproses', 'drop before', null],
  drop_after: ['Putus sesudah diproses', 'drop after', null],
  status: ['Galat HTTP', 'status', 'status'],
  too_many: ['429 terlalu cepat', 'too many', 'retry_after'],
  html: ['Jawaban HTML', 'html', null],
  bad_qr: ['QR rusak', 'bad QR', null],
  wrong_amount: ['Nominal salah', 'wrong amount', null],
  missing_field: ['Isian hilang', 'missing field', null],
  wrong_type: ['Tipe salah', 'wrong type', null],
  other_order: ['Pesanan lain', 'other order', null],
  changed_amount: ['Jumlah diubah', 'changed amount', null],
  empty: ['Jawaban kosong', 'empty', null],
  truncated: ['Jawaban terpotong', 'truncated', null],
  never: ['Tidak dikirim', 'never', null],
  twice: ['Dikirim dua kali', 'twice', null],
  reorder: ['Urutan tertukar', 'reorder', null],
};

const HTTP_MODES = ['slow', 'drop_before', 'drop_after', 'status', 'too_many'];
const ANSWER_MODES = ['missing_field', 'wrong_type', 'other_order', 'changed_amount', 'empty', 'truncated'];
const WEBHOOK_MODES = ['slow', 'never', 'twice', 'reorder'];

const SERVICES = {
  telegram: {
    label: 'Telegram', modes: [...HTTP_MODES, 'html', 'empty', 'truncated'],
    methods: ['sendMessage', 'sendPhoto', 'sendDocument', 'sendSticker', 'copyMessage', 'editMessageText', 'editMessageMedia', 'deleteMessage',
      'answerCallbackQuery', 'getFile', 'file', 'getChatMember'],
  },
  pakasir: {
    label: 'Pakasir', modes: [...HTTP_MODES, 'html', 'bad_qr', 'wrong_amount', ...ANSWER_MODES],
    methods: ['create-transaction', 'transaction-status', 'cancel-transaction', 'payment-fee'],
  },
  telegram_webhook: { label: 'Webhook Telegram', modes: WEBHOOK_MODES, methods: [] },
  pakasir_webhook: { label: 'Webhook Pakasir', modes: WEBHOOK_MODES, methods: [] },
};

const VALUES = {
  delay_ms: { label: 'Tunda (ms)', min: 1, max: 600000, start: 3000 },
  status: { label: 'Status HTTP', min: 300, max: 599, start: 500 },
  retry_after: { label: 'Retry-After (detik)', min: 1, max: 3600, start: 3 },
};

const PRESETS = [
  ['Telegram lambat 3 dtk', { service: 'telegram', mode: 'slow', delay_ms: 3000 }],
  ['Telegram putus', { service: 'telegram', mode: 'drop_before' }],
  ['Telegram 500', { service: 'telegram', mode: 'status', status: 500 }],
  ['Telegram 429', { service: 'telegram', mode: 'too_many', retry_after: 3 }],
  ['Pakasir lambat 3 dtk', { service: 'pakasir', mode: 'slow', delay_ms: 3000 }],
  ['Pakasir putus', { service: 'pakasir', mode: 'drop_before' }],
  ['Pakasir 500', { service: 'pakasir', mode: 'status', status: 500 }],
  ['Pakasir jawab pesanan lain', { service: 'pakasir', mode: 'other_order' }],
  ['Webhook Pakasir hilang', { service: 'pakasir_webhook', mode: 'never' }],
  ['Webhook Pakasir dobel', { service: 'pakasir_webhook', mode: 'twice' }],
];

function choice(value, text) {
  return el('option', { value, text });
}

function describe(rule) {
  const value = MODES[rule.mode]?.[2];
  const parts = [SERVICES[rule.service]?.label ?? rule.service, MODES[rule.mode]?.[0] ?? rule.mode];
  if (value && rule[value] !== undefined)
    parts.push(`${VALUES[value].label} ${rule[value]}`);
  for (const name of ['method', 'bot', 'slug', 'chat'])
    if (rule[name])
      parts.push(`${name} ${rule[name]}`);
  parts.push(rule.times ? `${rule.times}×` : 'terus');
  return parts.join(' · ');
}

class FailuresPane {
  onCount = () => {};
  #active = el('ul', { class: 'rules', 'aria-label': 'Gangguan aktif' });
  #error = el('p', { class: 'form-error', role: 'alert', hidden: true });

  constructor() {
    this.#makeFields();
    const field = (label, input) => el('label', { class: 'field' }, el('span', { text: label }), input);
    this.valueLabel = el('span', {});
    this.valueField = el('label', { class: 'field' }, this.valueLabel, this.value);
    this.methodField = field('Metode', this.method);
    this.form = el('form', { class: 'fail-form' }, field('Layanan', this.service), field('Gangguan', this.mode), this.valueField, this.methodField,
      field('Bot', this.bot), field('Berapa kali', this.times),
      el('button', { class: 'primary', type: 'submit', text: 'Pasang', data: { testid: 'fail-add' } }));
    this.form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#add(this.#rule());
    });
    this.clear = el('button', { class: 'flat danger', type: 'button', text: 'Hapus semua', data: { testid: 'fail-clear' }, on: { click: () => this.#remove({}) } });
    this.node = el('div', { class: 'pane-scroll failures', data: { testid: 'failures' } },
      el('div', { class: 'presets' }, PRESETS.map(([label, rule]) => el('button', { class: 'chip', type: 'button', text: label, on: { click: () => this.#add(rule) } }))),
      this.form, this.#error, el('div', { class: 'rules-head' }, el('h3', { text: 'Gangguan aktif' }), this.clear), this.#active);
    this.#serviceChanged();
  }

  #makeFields() {
    this.service = el('select', { data: { testid: 'fail-service' }, on: { change: () => this.#serviceChanged() } },
      Object.entries(SERVICES).map(([value, { label }]) => choice(value, label)));
    this.mode = el('select', { data: { testid: 'fail-mode' }, on: { change: () => this.#modeChanged() } });
    this.value = el('input', { type: 'number', step: '1', required: true, data: { testid: 'fail-value' } });
    this.method = el('select', { data: { testid: 'fail-method' } });
    this.bot = el('select', { data: { testid: 'fail-bot' } }, choice('', 'semua'));
    this.times = el('input', { type: 'number', min: '1', step: '1', placeholder: 'terus', data: { testid: 'fail-times' } });
  }

  #serviceChanged() {
    const { modes, methods } = SERVICES[this.service.value];
    this.mode.replaceChildren(...modes.map((mode) => choice(mode, `${MODES[mode][0]} (${MODES[mode][1]})`)));
    this.method.replaceChildren(choice('', 'semua'), ...methods.map((method) => choice(method, method)));
    this.methodField.hidden = methods.length === 0;
    this.bot.parentElement.hidden = this.service.value.startsWith('pakasir');
    this.#modeChanged();
  }

  #modeChanged() {
    const name = MODES[this.mode.value][2];
    this.valueField.hidden = name === null;
    this.value.disabled = name === null;
    if (name === null)
      return;
    const { label, min, max, start } = VALUES[name];
    this.valueLabel.textContent = label;
    this.value.min = min;
    this.value.max = max;
    this.value.value = start;
  }

  #rule() {
    const rule = { service: this.service.value, mode: this.mode.value };
    const name = MODES[rule.mode][2];
    if (name !== null)
      rule[name] = Number(this.value.value);
    if (this.method.value && !this.methodField.hidden)
      rule.method = this.method.value;
    if (this.bot.value && !this.bot.parentElement.hidden)
      rule.bot = Number(this.bot.value);
    if (this.times.value)
      rule.times = Number(this.times.value);
    return rule;
  }

  async #act(path, body) {
    this.#error.hidden = true;
    try {
      await post(path, body);
      await this.update();
    } catch (error) {
      this.#error.textContent = error.message;
      this.#error.hidden = false;
    }
  }

  #add(rule) {
    return this.#act('/sandbox/fail', rule);
  }

  #remove(which) {
    return this.#act('/sandbox/unfail', which);
  }

  setBots(bots) {
    const chosen = this.bot.value;
    this.bot.replaceChildren(choice('', 'semua'), ...bots.map((bot) => choice(bot.id, bot.username ? `@${bot.username}` : bot.id)));
    this.bot.value = bots.some((bot) => String(bot.id) === chosen) ? chosen : '';
  }

  reset() {}

  async update() {
    const { fails } = await get('/sandbox/fails');
    const rules = fails ?? [];
    this.onCount(rules.length);
    this.clear.hidden = rules.length === 0;
    this.#active.replaceChildren(...(rules.length === 0 ? [el('li', { class: 'empty', text: 'Tidak ada. Semuanya normal.' })] : rules.map((rule) =>
      el('li', { data: { testid: 'fail-rule', id: rule.id } }, el('span', { text: describe(rule) }),
        el('button', { class: 'flat small', type: 'button', text: 'Hapus', 'aria-label': `Hapus gangguan ${describe(rule)}`, on: { click: () => this.#remove({ id: rule.id }) } })))));
  }
}

export function failuresPane() {
  return new FailuresPane();
}
