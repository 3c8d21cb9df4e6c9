import { readFileSync } from 'node:fs';

export interface AcceptRecord {
  readonly text: string;
  readonly name?: string;
  readonly tz?: string;
  readonly ok: boolean;
  readonly error?: string;
  readonly panics?: boolean;
  readonly validate?: string;
}

export interface NextRecord {
  readonly text: string;
  readonly name?: string;
  readonly tz?: string;
  readonly local?: string;
  readonly from: string;
  readonly next: readonly string[];
  readonly hangs?: boolean;
  readonly tzdata?: string;
}

export interface HashRecord {
  readonly name: string;
  readonly text: string;
  readonly schedule: string;
}

/** Recorded behaviour of Dkron 4.1.2, one JSON object a line. `name` absent = `test_job`. */
export function readVectors<T>(file: 'accept' | 'next' | 'hash'): T[] {
  const text = readFileSync(new URL(`../testdata/${file}.jsonl`, import.meta.url), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T);
}

/** Counts lines by cause and writes them as one table. */
export class Causes {
  readonly #counts = new Map<string, number>();

  add(cause: string): void {
    this.#counts.set(cause, (this.#counts.get(cause) ?? 0) + 1);
  }

  get(cause: string): number {
    return this.#counts.get(cause) ?? 0;
  }

  total(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  toString(): string {
    return [...this.#counts].map(([cause, count]) => `${cause}: ${count}`).join(', ');
  }
}
