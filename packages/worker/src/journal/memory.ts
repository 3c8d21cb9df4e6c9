import type { JournalStorage } from './storage.ts';

/** A journal in memory: for tests, and for nodes that may forget. Survives reopening while the object lives. */
export class MemoryJournalStorage implements JournalStorage {
  /** Makes every following write reject, as a full disk would; null = writes succeed. */
  failure: Error | null = null;
  #bytes: Uint8Array;
  #durableBytes: number;
  /** Syncs so far. */
  syncs = 0;

  constructor(bytes: Uint8Array = new Uint8Array(0)) {
    this.#bytes = bytes.slice();
    this.#durableBytes = bytes.length;
  }

  /** A copy of what is stored. */
  get bytes(): Uint8Array {
    return this.#bytes.slice();
  }

  /** Length that a crash of the machine is sure to leave. */
  get durableBytes(): number {
    return this.#durableBytes;
  }

  async read(): Promise<Uint8Array> {
    return this.bytes;
  }

  async append(bytes: Uint8Array, sync: boolean): Promise<void> {
    this.#check();
    const joined = new Uint8Array(this.#bytes.length + bytes.length);
    joined.set(this.#bytes, 0);
    joined.set(bytes, this.#bytes.length);
    this.#bytes = joined;
    if (!sync) return;
    this.syncs++;
    this.#durableBytes = joined.length;
  }

  async truncate(lengthBytes: number): Promise<void> {
    this.#check();
    this.#bytes = this.#bytes.slice(0, lengthBytes);
    this.#durableBytes = lengthBytes;
  }

  async replace(bytes: Uint8Array): Promise<void> {
    this.#check();
    this.#bytes = bytes.slice();
    this.#durableBytes = bytes.length;
  }

  async close(): Promise<void> {}

  #check(): void {
    if (this.failure) throw this.failure;
  }
}
