import { entriesSize } from '../core/log/entries.ts';
import type { Message } from '../core/message.ts';

/** Bytes counted for a message beside its entries. */
const MESSAGE_BYTES = 64;

/** Estimated bytes of a message, for bounds. */
export function messageSize(message: Message): number {
  return MESSAGE_BYTES + message.context.byteLength + entriesSize(message.entries);
}

/**
 * What waits to be sent to one peer, bounded in bytes. Everything but appends goes first, so that heartbeats and votes
 * never wait for bulk. When it is full the oldest appends go, then the oldest of the rest.
 */
export class OutboundQueue {
  readonly #maxBytes: number;
  #control: Message[] = [];
  #bulk: Message[] = [];
  #bytes = 0;
  #dropped = 0;

  constructor(options: { readonly maxBytes: number }) {
    this.#maxBytes = options.maxBytes;
  }

  get size(): number {
    return this.#control.length + this.#bulk.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Messages dropped since the start. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Returns false if something had to be dropped: to be reported as unreachable. */
  push(messages: readonly Message[]): boolean {
    for (const message of messages) {
      (message.type === 'App' ? this.#bulk : this.#control).push(message);
      this.#bytes += messageSize(message);
    }
    const before = this.#dropped;
    // The newest message stays even if it is too large by itself.
    while (this.#bytes > this.#maxBytes && this.size > 1)
      this.#drop(this.#bulk.length > 0 ? this.#bulk : this.#control);
    return this.#dropped === before;
  }

  /** Takes what goes next: everything urgent, then appends up to `maxBytes` in all, one message at least. */
  take(maxBytes: number): Message[] {
    const taken = this.#control;
    this.#control = [];
    let bytes = taken.reduce((sum, message) => sum + messageSize(message), 0);
    let count = 0;
    for (; count < this.#bulk.length; count++) {
      const size = messageSize(this.#bulk[count]!);
      if (taken.length > 0 && bytes + size > maxBytes) break;
      bytes += size;
      taken.push(this.#bulk[count]!);
    }
    this.#bulk.splice(0, count);
    this.#bytes -= bytes;
    return taken;
  }

  /** Drops everything. */
  clear(): void {
    this.#dropped += this.size;
    this.#control = [];
    this.#bulk = [];
    this.#bytes = 0;
  }

  #drop(from: Message[]): void {
    this.#bytes -= messageSize(from.shift()!);
    this.#dropped += 1;
  }
}
