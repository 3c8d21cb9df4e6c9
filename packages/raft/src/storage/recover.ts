import { assert, messageOf } from '@dkron/runtime';
import { writeZeros } from './disk.ts';
import type { Disk } from './disk.ts';
import { corruptLog, StorageError } from './errors.ts';
import { readChange } from './log-record.ts';
import type { ReadChange } from './log-record.ts';
import { LogShape } from './log-shape.ts';
import type { LogState } from './ports.ts';
import type { Frame } from './record.ts';
import { SegmentScan } from './segment-scan.ts';
import { decodeHeader, HEADER_BYTES, segmentName, sequenceOf, WAL_VERSION } from './segment-header.ts';
import type { OpenedHeader } from './segment-header.ts';
import { Segment } from './segment.ts';
import { SpanIndex } from './span-index.ts';

export interface Recovered {
  readonly shape: LogShape;
  readonly spans: SpanIndex;
  /** In order; the last one is written on. Empty when the folder holds no log. */
  readonly segments: Segment[];
  /** Where the next record goes in the last segment, and what it chains to. */
  readonly end: number;
  readonly chain: number;
  /** Bytes of a torn write that were wiped. */
  readonly tornBytes: number;
}

/**
 * Reads the log of a folder back. A torn end (the bytes of writes that never were synced) is wiped and the wipe made
 * durable; damage to anything that was durable is refused. What it returns is durable, also when only the process and
 * not the machine had stopped.
 * @throws StorageError `log_corrupt`, `log_foreign`, `log_version`
 */
export async function recoverLog(disk: Disk, dir: string, clusterId: string): Promise<Recovered> {
  const recovery = new Recovery(disk, dir, clusterId);
  try {
    return await recovery.run();
  } catch (error) {
    await recovery.release();
    throw error;
  }
}

class Recovery {
  readonly #disk: Disk;
  readonly #dir: string;
  readonly #clusterId: string;
  readonly #segments: Segment[] = [];
  readonly #spans = new SpanIndex();
  #shape: LogShape | undefined;
  #chain = 0;
  #tornBytes = 0;

  constructor(disk: Disk, dir: string, clusterId: string) {
    this.#disk = disk;
    this.#dir = dir;
    this.#clusterId = clusterId;
  }

  async run(): Promise<Recovered> {
    const sequences = await this.#sequences();
    let end = HEADER_BYTES;
    for (const [i, sequence] of sequences.entries()) {
      end = await this.#replay(sequence, i === 0, i === sequences.length - 1);
    }
    const shape = this.#shape ?? new LogShape();
    const last = this.#segments.at(-1);
    if (last !== undefined) {
      this.#checkWhole(shape.state, last.path, end);
      // A process that died left bytes and names in the page cache: they count from now on, so they must be durable.
      await last.file.sync();
      await this.#disk.syncDir(this.#dir);
    }
    return {
      shape,
      spans: this.#spans,
      segments: this.#segments,
      end,
      chain: this.#chain,
      tornBytes: this.#tornBytes,
    };
  }

  async release(): Promise<void> {
    await Promise.allSettled(this.#segments.map((segment) => segment.retire()));
  }

  async #sequences(): Promise<number[]> {
    const sequences = (await this.#disk.list(this.#dir)).flatMap((name) => sequenceOf(name) ?? []);
    for (let i = 1; i < sequences.length; i++) {
      const expected = sequences[i - 1]! + 1;
      if (sequences[i] !== expected) throw corruptLog(this.#dir, 0, `segment ${expected} is missing`);
    }
    return sequences;
  }

  /** Replays one segment; returns where its records end. */
  async #replay(sequence: number, first: boolean, last: boolean): Promise<number> {
    const { segment, header, size } = await this.#open(sequence);
    this.#segments.push(segment);
    if (first) this.#chain = header.previous;
    else if (header.previous !== this.#chain) {
      const before = this.#segments.at(-2)!;
      throw corruptLog(before.path, 0, `its last record is not the one that ${segment.path} continues`);
    }
    const scan = new SegmentScan(segment.file, segment.salt, Math.min(size, segment.capacity));
    let at = HEADER_BYTES;
    let synced = 0;
    for (;;) {
      const hit = await scan.record(at);
      if (hit === undefined) break;
      if (hit.frame.previous !== this.#chain) throw corruptLog(segment.path, at, 'a record before it is missing');
      this.#apply(segment, hit.frame, hit.payload, first);
      this.#chain = hit.frame.crc;
      synced = hit.frame.synced;
      at = hit.frame.end;
    }
    if (at === HEADER_BYTES) throw corruptLog(segment.path, at, 'its first record is damaged');
    // The chain tells whether a sealed segment is whole: the header of the next one names its last record.
    if (last) await this.#mend(segment, scan, { end: at, synced, size });
    return at;
  }

  async #open(sequence: number): Promise<{ segment: Segment; header: OpenedHeader; size: number }> {
    const path = `${this.#dir}/${segmentName(sequence)}`;
    const file = await this.#disk.open(path);
    try {
      const header = decodeHeader(await file.read(0, HEADER_BYTES));
      if (header === 'damaged') throw corruptLog(path, 0, 'its header is damaged');
      if (!('salt' in header)) {
        throw new StorageError(
          'log_version',
          `write-ahead log ${path} has version ${header.version}; this release reads ${WAL_VERSION}`,
          { path, version: header.version, supported: WAL_VERSION },
        );
      }
      if (header.sequence !== sequence)
        throw corruptLog(path, 0, `it is segment ${header.sequence} under a wrong name`);
      this.#checkCluster(header.clusterId, path);
      const size = await file.size();
      const segment = new Segment({ sequence, path, file, salt: header.salt, capacity: header.capacity });
      return { segment, header, size };
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  #checkCluster(found: string, path: string): void {
    if (found === '' || this.#clusterId === '' || found === this.#clusterId) return;
    throw new StorageError(
      'log_foreign',
      `write-ahead log ${path} belongs to cluster ${found}, this server to ${this.#clusterId}`,
      { path, found, expected: this.#clusterId },
    );
  }

  #apply(segment: Segment, frame: Frame, payload: Uint8Array, first: boolean): void {
    const atStart = frame.offset === HEADER_BYTES;
    try {
      const read = readChange(frame.type, payload);
      if (atStart !== (read.change.kind === 'base')) throw new TypeError('base record out of place');
      this.#change(segment, frame, read, first);
    } catch (error) {
      const why = messageOf(error);
      throw corruptLog(segment.path, frame.offset, `its checksum holds but it does not continue the log (${why})`);
    }
  }

  #change(segment: Segment, frame: Frame, { change }: ReadChange, first: boolean): void {
    if (change.kind === 'base') {
      this.#base(change.state, first);
      return;
    }
    const shape = this.#shape;
    assert(shape !== undefined, 'a record before the base');
    switch (change.kind) {
      case 'append': {
        const { batch } = change;
        shape.append(batch);
        if (batch.truncateFrom !== undefined) this.#spans.truncate(batch.truncateFrom);
        if (batch.entries !== undefined) {
          const { firstIndex, count } = batch.entries;
          const bytes = frame.end - frame.offset;
          this.#spans.push({ firstIndex, count, segment: segment.sequence, offset: frame.offset, bytes });
        }
        break;
      }
      case 'reset':
        shape.reset(change.reset);
        this.#spans.clear();
        break;
      case 'compact': {
        const { index, term } = change.boundary;
        shape.compact(index);
        if (shape.state.boundary.term !== term) throw new TypeError(`entry ${index} has term ${term} in the record`);
        this.#spans.dropThrough(index);
        break;
      }
    }
  }

  /** The first segment's base is where the log begins; later ones must repeat what was read so far. */
  #base(state: LogState, first: boolean): void {
    if (first) {
      this.#shape = new LogShape(state);
      return;
    }
    const known = this.#shape!.state;
    if (known.lastIndex !== state.lastIndex || known.hardState.term !== state.hardState.term) {
      throw new TypeError(`it continues index ${state.lastIndex}, term ${state.hardState.term}`);
    }
  }

  async #mend(
    { file, path, capacity }: Segment,
    scan: SegmentScan,
    { end, synced, size }: { readonly end: number; readonly synced: number; readonly size: number },
  ): Promise<void> {
    const { dirtyEnd, attested } = await scan.tail(end);
    if (attested > end) throw corruptLog(path, end, 'intact records follow that were written after it was durable');
    // A sync that failed before the restart may have left these bytes in the cache only, and the cache believes they are
    // on the disk: writing them again is what makes the sync below mean something.
    await file.write(await file.read(synced, end - synced), synced);
    if (dirtyEnd > end) await writeZeros(file, end, dirtyEnd);
    // A file that was cut gets its zeros back.
    if (size < capacity) await writeZeros(file, Math.max(end, size), capacity);
    this.#tornBytes = dirtyEnd - end;
  }

  /** The checks that no single record can make. */
  #checkWhole(state: LogState, path: string, end: number): void {
    const missing = this.#spans.firstMissing(state.firstIndex, state.lastIndex);
    if (missing !== undefined)
      throw corruptLog(path, end, `entry ${missing} of ${state.firstIndex}–${state.lastIndex} is in no segment`);
    const lastTerm = state.termRuns.at(-1)!.term;
    if (state.hardState.commit > state.lastIndex || state.hardState.term < lastTerm) {
      const { term, commit } = state.hardState;
      throw corruptLog(
        path,
        end,
        `hard state (term ${term}, commit ${commit}) contradicts last entry ${state.lastIndex} of term ${lastTerm}`,
      );
    }
  }
}
