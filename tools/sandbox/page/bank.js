// The buyer's "bank app": reads the QRIS itself, as a real one would, and pays through /sandbox/pay.

import { post } from './api.js';
import { el, rupiah } from './dom.js';
import { readQris } from './qris.js';

const WEBHOOKS = [
  ['once', 'Sekali', 'normal'],
  ['twice', 'Dua kali', 'twice'],
  ['never', 'Tidak dikirim', 'never'],
];

const dialog = document.getElementById('bank');

function row(label, value, testid) {
  return el('div', { class: 'bank-row' }, el('dt', { text: label }), el('dd', { text: value, data: testid ? { testid } : {} }));
}

function show(...content) {
  dialog.replaceChildren(
    el('header', {}, el('span', { class: 'bank-logo', 'aria-hidden': 'true', text: 'B' }),
      el('div', {}, el('h2', { id: 'bank-title', text: 'Bank Contoh' }), el('p', { text: 'Tiruan aplikasi bank, bukan uang sungguhan' }))),
    ...content);
  if (!dialog.open)
    dialog.showModal();
}

function closeButton(text, testid = 'bank-close') {
  return el('button', { class: 'flat', type: 'button', text, data: { testid }, on: { click: () => dialog.close() } });
}

function options() {
  return el('fieldset', { class: 'bank-options' }, el('legend', {}, 'Webhook Pakasir ke toko ', el('span', { class: 'hint', text: 'webhook' })),
    el('div', { class: 'choices' }, WEBHOOKS.map(([value, text, hint], index) => el('label', { class: 'choice', title: hint },
      el('input', { type: 'radio', name: 'webhook', value, checked: index === 0, data: { testid: `bank-webhook-${value}` } }),
      el('span', { text })))),
    el('label', { class: 'check' }, el('input', { type: 'checkbox', name: 'force', data: { testid: 'bank-force' } }),
      el('span', {}, 'Bayar walau kedaluwarsa ', el('span', { class: 'hint', text: 'late payment' }))));
}

function succeeded(qris, result, webhook) {
  const sent = WEBHOOKS.find(([value]) => value === webhook)[1].toLowerCase();
  show(el('div', { class: 'bank-done', role: 'status', data: { testid: 'bank-result', result: 'ok' } },
    el('span', { class: 'tick', 'aria-hidden': 'true', text: '✓' }),
    el('h3', { text: 'Pembayaran berhasil' }),
    el('p', { class: 'bank-amount', text: rupiah(qris.amount) }),
    el('p', { text: `ke ${qris.merchant}` }),
    el('p', { class: 'hint', text: `${result.txn_id} · webhook: ${sent}` })),
  el('footer', {}, closeButton('Selesai')));
  dialog.querySelector('footer button').focus();
}

/** Opens the bank app on one scanned code. */
export function openBank(qr) {
  let qris;
  try {
    qris = readQris(qr);
    if (qris.amount === null)
      throw new Error('QRIS ini tanpa nominal.');
  } catch (error) {
    show(el('p', { class: 'bank-error', role: 'alert', text: error.message, data: { testid: 'bank-result', result: 'error' } }),
      el('footer', {}, closeButton('Tutup')));
    return;
  }
  const warning = qris.crcOk ? null : el('p', { class: 'bank-error', data: { testid: 'bank-warning' },
    text: 'CRC QRIS salah: bank sungguhan akan menolak kode ini.' });
  const problem = el('p', { class: 'bank-error', role: 'alert', hidden: true });
  const confirm = el('button', { class: 'primary', type: 'submit', text: 'Bayar', data: { testid: 'bank-pay-confirm' } });
  const form = el('form', {}, el('p', { class: 'bank-label', text: 'Bayar QRIS' }),
    el('p', { class: 'bank-amount', text: rupiah(qris.amount), data: { testid: 'bank-amount' } }),
    el('dl', {}, row('Penerima', qris.merchant, 'bank-merchant'), qris.city ? row('Kota', qris.city) : null,
      row('Mata uang', qris.currency === '360' ? 'IDR' : qris.currency || 'tidak ada')),
    warning, options(), problem, el('footer', {}, closeButton('Batal'), confirm));
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const webhook = form.elements.webhook.value;
    confirm.disabled = true;
    problem.hidden = true;
    delete problem.dataset.testid;
    try {
      const result = await post('/sandbox/pay', { qr, webhook, ...(form.elements.force.checked ? { force: true } : {}) });
      succeeded(qris, result, webhook);
    } catch (error) {
      problem.textContent = error.message;
      problem.dataset.testid = 'bank-result';
      problem.dataset.result = 'error';
      problem.hidden = false;
      confirm.disabled = false;
    }
  });
  show(form);
  confirm.focus();
}
