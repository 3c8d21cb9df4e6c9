import { ByteQueue } from '../bytes.ts';
import { PluginWireError } from '../errors.ts';
import { typeOfDefinition } from './definition.ts';
import type { GobLimits } from './limits.ts';
import { GOB_LIMITS } from './limits.ts';
import type { GobValue, GobWireType } from './types.ts';
import { GOB_BUILT_IN, GOB_FIRST_USER_ID, GOB_IDS, GOB_LAST_USER_ID } from './types.ts';
import { ValueReader } from './value-reader.ts';

/** One message of a stream. */
export type GobMessage =
  | { readonly kind: 'definition'; readonly typeId: number; readonly type: GobWireType }
  | { readonly kind: 'value'; readonly typeId: number; readonly value: GobValue };

const SMALL_LENGTH_MAX = 0x7f;
const LENGTH_BYTES_MAX = 8;
const DEFINITION_MAX_BYTES = 65_536;

/**
 * One direction of one stream, in pieces of any size. Goes by the definitions that come. Memory follows the bytes that
 * came: a length alone costs nothing.
 */
export class GobDecoder {
  readonly #limits: GobLimits;
  readonly #bytes = new ByteQueue();
  readonly #types = new Map<number, GobWireType>();
  #wanted: number | undefined;

  constructor(limits: Partial<GobLimits> = {}) {
    this.#limits = { ...GOB_LIMITS, ...limits };
  }

  /** Bytes that wait for the rest of their message. */
  get waitingBytes(): number {
    return this.#bytes.length;
  }

  /** The type of an id: defined on this stream, or known to all. */
  readonly lookup = (id: number): GobWireType | undefined => this.#types.get(id) ?? GOB_BUILT_IN.get(id);

  /** All messages that are complete now. Throws `PluginWireError`; nothing more can be read then. */
  *push(bytes: Uint8Array): Generator<GobMessage> {
    this.#bytes.push(bytes);
    for (let message = this.#take(); message; message = this.#take()) yield this.#read(message);
  }

  #take(): Uint8Array | undefined {
    this.#wanted ??= this.#takeLength();
    if (this.#wanted === undefined || this.#bytes.length < this.#wanted) return undefined;
    const message = this.#bytes.take(this.#wanted);
    this.#wanted = undefined;
    return message;
  }

  #takeLength(): number | undefined {
    const [first] = this.#bytes.peek(1);
    if (first === undefined) return undefined;
    const more = first <= SMALL_LENGTH_MAX ? 0 : 256 - first;
    if (more > LENGTH_BYTES_MAX) throw new PluginWireError('PLUGIN_GOB', `gob length of ${more} bytes, at most 8`);
    if (this.#bytes.length < 1 + more) return undefined;
    const bytes = this.#bytes.take(1 + more);
    const length = more === 0 ? first : bytes.subarray(1).reduce((sum, byte) => sum * 256 + byte, 0);
    if (length > this.#limits.messageBytes) {
      throw new PluginWireError('PLUGIN_LIMIT', `gob message of ${length} bytes, at most ${this.#limits.messageBytes}`);
    }
    return length;
  }

  #read(bytes: Uint8Array): GobMessage {
    const reader = new ValueReader(bytes, this.lookup, this.#limits);
    const id = Number(reader.scalars.int());
    const message = id < 0 ? this.#define(-id, reader) : this.#value(id, reader);
    if (reader.scalars.left > 0) {
      throw new PluginWireError('PLUGIN_GOB', `gob message has ${reader.scalars.left} bytes after its end`);
    }
    return message;
  }

  #value(typeId: number, reader: ValueReader): GobMessage {
    if (typeId === 0) throw new PluginWireError('PLUGIN_GOB', 'gob message without a type');
    const type = this.lookup(typeId);
    if (!type) throw new PluginWireError('PLUGIN_GOB', `gob type ${typeId} is not defined`);
    if (type.kind !== 'struct' && reader.scalars.uint() !== 0n) {
      throw new PluginWireError('PLUGIN_GOB', 'gob value that is no struct must follow a zero');
    }
    return { kind: 'value', typeId, value: reader.read(typeId) };
  }

  #define(typeId: number, reader: ValueReader): GobMessage {
    if (typeId < GOB_FIRST_USER_ID || typeId > GOB_LAST_USER_ID || this.#types.has(typeId)) {
      throw new PluginWireError('PLUGIN_GOB', `gob type ${typeId} may not be defined, or not again`);
    }
    if (this.#types.size >= this.#limits.definitions) {
      throw new PluginWireError('PLUGIN_LIMIT', `more than ${this.#limits.definitions} gob types`);
    }
    if (reader.scalars.left > DEFINITION_MAX_BYTES) {
      throw new PluginWireError('PLUGIN_LIMIT', `gob definition of more than ${DEFINITION_MAX_BYTES} bytes`);
    }
    const type = typeOfDefinition(typeId, reader.read(GOB_IDS.wireType));
    this.#types.set(typeId, type);
    return { kind: 'definition', typeId, type };
  }
}
