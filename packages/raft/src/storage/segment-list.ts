import { assert } from '@dkron/runtime';
import type { Logger } from '@dkron/runtime';
import type { Disk } from './disk.ts';
import type { Segment } from './segment.ts';
import type { SpanIndex } from './span-index.ts';

/** The open segments in order. Those that hold no retained entry are deleted, oldest first, in the background. */
export class SegmentList {
  readonly #dir: string;
  readonly #disk: Disk;
  readonly #logger: Logger;
  #segments: Segment[] = [];
  #janitor: Promise<void> = Promise.resolve();
  /** A removal failed: going on would leave a gap. The next start deletes the rest. */
  #stopped = false;

  constructor(options: { readonly dir: string }, modules: { readonly disk: Disk; readonly logger: Logger }) {
    this.#dir = options.dir;
    this.#disk = modules.disk;
    this.#logger = modules.logger;
  }

  get length(): number {
    return this.#segments.length;
  }

  add(segment: Segment): void {
    this.#segments.push(segment);
  }

  get(sequence: number): Segment {
    const segment = this.#segments.find((candidate) => candidate.sequence === sequence);
    assert(segment !== undefined, `segment ${sequence} is not open`);
    return segment;
  }

  /** Call once the record that made them unneeded is durable. `active` stays in any case. */
  dropUnused(spans: SpanIndex, active: Segment): void {
    const needed = spans.length === 0 ? active.sequence : Math.min(spans.at(0).segment, active.sequence);
    const unused = this.#segments.filter((segment) => segment.sequence < needed);
    this.#segments = this.#segments.filter((segment) => segment.sequence >= needed);
    for (const segment of unused) this.#janitor = this.#janitor.then(() => this.#remove(segment));
  }

  async close(): Promise<void> {
    await this.#janitor;
    const open = this.#segments;
    this.#segments = [];
    await Promise.all(open.map((segment) => segment.retire()));
  }

  /** Each removal is durable before the next: a crash never leaves a gap in the sequence. */
  async #remove(segment: Segment): Promise<void> {
    try {
      if (this.#stopped) {
        await segment.retire();
        return;
      }
      await this.#disk.remove(segment.path);
      await this.#disk.syncDir(this.#dir);
      await segment.retire();
    } catch (error) {
      this.#stopped = true;
      this.#logger.warn('wal segment not deleted', { path: segment.path, reason: String(error) });
    }
  }
}
