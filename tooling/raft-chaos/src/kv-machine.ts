import { crc32 } from 'node:zlib';
import type { CommittedEntry, StateMachine, StateSnapshot } from '@dkron/raft';
import type { Change } from './protocol.ts';

interface Stored {
  readonly values: readonly (readonly [string, number])[];
  readonly written: readonly number[];
  readonly checksum: number;
}

/** First byte of commands that only fill the log. */
export const FILLER = 0;
const text = new TextDecoder();

/** Keys and values, and what was applied in which order. */
export class KvMachine implements StateMachine {
  #values = new Map<string, number>();
  /** Values of all changes in the order they were applied, refused ones too. */
  #written: number[] = [];
  #checksum = 0;

  get checksum(): number {
    return this.#checksum;
  }

  get written(): readonly number[] {
    return this.#written;
  }

  get(key: string): number {
    return this.#values.get(key) ?? 0;
  }

  apply(batch: readonly CommittedEntry[]): readonly number[] {
    return batch.map(({ index, data }) => {
      if (data[0] === FILLER) return 0;
      this.#checksum = crc32(data, crc32(String(index), this.#checksum));
      const { op, key, value, expected } = JSON.parse(text.decode(data)) as Change;
      const before = this.get(key);
      if (op === 'put' || before === expected) this.#values.set(key, value);
      this.#written.push(value);
      return before;
    });
  }

  snapshot(): StateSnapshot {
    const values = [...this.#values];
    // Only ever appended to, or replaced as a whole.
    const [written, length, checksum] = [this.#written, this.#written.length, this.#checksum];
    return {
      persist: (writer) => {
        const stored: Stored = { values, written: written.slice(0, length), checksum };
        return writer.write(new TextEncoder().encode(JSON.stringify(stored)));
      },
      release: () => {},
    };
  }

  async restore(stream: AsyncIterable<Uint8Array>): Promise<void> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    const stored = JSON.parse(Buffer.concat(chunks).toString()) as Stored;
    this.#values = new Map(stored.values);
    this.#written = [...stored.written];
    this.#checksum = stored.checksum;
  }
}
