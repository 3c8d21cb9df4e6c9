import { formatSnapshotLine, parseSnapshotLine, type SnapshotLine } from '../snapshot-line.ts';
import type { Address, Member } from '../types.ts';
import type { MemberChange, SnapshotEffect } from './effects.ts';
import { LAMPORT_MAX } from './lamport-clock.ts';

/** Lines are handed out at most so often. */
export const SNAPSHOT_FLUSH_MS = 500;
/** Lines waiting; beyond it the whole file is written anew instead. */
const MAX_WAITING_LINES = 2048;
const COMPACT_LEAST_BYTES = 131_072;
const COMPACT_BYTES_PER_MEMBER = 256;

/** What a snapshot says of the pool. */
export interface SnapshotState {
  /** Members that were alive, in the order of the file. */
  readonly alive: ReadonlyMap<string, Address>;
  readonly clock: number;
  readonly eventClock: number;
  readonly queryClock: number;
  /** Lines that nobody can read. */
  readonly unknownLines: number;
  readonly bytes: number;
}

type Clocks = Record<'clock' | 'eventClock' | 'queryClock', number>;
type WritableLine = Parameters<typeof formatSnapshotLine>[0];

const CLOCK_KINDS = ['clock', 'eventClock', 'queryClock'] as const;

/** Reads a snapshot file. A half line at its end is one that cannot be read. Never throws. */
export function readSnapshot(text: string, rejoinAfterLeave: boolean): SnapshotState {
  const alive = new Map<string, Address>();
  const clocks: Clocks = { clock: 0, eventClock: 0, queryClock: 0 };
  let unknownLines = 0;
  for (const one of text.split('\n')) {
    if (one === '') continue;
    const line = parseSnapshotLine(one);
    if (line.kind === 'unknown') unknownLines++;
    else if (line.kind === 'alive') alive.set(line.name, line.address);
    else if (line.kind === 'notAlive') alive.delete(line.name);
    else if (isClock(line)) clocks[line.kind] = Math.min(LAMPORT_MAX, line.lamportTime);
    else if (line.kind === 'leave' && !rejoinAfterLeave) {
      alive.clear();
      Object.assign(clocks, { clock: 0, eventClock: 0, queryClock: 0 });
    }
  }
  return { alive, ...clocks, unknownLines, bytes: new TextEncoder().encode(text).length };
}

/** What to write so that we find the pool again after a restart. */
export class SnapshotLog {
  readonly #alive: Map<string, Address>;
  readonly #rejoinAfterLeave: boolean;
  readonly #written: Clocks;
  #lines: string[] = [];
  #bytes: number;
  #mustReplace = false;
  #flushedMs = -Infinity;
  #hasLeft = false;

  constructor(previous: SnapshotState, rejoinAfterLeave: boolean) {
    const { clock, eventClock, queryClock } = previous;
    this.#alive = new Map(previous.alive);
    this.#rejoinAfterLeave = rejoinAfterLeave;
    this.#written = { clock, eventClock, queryClock };
    this.#bytes = previous.bytes;
    // What cannot be read, a half line perhaps, must not grow together with the next line.
    this.#mustReplace = previous.unknownLines > 0;
  }

  /** When {@link flush} has something, given what the clocks have seen. */
  nextMs(clocks: Clocks): number {
    const isDirty = this.#lines.length > 0 || this.#mustReplace || this.#isBehind(clocks);
    return isDirty ? this.#flushedMs + SNAPSHOT_FLUSH_MS : Infinity;
  }

  note(change: MemberChange, { name, address }: Member): void {
    if (this.#hasLeft || /[\r\n]/.test(name)) return;
    if (change === 'join') {
      this.#alive.set(name, address);
      this.#append({ kind: 'alive', name, address });
    } else if (change === 'leave' || change === 'failed') {
      this.#alive.delete(name);
      this.#append({ kind: 'notAlive', name });
    }
  }

  /** We leave on purpose: members are of no interest any more, and go unless we are to rejoin. */
  leave(nowMs: number): SnapshotEffect {
    this.#hasLeft = true;
    if (!this.#rejoinAfterLeave) {
      this.#alive.clear();
      for (const kind of CLOCK_KINDS) this.#written[kind] = 0;
    }
    this.#append({ kind: 'leave' });
    return this.#write(nowMs);
  }

  /** What to write now, if anything. `clocks`: the greatest Lamport times seen. */
  flush(clocks: Clocks, nowMs: number): SnapshotEffect | undefined {
    if (this.nextMs(clocks) > nowMs) return undefined;
    for (const kind of CLOCK_KINDS) {
      const lamportTime = clocks[kind];
      // After leaving, only what the original writes then.
      if (lamportTime <= this.#written[kind] || (this.#hasLeft && kind !== 'clock')) continue;
      this.#written[kind] = lamportTime;
      this.#append({ kind, lamportTime });
    }
    return this.#write(nowMs);
  }

  #isBehind(clocks: Clocks): boolean {
    return this.#hasLeft
      ? clocks.clock > this.#written.clock
      : CLOCK_KINDS.some((kind) => clocks[kind] > this.#written[kind]);
  }

  #append(line: WritableLine): void {
    if (this.#lines.length >= MAX_WAITING_LINES) {
      this.#mustReplace = true;
      this.#lines = [];
    }
    if (this.#mustReplace && !this.#hasLeft) return;
    const text = `${formatSnapshotLine(line)}\n`;
    this.#lines.push(text);
    this.#bytes += new TextEncoder().encode(text).length;
  }

  #write(nowMs: number): SnapshotEffect {
    this.#flushedMs = nowMs;
    const limit = Math.max(COMPACT_LEAST_BYTES, COMPACT_BYTES_PER_MEMBER * this.#alive.size);
    const mode = this.#mustReplace || this.#bytes > limit ? 'replace' : 'append';
    const text = mode === 'replace' ? this.#whole() : this.#lines.join('');
    if (mode === 'replace') this.#bytes = new TextEncoder().encode(text).length;
    this.#lines = [];
    this.#mustReplace = false;
    return { type: 'snapshot', mode, text };
  }

  /** All that counts, in as few lines as there can be. */
  #whole(): string {
    const lines: WritableLine[] = [];
    for (const [name, address] of this.#alive) lines.push({ kind: 'alive', name, address });
    for (const kind of CLOCK_KINDS) {
      if (this.#written[kind] > 0) lines.push({ kind, lamportTime: this.#written[kind] });
    }
    if (this.#hasLeft) lines.push({ kind: 'leave' });
    return lines.map((line) => `${formatSnapshotLine(line)}\n`).join('');
  }
}

function isClock(
  line: SnapshotLine,
): line is SnapshotLine & { readonly kind: keyof Clocks; readonly lamportTime: number } {
  return 'lamportTime' in line;
}
