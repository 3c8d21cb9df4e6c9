import { encodeKey } from '../key-text.ts';
import type { Keyring, KeyRefusal } from '../keyring.ts';
import { WireError } from '../errors.ts';
import { decodeSerfMessage } from '../wire/serf-codec.ts';
import type { KeyResponse, QueryMessage } from '../wire/serf-messages.ts';
import type { KeyCommandInfo, SerfContext } from './context.ts';

/** What key queries are called on the wire. */
export const KEY_QUERIES: Readonly<Record<KeyCommandInfo['command'], string>> = {
  install: '_serf_install-key',
  use: '_serf_use-key',
  remove: '_serf_remove-key',
  list: '_serf_list-keys',
};

/** The shortest key in base64, with its length. */
const LEAST_KEY_BYTES = 25;
const FAILED = { type: 'keyResponse', keys: null, primaryKey: '', result: false } as const;
const DONE = { ...FAILED, message: '', result: true } as const;
const NO_BYTES = new Uint8Array(0);

const REFUSALS: Readonly<Record<KeyRefusal, string>> = {
  length: 'a key must have 16, 24 or 32 bytes',
  unknown: 'the key is not in the key ring',
  primary: 'the primary key cannot be removed',
  full: 'the key ring is full',
};

/** Carries out a key command of a member. Returns the answer's payload, which is never longer than answers may be. */
export function answerKeyQuery(
  context: SerfContext,
  command: KeyCommandInfo['command'],
  query: QueryMessage,
): Uint8Array {
  const response = carryOut(context, command, query);
  return response.keys === null ? context.encode(response) : encodeKeyList(context, query, response, response.keys);
}

function carryOut(context: SerfContext, command: KeyCommandInfo['command'], query: QueryMessage): KeyResponse {
  const { keyring, allowsKeyCommand } = context.modules;
  const source = query.sourceNode;
  if (keyring?.primary === undefined) return { ...FAILED, message: 'encryption is off: there is no key ring' };
  if (allowsKeyCommand?.({ command, source }) === false) {
    context.notice('refused', source, `key command ${command}`);
    return { ...FAILED, message: 'not allowed' };
  }
  if (command === 'list') {
    return { ...DONE, keys: keyring.keys.map(encodeKey), primaryKey: encodeKey(keyring.primary) };
  }
  const key = keyOf(query);
  if (key === undefined) {
    context.notice('undecodable', source, `payload of key command ${command}`);
    return { ...FAILED, message: 'the key cannot be read' };
  }
  const before = keyring.keys;
  const refusal = change(keyring, command, key);
  if (refusal !== undefined) return { ...FAILED, message: REFUSALS[refusal] };
  if (keyring.keys !== before) context.emit({ type: 'keyringChanged', keys: keyring.keys });
  return DONE;
}

function change(keyring: Keyring, command: 'install' | 'use' | 'remove', key: Uint8Array): KeyRefusal | undefined {
  if (command === 'install') return keyring.add(key);
  return command === 'use' ? keyring.use(key) : keyring.remove(key);
}

function keyOf({ payload }: QueryMessage): Uint8Array | undefined {
  try {
    const request = decodeSerfMessage(payload ?? NO_BYTES);
    return request.type === 'keyRequest' ? (request.key ?? NO_BYTES) : undefined;
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

/** As many keys as fit into an answer, and a remark if those are not all. */
function encodeKeyList(
  context: SerfContext,
  query: QueryMessage,
  response: KeyResponse,
  keys: readonly string[],
): Uint8Array {
  const limit = context.tuning.queryResponseLimitBytes;
  const { lamportTime, id } = query;
  const header = { type: 'queryResponse', lamportTime, id, from: context.name, flags: 0 } as const;
  for (let count = Math.min(keys.length, Math.floor(limit / LEAST_KEY_BYTES)); ; count--) {
    const isCut = count < keys.length;
    const message = isCut ? `truncated key list response, showing first ${count} of ${keys.length} keys` : '';
    const payload = context.encode({ ...response, keys: keys.slice(0, count), message });
    if (count === 0 || context.encode({ ...header, payload }).length <= limit) return payload;
  }
}
