import { PluginWireError } from './errors.ts';

const ID_BYTES = 4;
const ID_RANGE = 2 ** 32;

/** Numbers for connections that one side announces and the other takes: from 1, round at 2^32. */
export class BrokerIds {
  #last: number;

  /** `last` is the number given before, 0 at the start of a session. */
  constructor(last = 0) {
    this.#last = last;
  }

  next(): number {
    this.#last = (this.#last + 1) % ID_RANGE;
    return this.#last;
  }
}

/** The first four bytes of a brokered yamux stream, and the four that confirm it. */
export function encodeBrokerId(id: number): Uint8Array {
  if (!Number.isInteger(id) || id < 0 || id >= ID_RANGE)
    throw new RangeError(`broker id ${id} is not in 0 to 2^32 - 1`);
  const bytes = new Uint8Array(ID_BYTES);
  new DataView(bytes.buffer).setUint32(0, id, true);
  return bytes;
}

/** Throws `PluginWireError` unless there are exactly four bytes. */
export function decodeBrokerId(bytes: Uint8Array): number {
  if (bytes.length !== ID_BYTES) {
    throw new PluginWireError('PLUGIN_RPC', `a broker id has ${ID_BYTES} bytes, not ${bytes.length}`);
  }
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
}
