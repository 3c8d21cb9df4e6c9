import { ContractError } from '../errors.ts';
import type { Field } from './field.ts';
import type { Kind } from './kind.ts';
import { DELIMITED, WireReader } from './reader.ts';
import { WireWriter } from './writer.ts';

/** The body of a message, without tag and length. */
export interface Message<T> {
  readonly name: string;
  writeBody(writer: WireWriter, value: T): void;
  readBody(reader: WireReader): T;
}

/** A field for every property of `T`, in order of field numbers. */
export type Fields<T> = { readonly [K in keyof T]-?: Field<T[K]> };

/** Reads and writes a domain object directly; the `.proto` file of the same name is what it writes. */
export function message<T extends object>(name: string, fields: Fields<T>): Message<T> {
  const keys = Object.keys(fields) as (keyof T & string)[];
  const columns = keys.map((key) => fields[key] as Field<unknown>);
  const indexByTag: number[] = [];
  for (const [index, column] of columns.entries()) indexByTag[column.tag] = index;
  return {
    name,
    writeBody(writer, value) {
      for (let i = 0; i < columns.length; i++) (columns[i] as Field<unknown>).write(writer, value[keys[i] as keyof T]);
    },
    readBody(reader) {
      const result: Record<string, unknown> = {};
      for (let i = 0; i < columns.length; i++) result[keys[i] as string] = (columns[i] as Field<unknown>).initial();
      while (reader.more()) {
        const tag = reader.varint();
        const index = indexByTag[tag];
        if (index === undefined) reader.unknown(tag, name);
        else {
          const key = keys[index] as string;
          result[key] = (columns[index] as Field<unknown>).read(reader, result[key]);
        }
      }
      for (const key of keys) if (result[key] === undefined) throw new ContractError(`${name}.${key} is missing`);
      return result as T;
    },
  };
}

/** A message as the value of a field. */
export function sub<T>(body: Message<T>): Kind<T> {
  return {
    wireType: DELIMITED,
    write(writer, value) {
      const at = writer.open();
      body.writeBody(writer, value);
      writer.close(at);
    },
    read(reader) {
      const outer = reader.enter();
      const value = body.readBody(reader);
      reader.leave(outer);
      return value;
    },
  };
}

const scratch = new WireWriter();

export function encode<T>(body: Message<T>, value: T): Uint8Array {
  try {
    body.writeBody(scratch, value);
    return scratch.take();
  } finally {
    scratch.reset();
  }
}

export interface DecodeOptions {
  /** Refuse fields that this version does not know, instead of passing over them. */
  readonly strict: boolean;
}

/** @throws ContractError naming the message and what is wrong. */
export function decode<T>(body: Message<T>, bytes: Uint8Array, options: DecodeOptions): T {
  try {
    return body.readBody(new WireReader(bytes, options.strict));
  } catch (cause) {
    if (!(cause instanceof ContractError)) throw cause;
    throw new ContractError(`cannot decode ${body.name} of ${bytes.length} bytes: ${cause.message}`, { cause });
  }
}
