import { concatBytes } from '@dkron/runtime';
import { definitionOf } from './definition.ts';
import type { GobTypeRegistry } from './registry.ts';
import { encodeGobUint } from './scalar-writer.ts';
import type { GobSchema, GobValue } from './types.ts';
import { GOB_FIRST_USER_ID, GOB_IDS } from './types.ts';
import type { TypeLookup } from './value-reader.ts';
import { ValueWriter } from './value-writer.ts';

/** One direction of one stream: defines each type before its first value. */
export class GobEncoder {
  readonly #registry: GobTypeRegistry;
  readonly #sent = new Set<number>();

  constructor(registry: GobTypeRegistry) {
    this.#registry = registry;
  }

  /** Definitions that are due, then the value. Throws TypeError for a value that is not of the schema. */
  encode(schema: GobSchema, value: GobValue): Uint8Array {
    const id = this.#registry.idOf(schema);
    const { lookup } = this.#registry;
    const message = encodeGobMessage(lookup, id, value);
    const due: number[] = [];
    this.#collect(id, due);
    for (const one of due) this.#sent.add(one);
    return concatBytes([...due.map((one) => encodeGobDefinition(lookup, one)), message]);
  }

  #collect(id: number, due: number[]): void {
    if (id < GOB_FIRST_USER_ID || this.#sent.has(id) || due.includes(id)) return;
    due.push(id);
    const type = this.#registry.lookup(id);
    if (type?.kind === 'struct') for (const field of type.fields) this.#collect(field.id, due);
    if (type?.kind === 'map') for (const part of [type.key, type.element]) this.#collect(part, due);
  }
}

/** The message that defines a type. */
export function encodeGobDefinition(lookup: TypeLookup, id: number): Uint8Array {
  const type = lookup(id);
  if (!type) throw new TypeError(`gob type ${id} is not defined`);
  const writer = new ValueWriter(lookup);
  writer.scalars.int(-id);
  writer.write(GOB_IDS.wireType, definitionOf(id, type));
  return withLength(writer.scalars.finish());
}

/** The message with a value, without definitions. */
export function encodeGobMessage(lookup: TypeLookup, id: number, value: GobValue): Uint8Array {
  const writer = new ValueWriter(lookup);
  writer.scalars.int(id);
  if (lookup(id)?.kind !== 'struct') writer.scalars.uint(0);
  writer.write(id, value);
  return withLength(writer.scalars.finish());
}

function withLength(payload: Uint8Array): Uint8Array {
  return concatBytes([encodeGobUint(BigInt(payload.length)), payload]);
}
