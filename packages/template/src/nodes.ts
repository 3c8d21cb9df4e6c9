import type { Value } from './values.ts';

/** An operand and the fields asked of it. */
export interface Operand {
  readonly line: number;
  readonly base:
    | { readonly kind: 'dot' }
    | { readonly kind: 'variable'; readonly name: string }
    | { readonly kind: 'constant'; readonly value: Value }
    | { readonly kind: 'call'; readonly name: string }
    | { readonly kind: 'group'; readonly pipe: Pipe };
  readonly fields: readonly string[];
}

/** Its first word decides; the others are its arguments. */
export interface Command {
  readonly operands: readonly [Operand, ...Operand[]];
}

/** Commands, each given the result of the one before as its last argument. */
export interface Pipe {
  readonly line: number;
  readonly commands: readonly Command[];
  /** `$x := …` declares, `$x = …` assigns. */
  readonly target: { readonly name: string; readonly declares: boolean } | undefined;
}

export type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'print'; readonly pipe: Pipe }
  | {
      readonly kind: 'if' | 'with';
      readonly pipe: Pipe;
      readonly body: readonly Node[];
      readonly otherwise: readonly Node[];
    };
