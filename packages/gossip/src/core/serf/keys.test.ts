import { describe, expect, it } from 'vitest';
import { LoneSerf } from '../../testing/lone-serf.ts';
import { SerfNetwork } from '../../testing/serf-network.ts';
import { Keyring, KEYRING_MAX_KEYS } from '../keyring.ts';
import { encodeKey } from '../key-text.ts';
import { decodeSerfMessage, encodeSerfMessage } from '../wire/serf-codec.ts';
import type { KeyResponse } from '../wire/serf-messages.ts';
import type { SerfModules } from './context.ts';

const key = (fill: number, length = 16): Uint8Array => new Uint8Array(length).fill(fill);
const K1 = key(1);
const K2 = key(2, 32);

/** What we answer to a key query with this payload. */
function answerTo(lone: LoneSerf, name: string, payload: Uint8Array | null, lamportTime: number): KeyResponse {
  lone.hear({
    type: 'query',
    addr: Uint8Array.of(10, 0, 0, 2),
    filters: null,
    flags: 0,
    id: 1,
    lamportTime,
    name: `_serf_${name}`,
    payload,
    port: 7946,
    relayFactor: 0,
    sourceNode: 'a',
    timeoutNanos: 1_000_000_000,
  });
  const [sent] = lone.effects.filter(({ type }) => type === 'packet');
  lone.effects = lone.effects.filter((effect) => effect !== sent);
  if (sent?.type !== 'packet' || sent.messages[0]!.message.type !== 'user') throw new Error('no answer');
  const response = decodeSerfMessage(sent.messages[0]!.message.body);
  expect(encodeSerfMessage(response).length).toBeLessThanOrEqual(1024);
  if (response.type !== 'queryResponse') throw new Error(response.type);
  const inner = decodeSerfMessage(response.payload!);
  if (inner.type !== 'keyResponse') throw new Error(inner.type);
  return inner;
}

function pool(keyring: Keyring | undefined, modules: Partial<SerfModules> = {}): LoneSerf {
  const lone = new LoneSerf({}, { ...(keyring && { keyring }), ...modules });
  lone.meet('a');
  lone.run(3000);
  lone.take();
  return lone;
}

const request = (bytes: Uint8Array): Uint8Array => encodeSerfMessage({ type: 'keyRequest', key: bytes });

describe('key queries of others', () => {
  it('InstallKey, UseKey, RemoveKey, ListKeys: each changes the ring, which is told with each change', () => {
    const keyring = new Keyring([K1]);
    const lone = pool(keyring);
    const done = { type: 'keyResponse', keys: null, message: '', primaryKey: '', result: true };
    expect(answerTo(lone, 'install-key', request(K2), 5)).toEqual(done);
    expect(answerTo(lone, 'install-key', request(K2), 6)).toEqual(done);
    expect(keyring.keys).toEqual([K1, K2]);
    expect(answerTo(lone, 'use-key', request(K2), 7)).toEqual(done);
    expect(answerTo(lone, 'list-keys', request(key(0, 0)), 8)).toEqual({
      ...done,
      keys: [encodeKey(K2), encodeKey(K1)],
      primaryKey: encodeKey(K2),
    });
    expect(answerTo(lone, 'remove-key', request(K1), 9)).toEqual(done);
    expect(keyring.keys).toEqual([K2]);
    expect(lone.takeOnly('keyringChanged').map(({ keys }) => keys)).toEqual([[K1, K2], [K2, K1], [K2]]);
  });

  it('what cannot be done is answered as a failure, and changes nothing', () => {
    const keyring = new Keyring([K1]);
    const lone = pool(keyring);
    const failures = [
      answerTo(lone, 'use-key', request(K2), 5),
      answerTo(lone, 'remove-key', request(K1), 6),
      answerTo(lone, 'install-key', request(key(1, 15)), 7),
      answerTo(lone, 'install-key', null, 8),
      answerTo(lone, 'install-key', new Uint8Array(0), 9),
      answerTo(lone, 'install-key', Uint8Array.of(7, 0xc1), 10),
    ];
    for (const { result, message } of failures) {
      expect(result).toBe(false);
      expect(message).not.toBe('');
    }
    expect(keyring.keys).toEqual([K1]);
    expect(lone.takeOnly('keyringChanged')).toEqual([]);
  });

  it('without encryption there is no ring to change', () => {
    for (const keyring of [undefined, new Keyring()]) {
      expect(answerTo(pool(keyring), 'install-key', request(K1), 5)).toMatchObject({ result: false });
      expect(keyring?.primary).toBeUndefined();
    }
  });

  it('SerfQueries_keyListResponse: a long list is cut to fit into an answer, and says so', () => {
    const keyring = new Keyring(Array.from({ length: KEYRING_MAX_KEYS }, (_, i) => key(i, 32)));
    const { keys, message } = answerTo(pool(keyring), 'list-keys', request(key(0, 0)), 5);
    expect(keys!.length).toBeGreaterThan(10);
    expect(keys!.length).toBeLessThan(21);
    expect(message).toBe(`truncated key list response, showing first ${keys!.length} of ${KEYRING_MAX_KEYS} keys`);
  });

  it('key commands may be refused by the user', () => {
    const keyring = new Keyring([K1]);
    const lone = pool(keyring, { allowsKeyCommand: ({ command, source }) => command === 'list' && source === 'a' });
    expect(answerTo(lone, 'install-key', request(K2), 5)).toMatchObject({ result: false });
    expect(answerTo(lone, 'list-keys', null, 6)).toMatchObject({ result: true });
    expect(keyring.keys).toEqual([K1]);
  });
});

describe('key commands', () => {
  it('a rotation reaches the whole pool, which stays together', () => {
    const network = new SerfNetwork({ seed: 21 });
    const all = network.populate(5, { keys: [K1] });
    const admin = all[2]!;
    const run = (command: 'install' | 'use' | 'remove' | 'list', value: Uint8Array | null): void => {
      const before = admin.events('keyResult').length;
      admin.do((serf, nowMs) => serf.commandKeys(command, value, nowMs));
      expect(network.runUntil(() => admin.events('keyResult').length > before, 2500)).toBe(true);
      const [last] = admin.events('keyResult').slice(-1);
      expect(last).toMatchObject({ succeeded: true, members: 5, answers: 5, errors: 0 });
    };
    run('install', K2);
    run('use', K2);
    run('remove', K1);
    run('list', null);
    const { keys, primaryKeys } = admin.events('keyResult').at(-1)!;
    expect([...keys]).toEqual([[encodeKey(K2), 5]]);
    expect([...primaryKeys]).toEqual([[encodeKey(K2), 5]]);
    for (const { keyring } of all) expect(keyring.keys).toEqual([K2]);
    network.run(60_000);
    for (const { name } of all) expect(network.statuses(name)).toEqual(Array(5).fill('alive'));
    for (const member of all)
      expect(member.events('memberChange').filter(({ change }) => change === 'failed')).toEqual([]);
  });

  it('members that say no make the command fail, and all are heard', () => {
    const network = new SerfNetwork({ seed: 22 });
    const modules = { allowsKeyCommand: () => false };
    const all = network.populate(4, { keys: [K1], modules });
    const admin = all[0]!;
    admin.do((serf, nowMs) => serf.commandKeys('install', K2, nowMs));
    network.run(5000);
    const [result] = admin.events('keyResult');
    expect(result).toMatchObject({ succeeded: false, answers: 4, errors: 4 });
    expect([...result!.messages]).toContainEqual(['n3', 'not allowed']);
    for (const { keyring } of all) expect(keyring.keys).toEqual([K1]);
  });

  it('members that do not answer make it fail after the timeout', () => {
    const network = new SerfNetwork({ seed: 23 });
    const all = network.populate(3, { keys: [K1] });
    all[1]!.kill();
    const startMs = network.nowMs;
    all[0]!.do((serf, nowMs) => serf.commandKeys('list', null, nowMs));
    network.run(5000);
    const [seen] = all[0]!.seen.filter(({ event }) => event.type === 'keyResult');
    expect(seen).toMatchObject({
      atMs: startMs + 3200,
      event: { succeeded: false, members: 3, answers: 2, errors: 0 },
    });
  });
});
