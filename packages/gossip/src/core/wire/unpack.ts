import { WireError } from '../errors.ts';
import { decompress } from './compress.ts';
import { decodeCompound } from './compound.ts';
import { MessageType } from './message-type.ts';
import type { PacketMessage } from './messages.ts';
import { decodeMessage } from './packet-message.ts';

/** Bounds on what one packet may cost. */
export interface UnpackLimits {
  /** Compounds and compressed messages within each other. */
  readonly maxDepth: number;
  /** All inflated bytes of one packet together. */
  readonly maxInflatedBytes: number;
  /** After so many refused messages the rest of the packet is dropped. */
  readonly maxProblems: number;
}

/** A packet inflates at most to what a packet can be, twice; what the originals send has depth 2. */
export const UNPACK_LIMITS: UnpackLimits = { maxDepth: 4, maxInflatedBytes: 131_072, maxProblems: 16 };

/** What was in a packet. */
export interface Unpacked {
  /** In the order of the packet. */
  readonly messages: readonly PacketMessage[];
  /** What was refused; messages beside it are good. */
  readonly problems: readonly WireError[];
}

/** All messages under the compound and compress layers of a packet. Never throws for what the packet holds. */
export function unpackMessages(packet: Uint8Array, limits: UnpackLimits = UNPACK_LIMITS): Unpacked {
  const unpacking = new Unpacking(limits);
  unpacking.take(packet, 0);
  return unpacking;
}

class Unpacking implements Unpacked {
  readonly messages: PacketMessage[] = [];
  readonly problems: WireError[] = [];
  readonly #limits: UnpackLimits;
  #inflatableBytes: number;

  constructor(limits: UnpackLimits) {
    this.#limits = limits;
    this.#inflatableBytes = limits.maxInflatedBytes;
  }

  take(packet: Uint8Array, depth: number): void {
    try {
      if (packet[0] === MessageType.compound) this.#takeCompound(packet, depth);
      else if (packet[0] === MessageType.compress) this.#takeCompressed(packet, depth);
      else this.messages.push(decodeMessage(packet));
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.problems.push(error);
    }
  }

  #takeCompound(packet: Uint8Array, depth: number): void {
    this.#checkDepth(depth);
    const { parts, truncated } = decodeCompound(packet);
    for (const part of parts) {
      if (this.problems.length >= this.#limits.maxProblems) return;
      this.take(part, depth + 1);
    }
    if (truncated > 0) {
      throw new WireError('GOSSIP_WIRE_TRUNCATED', `${truncated} messages of a compound are cut`);
    }
  }

  #takeCompressed(packet: Uint8Array, depth: number): void {
    this.#checkDepth(depth);
    const inner = decompress(packet, this.#inflatableBytes);
    this.#inflatableBytes -= inner.length;
    this.take(inner, depth + 1);
  }

  #checkDepth(depth: number): void {
    if (depth < this.#limits.maxDepth) return;
    throw new WireError('GOSSIP_WIRE_LIMIT', `layers deeper than ${this.#limits.maxDepth}`);
  }
}
