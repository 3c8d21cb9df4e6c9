import { PluginWireError } from '../errors.ts';
import type { GobLimits } from './limits.ts';
import { ScalarReader } from './scalar-reader.ts';
import type { GobValue, GobWireField, GobWireType } from './types.ts';

/** Finds the type of an id. */
export type TypeLookup = (id: number) => GobWireType | undefined;

/** Reads values of one message by their types. Throws `PluginWireError`. */
export class ValueReader {
  readonly scalars: ScalarReader;
  readonly #lookup: TypeLookup;
  readonly #limits: GobLimits;
  #values = 0;

  constructor(bytes: Uint8Array, lookup: TypeLookup, limits: GobLimits) {
    this.scalars = new ScalarReader(bytes);
    this.#lookup = lookup;
    this.#limits = limits;
  }

  /** A value of that type, `depth` others around it. */
  read(id: number, depth = 0): GobValue {
    this.#spend(depth);
    const type = this.#lookup(id);
    if (!type) throw new PluginWireError('PLUGIN_GOB', `gob type ${id} is not defined`);
    switch (type.kind) {
      case 'bool':
        return this.scalars.bool();
      case 'int':
        return this.scalars.int();
      case 'uint':
        return this.scalars.uint();
      case 'float':
        return this.scalars.float();
      case 'bytes':
      case 'opaque':
        return this.scalars.bytes();
      case 'string':
        return this.scalars.string();
      case 'complex':
        return [this.scalars.float(), this.scalars.float()];
      case 'interface':
        return this.#interface();
      case 'struct':
        return this.#struct(type.name, type.fields, depth);
      case 'map':
        return this.#map(type.key, type.element, depth);
      case 'slice':
        return this.#list(type.element, this.scalars.count(), depth);
      default:
        return this.#list(type.element, this.#arrayLength(type.length), depth);
    }
  }

  #spend(depth: number): void {
    this.#values += 1;
    if (this.#values > this.#limits.values) {
      throw new PluginWireError('PLUGIN_LIMIT', `gob message of more than ${this.#limits.values} values`);
    }
    if (depth > this.#limits.depth) {
      throw new PluginWireError('PLUGIN_LIMIT', `gob values nested deeper than ${this.#limits.depth}`);
    }
  }

  #struct(name: string, fields: readonly GobWireField[], depth: number): GobValue {
    const found = new Map<string, GobValue>();
    for (let at = -1, delta = this.scalars.uint(); delta > 0n; delta = this.scalars.uint()) {
      const field = delta > BigInt(fields.length) ? undefined : fields[(at += Number(delta))];
      if (!field) throw new PluginWireError('PLUGIN_GOB', `gob struct ${name} has no field after its ${fields.length}`);
      found.set(field.name, this.read(field.id, depth + 1));
    }
    return found;
  }

  #map(key: number, element: number, depth: number): GobValue {
    const found = new Map<GobValue, GobValue>();
    for (let left = this.scalars.count(); left > 0; left--) {
      const name = this.read(key, depth + 1);
      found.set(name, this.read(element, depth + 1));
    }
    return found;
  }

  #list(element: number, length: number, depth: number): GobValue {
    const found: GobValue[] = [];
    for (let left = length; left > 0; left--) found.push(this.read(element, depth + 1));
    return found;
  }

  #arrayLength(length: number): number {
    const count = this.scalars.count();
    if (count !== length) throw new PluginWireError('PLUGIN_GOB', `gob array of ${count}, must be ${length}`);
    return count;
  }

  #interface(): GobValue {
    const typeName = this.scalars.string();
    if (typeName === '') return null;
    this.scalars.int();
    return { typeName, bytes: this.scalars.bytes() };
  }
}
