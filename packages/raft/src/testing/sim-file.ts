import type { Random } from '@dkron/runtime';

export const SECTOR_BYTES = 512;

/** How a power failure treats what was not synced. `random` draws one of the others, or a mix by sector. */
export type CrashMode = 'lose' | 'keep' | 'tear' | 'random';

interface PendingWrite {
  /** Counts the writes to the file, so that marks stay valid when syncs overlap. */
  readonly number: number;
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/**
 * The bytes of a simulated file: what the disk surely has, and the writes since, in order. After a crash each sector
 * holds its durable bytes with any number of the pending writes that touch it, first come first kept: sectors reach the
 * disk in any order, but one sector never forgets an older write and keeps a newer one.
 */
export class SimFile {
  #live = new Uint8Array(0);
  #liveSize = 0;
  #durable = new Uint8Array(0);
  #pending: PendingWrite[] = [];
  #writes = 0;

  get size(): number {
    return this.#liveSize;
  }

  /** Writes since the last sync. */
  get pending(): number {
    return this.#pending.length;
  }

  read(offset: number, length: number): Uint8Array {
    return this.#live.slice(offset, Math.min(offset + length, this.#liveSize));
  }

  /** Returns the number of the write, for `syncWrite`. */
  write(bytes: Uint8Array, offset: number): number {
    this.#put(bytes, offset);
    this.#pending.push({ number: this.#writes, offset, bytes: bytes.slice() });
    return this.#writes++;
  }

  /**
   * Makes one write durable, as O_DSYNC does: its sectors, with what earlier writes put there, and nothing else. Later
   * writes to them stay pending.
   */
  syncWrite(number: number): void {
    const written = this.#pending.find((write) => write.number === number);
    if (written === undefined) return;
    const from = written.offset - (written.offset % SECTOR_BYTES);
    const to = Math.ceil((written.offset + written.bytes.byteLength) / SECTOR_BYTES) * SECTOR_BYTES;
    const left: PendingWrite[] = [];
    for (const write of this.#pending) {
      if (write.number > number) {
        left.push(write);
        continue;
      }
      for (const piece of split(write, from, to)) {
        if (piece.offset >= from && piece.offset < to) this.#durable = put(this.#durable, piece.bytes, piece.offset);
        else left.push(piece);
      }
    }
    this.#pending = left;
  }

  /** Cuts or extends at once and durably: the storage only truncates where nothing depends on it. */
  truncate(length: number): void {
    const grown = new Uint8Array(length);
    grown.set(this.#live.subarray(0, Math.min(length, this.#liveSize)));
    this.#live = grown;
    this.#liveSize = length;
    this.#durable = grown.slice();
    this.#settle();
  }

  /** A sync issued now covers the writes before this mark. */
  mark(): number {
    return this.#writes;
  }

  /** Makes the writes before the mark durable. */
  sync(mark: number): void {
    for (const { number, bytes, offset } of this.#pending) {
      if (number < mark) this.#durable = put(this.#durable, bytes, offset);
    }
    this.#pending = this.#pending.filter(({ number }) => number >= mark);
  }

  /** A failed sync: the kernel calls the pages clean although the disk may never have got them. */
  forget(random: Random): void {
    const visible = this.#live.slice(0, this.#liveSize);
    this.crash('random', random);
    this.#live = visible;
    this.#liveSize = visible.byteLength;
  }

  /** Power fails: from now on the file is what the disk had. */
  crash(mode: CrashMode, random: Random): void {
    const drawn = mode === 'random' ? (['lose', 'keep', 'tear', 'tear'] as const)[random.nextInt(4)]! : mode;
    if (drawn === 'keep') this.sync(this.mark());
    if (drawn === 'tear') this.#tear(random);
    this.#settle();
    this.#live = this.#durable.slice();
    this.#liveSize = this.#live.byteLength;
  }

  /** Flips the given bits of a byte everywhere, as a failing medium would. */
  corrupt(offset: number, mask: number): void {
    this.#live[offset]! ^= mask;
    if (offset < this.#durable.byteLength) this.#durable[offset]! ^= mask;
  }

  clone(): SimFile {
    const copy = new SimFile();
    copy.#live = this.#live.slice(0, this.#liveSize);
    copy.#liveSize = this.#liveSize;
    copy.#durable = this.#durable.slice();
    copy.#pending = this.#pending.slice();
    copy.#writes = this.#writes;
    return copy;
  }

  #settle(): void {
    this.#pending = [];
  }

  #tear(random: Random): void {
    const writes = this.#pending;
    const end = writes.reduce((most, { offset, bytes }) => Math.max(most, offset + bytes.byteLength), 0);
    for (let sector = 0; sector < end; sector += SECTOR_BYTES) {
      const touching = writes.filter(
        ({ offset, bytes }) => offset < sector + SECTOR_BYTES && offset + bytes.byteLength > sector,
      );
      if (touching.length === 0) continue;
      const kept = random.nextInt(touching.length + 1);
      for (const { offset, bytes } of touching.slice(0, kept)) {
        const from = Math.max(sector, offset);
        const to = Math.min(sector + SECTOR_BYTES, offset + bytes.byteLength);
        this.#durable = put(this.#durable, bytes.subarray(from - offset, to - offset), from);
      }
    }
  }

  #put(bytes: Uint8Array, offset: number): void {
    const end = offset + bytes.byteLength;
    if (end > this.#live.byteLength) {
      const grown = new Uint8Array(Math.max(end, this.#live.byteLength * 2));
      grown.set(this.#live.subarray(0, this.#liveSize));
      this.#live = grown;
    }
    this.#live.set(bytes, offset);
    this.#liveSize = Math.max(this.#liveSize, end);
  }
}

/** The parts of a write before, inside and behind a range. */
function split(write: PendingWrite, from: number, to: number): PendingWrite[] {
  const end = write.offset + write.bytes.byteLength;
  const cuts = [
    write.offset,
    Math.max(write.offset, Math.min(end, from)),
    Math.max(write.offset, Math.min(end, to)),
    end,
  ];
  const pieces: PendingWrite[] = [];
  for (let i = 0; i < 3; i++) {
    const [start, stop] = [cuts[i]!, cuts[i + 1]!];
    if (stop > start)
      pieces.push({ ...write, offset: start, bytes: write.bytes.subarray(start - write.offset, stop - write.offset) });
  }
  return pieces;
}

function put(target: Uint8Array<ArrayBuffer>, bytes: Uint8Array, offset: number): Uint8Array<ArrayBuffer> {
  const end = offset + bytes.byteLength;
  let room = target;
  if (end > target.byteLength) {
    room = new Uint8Array(end);
    room.set(target);
  }
  room.set(bytes, offset);
  return room;
}
