import { TimeTextError } from '@dkron/cron';
import { readTime, type SubmittedTime } from './go-time.ts';
import type { JsonNode } from './json-reader.ts';
import { FIELD_TYPES, type FieldName } from './job-fields.ts';
import { problem, type Problem } from './problem.ts';

const INT_MIN = -(2n ** 63n);
const INT_MAX = 2n ** 63n - 1n;
const UINT_MAX = 2n ** 64n - 1n;
const WHOLE = { int: /^-?\d+$/, uint: /^\d+$/ } as const;
const ALLOWED: Readonly<Record<string, string>> = {
  string: 'a string',
  bool: 'true or false',
  int: 'a whole number',
  uint: 'a whole number ≥ 0',
  '[]string': 'an array of strings',
  'map[string]string': 'an object of strings',
  'plugin.ExecutorPluginConfig': 'an object of strings',
  'plugin.Config': 'an object of strings',
  'map[string]plugin.Config': 'an object of objects of strings',
};

/** Passwords, tokens, headers: what was sent there is never shown. */
const MAY_HOLD_SECRETS: ReadonlySet<FieldName> = new Set(['executor_config', 'processors']);

/** A JSON object of strings; null as in Go's absent map. */
export type MapValue = Readonly<Record<string, string>> | null;

/**
 * Reads single fields the way Go's decoder does: a wrong type is noted and the field left alone; null leaves scalars and
 * empties maps and lists. A wrong date ends the original's reading, so it is reported before wrong types.
 */
export class FieldReader {
  readonly #types: Problem[] = [];
  readonly #dates: Problem[] = [];

  /** All findings, the one the original reports first. */
  problems(): Problem[] {
    return [...this.#dates, ...this.#types];
  }

  string(field: FieldName, node: JsonNode, current: string): string {
    if (node.kind === 'string') return node.value;
    if (node.kind !== 'null') this.#mismatch(field, field, node, 'string');
    return current;
  }

  bool(field: FieldName, node: JsonNode, current: boolean): boolean {
    if (node.kind === 'bool') return node.value;
    if (node.kind !== 'null') this.#mismatch(field, field, node, 'bool');
    return current;
  }

  /** 64 bits, signed for `int`, unsigned for `uint`; no fraction and no exponent, not even `1.0`. */
  integer(field: FieldName, node: JsonNode, current: bigint): bigint {
    if (node.kind === 'null') return current;
    const type = FIELD_TYPES[field] === 'uint' ? 'uint' : 'int';
    if (node.kind === 'number' && WHOLE[type].test(node.text)) {
      const value = BigInt(node.text);
      if (type === 'uint' ? value <= UINT_MAX : value >= INT_MIN && value <= INT_MAX) return value;
    }
    this.#mismatch(field, field, node, type);
    return current;
  }

  time(field: FieldName, node: JsonNode, current: SubmittedTime | null): SubmittedTime | null {
    if (node.kind === 'null') return field === 'next' ? current : null;
    const allowed = 'RFC 3339, e.g. 2030-01-01T00:00:00Z';
    if (node.kind !== 'string') {
      const message = 'Time.UnmarshalJSON: input is not a JSON string';
      this.#dates.push(problem('invalid_value', field, { ...shown(node), allowed, message }));
      return current;
    }
    try {
      return readTime(node.value, field !== 'next');
    } catch (error) {
      if (!(error instanceof TimeTextError)) throw error;
      const { message, offset } = error;
      this.#dates.push(problem('invalid_value', field, { value: node.value, allowed, column: offset + 1, message }));
      return current;
    }
  }

  strings(field: FieldName, node: JsonNode, current: readonly string[] | null): readonly string[] | null {
    if (node.kind === 'null') return null;
    if (node.kind === 'array') {
      return node.items.map((item, index) => this.#text(field, () => `${field}[${index}]`, item));
    }
    this.#mismatch(field, field, node, '[]string');
    return current;
  }

  /** Adds to what an earlier key of the same name gave. */
  map(field: FieldName, node: JsonNode, current: MapValue): MapValue {
    return this.#map(field, field, node, FIELD_TYPES[field], current);
  }

  processors(
    node: JsonNode,
    current: Readonly<Record<string, MapValue>> | null,
  ): Readonly<Record<string, MapValue>> | null {
    const field = 'processors';
    if (node.kind === 'null') return null;
    if (node.kind !== 'object') {
      this.#mismatch(field, field, node, FIELD_TYPES[field]);
      return current;
    }
    const result = { ...current };
    for (const [i, name] of node.keys.entries()) {
      put(result, name, this.#map(field, `${field}.${name}`, node.values[i]!, 'plugin.Config', null));
    }
    return result;
  }

  #map(field: FieldName, path: string, node: JsonNode, type: string, current: MapValue): MapValue {
    if (node.kind === 'null') return null;
    if (node.kind !== 'object') {
      this.#mismatch(field, path, node, type);
      return current;
    }
    const result = { ...current };
    const { keys, values } = node;
    for (let i = 0; i < keys.length; i += 1) {
      const key = keys[i] as string;
      const item = values[i] as JsonNode;
      put(result, key, item.kind === 'string' ? item.value : this.#text(field, () => `${path}.${key}`, item));
    }
    return result;
  }

  #text(field: FieldName, path: () => string, node: JsonNode): string {
    if (node.kind === 'string') return node.value;
    if (node.kind !== 'null') this.#mismatch(field, path(), node, 'string');
    return '';
  }

  #mismatch(field: FieldName, path: string, node: JsonNode, type: string): void {
    const number = node.kind === 'number' && (type === 'int' || type === 'uint') ? ` ${node.text}` : '';
    const message = `json: cannot unmarshal ${node.kind}${number} into Go struct field Job.${field} of type ${type}`;
    const value = MAY_HOLD_SECRETS.has(field) ? {} : shown(node);
    this.#types.push(problem('invalid_value', path, { ...value, allowed: ALLOWED[type] ?? type, message }));
  }
}

/** A key `__proto__` stays data. */
function put<T>(record: Record<string, T>, key: string, value: T): void {
  if (key !== '__proto__') record[key] = value;
  else Object.defineProperty(record, key, { value, enumerable: true, configurable: true, writable: true });
}

function shown(node: JsonNode): { value?: string } {
  switch (node.kind) {
    case 'string':
      return { value: node.value };
    case 'number':
      return { value: node.text };
    case 'bool':
      return { value: String(node.value) };
    default:
      return {};
  }
}
