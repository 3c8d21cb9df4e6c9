import { checkLinearizable, type Model, type Operation } from '@dkron/raft/testing';

/** An operation on one key; `output` is the value before it. */
export type KeyInput =
  | { readonly op: 'get' }
  | { readonly op: 'put'; readonly value: number }
  | { readonly op: 'cas'; readonly value: number; readonly expected: number };

export type KeyOperation = Operation<KeyInput, number>;

/** A register of which every operation tells what it found: much is known, so the search is short. */
const model: Model<number, KeyInput, number> = {
  initial: 0,
  next: (state, input) => {
    if (input.op === 'get') return state;
    return input.op === 'put' || state === input.expected ? input.value : state;
  },
  accepts: (state, _input, output) => output === state,
  key: String,
};

/** What clients did and saw, by key. */
export class History {
  readonly #keys = new Map<string, KeyOperation[]>();

  add(key: string, operation: KeyOperation): void {
    const operations = this.#keys.get(key);
    if (operations === undefined) this.#keys.set(key, [operation]);
    else operations.push(operation);
  }

  keys(): string[] {
    return [...this.#keys.keys()];
  }

  of(key: string): readonly KeyOperation[] {
    return this.#keys.get(key) ?? [];
  }

  count(which: (operation: KeyOperation) => boolean): number {
    return [...this.#keys.values()].reduce((sum, operations) => sum + operations.filter(which).length, 0);
  }

  /** Values of all changes that were acknowledged. */
  acknowledged(): number[] {
    const all = [...this.#keys.values()].flat();
    return all.flatMap(({ input, answer }) => (input.op === 'get' || answer === undefined ? [] : [input.value]));
  }

  /** One line for each key whose operations fit no order; keys are judged one by one, which locality allows. */
  violations(): string[] {
    return this.keys().flatMap((key) => {
      const operations = withoutUnseen(this.of(key));
      const { verdict, longest } = checkLinearizable(model, operations);
      if (verdict === 'linearizable') return [];
      const placed = new Set(longest);
      const stuck = operations.filter((_, i) => !placed.has(i)).toSorted((a, b) => a.calledAt - b.calledAt);
      const some = stuck.slice(0, 6).map(describe).join('; ');
      return [`${key}: ${verdict}, ${longest.length} of ${operations.length} operations in order; stuck at ${some}`];
    });
  }
}

/**
 * Leaves out changes of unknown outcome whose value nobody saw. Values are unique and every answer tells the value before
 * it, so such a change can only have been followed by blind writes: whether it took effect makes no difference, and
 * without it the search has less to try.
 */
export function withoutUnseen(operations: readonly KeyOperation[]): readonly KeyOperation[] {
  const seen = new Set<number>();
  for (const { input, answer } of operations) {
    if (answer !== undefined) seen.add(answer.output);
    if (input.op === 'cas') seen.add(input.expected);
  }
  return operations.filter(
    ({ input, answer }) => answer !== undefined || (input.op !== 'get' && seen.has(input.value)),
  );
}

function describe({ input, calledAt, answer }: KeyOperation): string {
  const what =
    input.op === 'get' ? 'get' : input.op === 'put' ? `put ${input.value}` : `cas ${input.expected}→${input.value}`;
  const saw = answer === undefined ? 'no answer' : `saw ${answer.output} at ${answer.at.toFixed(1)}`;
  return `${what} called at ${calledAt.toFixed(1)} ms, ${saw}`;
}
