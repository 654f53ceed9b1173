// The one door to the chain: page, JSON-RPC and WebSocket on a fixed loopback port (and the next one,
// where Solana clients look for the WebSocket by default). Policy is in policy.mjs.

import http from 'node:http';
import net from 'node:net';

import { servePage } from './page.mjs';
import { ADMIN_BODY_LIMIT_BYTES, carriesToken, PUBLIC_BODY_LIMIT_BYTES, refuseBody, refuseHeaders } from './policy.mjs';

const LOOPBACK = '127.0.0.1';
const RPC_PATHS = new Set(['/', '/rpc']);
const WS_PATHS = new Set(['/', '/ws']);

/** JSON-RPC error code for "refused by the proxy": in the range the specification leaves to servers. */
const REFUSED = -32050;

const pathOf = (request) => request.url.split(/[?#]/, 1)[0];

function corsHeaders(request) {
  // The origin was checked by refuseHeaders: it is absent or loopback.
  if (request.headers.origin === undefined) return { vary: 'origin' };
  return {
    vary: 'origin',
    'access-control-allow-origin': request.headers.origin,
    'access-control-allow-methods': 'POST, GET, OPTIONS',
    'access-control-allow-headers': 'content-type, solana-client',
    'access-control-max-age': '600',
  };
}

function answerJson(request, response, status, body) {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    ...corsHeaders(request),
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}

function answerRefused(request, response, status, message) {
  answerJson(request, response, status, { jsonrpc: '2.0', error: { code: REFUSED, message: `refused: ${message}` }, id: null });
}

/** The whole body, or null when it is over the limit. */
function readBody(request, limitBytes) {
  return new Promise((resolve, reject) => {
    const chunks = [];
    let size = 0;
    request.on('data', (chunk) => {
      size += chunk.length;
      if (size <= limitBytes) chunks.push(chunk);
      else chunks.length = 0;
    });
    request.on('end', () => resolve(size <= limitBytes ? Buffer.concat(chunks) : null));
    request.on('error', reject);
  });
}

function forward(chain, request, response, body) {
  const upstream = http.request(
    {
      host: chain.rpc.hostname,
      port: chain.rpc.port,
      method: 'POST',
      path: '/',
      agent: chain.agent,
      headers: { 'content-type': 'application/json', 'content-length': body.length },
    },
    (answer) => {
      const chunks = [];
      answer.on('data', (chunk) => chunks.push(chunk));
      answer.on('error', () => response.destroy());
      answer.on('end', () => {
        const whole = Buffer.concat(chunks);
        response.writeHead(answer.statusCode, {
          ...corsHeaders(request),
          'content-type': 'application/json; charset=utf-8',
          'content-length': whole.length,
        });
        response.end(whole);
      });
    },
  );
  upstream.on('error', (error) => {
    if (response.headersSent) response.destroy();
    else answerRefused(request, response, 502, `the chain did not answer (${error.code ?? error.message})`);
  });
  response.on('close', () => upstream.destroy());
  upstream.end(body);
}

async function handleRpc(chain, token, request, response) {
  const admin = carriesToken(request.headers, token);
  const body = await readBody(request, admin ? ADMIN_BODY_LIMIT_BYTES : PUBLIC_BODY_LIMIT_BYTES);
  if (body === null) return answerRefused(request, response, 413, 'the request is too large');
  const reason = admin ? null : refuseBody(body.toString('utf8'));
  if (reason !== null) return answerRefused(request, response, 403, reason);
  return forward(chain, request, response, body);
}

function handleRequest(chain, token, appDir, request, response) {
  const reason = refuseHeaders(request.headers);
  if (reason !== null) {
    // No CORS headers here: a foreign page learns nothing, not even the message.
    response.writeHead(403, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' });
    response.end(`refused: ${reason}\n`);
    return;
  }
  const fail = () => response.destroy();
  if (request.method === 'OPTIONS') {
    response.writeHead(204, corsHeaders(request));
    response.end();
  } else if (request.method === 'POST' && RPC_PATHS.has(pathOf(request))) {
    handleRpc(chain, token, request, response).catch(fail);
  } else if (request.method === 'GET' || request.method === 'HEAD') {
    servePage(appDir, request, response).catch(fail);
  } else {
    answerRefused(request, response, 405, 'POST JSON-RPC to / or /rpc');
  }
}

/** Joins a WebSocket to the chain's own. Its socket serves subscriptions only, so nothing inside is inspected. */
function handleUpgrade(chain, request, socket, head) {
  const refuse = (line) => socket.end(`HTTP/1.1 ${line}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
  socket.on('error', () => socket.destroy());
  if (refuseHeaders(request.headers) !== null) return refuse('403 Forbidden');
  if (!WS_PATHS.has(pathOf(request)) || request.headers.upgrade?.toLowerCase() !== 'websocket') return refuse('404 Not Found');
  const upstream = net.connect(Number(chain.ws.port), chain.ws.hostname, () => {
    const kept = Object.entries(request.headers).filter(([name]) => /^(upgrade|connection|sec-websocket-.*)$/.test(name));
    const lines = [`GET / HTTP/1.1`, `host: ${chain.ws.host}`, ...kept.map(([name, value]) => `${name}: ${value}`)];
    upstream.write(`${lines.join('\r\n')}\r\n\r\n`);
    upstream.write(head);
    upstream.pipe(socket);
    socket.pipe(upstream);
  });
  upstream.on('error', () => socket.destroy());
  upstream.on('close', () => socket.destroy());
  socket.on('close', () => upstream.destroy());
  return undefined;
}

/** Listens on `port`; rejects with the system's error code (EADDRINUSE when it is taken). */
function listen(port, chain, token, appDir) {
  const server = http.createServer((request, response) => handleRequest(chain, token, appDir, request, response));
  server.on('upgrade', (request, socket, head) => handleUpgrade(chain, request, socket, head));
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(Object.assign(error, { port })));
    server.listen({ port, host: LOOPBACK, exclusive: true }, () => resolve(server));
  });
}

/** Opens both ports. `rpcUrl` and `wsUrl` are the chain's own, on ports the system chose. */
export async function startProxy({ port, wsPort, token, appDir, rpcUrl, wsUrl }) {
  const chain = { rpc: new URL(rpcUrl), ws: new URL(wsUrl), agent: new http.Agent({ keepAlive: true, maxSockets: 64 }) };
  await listen(port, chain, token, appDir);
  await listen(wsPort, chain, token, appDir);
}
