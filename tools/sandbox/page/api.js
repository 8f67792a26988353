// Calls of the sandbox's control interface. A refusal is an Error whose message is the sandbox's own reason.

async function request(path, options) {
  const response = await fetch(path, { cache: 'no-store', ...options });
  let body = null;
  try {
    body = await response.json();
  } catch {
    body = null;
  }
  if (!response.ok || body === null)
    throw new Error(body?.error ?? `HTTP ${response.status}`);
  return body;
}

/** GET with a query made of the given pairs; pairs without a value are left out. */
export function get(path, query = {}, signal = undefined) {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(query))
    if (value !== undefined && value !== null && value !== '')
      params.set(key, value);
  const text = params.toString();
  return request(text ? `${path}?${text}` : path, { signal });
}

export function post(path, body) {
  return request(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
}
