import type { z } from 'zod';

type JsonSchema = Readonly<Record<string, unknown>>;

const DOCUMENTED = new WeakMap<object, JsonSchema>();

/** A schema that the document shows otherwise than it checks: a number that arrives as text, an integer of 64 bits. */
export function documentedAs<T extends z.ZodType>(schema: T, shown: JsonSchema): T {
  DOCUMENTED.set(schema._zod.def, shown);
  return schema;
}

/** What the document shows of a schema; undefined = what follows from it. Copies with other words share the definition. */
export function shownAs(schema: z.core.$ZodType): JsonSchema | undefined {
  return DOCUMENTED.get(schema._zod.def);
}
