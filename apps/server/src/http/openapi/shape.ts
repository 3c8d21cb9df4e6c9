import type { JsonSchema } from './components.ts';

const REF = '#/components/schemas/';

/** A schema in few words: `integer`, `Job[]`, `"skip" | "after"`. */
export function shapeOf(schema: JsonSchema): string {
  const { $ref: ref, type, items, anyOf, additionalProperties: others } = schema;
  if (typeof ref === 'string') return ref.slice(REF.length);
  if (Array.isArray(schema['enum'])) return schema['enum'].map((word) => JSON.stringify(word)).join(' | ');
  if ('const' in schema) return JSON.stringify(schema['const']);
  if (Array.isArray(anyOf)) return (anyOf as JsonSchema[]).map(shapeOf).join(' | ');
  if (type === 'array') return `${inBrackets(shapeOf((items ?? {}) as JsonSchema))}[]`;
  if (type === 'object' && isSchema(others) && schema['properties'] === undefined) return `{ …: ${shapeOf(others)} }`;
  if (type === 'object' && schema['properties'] !== undefined) {
    const members = Object.entries(schema['properties'] as Record<string, JsonSchema>);
    return `{ ${members.map(([name, member]) => `${name}: ${shapeOf(member)}`).join(', ')} }`;
  }
  if (type === 'string' && schema['format'] === 'date-time') return 'time';
  if (schema['format'] === 'int64') return 'int64';
  return typeof type === 'string' ? type : 'any';
}

function inBrackets(shape: string): string {
  return shape.includes('|') ? `(${shape})` : shape;
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}
