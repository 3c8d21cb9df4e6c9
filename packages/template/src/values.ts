/** What templates compute with; null is Go's nil. Whole numbers are `bigint` or whole `number`s. */
export type Value = string | number | bigint | boolean | null | TemplateObject;

/** A value with fields and methods. */
export interface TemplateObject {
  /** How it is printed. */
  toString(): string;
  /** Of its type, for messages. */
  readonly typeName: string;
  /** A field, or a method with its arguments; undefined = there is none of that name. @throws Error for bad arguments */
  member(name: string, args: readonly Value[]): Value | undefined;
}

/** Go's notion: zero, empty and nil are false, objects are true. */
export function isTrue(value: Value): boolean {
  return typeof value === 'bigint' ? value !== 0n : Boolean(value);
}

export function isObject(value: Value): value is TemplateObject {
  return typeof value === 'object' && value !== null;
}

export function isNumber(value: Value): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

export function textOf(value: Value): string {
  return value === null ? '<no value>' : String(value);
}

export function typeOf(value: Value): string {
  if (value === null) return 'nil';
  if (isObject(value)) return value.typeName;
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'number' && !Number.isInteger(value) ? 'float64' : 'int';
}
