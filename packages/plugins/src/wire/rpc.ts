import { concatBytes } from '@dkron/runtime';
import { PluginWireError } from './errors.ts';
import { GobDecoder } from './gob/decoder.ts';
import { GobEncoder } from './gob/encoder.ts';
import type { GobLimits } from './gob/limits.ts';
import type { GobTypeRegistry } from './gob/registry.ts';
import type { GobSchema, GobValue } from './gob/types.ts';

/** A call. */
export interface RpcRequest {
  /** Service and method with a dot between them, such as `Plugin.Process`. */
  readonly serviceMethod: string;
  /** Number of the call on its stream, from 0; the answer has it again. Calls may be answered in any order. */
  readonly seq: number;
  readonly body: GobValue;
}

/** An answer. */
export interface RpcResponse extends RpcRequest {
  /** Empty: success. Otherwise `body` is an empty struct. */
  readonly error: string;
}

const STRING: GobSchema = { kind: 'string' };
const UINT: GobSchema = { kind: 'uint' };

const METHOD_AND_SEQ = [
  { name: 'ServiceMethod', schema: STRING },
  { name: 'Seq', schema: UINT },
];

const REQUEST: GobSchema = { kind: 'struct', name: 'Request', fields: METHOD_AND_SEQ };
const RESPONSE: GobSchema = {
  kind: 'struct',
  name: 'Response',
  fields: [...METHOD_AND_SEQ, { name: 'Error', schema: STRING }],
};

/** What answers without a result have as body. */
export const EMPTY_STRUCT: GobSchema = { kind: 'struct', name: '', fields: [] };
const NOTHING: GobValue = new Map();

/** Writes calls or answers of Go's `net/rpc`: one direction of one stream. */
export class RpcEncoder {
  readonly #gob: GobEncoder;

  constructor(registry: GobTypeRegistry) {
    this.#gob = new GobEncoder(registry);
  }

  /** Throws TypeError for a body that is not of its schema. */
  request(serviceMethod: string, seq: number, schema: GobSchema, body: GobValue): Uint8Array {
    return concatBytes([this.#gob.encode(REQUEST, header(serviceMethod, seq)), this.#gob.encode(schema, body)]);
  }

  /** Throws TypeError for a body that is not of its schema. */
  response(serviceMethod: string, seq: number, schema: GobSchema, body: GobValue): Uint8Array {
    return concatBytes([this.#gob.encode(RESPONSE, header(serviceMethod, seq)), this.#gob.encode(schema, body)]);
  }

  failure(serviceMethod: string, seq: number, error: string): Uint8Array {
    const head = header(serviceMethod, seq, error);
    return concatBytes([this.#gob.encode(RESPONSE, head), this.#gob.encode(EMPTY_STRUCT, NOTHING)]);
  }
}

/** Reads calls or answers, in pieces of any size: one direction of one stream. */
export class RpcDecoder {
  readonly #gob: GobDecoder;
  #header: Omit<RpcResponse, 'body'> | undefined;

  constructor(limits: Partial<GobLimits> = {}) {
    this.#gob = new GobDecoder(limits);
  }

  /** All that are complete now; `error` is empty in calls. Throws `PluginWireError`; nothing more can be read then. */
  *push(bytes: Uint8Array): Generator<RpcResponse> {
    for (const message of this.#gob.push(bytes)) {
      if (message.kind === 'definition') continue;
      const header = this.#header;
      this.#header = header ? undefined : readHeader(message.value);
      if (header) yield { ...header, body: message.value };
    }
  }
}

function header(serviceMethod: string, seq: number, error = ''): GobValue {
  return new Map<GobValue, GobValue>([
    ['ServiceMethod', serviceMethod],
    ['Seq', BigInt(seq)],
    ['Error', error],
  ]);
}

function readHeader(value: GobValue): Omit<RpcResponse, 'body'> {
  const fields: ReadonlyMap<GobValue, GobValue> | undefined = value instanceof Map ? value : undefined;
  const serviceMethod = fields?.get('ServiceMethod') ?? '';
  const seq = fields?.get('Seq') ?? 0n;
  const error = fields?.get('Error') ?? '';
  if (!fields || typeof serviceMethod !== 'string' || typeof seq !== 'bigint' || typeof error !== 'string') {
    throw new PluginWireError('PLUGIN_RPC', 'no header of a call: it must have ServiceMethod, Seq and Error');
  }
  if (seq < 0n || seq > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new PluginWireError('PLUGIN_RPC', `number of a call is ${seq}, must be 0 to 2^53 - 1`);
  }
  return { serviceMethod, seq: Number(seq), error };
}
