import { checkLinearizable, type LinearizabilityResult } from '../linearize/check-linearizable.ts';
import type { Operation } from '../linearize/model.ts';
import { type RegisterInput, registerModel, type RegisterOutput } from '../linearize/register-model.ts';
import { Violation } from '../check/violation.ts';
import type { Command } from './state-machine.ts';

type RegisterOperation = Operation<RegisterInput, RegisterOutput>;

/** Bound on one key of one run: beyond it the outcome is unknown, which is counted. */
const MAX_ATTEMPTS = 200_000;

/** What clients asked for and were told, by key. */
export class History {
  readonly #byKey = new Map<number, RegisterOperation[]>();
  /** Histories whose check was given up. */
  unknown = 0;
  operations = 0;

  /** One for each key. */
  get count(): number {
    return this.#byKey.size;
  }

  write(command: Command, calledAt: number, answer: { at: number; effective: boolean } | undefined): void {
    const { kind, value, expected } = command;
    const input: RegisterInput = kind === 'put' ? { kind, value } : { kind, expected, value };
    const told = answer === undefined ? undefined : { at: answer.at, output: answer.effective ? 1 : 0 };
    this.#add(command.key, { input, calledAt, answer: told });
  }

  read(key: number, calledAt: number, at: number, value: number): void {
    this.#add(key, { input: { kind: 'get' }, calledAt, answer: { at, output: value } });
  }

  /** Throws {@link Violation} unless every key behaved like a register. */
  check(): void {
    for (const [key, operations] of this.#byKey) {
      // What nobody saw may not have happened. If that explains the rest, nothing else needs to be tried.
      const simple = operations.filter((operation) => operation.answer !== undefined || wasSeen(operation, operations));
      if (judge(simple).verdict === 'linearizable') continue;
      const { verdict, longest } = judge(operations);
      if (verdict === 'unknown') this.unknown++;
      if (verdict !== 'violation') continue;
      const stuck = operations.filter((_, i) => !longest.includes(i)).slice(0, 3);
      throw new Violation('linearizability', `key ${key}, none of these can come next: ${JSON.stringify(stuck)}`);
    }
  }

  #add(key: number, operation: RegisterOperation): void {
    this.operations++;
    const known = this.#byKey.get(key);
    if (known === undefined) this.#byKey.set(key, [operation]);
    else known.push(operation);
  }
}

function judge(operations: readonly RegisterOperation[]): LinearizabilityResult {
  return checkLinearizable(registerModel, operations, { maxAttempts: MAX_ATTEMPTS });
}

/** Whether the value of a write was read, or was what a compare-and-set was made on. Values are written once. */
function wasSeen({ input }: RegisterOperation, operations: readonly RegisterOperation[]): boolean {
  if (input.kind === 'get') return true;
  return operations.some(({ input: other, answer }) =>
    other.kind === 'get'
      ? answer?.output === input.value
      : other.kind === 'cas' && other.expected === input.value && answer?.output !== 0,
  );
}
