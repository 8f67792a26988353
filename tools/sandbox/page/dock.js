// The developer's dock under the chats: last calls, webhook deliveries, transactions, and failures to inject.

import { get } from './api.js';
import { clockSeconds, el, icon, rupiah, toDate } from './dom.js';
import { failuresPane } from './failures.js';

const CALLS_KEPT = 200;

function cell(text, className = '') {
  return el('td', { class: className, text: text ?? '' });
}

function table(heads, rows, empty) {
  if (rows.length === 0)
    return el('p', { class: 'empty', text: empty });
  return el('table', {}, el('thead', {}, el('tr', {}, heads.map((head) => el('th', { scope: 'col', text: head })))), el('tbody', {}, rows));
}

const time = (ms) => (ms ? clockSeconds(toDate(ms)) : '');

class CallsPane {
  #calls = [];
  #last = 0;
  node = el('div', { class: 'pane-scroll', data: { testid: 'calls-log' } });

  reset() {
    this.#calls = [];
    this.#last = 0;
  }

  async update(names) {
    const { calls } = await get('/sandbox/calls', { since: this.#last });
    const fresh = (calls ?? []).filter((call) => call.seq > this.#last);
    if (fresh.length === 0 && this.node.firstChild)
      return;
    for (const call of fresh)
      this.#last = Math.max(this.#last, call.seq);
    this.#calls = [...this.#calls, ...fresh].slice(-CALLS_KEPT);
    const open = new Set([...this.node.querySelectorAll('details[open]')].map((node) => node.dataset.seq));
    this.node.replaceChildren(table(['Waktu', 'Bot', 'Metode', 'Hasil', 'Parameter'],
      this.#calls.toReversed().map((call) => this.#row(call, names, open)), 'Belum ada panggilan ke Telegram.'));
  }

  #row(call, names, open) {
    const params = typeof call.params === 'string' ? call.params : JSON.stringify(call.params ?? {});
    const full = typeof call.params === 'string' ? call.params : JSON.stringify(call.params ?? {}, null, 2);
    const outcome = call.ok ? 'ok' : `${call.error_code ?? ''} ${call.description ?? ''}`.trim();
    return el('tr', { class: call.ok ? '' : 'bad', data: { testid: 'call', seq: call.seq } },
      cell(time(call.at_ms)), cell(names(call.bot)), cell(call.via === 'webhook-reply' ? `${call.method} ↩` : call.method, 'mono'), cell(outcome, 'outcome'),
      el('td', {}, el('details', { open: open.has(String(call.seq)), data: { seq: call.seq } },
        el('summary', { class: 'mono', text: params.length > 90 ? `${params.slice(0, 90)}…` : params }), el('pre', { text: full }))));
  }
}

class DeliveriesPane {
  node = el('div', { class: 'pane-scroll', data: { testid: 'deliveries-log' } });

  reset() {}

  async update(names) {
    const { deliveries } = await get('/sandbox/deliveries');
    const rows = (deliveries ?? []).slice(-CALLS_KEPT).reverse().map((item) => {
      const good = item.status >= 200 && item.status < 300;
      return el('tr', { class: good ? '' : 'bad' }, cell(time(item.at_ms)), cell(item.service), cell(item.service === 'pakasir' ? item.slug : names(item.bot)),
        cell(item.update_id, 'mono'), cell(item.status || 'putus'), cell(`${item.duration_ms ?? 0} ms`), cell(item.attempt));
    });
    this.node.replaceChildren(table(['Waktu', 'Layanan', 'Tujuan', 'Update', 'Status', 'Lama', 'Percobaan'], rows, 'Belum ada webhook terkirim.'));
  }
}

class TransactionsPane {
  #pay;
  node = el('div', { class: 'pane-scroll', data: { testid: 'transactions-log' } });

  constructor(pay) {
    this.#pay = pay;
  }

  reset() {}

  async update() {
    const { transactions } = await get('/sandbox/transactions');
    const rows = (transactions ?? []).slice(-CALLS_KEPT).reverse().map((item) => el('tr', { class: item.status === 'canceled' ? 'bad' : '' },
      cell(item.order_id, 'mono'), cell(item.slug), cell(rupiah(item.total_payment)), cell(rupiah(item.fee ?? 0)), cell(item.status),
      cell(item.expired_at ? clockSeconds(new Date(item.expired_at)) : ''), cell(item.webhooks_sent),
      el('td', {}, item.qr_string ? el('button', { class: 'flat small', type: 'button', text: 'Bayar', on: { click: () => this.#pay(item.qr_string) } }) : null)));
    this.node.replaceChildren(table(['Order', 'Proyek', 'Total', 'Biaya', 'Status', 'Sampai', 'Webhook', ''], rows, 'Belum ada transaksi Pakasir.'));
  }
}

export class Dock {
  #root = document.getElementById('dock');
  #tabs;
  #current = null;
  #names = (bot) => String(bot ?? '');
  #running = false;
  #again = false;

  constructor(pay) {
    const panes = [
      ['calls', 'Panggilan', new CallsPane()],
      ['deliveries', 'Webhook', new DeliveriesPane()],
      ['transactions', 'Transaksi', new TransactionsPane(pay)],
      ['failures', 'Gangguan', failuresPane()],
    ];
    this.count = el('span', { class: 'count', hidden: true });
    this.panel = el('div', { class: 'dock-panel', id: 'dock-panel', hidden: true });
    this.#tabs = panes.map(([name, label, pane]) => ({
      name, pane,
      button: el('button', {
        class: 'tab', type: 'button', 'aria-expanded': 'false', 'aria-controls': 'dock-panel', data: { testid: `dock-${name}` },
        on: { click: () => this.#choose(name) },
      }, label, name === 'failures' ? this.count : null),
    }));
    this.#tabs[3].pane.onCount = (count) => {
      this.count.textContent = String(count);
      this.count.hidden = count === 0;
    };
    this.fold = el('button', { class: 'icon-btn', type: 'button', 'aria-label': 'Buka atau tutup alat', on: { click: () => this.#choose(this.#current ?? 'calls') } }, icon('up'));
    this.#root.append(el('div', { class: 'tabs' }, this.#tabs.map((tab) => tab.button), el('span', { class: 'gap' }), this.fold), this.panel);
  }

  #choose(name) {
    this.#current = this.#current === name ? null : name;
    for (const tab of this.#tabs) {
      tab.button.classList.toggle('on', tab.name === this.#current);
      tab.button.setAttribute('aria-expanded', String(tab.name === this.#current));
    }
    this.panel.hidden = this.#current === null;
    this.fold.classList.toggle('open', this.#current !== null);
    const pane = this.#tabs.find((tab) => tab.name === this.#current)?.pane;
    if (pane)
      this.panel.replaceChildren(pane.node);
    this.update();
  }

  setBots(bots) {
    this.#names = (id) => bots.find((bot) => String(bot.id) === String(id))?.username ?? String(id ?? '');
    this.#tabs[3].pane.setBots(bots);
  }

  reset() {
    for (const tab of this.#tabs)
      tab.pane.reset();
    this.update();
  }

  /** Fetches what the open pane shows; calls that come while one is running are one more fetch. */
  async update() {
    if (this.#running) {
      this.#again = true;
      return;
    }
    this.#running = true;
    do {
      this.#again = false;
      try {
        await this.#tabs.find((tab) => tab.name === this.#current)?.pane.update(this.#names);
      } catch (error) {
        this.panel.firstChild?.prepend(el('p', { class: 'form-error', role: 'alert', text: error.message }));
      }
    } while (this.#again);
    this.#running = false;
  }
}
