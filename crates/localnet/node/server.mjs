// Runs the local chain and the proxy in front of it, for the process that started this one.
//
// Protocol with the parent: it writes one JSON line to stdin, {port, wsPort, token, slotTimeMs, appDir},
// and keeps the pipe open. This script answers with one JSON line on stdout, {"ready":{…}} or
// {"error":{"kind",…}}, and ends when the pipe closes, so that it cannot outlive its parent however that
// one dies. The secret travels by the pipe: arguments and environments can be read by other processes.

import { writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import readline from 'node:readline';

import { startProxy } from './proxy.mjs';

/** After Ctrl-C the parent gets this long to finish in order (its last calls still need the chain). */
const INTERRUPT_GRACE_MS = 10_000;

const PACKAGES = {
  'linux-x64': '@solana/surfpool-linux-x64-gnu',
  'darwin-x64': '@solana/surfpool-darwin-x64',
  'darwin-arm64': '@solana/surfpool-darwin-arm64',
};

// Written at once: the process may exit right after.
const say = (message) => writeSync(1, `${JSON.stringify(message)}\n`);

function fail(kind, detail) {
  say({ error: { kind, ...detail } });
  process.exit(1);
}

function loadChain() {
  const name = PACKAGES[`${process.platform}-${process.arch}`];
  if (name === undefined) fail('unsupported_platform', { message: `${process.platform}-${process.arch}` });
  try {
    return createRequire(import.meta.url)(name).Surfnet;
  } catch (error) {
    return fail('chain_package', { message: String(error.message) });
  }
}

async function run(config) {
  const Surfnet = loadChain();
  let chain;
  try {
    // clock mode: slots pass by themselves, and the clock follows them.
    chain = Surfnet.startWithConfig({ offline: true, blockProductionMode: 'clock', slotTimeMs: config.slotTimeMs });
  } catch (error) {
    fail('chain_start', { message: String(error.message) });
  }
  // Its event queue has no limit; nobody else reads it.
  setInterval(() => chain.drainEvents(), 5_000).unref();
  try {
    await startProxy({ ...config, rpcUrl: chain.rpcUrl, wsUrl: chain.wsUrl });
  } catch (error) {
    fail(error.code === 'EADDRINUSE' ? 'port_busy' : 'listen', { port: error.port, message: String(error.message) });
  }
  say({ ready: { port: config.port, wsPort: config.wsPort } });
}

let interrupted = false;
process.on('SIGINT', () => {
  if (interrupted) process.exit(130);
  interrupted = true;
  setTimeout(() => process.exit(130), INTERRUPT_GRACE_MS).unref();
});
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(0));

let started = false;
const input = readline.createInterface({ input: process.stdin });
input.on('line', (line) => {
  if (started) return;
  started = true;
  let config;
  try {
    config = JSON.parse(line);
  } catch (error) {
    fail('config', { message: String(error.message) });
  }
  run(config).catch((error) => fail('internal', { message: String(error.stack ?? error) }));
});
input.on('close', () => process.exit(0));
