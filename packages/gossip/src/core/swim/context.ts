import { assert, type Random } from '@dkron/runtime';
import type { Address } from '../types.ts';
import { encodeMessage } from '../wire/packet-message.ts';
import type { Alive, Dead, PacketMessage, Suspect } from '../wire/messages.ts';
import { Awareness } from './awareness.ts';
import type { Encoded, MemberEvent, NoticeEvent, SwimDelegate, SwimEffect, ToldEvent } from './effects.ts';
import { type MemberEntry, type MemberTable, viewOf } from './member-table.ts';
import type { SwimTuning } from './options.ts';
import { PlainTable } from './plain-table.ts';
import { retransmitLimit } from './scale.ts';
import { TransmitQueue } from './transmit-queue.ts';

/** What a member tells of itself. */
export interface SwimIdentity {
  readonly name: string;
  /** 4 or 16 bytes: where others reach us. */
  readonly addr: Uint8Array;
  readonly port: number;
  readonly meta: Uint8Array;
  /** Six bytes. */
  readonly vsn: Uint8Array;
}

/** Collaborators of the membership state machine. */
export interface SwimModules {
  readonly random: Random;
  readonly delegate?: SwimDelegate;
  /** A message with its bytes. Default: in the older integer style. */
  readonly encode?: (message: PacketMessage) => Encoded;
  /** Where the members are held. Default: in memory of its own. Simulations of large pools share it. */
  readonly table?: MemberTable;
  /** What label and encryption take of each datagram now. Default: 0. */
  readonly overheadBytes?: () => number;
}

const U32 = 2 ** 32;

/** What the parts of the state machine share: the table, the news, what we are, the time, and the effects so far. */
export class SwimContext {
  readonly identity: SwimIdentity;
  readonly tuning: SwimTuning;
  readonly random: Random;
  readonly delegate: SwimDelegate;
  readonly table: MemberTable;
  readonly news = new TransmitQueue<Encoded>();
  readonly awareness: Awareness;
  /** Set on entry of each call. */
  nowMs = 0;
  /** We said goodbye: from now on nothing about us is answered. */
  leaving = false;
  /** When we last contradicted somebody. */
  lastRefutedMs = -Infinity;
  /** When a suspicion may be overdue: not later than the first deadline. */
  burialMs = Infinity;
  /** While set, news are taken without being passed on. */
  quiet = false;
  effects: SwimEffect[] = [];
  readonly #encode: (message: PacketMessage) => Encoded;
  readonly #overheadBytes: () => number;
  #seqNo = 0;
  #incarnation = 0;

  constructor(identity: SwimIdentity, tuning: SwimTuning, modules: SwimModules) {
    this.identity = identity;
    this.tuning = tuning;
    this.random = modules.random;
    this.delegate = modules.delegate ?? {};
    this.table = modules.table ?? new PlainTable(modules.random);
    this.awareness = new Awareness(tuning.awarenessMaxMultiplier);
    this.#encode = modules.encode ?? ((message) => ({ message, bytes: encodeMessage(message) }));
    this.#overheadBytes = modules.overheadBytes ?? (() => 0);
  }

  get self(): MemberEntry {
    const entry = this.table.get(this.identity.name);
    assert(entry !== undefined, 'used before start');
    return entry;
  }

  /** What messages and their compound may take of a datagram. */
  get roomBytes(): number {
    return this.tuning.udpBufferBytes - this.#overheadBytes();
  }

  get transmitLimit(): number {
    return retransmitLimit(this.tuning.retransmitMult, this.table.size);
  }

  nextSeqNo(): number {
    this.#seqNo = (this.#seqNo + 1) % U32;
    return this.#seqNo;
  }

  /**
   * Our next incarnation, above `accused`. At the end of the numbers it stays there: whoever claims the last one about us
   * cannot be contradicted.
   */
  nextIncarnation(accused = 0): number {
    this.#incarnation = Math.min(U32 - 1, Math.max(this.#incarnation, accused) + 1);
    return this.#incarnation;
  }

  encode(message: PacketMessage): Encoded {
    return this.#encode(message);
  }

  /** Spreads news about a member; they replace older ones about it. */
  broadcast(message: Alive | Suspect | Dead, onDone?: () => void): void {
    if (this.quiet) return;
    const encoded = this.encode(message);
    this.news.add({ value: encoded, lengthBytes: encoded.bytes.length, subject: message.node, onDone });
  }

  send(to: Address, node: string | undefined, messages: readonly Encoded[], checksum = false): void {
    this.effects.push({ type: 'packet', to, node, messages, checksum });
  }

  emit(type: MemberEvent['type'], entry: MemberEntry): void {
    this.effects.push({ type, node: viewOf(entry) });
  }

  notice(type: NoticeEvent['type'], node: string, detail: string): void {
    this.effects.push({ type, node, detail });
  }

  told(what: ToldEvent['what']): void {
    this.effects.push({ type: 'told', what });
  }

  /** Whether anybody else is there to hear us. */
  hasAudience(): boolean {
    for (const { name, state } of this.table.entries) {
      if (name !== this.identity.name && (state === 'alive' || state === 'suspect')) return true;
    }
    return false;
  }
}
