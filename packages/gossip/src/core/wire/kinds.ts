import { WireError } from '../errors.ts';
import type { MsgpackReader } from './msgpack-reader.ts';
import type { MsgpackWriter } from './msgpack-writer.ts';

/** How values of one type are written, read, and what a missing one is. */
export interface Kind<T> {
  /** What a field is when its key is missing. Never changed, so it may be shared. */
  readonly zero: T;
  /** Throws RangeError for a value that the field cannot hold. */
  write(out: MsgpackWriter, value: T): void;
  /** Throws {@link WireError}. */
  read(from: MsgpackReader): T;
}

const EMPTY: ReadonlyMap<string, never> = new Map<string, never>();
const IPV4_BYTES = 4;
const IPV6_BYTES = 16;

function unsigned(max: number): Kind<number> {
  return {
    zero: 0,
    write: (out, value) => {
      if (!(Number.isInteger(value) && value >= 0 && value <= max)) {
        throw new RangeError(`number ${value}: must be an integer, 0 to ${max}`);
      }
      out.uint(value);
    },
    read: (from) => from.uint(max),
  };
}

/** 0–255. */
export const u8 = unsigned(0xff);
/** 0–65,535. */
export const u16 = unsigned(0xffff);
/** 0–2^32 - 1. */
export const u32 = unsigned(0xffff_ffff);
/** A 64-bit number of which we take 0–2^53 - 1; more is refused. */
export const u64 = unsigned(Number.MAX_SAFE_INTEGER);

/** A signed 64-bit number of which we take ±(2^53 - 1); more is refused. */
export const int: Kind<number> = {
  zero: 0,
  write: (out, value) => {
    if (!Number.isSafeInteger(value)) throw new RangeError(`number ${value}: must be an integer within ±(2^53 - 1)`);
    out.int(value);
  },
  read: (from) => from.int(),
};

export const f64: Kind<number> = {
  zero: 0,
  write: (out, value) => out.float(value),
  read: (from) => from.float(),
};

export const bool: Kind<boolean> = {
  zero: false,
  write: (out, value) => out.bool(value),
  read: (from) => from.bool(),
};

/** UTF-8; other bytes are refused. */
export const text: Kind<string> = {
  zero: '',
  write: (out, value) => out.text(value),
  read: (from) => from.text(),
};

/** UTF-8 with replacement characters: where one odd entry must not spoil a long list. */
export const looseText: Kind<string> = {
  zero: '',
  write: (out, value) => out.text(value),
  read: (from) => from.looseText(),
};

/** Bytes of our own; `null` is Go's nil, which means the same as empty but is written differently. */
export const bytes: Kind<Uint8Array | null> = {
  zero: null,
  write: (out, value) => out.raw(value),
  read: (from) => from.bytes(),
};

/** Bytes that stay part of the packet: for what is only passed on. */
export const bytesView: Kind<Uint8Array> = {
  zero: new Uint8Array(0),
  write: (out, value) => out.raw(value),
  read: (from) => from.view() ?? new Uint8Array(0),
};

/** An IP address of 4 or 16 bytes in network order; nil is empty. Other lengths are refused. */
export const ip: Kind<Uint8Array> = {
  zero: new Uint8Array(0),
  write: (out, value) => out.raw(value),
  read: (from) => {
    const value = from.bytes() ?? new Uint8Array(0);
    if (value.length === 0 || value.length === IPV4_BYTES || value.length === IPV6_BYTES) return value;
    throw new WireError('GOSSIP_WIRE_RANGE', `address of ${value.length} bytes, allowed are 4 and 16`);
  },
};

/** A list, or `null` for Go's nil. Longer ones than `maxItems` are refused. */
export function list<T>(item: Kind<T>, maxItems: number): Kind<readonly T[] | null> {
  return {
    zero: null,
    write: (out, value) => {
      if (value === null) return out.nil();
      out.arrayHeader(value.length);
      for (const one of value) item.write(out, one);
    },
    read: (from) => {
      const size = from.arraySize();
      if (size === null) return null;
      checkSize(size, maxItems);
      const items: T[] = [];
      for (let i = 0; i < size; i++) items.push(item.read(from));
      return items;
    },
  };
}

/** A Go map with text keys. Its order is by chance, and kept. Larger ones than `maxPairs` are refused. */
export function mapOf<T>(item: Kind<T>, maxPairs: number): Kind<ReadonlyMap<string, T>> {
  return {
    zero: EMPTY,
    write: (out, value) => {
      out.mapHeader(value.size);
      for (const [key, one] of value) {
        out.text(key);
        item.write(out, one);
      }
    },
    read: (from) => {
      const size = from.mapSize();
      checkSize(size, maxPairs);
      const pairs = new Map<string, T>();
      for (let i = 0; i < size; i++) pairs.set(from.looseText(), item.read(from));
      return pairs;
    },
  };
}

/** The kind, or `null` for Go's nil pointer. */
export function nullable<T>(kind: Kind<T>): Kind<T | null> {
  return {
    zero: null,
    write: (out, value) => (value === null ? out.nil() : kind.write(out, value)),
    read: (from) => (from.takeNil() ? null : kind.read(from)),
  };
}

function checkSize(size: number, max: number): void {
  if (size > max) throw new WireError('GOSSIP_WIRE_LIMIT', `${size} items, allowed are ${max}`);
}
