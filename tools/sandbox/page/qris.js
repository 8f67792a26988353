// What a bank's app reads out of a QRIS string (EMVCo TLV: two-digit tag, two-digit length, value; tag 63 is the CRC).

/** CRC-16/CCITT-FALSE of the UTF-8 bytes, as four upper-case hex digits; "123456789" gives 29B1. */
function crc(text) {
  let value = 0xffff;
  for (const byte of new TextEncoder().encode(text)) {
    value ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1)
      value = value & 0x8000 ? ((value << 1) ^ 0x1021) & 0xffff : (value << 1) & 0xffff;
  }
  return value.toString(16).toUpperCase().padStart(4, '0');
}

/** The fields a payer sees. Throws an Error with an Indonesian reason when the code is not a QRIS. */
export function readQris(text) {
  const tags = new Map();
  for (let at = 0; at < text.length; ) {
    const head = /^(\d\d)(\d\d)$/.exec(text.slice(at, at + 4));
    const length = head ? Number(head[2]) : 0;
    if (!head || at + 4 + length > text.length)
      throw new Error('QR ini bukan QRIS yang utuh.');
    tags.set(head[1], text.slice(at + 4, at + 4 + length));
    at += 4 + length;
  }
  if (tags.get('00') !== '01')
    throw new Error('QR ini bukan QRIS.');
  const amount = tags.has('54') ? Number(tags.get('54')) : null;
  if (amount !== null && !(amount > 0))
    throw new Error('Nominal di QRIS ini tidak terbaca.');
  return {
    amount,
    currency: tags.get('53') ?? '',
    merchant: tags.get('59') ?? '(tanpa nama)',
    city: tags.get('60') ?? '',
    crcOk: text.slice(-8, -4) === '6304' && crc(text.slice(0, -4)) === tags.get('63'),
  };
}
