import type { Command, Due, Execution, JobDefinition, JobState, LedgerEntry, Notice, Run } from '@dkron/jobs';
import type { Codec, StoreCodec } from '../ports.ts';

/** Records as JSON; exact for bigint and bytes, which JSON lacks. Slower and longer than the real codec. */
export const jsonCodec: StoreCodec = {
  command: json<Command>(),
  definition: json<JobDefinition>(),
  state: json<JobState>(),
  execution: json<Execution>(),
  run: json<Run>(),
  due: json<Due>(),
  ledgerEntry: json<LedgerEntry>(),
  notice: json<Notice>(),
};

function json<T>(): Codec<T> {
  return {
    encode(value, free = 0) {
      const text = new TextEncoder().encode(JSON.stringify(wrap(value)));
      const bytes = new Uint8Array(free + text.length);
      bytes.set(text, free);
      return bytes;
    },
    decode: (bytes) => JSON.parse(new TextDecoder().decode(bytes), (_key, inner: unknown) => unwrap(inner)) as T,
  };
}

/** `$` never begins a key of ours, so a wrapped value cannot be mistaken. Keys of maps are sorted: equal values, equal bytes. */
function wrap(value: unknown): unknown {
  if (typeof value === 'bigint') {
    return { $bigint: value.toString() };
  }
  if (value instanceof Uint8Array) {
    return { $bytes: Buffer.from(value).toString('base64') };
  }
  if (Array.isArray(value)) {
    return value.map(wrap);
  }
  if (value !== null && typeof value === 'object') {
    const sorted = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(sorted.map(([key, inner]) => [key, wrap(inner)]));
  }
  return value;
}

function unwrap(value: unknown): unknown {
  if (value === null || typeof value !== 'object') {
    return value;
  }
  const { $bigint, $bytes } = value as { $bigint?: unknown; $bytes?: unknown };
  if (typeof $bigint === 'string') {
    return BigInt($bigint);
  }
  return typeof $bytes === 'string' ? new Uint8Array(Buffer.from($bytes, 'base64')) : value;
}
