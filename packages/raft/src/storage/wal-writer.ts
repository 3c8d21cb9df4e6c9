import type { Entry } from '../core/types.ts';
import type { Disk } from './disk.ts';
import { changeBytes, typeOf, writeChange } from './log-record.ts';
import type { LogChange } from './log-record.ts';
import type { LogState } from './ports.ts';
import { FRAME_BYTES, recordBytes, sealRecord } from './record.ts';
import { encodeHeader, HEADER_BYTES, segmentName } from './segment-header.ts';
import { Segment } from './segment.ts';
import type { SpareSegment } from './spare-segment.ts';

/** Room at the end of each segment that only compaction and resets may use: they are what frees a full disk. */
export const RESERVE_BYTES = 4096;
const INITIAL_BUFFER_BYTES = 1 << 18;
/** A larger buffer is not kept after the group that needed it. */
const KEPT_BUFFER_BYTES = 1 << 23;

export interface WriterStart {
  readonly segment: Segment;
  readonly end: number;
  readonly chain: number;
}

/**
 * The end of the log: frames records into one buffer, writes it with one call, syncs. Knows bytes and files, neither
 * queue nor errors: after any rejection its owner must not call it again.
 */
export class WalWriter {
  readonly #dir: string;
  readonly #clusterId: string;
  readonly #disk: Disk;
  readonly #spare: SpareSegment;
  #segment: Segment | undefined;
  /** Where the next write goes. */
  #end = 0;
  #synced = 0;
  #chain = 0;
  #buffer = new Uint8Array(INITIAL_BUFFER_BYTES);
  #filled = 0;

  constructor(
    options: { readonly dir: string; readonly clusterId: string },
    modules: { readonly disk: Disk; readonly spare: SpareSegment },
  ) {
    this.#dir = options.dir;
    this.#clusterId = options.clusterId;
    this.#disk = modules.disk;
    this.#spare = modules.spare;
  }

  start({ segment, end, chain }: WriterStart): void {
    this.#segment = segment;
    this.#end = end;
    this.#synced = end;
    this.#chain = chain;
  }

  get segment(): Segment {
    return this.#segment!;
  }

  get filledBytes(): number {
    return this.#filled;
  }

  /** Bytes that appends may still take in this segment. */
  get roomBytes(): number {
    return this.#segment === undefined
      ? 0
      : Math.max(0, this.#segment.capacity - RESERVE_BYTES - this.#end - this.#filled);
  }

  /** Bytes that appends will find in the spare segment once it is begun. */
  spareRoomBytes(state: LogState): number {
    const overhead = HEADER_BYTES + recordBytes(changeBytes({ kind: 'base', state })) + RESERVE_BYTES;
    return Math.max(0, this.#spare.readyBytes - overhead);
  }

  fits(change: LogChange): boolean {
    const reserve = change.kind === 'append' ? 0 : RESERVE_BYTES;
    return this.#segment !== undefined && recordBytes(changeBytes(change)) <= this.roomBytes + reserve;
  }

  /** Frames a record behind those of this group. */
  add(change: LogChange, entries: readonly Entry[]): { readonly offset: number; readonly bytes: number } {
    const payloadBytes = changeBytes(change);
    const bytes = recordBytes(payloadBytes);
    this.#ensure(this.#filled + bytes);
    const at = this.#filled;
    const offset = this.#end + at;
    writeChange(change, entries, this.#buffer, at + FRAME_BYTES);
    this.#chain = sealRecord(this.#buffer, at, typeOf(change), payloadBytes, {
      salt: this.segment.salt,
      previous: this.#chain,
      synced: this.#synced,
      offset,
    });
    this.#filled += bytes;
    return { offset, bytes };
  }

  /** Whether `writeNow` can be used for the group. */
  get canWriteNow(): boolean {
    return this.#synced === this.#end && this.#segment?.file.writeDurableNow !== undefined;
  }

  /** Writes and syncs the group before it returns. */
  writeNow(): void {
    this.segment.file.writeDurableNow!(this.#buffer.subarray(0, this.#filled), this.#end);
    this.#written();
    this.#synced = this.#end;
  }

  /** Writes the group; with `durably`, and nothing before it unsynced, the file may sync it in the same call. */
  async write(durably = false): Promise<void> {
    const { file } = this.segment;
    const bytes = this.#buffer.subarray(0, this.#filled);
    const inOne = durably && this.#synced === this.#end && file.writeDurable !== undefined;
    await (inOne ? file.writeDurable!(bytes, this.#end) : file.write(bytes, this.#end));
    this.#written();
    if (inOne) this.#synced = this.#end;
  }

  async sync(): Promise<void> {
    if (this.#synced === this.#end) return;
    const end = this.#end;
    await this.segment.file.sync();
    this.#synced = end;
  }

  #written(): void {
    this.#end += this.#filled;
    this.#filled = 0;
    if (this.#buffer.byteLength > KEPT_BUFFER_BYTES) this.#buffer = new Uint8Array(INITIAL_BUFFER_BYTES);
  }

  /**
   * Goes on in the next segment, with room for `bytes` at least. The file gets its name only when header and base record
   * are durable, so a named segment is never half a segment.
   * @returns false when the disk is full; nothing has changed then
   */
  async rotate(state: LogState, bytes: number, isFull: (error: unknown) => boolean): Promise<Segment | false> {
    if (this.#segment !== undefined) await this.sync();
    const base: LogChange = { kind: 'base', state };
    const need = HEADER_BYTES + recordBytes(changeBytes(base)) + bytes + RESERVE_BYTES;
    let spare;
    try {
      spare = await this.#spare.take(need);
    } catch (error) {
      if (isFull(error)) return false;
      throw error;
    }
    const sequence = (this.#segment?.sequence ?? 0) + 1;
    const { capacity, file } = spare;
    const header = encodeHeader({
      sequence,
      firstIndex: state.lastIndex + 1,
      previous: this.#chain,
      capacity,
      clusterId: this.#clusterId,
    });
    const path = `${this.#dir}/${segmentName(sequence)}`;
    this.#segment = new Segment({ sequence, path, file, salt: header.salt, capacity });
    await file.write(header.bytes, 0);
    this.#end = HEADER_BYTES;
    this.#synced = 0;
    this.add(base, []);
    await this.write();
    await this.sync();
    await this.#disk.rename(spare.path, path);
    await this.#disk.syncDir(this.#dir);
    void this.#spare.prepare();
    return this.#segment;
  }

  #ensure(bytes: number): void {
    if (bytes <= this.#buffer.byteLength) return;
    const grown = new Uint8Array(Math.max(bytes, this.#buffer.byteLength * 2));
    grown.set(this.#buffer.subarray(0, this.#filled));
    this.#buffer = grown;
  }
}
