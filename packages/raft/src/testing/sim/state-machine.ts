import type { Entry } from '../../core/index.ts';
import { chainOf } from './entry-chain.ts';

/** A command of a client to the key-value store. */
export interface Command {
  readonly kind: 'put' | 'cas';
  readonly key: number;
  readonly value: number;
  /** `cas` only: the value that must be there. */
  readonly expected: number;
}

/** State of the key-value store after some entry. */
export interface MachineState {
  readonly applied: number;
  /** Hash of all entries applied. */
  readonly chain: number;
  readonly values: readonly number[];
}

export const EMPTY_STATE: MachineState = { applied: 0, chain: 0, values: [] };

/** The state machine that the simulated servers replicate: numbers by key, 0 where nothing was put. */
export class KeyValueMachine {
  applied: number;
  chain: number;
  #values: number[];

  constructor(state: MachineState) {
    this.applied = state.applied;
    this.chain = state.chain;
    this.#values = [...state.values];
  }

  /** Takes note of the entry applied now. */
  extend(entry: Entry): void {
    this.chain = chainOf(this.chain, entry);
  }

  /** @returns whether the command had an effect */
  execute(command: Command): boolean {
    if (command.kind === 'cas' && this.get(command.key) !== command.expected) return false;
    this.#values[command.key] = command.value;
    return true;
  }

  get(key: number): number {
    return this.#values[key] ?? 0;
  }

  state(): MachineState {
    return { applied: this.applied, chain: this.chain, values: Array.from(this.#values, (value) => value ?? 0) };
  }
}
