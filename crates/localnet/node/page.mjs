// Serves the web page's files. Read-only, one folder, no dotfiles, no way out through `..` or a link.

import { createReadStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';

const TYPES = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
};

/** The file behind a URL path, or null: only known types, only inside `root`. */
async function locate(root, urlPath) {
  let relative;
  try {
    relative = decodeURIComponent(urlPath);
  } catch {
    return null;
  }
  if (relative.endsWith('/')) relative += 'index.html';
  const hidden = relative.split(/[\\/]/).some((part) => part.startsWith('.') || part === 'node_modules' || part.includes('\0'));
  if (hidden || !(path.extname(relative) in TYPES)) return null;
  try {
    const base = await realpath(root);
    const file = await realpath(path.join(base, relative));
    if (!file.startsWith(base + path.sep)) return null;
    return (await stat(file)).isFile() ? file : null;
  } catch {
    return null;
  }
}

/** Answers GET and HEAD for the page. `root` may be null: then there is no page, and that is said. */
export async function servePage(root, request, response) {
  const urlPath = request.url.split(/[?#]/, 1)[0];
  const file = root === null ? null : await locate(root, urlPath);
  if (file === null) {
    response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' });
    response.end('Nothing here. JSON-RPC: POST / or /rpc. WebSocket: / or /ws.\n');
    return;
  }
  response.writeHead(200, {
    'content-type': TYPES[path.extname(file)],
    'cache-control': 'no-cache',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
  });
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  createReadStream(file)
    .on('error', () => response.destroy())
    .pipe(response);
}
