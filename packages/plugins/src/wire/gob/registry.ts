import type { GobSchema, GobWireType } from './types.ts';
import { GOB_BUILT_IN, GOB_FIRST_USER_ID, GOB_IDS } from './types.ts';

/**
 * Ids of the types that one process writes: given at first use, in the order that Go gives them, and the same on all
 * its streams. Schemas are known by identity.
 */
export class GobTypeRegistry {
  readonly #ids = new Map<GobSchema, number>();
  readonly #types = new Map<number, GobWireType>(GOB_BUILT_IN);
  #nextId: number;

  /** Go 1.26 begins at 64, Go 1.19 at 65. */
  constructor(firstId = GOB_FIRST_USER_ID) {
    this.#nextId = firstId;
  }

  /** The type of an id. */
  readonly lookup = (id: number): GobWireType | undefined => this.#types.get(id);

  idOf(schema: GobSchema): number {
    if (schema.kind !== 'struct' && schema.kind !== 'map') return GOB_IDS[schema.kind];
    const known = this.#ids.get(schema);
    if (known !== undefined) return known;
    // A struct has its id before its fields have theirs; a map after its elements.
    if (schema.kind === 'map') {
      const [key, element] = [this.idOf(schema.key), this.idOf(schema.element)];
      return this.#register(schema, { kind: 'map', name: schema.name, key, element });
    }
    const id = this.#register(schema, { kind: 'struct', name: schema.name, fields: [] });
    const fields = schema.fields.map((field) => ({ name: field.name, id: this.idOf(field.schema) }));
    this.#types.set(id, { kind: 'struct', name: schema.name, fields });
    return id;
  }

  #register(schema: GobSchema, type: GobWireType): number {
    const id = this.#nextId++;
    this.#ids.set(schema, id);
    this.#types.set(id, type);
    return id;
  }
}
