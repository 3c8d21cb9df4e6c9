import type { Answer } from './send.ts';
import type { RecordedResponse } from './scenario.ts';
import type { Json } from './json.ts';
import { isObject, parseExact, stringifyExact } from './json.ts';
import { ADDED_HEADERS, addedKeys, hasShape } from './shapes.ts';

/** Of the connection, not of the answer. */
const UNCOMPARED_HEADERS = new Set(['date', 'content-length', 'connection', 'transfer-encoding', 'keep-alive']);
const SHOWN_MAX = 160;

/** How an answer departs from the recorded one, one sentence each; empty = not at all. */
export function compare(recorded: RecordedResponse, answer: Answer, sortBy?: string): string[] {
  if (recorded.status !== answer.status) {
    return [`status ${answer.status}, recorded ${recorded.status}; body ${show(answer.text)}`];
  }
  if (answer.status === 0) return [];
  return [...compareHeaders(recorded, answer), ...compareBody(recorded, answer, sortBy)];
}

/** The body as the recordings hold it: a value where the type is JSON, else text. */
export function bodyOf(answer: Answer): Json {
  if (!answer.headers['content-type']?.startsWith('application/json')) return answer.text;
  try {
    return parseExact(answer.text);
  } catch {
    return answer.text;
  }
}

function compareHeaders(recorded: RecordedResponse, answer: Answer): string[] {
  const differences: string[] = [];
  const expected = new Map(Object.entries(recorded.headers).map(([name, value]) => [name.toLowerCase(), value]));
  for (const name of Object.keys(recorded.headers)) {
    // Scripts search for names as they are written.
    const written = answer.names.find((one) => one.toLowerCase() === name.toLowerCase());
    if (written !== undefined && written !== name) differences.push(`header ${written}, recorded ${name}`);
  }
  for (const [name, value] of expected) {
    if (recorded.volatile?.includes(`header:${name}`)) continue;
    if (answer.headers[name] !== value) {
      differences.push(`header ${name}: ${show(answer.headers[name])}, recorded ${show(value)}`);
    }
  }
  for (const [name, value] of Object.entries(answer.headers)) {
    if (expected.has(name) || UNCOMPARED_HEADERS.has(name) || ADDED_HEADERS.has(name)) continue;
    differences.push(`header ${name}: ${show(value)}, recorded none`);
  }
  return differences;
}

function compareBody(recorded: RecordedResponse, answer: Answer, sortBy: string | undefined): string[] {
  const volatile = new Set(recorded.volatile);
  const differences: string[] = [];
  for (const part of recorded.body_contains ?? []) {
    if (!answer.text.includes(part)) differences.push(`body lacks ${show(part)}`);
  }
  if (recorded.body_keys !== undefined) {
    const keys = Object.keys(bodyOf(answer) as object);
    if (keys.join() !== recorded.body_keys.join())
      differences.push(`keys ${keys.join()}, recorded ${recorded.body_keys.join()}`);
  }
  if (recorded.body === undefined || volatile.has('body')) return differences;
  const skipped = new Set(recorded.environment);
  const walk = new Walk({ volatile, shapes: recorded.volatile_shapes ?? {}, skipped });
  walk.compare('', sorted(recorded.body, sortBy), sorted(bodyOf(answer), sortBy));
  differences.push(...walk.differences);
  if (differences.length === 0 && recorded.body_raw !== undefined && volatile.size + skipped.size === 0) {
    if (!walk.added && recorded.body_raw !== answer.text)
      differences.push(`bytes ${show(answer.text)}, recorded ${show(recorded.body_raw)}`);
  }
  return differences;
}

function sorted(body: Json, key: string | undefined): Json {
  if (key === undefined || !Array.isArray(body)) return body;
  const text = (item: Json): string => (isObject(item) && typeof item[key] === 'string' ? item[key] : '');
  return body.toSorted((a: Json, b: Json) => (text(a) < text(b) ? -1 : 1));
}

interface Rules {
  readonly volatile: ReadonlySet<string>;
  readonly shapes: Readonly<Record<string, string>>;
  readonly skipped: ReadonlySet<string>;
}

/** Goes through two values side by side. */
class Walk {
  readonly differences: string[] = [];
  /** True when a permitted key was met that is not recorded. */
  added = false;
  readonly #rules: Rules;

  constructor(rules: Rules) {
    this.#rules = rules;
  }

  compare(pointer: string, recorded: Json, found: Json | undefined): void {
    if (this.#rules.skipped.has(pointer) && found !== undefined) return;
    if (this.#rules.volatile.has(pointer) && found !== undefined) {
      const shape = this.#rules.shapes[pointer] ?? 'any';
      if (!hasShape(found, shape)) this.#note(pointer, found, `a ${shape}`);
    } else if (Array.isArray(recorded) && Array.isArray(found)) this.#items(pointer, recorded, found);
    else if (isObject(recorded) && isObject(found)) this.#members(pointer, recorded, found);
    else if (recorded !== found) this.#note(pointer, found, show(recorded));
  }

  #items(pointer: string, recorded: readonly Json[], found: readonly Json[]): void {
    if (recorded.length !== found.length) this.#note(pointer, found, `${recorded.length} items, got ${found.length}`);
    else for (const [i, item] of recorded.entries()) this.compare(`${pointer}/${i}`, item, found[i]);
  }

  /** The order of keys counts; keys of ours may stand anywhere. */
  #members(pointer: string, recorded: { readonly [key: string]: Json }, found: { readonly [key: string]: Json }): void {
    const permitted = addedKeys(recorded);
    const keys: string[] = [];
    for (const [key, value] of Object.entries(found)) {
      if (Object.hasOwn(recorded, key)) keys.push(key);
      else if (permitted[key]?.(value) === true) this.added = true;
      else this.#note(`${pointer}/${key}`, value, 'nothing');
    }
    for (const [key, value] of Object.entries(recorded)) this.compare(`${pointer}/${key}`, value, found[key]);
    const order = Object.keys(recorded);
    if (keys.length === order.length && keys.join('\n') !== order.join('\n'))
      this.#note(pointer, keys, `keys in the order ${order.join()}`);
  }

  #note(pointer: string, found: Json | undefined, recorded: string): void {
    this.differences.push(`${pointer || 'body'}: ${show(found)}, recorded ${recorded}`);
  }
}

function show(value: Json | undefined): string {
  const text = value === undefined ? 'nothing' : stringifyExact(value);
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text;
}
