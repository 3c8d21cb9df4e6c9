import type { Kind } from './kind.ts';
import { DELIMITED, type WireReader } from './reader.ts';
import type { WireWriter } from './writer.ts';

/** One property of a message. `undefined` from `initial` means that the field must be there. */
export interface Field<T> {
  readonly tag: number;
  initial(): T | undefined;
  write(writer: WireWriter, value: T): void;
  read(reader: WireReader, current: T): T;
}

export type ReadonlyRecord<T> = Readonly<Record<string, T>>;

/** Left out when it equals `absent` (protobuf's default, or a value that is free because it cannot occur). */
export function implicit<T>(number: number, kind: Kind<T>, absent: NoInfer<T>): Field<T> {
  const tag = tagOf(number, kind);
  return {
    tag,
    initial: () => absent,
    write(writer, value) {
      if (value === absent) return;
      writer.varint(tag);
      kind.write(writer, value);
    },
    read: (reader) => kind.read(reader),
  };
}

export function required<T>(number: number, kind: Kind<T>): Field<T> {
  const tag = tagOf(number, kind);
  return {
    tag,
    initial: () => undefined,
    write(writer, value) {
      writer.varint(tag);
      kind.write(writer, value);
    },
    read: (reader) => kind.read(reader),
  };
}

/** An absent field is null. */
export function nullable<T>(number: number, kind: Kind<T>): Field<T | null> {
  const tag = tagOf(number, kind);
  return {
    tag,
    initial: () => null,
    write(writer, value) {
      if (value === null) return;
      writer.varint(tag);
      kind.write(writer, value);
    },
    read: (reader) => kind.read(reader),
  };
}

/** Bytes; empty ones are left out. */
export function optionalBytes(number: number, kind: Kind<Uint8Array>): Field<Uint8Array> {
  const always = required(number, kind);
  return {
    ...always,
    initial: () => new Uint8Array(0),
    write: (writer, value) => (value.length > 0 ? always.write(writer, value) : undefined),
  };
}

export function list<T>(number: number, kind: Kind<T>): Field<readonly T[]> {
  const tag = tagOf(number, kind);
  return {
    tag,
    initial: () => [],
    write(writer, values) {
      for (const value of values) {
        writer.varint(tag);
        kind.write(writer, value);
      }
    },
    read(reader, current) {
      (current as T[]).push(kind.read(reader));
      return current;
    },
  };
}

/** `map<string, T>`, keys sorted so that equal records give equal bytes. */
export function map<T>(number: number, key: Field<string>, value: Field<T>): Field<ReadonlyRecord<T>> {
  const tag = (number << 3) | DELIMITED;
  return {
    tag,
    initial: () => ({}),
    write(writer, record) {
      const names = Object.keys(record);
      for (const name of names.length > 1 ? names.sort() : names) {
        writer.varint(tag);
        const at = writer.open();
        key.write(writer, name);
        value.write(writer, record[name] as T);
        writer.close(at);
      }
    },
    read(reader, current) {
      const outer = reader.enter();
      let name = key.initial() as string;
      let item = value.initial();
      while (reader.more()) {
        const found = reader.varint();
        if (found === key.tag) name = key.read(reader, name);
        else if (found === value.tag) item = value.read(reader, item as T);
        else reader.unknown(found, 'map entry');
      }
      reader.leave(outer);
      put(current as Record<string, T>, name, item as T);
      return current;
    },
  };
}

/** A key `__proto__` stays data. */
function put<T>(record: Record<string, T>, name: string, value: T): void {
  if (name !== '__proto__') record[name] = value;
  else Object.defineProperty(record, name, { value, enumerable: true, configurable: true, writable: true });
}

function tagOf(number: number, kind: { readonly wireType: number }): number {
  return (number << 3) | kind.wireType;
}
