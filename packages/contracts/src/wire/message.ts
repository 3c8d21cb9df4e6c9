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
  const columns = Object.entries(fields).map(([key, field]) => ({
    key: key as keyof T & string,
    field: field as Field<unknown>,
  }));
  const byTag: ((typeof columns)[number] | undefined)[] = [];
  for (const column of columns) byTag[column.field.tag] = column;
  // Cloning one object gives all results the same shape at once; what may be filled in place is made anew.
  const template = Object.fromEntries(columns.map(({ key, field }) => [key, field.initial()]));
  const own = columns.filter(({ key }) => typeof template[key] === 'object' && template[key] !== null);
  const needed = columns.filter(({ key }) => template[key] === undefined);
  return {
    name,
    writeBody(writer, value) {
      for (const { key, field } of columns) field.write(writer, value[key]);
    },
    readBody(reader) {
      const result: Record<string, unknown> = { ...template };
      for (const { key, field } of own) result[key] = field.initial();
      while (reader.more()) {
        const tag = reader.varint();
        const column = byTag[tag];
        if (column === undefined) reader.unknown(tag, name);
        else result[column.key] = column.field.read(reader, result[column.key]);
      }
      for (const { key } of needed) if (result[key] === undefined) throw new ContractError(`${name}.${key} is missing`);
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
    read: (reader) => readMessage(reader, body),
  };
}

/** What a field of kind `sub(body)` reads. */
export function readMessage<T>(reader: WireReader, body: Message<T>): T {
  const outer = reader.enter();
  const value = body.readBody(reader);
  reader.leave(outer);
  return value;
}

const scratch = new WireWriter();

/** @param free bytes left free before the message */
export function encode<T>(body: Message<T>, value: T, free = 0): Uint8Array {
  try {
    body.writeBody(scratch, value);
    return scratch.take(free);
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
