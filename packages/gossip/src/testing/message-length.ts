import type { Encoded } from '../core/swim/effects.ts';
import type { PacketMessage } from '../core/wire/messages.ts';
import { encodeMessage } from '../core/wire/packet-message.ts';

/** Type byte, map header, keys and the three kinds' bytes that are always there. */
const ACCUSATION_BYTES = 2 + 'From'.length + 'Incarnation'.length + 'Node'.length + 3;
const ALIVE_BYTES =
  2 + 'Addr'.length + 'Incarnation'.length + 'Meta'.length + 'Node'.length + 'Port'.length + 'Vsn'.length + 6;

/** How long a message is when encoded. What spreads, and is by far the most, is counted without doing so; names are ASCII. */
export function messageLength(message: PacketMessage): number {
  switch (message.type) {
    case 'suspect':
    case 'dead':
      return (
        ACCUSATION_BYTES +
        rawBytes(message.from.length) +
        rawBytes(message.node.length) +
        uintBytes(message.incarnation)
      );
    case 'alive':
      return (
        ALIVE_BYTES +
        rawBytes(message.addr.length) +
        rawBytes(message.meta?.length) +
        rawBytes(message.vsn?.length) +
        rawBytes(message.node.length) +
        uintBytes(message.incarnation) +
        uintBytes(message.port)
      );
    default:
      return encodeMessage(message).length;
  }
}

const BLANKS: Uint8Array[] = [];

/** How many news are remembered, twice over. */
const REMEMBERED = 20_000;

/**
 * For networks that pass messages as objects: in place of their bytes, something as long. News pass through all members
 * as one object, so what was made for it first serves all of them.
 */
export function objectEncoder(): (message: PacketMessage) => Encoded {
  let young = new Map<PacketMessage, Encoded>();
  let old = young;
  return (message) => {
    const found = young.get(message) ?? old.get(message);
    if (found !== undefined) return found;
    const length = messageLength(message);
    const encoded: Encoded = { message, bytes: (BLANKS[length] ??= new Uint8Array(length)) };
    if (message.type !== 'alive' && message.type !== 'suspect' && message.type !== 'dead') return encoded;
    if (young.size >= REMEMBERED) {
      old = young;
      young = new Map();
    }
    young.set(message, encoded);
    return encoded;
  };
}

/** `undefined`: nil. */
function rawBytes(length: number | undefined): number {
  if (length === undefined) return 1;
  return length + (length < 32 ? 1 : length < 2 ** 16 ? 3 : 5);
}

function uintBytes(value: number): number {
  if (value < 2 ** 7) return 1;
  if (value < 2 ** 8) return 2;
  return value < 2 ** 16 ? 3 : 5;
}
