import { WireError } from '../errors.ts';
import { concatBytes } from '@dkron/runtime';
import { plainBytes } from './bytes.ts';
import { MessageType } from './message-type.ts';

/** Longest label: its length is one byte. */
export const LABEL_MAX_BYTES = 255;
const HEADER_BYTES = 2;

/** The packet or stream behind a label; unchanged without one. Throws RangeError beyond {@link LABEL_MAX_BYTES}. */
export function addLabel(label: Uint8Array, packet: Uint8Array): Uint8Array {
  if (label.length === 0) return packet;
  if (label.length > LABEL_MAX_BYTES) {
    throw new RangeError(`label of ${label.length} bytes, allowed are ${LABEL_MAX_BYTES}`);
  }
  return concatBytes([Uint8Array.of(MessageType.label, label.length), label, packet]);
}

/** A packet without its label. */
export interface Labelled {
  /** Empty without a label. A view. */
  readonly label: Uint8Array;
  /** What follows. A view. */
  readonly packet: Uint8Array;
}

/** Splits a label off. Throws {@link WireError}: `GOSSIP_WIRE_TRUNCATED` when cut, `GOSSIP_WIRE_LABEL` when empty. */
export function splitLabel(bytes: Uint8Array): Labelled {
  const packet = plainBytes(bytes);
  if (packet[0] !== MessageType.label) return { label: packet.subarray(0, 0), packet };
  const length = packet[1];
  const neededBytes = HEADER_BYTES + (length ?? 0);
  if (length === undefined || packet.length < neededBytes) {
    throw new WireError('GOSSIP_WIRE_TRUNCATED', `label cut after ${packet.length} bytes`, { neededBytes });
  }
  if (length === 0) throw new WireError('GOSSIP_WIRE_LABEL', 'label is empty');
  return { label: packet.subarray(HEADER_BYTES, neededBytes), packet: packet.subarray(neededBytes) };
}
