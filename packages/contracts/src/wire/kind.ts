import { ContractError } from '../errors.ts';
import { DELIMITED, FIXED64, VARINT, type WireReader } from './reader.ts';
import { checkWhole, type WireWriter } from './writer.ts';

/** How one value is written after its tag. */
export interface Kind<T> {
  readonly wireType: number;
  write(writer: WireWriter, value: T): void;
  read(reader: WireReader): T;
}

export const INT64_MIN = -(1n << 63n);
export const INT64_MAX = (1n << 63n) - 1n;

export const text: Kind<string> = {
  wireType: DELIMITED,
  write: (writer, value) => writer.string(value),
  read: (reader) => reader.string(),
};

export const raw: Kind<Uint8Array> = {
  wireType: DELIMITED,
  write: (writer, value) => writer.bytes(value),
  read: (reader) => reader.bytes(),
};

export const flag: Kind<boolean> = {
  wireType: VARINT,
  write: (writer, value) => writer.varint(value ? 1 : 0),
  read: (reader) => reader.varint() !== 0,
};

/** `uint64` held in a number, 0 … 2^53-1. */
export const whole: Kind<number> = {
  wireType: VARINT,
  write: (writer, value) => writer.varint(checkWhole(value, Number.MAX_SAFE_INTEGER)),
  read: (reader) => reader.varint(),
};

/** `sint32`. */
export const signed: Kind<number> = {
  wireType: VARINT,
  write(writer, value) {
    if (value !== (value | 0))
      throw new ContractError(`number ${value} cannot be encoded: 32 bits with sign are needed`);
    writer.varint(((value << 1) ^ (value >> 31)) >>> 0);
  },
  read(reader) {
    const zigzag = reader.varint();
    if (zigzag > 0xffffffff) throw new ContractError(`number ${zigzag} is not a sint32`);
    return (zigzag >>> 1) ^ -(zigzag & 1);
  },
};

const SIGNED64_MAX = 2 ** 52;

/** `sint64` held in a number, -2^52 … 2^52-1. */
export const signed64: Kind<number> = {
  wireType: VARINT,
  write(writer, value) {
    if (!Number.isInteger(value) || value < -SIGNED64_MAX || value >= SIGNED64_MAX) {
      throw new ContractError(`number ${value} cannot be encoded: 53 bits with sign are needed`);
    }
    writer.varint(value < 0 ? -2 * value - 1 : 2 * value);
  },
  read(reader) {
    const zigzag = reader.varint();
    return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
  },
};

/** `sfixed64`, -2^63 … 2^63-1. */
export const fixed: Kind<bigint> = {
  wireType: FIXED64,
  write(writer, value) {
    if (value < INT64_MIN || value > INT64_MAX) {
      throw new ContractError(`number ${value} cannot be encoded: 64 bits with sign are needed`);
    }
    writer.fixed64(value);
  },
  read: (reader) => reader.fixed64(),
};

/** An enum as texts; position in `names` = number - 1, so that 0 stays protobuf's "unspecified". */
export function choice<T extends string>(what: string, names: readonly T[]): Kind<T> {
  const numbers = new Map<string, number>(names.map((name, index) => [name, index + 1]));
  return {
    wireType: VARINT,
    write(writer, value) {
      const number = numbers.get(value);
      if (number === undefined) throw new ContractError(`${what} "${value}" is not one of ${names.join(', ')}`);
      writer.varint(number);
    },
    read(reader) {
      const number = reader.varint();
      const name = names[number - 1];
      if (name === undefined) throw new ContractError(`${what} number ${number} is not one of 1 to ${names.length}`);
      return name;
    },
  };
}
