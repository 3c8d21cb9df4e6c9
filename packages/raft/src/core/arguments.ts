import { type Entry, EntryType } from './types.ts';

const ENTRY_TYPES: ReadonlySet<unknown> = new Set(Object.values(EntryType));

/**
 * Bytes of a command. Anything else would reach the log, and there it would end the server, or every server.
 * @throws TypeError
 */
export function checkData(data: Uint8Array): void {
  // By its tag too, since bytes may come from another realm.
  if (data instanceof Uint8Array || (ArrayBuffer.isView(data) && tagOf(data) === 'Uint8Array')) return;
  throw new TypeError(`data is ${nameOf(data)}; a Uint8Array is allowed`);
}

/** @throws TypeError */
export function checkProposed({ type, data }: Pick<Entry, 'type' | 'data'>): void {
  checkData(data);
  if (!ENTRY_TYPES.has(type))
    throw new TypeError(`type is ${String(type)}; one of ${[...ENTRY_TYPES].join(', ')} is allowed`);
}

/** @throws TypeError */
export function checkInteger(value: number, least: number, name: string): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new TypeError(`${name} is ${nameOf(value)}; integers from ${least} are allowed`);
}

/** What a value is, for messages about misuse. */
export function nameOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  return value.constructor?.name ?? 'an object';
}

function tagOf(value: object): unknown {
  return (value as { readonly [Symbol.toStringTag]?: unknown })[Symbol.toStringTag];
}
