import { failAt, TemplateError } from './errors.ts';
import { FUNCTIONS } from './functions.ts';
import type { Command, Node, Operand, Pipe } from './nodes.ts';
import { parseNodes } from './parse.ts';
import { isObject, isTrue, textOf, typeOf, type Value } from './values.ts';

/** What `.` stands for at the top: names of fields and their values. */
export type Data = Readonly<Record<string, Value>>;

/** Characters that one rendering may produce; more is an error. */
const RENDERED_MAX = 16 * 1024 * 1024;

/** The dot at the top of a template. */
const TOP = Symbol('top');
type Dot = Value | typeof TOP;

/** A parsed template. */
export class Template {
  readonly #nodes: readonly Node[];

  /** @throws TemplateError `syntax`, `unsupported` */
  constructor(text: string) {
    this.#nodes = parseNodes(text);
  }

  /** @throws TemplateError `execute` */
  render(data: Data): string {
    const run = new Run(data);
    run.list(this.#nodes, TOP);
    return run.text;
  }

  /** Fields that it asks of the dot at the top, in no branch more than in another. */
  topFields(): ReadonlySet<string> {
    const names = new Set<string>();
    for (const node of this.#nodes) collect(node, true, names);
    return names;
  }
}

class Run {
  text = '';
  readonly #data: Data;
  readonly #variables: { readonly name: string; value: Dot }[];

  constructor(data: Data) {
    this.#data = data;
    this.#variables = [{ name: '$', value: TOP }];
  }

  list(nodes: readonly Node[], dot: Dot): void {
    const known = this.#variables.length;
    for (const node of nodes) {
      if (node.kind === 'text') this.#add(node.text, 0);
      else if (node.kind === 'print') {
        const value = this.#pipe(node.pipe, dot);
        if (node.pipe.target === undefined) this.#add(this.#printable(value), node.pipe.line);
      } else {
        const scope = this.#variables.length;
        const value = this.#pipe(node.pipe, dot);
        if (value === TOP || isTrue(value)) this.list(node.body, node.kind === 'with' ? value : dot);
        else this.list(node.otherwise, dot);
        this.#variables.length = scope;
      }
    }
    this.#variables.length = known;
  }

  #add(text: string, line: number): void {
    if (this.text.length + text.length > RENDERED_MAX) {
      throw failAt('execute', line, `the text would be longer than ${RENDERED_MAX} characters`);
    }
    this.text += text;
  }

  #printable(value: Dot): string {
    if (value !== TOP) return textOf(value);
    return `map[${Object.keys(this.#data).join(' ')}]`;
  }

  #pipe({ commands, target }: Pipe, dot: Dot): Dot {
    let value: Dot | undefined;
    for (const command of commands) value = this.#command(command, dot, value);
    const result = value ?? null;
    if (target?.declares === true) this.#variables.push({ name: target.name, value: result });
    else if (target !== undefined) this.#variables.findLast(({ name }) => name === target.name)!.value = result;
    return result;
  }

  #command({ operands: [first, ...rest] }: Command, dot: Dot, piped: Dot | undefined): Dot {
    const { base, fields, line } = first;
    if (base.kind === 'call' && fields.length === 0) {
      const lazy = base.name === 'and' ? false : base.name === 'or' ? true : undefined;
      const args: Value[] = [];
      for (const operand of rest) {
        const value = this.#plain(this.#operand(operand, dot, []), operand.line);
        args.push(value);
        if (lazy !== undefined && isTrue(value) === lazy) return value;
      }
      if (piped !== undefined) args.push(this.#plain(piped, line));
      return guarded(line, base.name, () => FUNCTIONS.get(base.name)!(args));
    }
    const args = rest.map((operand) => this.#plain(this.#operand(operand, dot, []), operand.line));
    if (piped !== undefined) {
      if (fields.length === 0) throw failAt('execute', line, "can't give argument to non-function");
      args.push(this.#plain(piped, line));
    }
    return this.#operand(first, dot, args);
  }

  /** @param args of its last field, when that is a method */
  #operand({ base, fields, line }: Operand, dot: Dot, args: readonly Value[]): Dot {
    let value = this.#base(base, dot, line);
    fields.forEach((name, i) => {
      value = this.#member(value, name, i === fields.length - 1 ? args : [], line);
    });
    return value;
  }

  #base(base: Operand['base'], dot: Dot, line: number): Dot {
    switch (base.kind) {
      case 'dot':
        return dot;
      case 'variable':
        return this.#variables.findLast(({ name }) => name === base.name)!.value;
      case 'constant':
        return base.value;
      case 'call':
        return guarded(line, base.name, () => FUNCTIONS.get(base.name)!([]));
      case 'group':
        return this.#pipe(base.pipe, dot);
    }
  }

  #member(value: Dot, name: string, args: readonly Value[], line: number): Value {
    if (value === TOP) {
      const found = Object.hasOwn(this.#data, name) ? this.#data[name] : undefined;
      if (found === undefined) throw failAt('execute', line, `can't evaluate field ${name}`);
      if (args.length > 0) throw failAt('execute', line, `${name} has arguments but is no function`);
      return found;
    }
    const found = isObject(value) ? guarded(line, name, () => value.member(name, args)) : undefined;
    if (found === undefined) throw failAt('execute', line, `can't evaluate field ${name} in type ${typeOf(value)}`);
    return found;
  }

  #plain(value: Dot, line: number): Value {
    if (value === TOP) throw failAt('execute', line, 'the dot at the top cannot be an argument');
    return value;
  }
}

function guarded<T>(line: number, name: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof TemplateError) throw error;
    throw failAt('execute', line, `error calling ${name}: ${(error as Error).message}`);
  }
}

function collect(node: Node, top: boolean, names: Set<string>): void {
  if (node.kind === 'text') return;
  collectPipe(node.pipe, top, names);
  if (node.kind === 'print') return;
  for (const one of node.body) collect(one, top && node.kind === 'if', names);
  for (const one of node.otherwise) collect(one, top, names);
}

function collectPipe({ commands }: Pipe, top: boolean, names: Set<string>): void {
  for (const { operands } of commands) {
    for (const { base, fields } of operands) {
      if (base.kind === 'group') collectPipe(base.pipe, top, names);
      const isTop = (base.kind === 'dot' && top) || (base.kind === 'variable' && base.name === '$');
      if (isTop && fields[0] !== undefined) names.add(fields[0]);
    }
  }
}
