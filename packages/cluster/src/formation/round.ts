import { ofNode } from '../describe/describer.ts';
import type { DescribeOutcome } from '../describe/description.ts';
import type { SeenServer } from './types.ts';

/** One look around: every alive server is asked once. Answers of an earlier round count for nothing. */
export class Round {
  readonly id: number;
  readonly startedMs: number;
  readonly asked: readonly SeenServer[];
  readonly #outcomes = new Map<string, DescribeOutcome>();

  constructor(id: number, startedMs: number, asked: readonly SeenServer[]) {
    this.id = id;
    this.startedMs = startedMs;
    this.asked = asked;
  }

  answered(name: string, outcome: DescribeOutcome): void {
    if (this.#outcomes.has(name) || this.asked.every((server) => server.name !== name)) return;
    this.#outcomes.set(name, ofNode(name, outcome));
  }

  get complete(): boolean {
    return this.#outcomes.size === this.asked.length;
  }

  outcome(name: string): DescribeOutcome | undefined {
    return this.#outcomes.get(name);
  }

  /** In the order of names. */
  outcomes(): { readonly name: string; readonly probation: boolean; readonly outcome: DescribeOutcome }[] {
    return this.asked
      .flatMap(({ name, probation = false }) => {
        const outcome = this.#outcomes.get(name);
        return outcome === undefined ? [] : [{ name, probation, outcome }];
      })
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }
}
