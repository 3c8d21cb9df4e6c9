import { ContractError } from '../errors.ts';
import type { Message } from './message.ts';
import { DELIMITED } from './reader.ts';

type Discriminators<T, D extends keyof T> = T[D] & string;
type Variant<T, D extends keyof T, V> = T extends unknown ? (V extends T[D] ? Omit<T, D> : never) : never;
export type Variants<T, D extends keyof T> = {
  readonly [V in Discriminators<T, D>]: readonly [number: number, body: Message<Variant<T, D, V>>];
};

/** A tagged union as a message with one `oneof`; which member is set says the value of the property `by`. */
export function union<T extends object, D extends keyof T & string>(
  name: string,
  by: D,
  variants: Variants<T, D>,
): Message<T> {
  const list = Object.entries(variants) as [string, readonly [number, Message<object>]][];
  const byName = new Map(list.map(([value, [number, body]]) => [value, { tag: (number << 3) | DELIMITED, body }]));
  const byTag = new Map(list.map(([value, [number, body]]) => [(number << 3) | DELIMITED, { value, body }]));
  return {
    name,
    writeBody(writer, value) {
      const variant = byName.get(String(value[by]));
      if (variant === undefined)
        throw new ContractError(`${name}.${by} "${String(value[by])}" is not one of ${[...byName.keys()].join(', ')}`);
      writer.varint(variant.tag);
      const at = writer.open();
      variant.body.writeBody(writer, value);
      writer.close(at);
    },
    readBody(reader) {
      let result: object | null = null;
      while (reader.more()) {
        const tag = reader.varint();
        const variant = byTag.get(tag);
        if (variant === undefined)
          throw new ContractError(`${name} has variant ${tag >>> 3}, which this version does not know`);
        const outer = reader.enter();
        const member = variant.body.readBody(reader);
        // One that is read by hand may say which it is.
        result = by in member ? member : { [by]: variant.value, ...member };
        reader.leave(outer);
      }
      if (result === null)
        throw new ContractError(`${name} is empty: one of ${[...byName.keys()].join(', ')} is needed`);
      return result as T;
    },
  };
}
