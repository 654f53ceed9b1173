// Who may ask the local chain for what. Pure: no I/O, so that it is tested on its own (policy.test.mjs).
//
// The chain has no authentication and offers methods that rewrite any account or move the clock. Any web
// page open on the same machine can reach a loopback port, so the proxy lets through only
//   - requests addressed to a loopback name (a foreign Host header means DNS rebinding), and
//   - sent by no page at all or by a page that itself came from a loopback address, and
//   - methods that a public RPC node would serve too,
// unless the request carries the secret of this run, which only the process that started it knows.

import { timingSafeEqual } from 'node:crypto';

/** Header that carries the secret of the run. Never listed in the CORS answer: a page cannot send it. */
export const TOKEN_HEADER = 'x-ballast-token';

/** Largest body without the secret. The biggest honest one is a simulated transaction: about 3 kB. */
export const PUBLIC_BODY_LIMIT_BYTES = 1 << 20;

/** Largest body with the secret: a 4 MiB piece of a program in hex, and room. */
export const ADMIN_BODY_LIMIT_BYTES = 32 << 20;

const LOOPBACK_NAMES = new Set(['localhost', '127.0.0.1', '[::1]']);

const PUBLIC_METHODS = /^(get[A-Z]|is[A-Z]|simulate[A-Z]|sendTransaction$|sendBundle$|requestAirdrop$|minimumLedgerSlot$)/;

function hostOf(authority) {
  const match = /^(\[[0-9a-f:]+\]|[^:/?#@\s]+)(?::\d{1,5})?$/i.exec(authority);
  return match ? match[1].toLowerCase() : null;
}

/** Whether a Host header names this machine's loopback. Any port is fine: it may be forwarded. */
export function isLoopbackHost(host) {
  return typeof host === 'string' && LOOPBACK_NAMES.has(hostOf(host));
}

/** Whether an Origin header is absent or names a page served from loopback. "null" (a file, a sandbox) is not. */
export function isLoopbackOrigin(origin) {
  if (origin === undefined) return true;
  const match = /^https?:\/\/(.+)$/.exec(origin);
  return match !== null && isLoopbackHost(match[1]);
}

/** Why the headers of a request are refused, or null. */
export function refuseHeaders(headers) {
  if (!isLoopbackHost(headers.host)) return 'the Host header does not name a loopback address';
  if (!isLoopbackOrigin(headers.origin)) return 'the Origin header does not name a loopback page';
  return null;
}

/** Whether the request carries the secret of this run; compared in constant time. */
export function carriesToken(headers, token) {
  const given = headers[TOKEN_HEADER];
  if (typeof given !== 'string') return false;
  const a = Buffer.from(given);
  const b = Buffer.from(token);
  return a.length === b.length && timingSafeEqual(a, b);
}

/**
 * Why a JSON-RPC body without the secret is refused, or null.
 *
 * The text is searched before it is parsed: JSON allows duplicate keys and \u escapes, and this parser
 * and the chain's need not agree on what they mean. Honest clients send neither.
 */
export function refuseBody(text) {
  if (/surfnet_/i.test(text)) return 'surfnet_ methods need the token of the process that started this chain';
  if (text.includes('\\u')) return 'escaped characters are not accepted in a request';
  let parsed;
  try {
    parsed = JSON.parse(text);
  } catch {
    return 'the body is not JSON';
  }
  for (const call of Array.isArray(parsed) ? parsed : [parsed]) {
    if (call === null || typeof call !== 'object' || typeof call.method !== 'string') return 'the body is not a JSON-RPC call';
    if (!PUBLIC_METHODS.test(call.method)) return `method ${call.method.slice(0, 64)} is not served here`;
  }
  if ((text.match(/"method"\s*:/g) ?? []).length !== (Array.isArray(parsed) ? parsed.length : 1)) {
    return 'the body names more methods than calls';
  }
  return null;
}
