import assert from 'node:assert/strict';
import test from 'node:test';

import { carriesToken, isLoopbackHost, isLoopbackOrigin, refuseBody, refuseHeaders, TOKEN_HEADER } from './policy.mjs';

const call = (method, extra = '') => `{"jsonrpc":"2.0","id":1,"method":"${method}"${extra}}`;

test('hosts: loopback names at any port, nothing else', () => {
  for (const host of ['127.0.0.1', '127.0.0.1:8899', 'localhost:8899', 'LOCALHOST', '[::1]:8899']) {
    assert.ok(isLoopbackHost(host), host);
  }
  for (const host of [undefined, '', 'evil.example:8899', '127.0.0.1.evil.example', 'localhost.evil.example', 'evil@localhost', 'localhost:1:2', '0.0.0.0:8899', '[::1', 'localhost/x']) {
    assert.ok(!isLoopbackHost(host), String(host));
  }
});

test('origins: none or a loopback page', () => {
  for (const origin of [undefined, 'http://localhost:5173', 'http://127.0.0.1:8899', 'https://[::1]:3000']) {
    assert.ok(isLoopbackOrigin(origin), String(origin));
  }
  for (const origin of ['null', '', 'https://evil.example', 'http://localhost.evil.example', 'http://evil@localhost', 'file://localhost', 'chrome-extension://localhost']) {
    assert.ok(!isLoopbackOrigin(origin), origin);
  }
  assert.match(refuseHeaders({ host: 'evil.example' }), /Host/);
  assert.match(refuseHeaders({ host: 'localhost', origin: 'https://evil.example' }), /Origin/);
  assert.equal(refuseHeaders({ host: 'localhost' }), null);
});

test('the token is compared whole', () => {
  assert.ok(carriesToken({ [TOKEN_HEADER]: 'abc' }, 'abc'));
  for (const given of [undefined, '', 'ab', 'abcd', 'abd']) assert.ok(!carriesToken({ [TOKEN_HEADER]: given }, 'abc'));
});

test('what a public node serves passes', () => {
  for (const method of ['getSlot', 'getAccountInfo', 'isBlockhashValid', 'simulateTransaction', 'sendTransaction', 'sendBundle', 'requestAirdrop', 'minimumLedgerSlot']) {
    assert.equal(refuseBody(call(method)), null, method);
  }
  assert.equal(refuseBody(`[${call('getSlot')},${call('getHealth')}]`), null);
  assert.equal(refuseBody('{"jsonrpc":"2.0","id":"x","method":"getAccountInfo","params":["abc",{"encoding":"base64"}]}'), null);
});

test('cheat codes and operator methods do not, however they are spelt', () => {
  for (const method of ['surfnet_setAccount', 'SURFNET_setAccount', 'loadPlugin', 'exit', 'validatorExit', 'get', 'getter\\u0041', 'x']) {
    assert.ok(refuseBody(call(method)), method);
  }
  assert.ok(refuseBody('{"jsonrpc":"2.0","id":1,"method":"\\u0073urfnet_setAccount"}'));
  assert.ok(refuseBody(call('getSlot', ',"method":"exit"')));
  assert.ok(refuseBody(call('exit', ',"method":"getSlot"')));
  assert.ok(refuseBody(`[${call('getSlot')},${call('loadPlugin')}]`));
});

test('what is not JSON-RPC is refused', () => {
  for (const body of ['', 'garbage', 'null', '3', '"getSlot"', '{}', '[null]', '{"method":7}']) assert.ok(refuseBody(body), body);
});
