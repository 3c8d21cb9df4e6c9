import { ScalarWriter } from './scalar-writer.ts';
import type { GobValue, GobWireField, GobWireType } from './types.ts';
import type { TypeLookup } from './value-reader.ts';

/**
 * Writes values by their types as Go does: fields that are zero are left out. Throws TypeError for values that are not
 * of their type, naming the field, and RangeError for numbers beyond 64 bits. Types without encoder here are floats,
 * complex numbers, interfaces, arrays and opaque ones: none of ours has them.
 */
export class ValueWriter {
  readonly scalars = new ScalarWriter();
  readonly #lookup: TypeLookup;

  constructor(lookup: TypeLookup) {
    this.#lookup = lookup;
  }

  /** `place` is the name for errors. */
  write(id: number, value: GobValue, place = 'value'): void {
    const type = this.#lookup(id);
    if (type?.kind === 'bool' && typeof value === 'boolean') this.scalars.uint(value ? 1 : 0);
    else if (type?.kind === 'int' && typeof value === 'bigint') this.scalars.int(value);
    else if (type?.kind === 'uint' && typeof value === 'bigint') this.scalars.uint(value);
    else if (type?.kind === 'bytes' && value instanceof Uint8Array) this.scalars.bytes(value);
    else if (type?.kind === 'string' && typeof value === 'string') this.scalars.string(value);
    else if (type?.kind === 'struct' && value instanceof Map) this.#struct(type.fields, value, place);
    else if (type?.kind === 'map' && value instanceof Map) this.#map(type, value, place);
    else if (type?.kind === 'slice' && Array.isArray(value)) this.#slice(type.element, value, place);
    else throw new TypeError(`${place} is no ${type?.kind ?? `value of type ${id}, which is not defined`}`);
  }

  #struct(fields: readonly GobWireField[], value: ReadonlyMap<GobValue, GobValue>, place: string): void {
    let last = -1;
    for (const [index, { name, id }] of fields.entries()) {
      const field = value.get(name);
      if (field === undefined || isZero(field)) continue;
      this.scalars.uint(index - last);
      last = index;
      this.write(id, field, `${place}.${name}`);
    }
    this.scalars.uint(0);
  }

  #map(type: GobWireType & { kind: 'map' }, value: ReadonlyMap<GobValue, GobValue>, place: string): void {
    this.scalars.uint(value.size);
    for (const [key, element] of value) {
      this.write(type.key, key, `${place} key`);
      this.write(type.element, element, `${place}[${typeof key === 'string' ? key : ''}]`);
    }
  }

  #slice(element: number, value: readonly GobValue[], place: string): void {
    this.scalars.uint(value.length);
    for (const one of value) this.write(element, one, `${place} element`);
  }
}

/** Whether Go leaves out such a field. Structs and maps that are there are sent though they are empty. */
function isZero(value: GobValue): boolean {
  if (value instanceof Uint8Array || Array.isArray(value)) return value.length === 0;
  return value === false || value === 0n || value === '';
}
