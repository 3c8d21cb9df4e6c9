import type { Json } from './json.ts';
import { at, isObject } from './json.ts';

const PLACE = /\{\{(\w+)\}\}/g;

/** Values that a replay learns on its way, put in where a recording says `{{name}}`. */
export class Variables {
  readonly #values = new Map<string, string>();

  set(name: string, value: string): void {
    this.#values.set(name, value);
  }

  /** Takes values out of an answer. Throws when there is no text at a pointer. */
  capture(pointers: Readonly<Record<string, string>>, body: Json): void {
    for (const [name, pointer] of Object.entries(pointers)) {
      const value = at(body, pointer);
      if (typeof value !== 'string') throw new Error(`nothing to take out at ${pointer} for {{${name}}}`);
      this.#values.set(name, value);
    }
  }

  /** `now+2s`, `now-3600s`: RFC 3339, whole seconds, UTC. */
  setTime(name: string, expression: string): void {
    const match = /^now([+-]\d+)s$/.exec(expression);
    if (!match) throw new Error(`set ${name}: ${expression} is no time`);
    const at = new Date(Date.now() + Number(match[1]) * 1000);
    this.#values.set(name, at.toISOString().replace(/\.\d+Z$/, 'Z'));
  }

  text(text: string): string {
    return text.replaceAll(PLACE, (whole, name: string) => this.#values.get(name) ?? whole);
  }

  /** In all texts of a value, keys included. */
  in<T extends Json | undefined>(value: T): T {
    return this.#in(value as Json) as T;
  }

  #in(value: Json): Json {
    if (typeof value === 'string') return this.text(value);
    if (Array.isArray(value)) return value.map((item: Json) => this.#in(item));
    if (!isObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [this.text(key), this.#in(item)]));
  }
}
