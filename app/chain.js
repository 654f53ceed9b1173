// Shows whether the local chain that serves this page is up. No state, no framework.

const POLL_MS = 1000;

const show = (id, text, mood = '') => {
  const place = document.getElementById(id);
  place.textContent = text;
  place.className = mood;
};

async function call(method, params = []) {
  const response = await fetch('/rpc', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    signal: AbortSignal.timeout(5000),
  });
  const answer = await response.json();
  if (answer.error) throw new Error(answer.error.message);
  return answer.result;
}

async function refresh() {
  try {
    const slot = await call('getSlot', [{ commitment: 'confirmed' }]);
    show('slot', slot.toLocaleString());
    show('status', 'running', 'good');
  } catch (error) {
    show('status', `not answering (${error.message})`, 'bad');
  }
  setTimeout(refresh, POLL_MS);
}

const port = Number(location.port || 80);
show('rpc', `${location.origin}/rpc`);
show('ws', `ws://${location.hostname}:${port}/ws  (also on port ${port + 1})`);
call('getVersion')
  .then((version) => show('version', version['solana-core']))
  .catch(() => show('version', 'unknown'));
refresh();
