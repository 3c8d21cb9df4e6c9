import type { Kind } from './kinds.ts';
import type { MsgpackReader } from './msgpack-reader.ts';
import type { MsgpackWriter } from './msgpack-writer.ts';

/** One field of a {@link Struct}: its Go name and kind. */
export interface Field<T> {
  readonly key: string;
  readonly kind: Kind<T>;
  /** Left out when missing, zero or empty, as Go does for `omitempty`. */
  readonly optional: boolean;
}

/** A field for every property; the constant property `type` has none. */
export type Fields<T> = { readonly [K in keyof Omit<T, 'type'>]-?: Field<Exclude<T[K], undefined>> };

export function field<T>(key: string, kind: Kind<T>): Field<T> {
  return { key, kind, optional: false };
}

export function optional<T>(key: string, kind: Kind<T>): Field<T> {
  return { key, kind, optional: true };
}

interface BoundField {
  readonly name: string;
  readonly keyBytes: Uint8Array;
  readonly kind: Kind<unknown>;
  readonly optional: boolean;
}

const encoder = new TextEncoder();

/**
 * A Go struct: a map from its field names, in ascending order of bytes. Reading takes any order, passes over unknown
 * keys, takes zero for missing ones and the last of repeated ones.
 */
export class Struct<T extends object> implements Kind<T> {
  readonly zero: T;
  readonly #fields: readonly BoundField[];

  /**
   * @param constant - properties that every value has and that are not on the wire, such as `type`
   * @param fields - in wire order; throws TypeError if they are not
   */
  constructor(constant: object, fields: Fields<T>) {
    const zero: Record<string, unknown> = { ...constant };
    const entries = Object.entries<Field<unknown>>(fields);
    this.#fields = entries.map(([name, one], i) => {
      const before = entries[i - 1]?.[1].key ?? '';
      if (one.key <= before) throw new TypeError(`field ${one.key}: must not stand after ${before}`);
      if (!one.optional) zero[name] = one.kind.zero;
      return { name, keyBytes: encoder.encode(one.key), kind: one.kind, optional: one.optional };
    });
    this.zero = zero as T;
  }

  write(out: MsgpackWriter, value: T): void {
    const values = value as Record<string, unknown>;
    let pairs = 0;
    for (const one of this.#fields) if (!one.optional || !isEmpty(values[one.name])) pairs++;
    out.mapHeader(pairs);
    for (const one of this.#fields) {
      const item = values[one.name];
      if (one.optional && isEmpty(item)) continue;
      out.raw(one.keyBytes);
      one.kind.write(out, item);
    }
  }

  read(from: MsgpackReader): T {
    const values = { ...this.zero } as Record<string, unknown>;
    const pairs = from.mapSize();
    let expected = 0;
    for (let i = 0; i < pairs; i++) {
      const found = this.#takeKey(from, expected);
      if (found < 0) {
        from.skip();
        from.skip();
        continue;
      }
      expected = found + 1;
      const one = this.#fields[found]!;
      const value = one.kind.read(from);
      if (!one.optional || !isEmpty(value)) values[one.name] = value;
      else delete values[one.name];
    }
    return values as T;
  }

  /** Index of the field whose key stands here and is consumed; -1 for an unknown key. Senders keep the order. */
  #takeKey(from: MsgpackReader, expected: number): number {
    const count = this.#fields.length;
    for (let i = 0; i < count; i++) {
      const at = (expected + i) % count;
      if (from.takeKey(this.#fields[at]!.keyBytes)) return at;
    }
    return -1;
  }
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === 0 || value === '' || value === false) return true;
  return value instanceof Uint8Array && value.length === 0;
}
