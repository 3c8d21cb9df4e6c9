import { z } from 'zod';
import { shownAs } from '../schemas/documented.ts';

export type JsonSchema = Record<string, unknown>;

const PREFIX = '#/components/schemas/';

/** Turns zod schemas into those of the document; the ones with an id become components. */
export class Components {
  readonly schemas: Record<string, JsonSchema> = {};

  /** @param side `input` for what clients send, `output` for what they get */
  of(schema: z.ZodType, side: 'input' | 'output'): JsonSchema {
    const found = z.toJSONSchema(z.object({ root: schema }), { io: side, override: show, unrepresentable: 'any' });
    const { $defs = {}, properties = {} } = withPrefix(found) as {
      $defs?: Record<string, JsonSchema>;
      properties?: Record<string, JsonSchema>;
    };
    for (const [name, definition] of Object.entries($defs)) this.schemas[name] = withoutId(definition);
    return withoutId(properties['root'] ?? {});
  }
}

function show({ zodSchema, jsonSchema }: { zodSchema: z.core.$ZodTypes; jsonSchema: JsonSchema }): void {
  const shown = shownAs(zodSchema);
  if (shown === undefined) return;
  for (const key of Object.keys(jsonSchema)) {
    if (key !== 'description' && key !== 'examples') delete jsonSchema[key];
  }
  Object.assign(jsonSchema, shown);
}

function withPrefix(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withPrefix);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) =>
      key === '$ref' && typeof item === 'string' ? [key, item.replace('#/$defs/', PREFIX)] : [key, withPrefix(item)],
    ),
  );
}

function withoutId({ id: _id, ...schema }: JsonSchema): JsonSchema {
  return schema;
}
