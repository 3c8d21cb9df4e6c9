import { failAt } from './errors.ts';
import { FUNCTIONS } from './functions.ts';
import type { Piece, Token } from './lexer.ts';
import { piecesOf } from './lexer.ts';
import type { Command, Node, Operand, Pipe } from './nodes.ts';

const DEPTH_MAX = 100;
const UNSUPPORTED = new Set(['range', 'define', 'template', 'block', 'break', 'continue']);

/** A template's tree. @throws TemplateError `syntax`, `unsupported` */
export function parseNodes(text: string): readonly Node[] {
  const parser = new Parser(piecesOf(text));
  const nodes = parser.list(0);
  const rest = parser.takeEnd();
  if (rest !== undefined) throw failAt('syntax', rest.line, `unexpected {{${rest.word}}}`);
  return nodes;
}

interface End {
  readonly word: 'end' | 'else';
  readonly line: number;
  /** Of `else if`, `else with`. */
  readonly rest: readonly Token[];
}

/** Variables are known from their declaration to the end of the block that holds it. */
class Parser {
  readonly #pieces: readonly Piece[];
  readonly #variables: string[] = ['$'];
  #at = 0;
  #ended: End | undefined;

  constructor(pieces: readonly Piece[]) {
    this.#pieces = pieces;
  }

  takeEnd(): End | undefined {
    const ended = this.#ended;
    this.#ended = undefined;
    return ended;
  }

  /** Up to an `end`, an `else`, or the end of the text. */
  list(depth: number): readonly Node[] {
    const nodes: Node[] = [];
    const known = this.#variables.length;
    while (this.#at < this.#pieces.length && this.#ended === undefined) {
      const piece = this.#pieces[this.#at++]!;
      if (piece.kind === 'text') nodes.push(piece);
      else nodes.push(...this.#action(piece.tokens, piece.line, depth));
    }
    this.#variables.length = known;
    return nodes;
  }

  #action(tokens: readonly Token[], line: number, depth: number): readonly Node[] {
    const [first, ...rest] = tokens;
    if (first === undefined) throw failAt('syntax', line, 'empty action');
    if (first.kind === 'word') {
      if (UNSUPPORTED.has(first.text)) throw failAt('unsupported', line, `{{${first.text}}} is not supported`);
      if (first.text === 'if' || first.text === 'with') return [this.#branch(first.text, rest, line, depth)];
      if (first.text === 'end' || first.text === 'else') {
        if (first.text === 'end' && rest.length > 0) throw failAt('syntax', line, 'unexpected text after end');
        this.#ended = { word: first.text, line, rest };
        return [];
      }
    }
    return [{ kind: 'print', pipe: new PipeParser(tokens, line, this.#variables).whole(depth) }];
  }

  #branch(kind: 'if' | 'with', tokens: readonly Token[], line: number, depth: number): Node {
    if (depth >= DEPTH_MAX) throw failAt('syntax', line, `more than ${DEPTH_MAX} blocks inside each other`);
    const known = this.#variables.length;
    const pipe = new PipeParser(tokens, line, this.#variables).whole(depth);
    const body = this.list(depth + 1);
    const ended = this.takeEnd();
    const otherwise = ended?.word === 'else' ? this.#else(ended, depth) : [];
    if (ended === undefined) throw failAt('syntax', line, `{{${kind}}} without {{end}}`);
    this.#variables.length = known;
    return { kind, pipe, body, otherwise };
  }

  #else({ line, rest }: End, depth: number): readonly Node[] {
    const [word, ...more] = rest;
    if (word !== undefined) {
      if (word.text !== 'if' && word.text !== 'with') throw failAt('syntax', line, 'unexpected text after else');
      return [this.#branch(word.text, more, line, depth + 1)];
    }
    const nodes = this.list(depth + 1);
    const ended = this.takeEnd();
    if (ended?.word !== 'end') throw failAt('syntax', ended?.line ?? line, '{{else}} without {{end}}');
    return nodes;
  }
}

class PipeParser {
  readonly #tokens: readonly Token[];
  readonly #line: number;
  readonly #variables: string[];
  #at = 0;

  constructor(tokens: readonly Token[], line: number, variables: string[]) {
    this.#tokens = tokens;
    this.#line = line;
    this.#variables = variables;
  }

  whole(depth: number): Pipe {
    const [variable, mark] = this.#tokens;
    const assigns = mark?.kind === 'mark' && (mark.text === ':=' || mark.text === '=');
    if (variable?.kind === 'variable' && assigns) {
      const declares = mark.text === ':=';
      if (!declares) this.#known(variable);
      this.#at = 2;
      const pipe = this.#pipe(depth);
      if (declares) this.#variables.push(variable.text);
      return { ...this.#ends(pipe), target: { name: variable.text, declares } };
    }
    return this.#ends(this.#pipe(depth));
  }

  #ends(pipe: Pipe): Pipe {
    const left = this.#tokens[this.#at];
    if (left !== undefined) throw failAt('syntax', left.line, `unexpected ${JSON.stringify(left.text)}`);
    return pipe;
  }

  #pipe(depth: number): Pipe {
    if (depth >= DEPTH_MAX) throw failAt('syntax', this.#line, `more than ${DEPTH_MAX} levels of parentheses`);
    const commands: Command[] = [];
    do commands.push(this.#command(depth));
    while (this.#take('|'));
    return { line: this.#line, commands, target: undefined };
  }

  #command(depth: number): Command {
    const operands: Operand[] = [];
    for (let next = this.#tokens[this.#at]; next !== undefined; next = this.#tokens[this.#at]) {
      if (next.kind === 'mark' && next.text !== '(') break;
      operands.push(this.#operand(next, depth));
    }
    const [first, ...others] = operands;
    if (first === undefined) throw failAt('syntax', this.#line, 'missing value');
    const takesArguments = first.base.kind === 'call' || first.fields.length > 0;
    if (others.length > 0 && !takesArguments)
      throw failAt('syntax', first.line, 'arguments behind what is no function');
    return { operands: [first, ...others] };
  }

  #operand(token: Token, depth: number): Operand {
    this.#at += 1;
    const base = this.#base(token, depth);
    const fields = token.kind === 'field' && token.text !== '' ? token.text.split('.') : [];
    const next = this.#tokens[this.#at];
    const follows = token.kind !== 'field' && next?.kind === 'field' && !next.spaced && next.text !== '';
    if (follows) this.#at += 1;
    return { line: token.line, base, fields: follows ? next.text.split('.') : fields };
  }

  #base(token: Token, depth: number): Operand['base'] {
    switch (token.kind) {
      case 'field':
        return { kind: 'dot' };
      case 'variable':
        this.#known(token);
        return { kind: 'variable', name: token.text };
      case 'string':
        return { kind: 'constant', value: token.text };
      case 'number':
        return { kind: 'constant', value: Number(token.text) };
      case 'word':
        if (token.text === 'true' || token.text === 'false') return { kind: 'constant', value: token.text === 'true' };
        if (token.text === 'nil') return { kind: 'constant', value: null };
        if (!FUNCTIONS.has(token.text)) throw failAt('syntax', token.line, `function "${token.text}" not defined`);
        return { kind: 'call', name: token.text };
      case 'mark': {
        const pipe = this.#pipe(depth + 1);
        if (!this.#take(')')) throw failAt('syntax', token.line, 'unclosed left parenthesis');
        return { kind: 'group', pipe };
      }
    }
  }

  #known(token: Token): void {
    if (!this.#variables.includes(token.text)) throw failAt('syntax', token.line, `undefined variable "${token.text}"`);
  }

  #take(mark: string): boolean {
    const next = this.#tokens[this.#at];
    if (next?.kind !== 'mark' || next.text !== mark) return false;
    this.#at += 1;
    return true;
  }
}
