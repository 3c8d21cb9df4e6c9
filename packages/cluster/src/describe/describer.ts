import type { Clock } from '@dkron/runtime';
import type { AskDescription, DescribeOutcome } from './description.ts';

export interface DescriberOptions {
  /** How long a node may take to answer. @default 1,000 */
  readonly timeoutMs?: number;
}

interface Known {
  readonly address: string;
  readonly outcome: DescribeOutcome;
  readonly atMs: number;
}

const MAX_KNOWN = 10_000;

/**
 * Asks nodes what they are and remembers it until they join again or move. That a node is one of the original stays
 * so as long as it does not join again; what ours say of themselves ages, which the caller bounds.
 */
export class Describer {
  readonly #timeoutMs: number;
  readonly #ask: AskDescription;
  readonly #clock: Clock;
  readonly #known = new Map<string, Known>();
  /** Calls under way, by name; one that is no longer here was overtaken by a join. */
  readonly #asking = new Map<string, { readonly address: string; readonly answer: Promise<DescribeOutcome> }>();

  constructor(options: DescriberOptions, modules: { readonly ask: AskDescription; readonly clock: Clock }) {
    this.#timeoutMs = options.timeoutMs ?? 1000;
    this.#ask = modules.ask;
    this.#clock = modules.clock;
  }

  /** The node has joined, or left: what is known of it holds no longer. */
  joined(name: string): void {
    this.#known.delete(name);
    this.#asking.delete(name);
  }

  /** What the node is. Never rejects. @param maxAgeMs - how old an answer of a node of ours may be; 0 asks anew */
  async describe(name: string, address: string, maxAgeMs = 60_000): Promise<DescribeOutcome> {
    const known = this.known(name, address);
    const fresh = known !== undefined && this.#clock.monotonicMs() - known.atMs <= maxAgeMs && maxAgeMs > 0;
    if (known !== undefined && (fresh || known.outcome.kind === 'go')) return known.outcome;
    const under = this.#asking.get(name);
    if (under?.address === address) return await under.answer;
    const answer = this.#ask(address, this.#timeoutMs).then((outcome) => ofNode(name, outcome));
    const asking = { address, answer };
    this.#asking.set(name, asking);
    const outcome = await answer;
    if (this.#asking.get(name) !== asking) return outcome;
    this.#asking.delete(name);
    if (outcome.kind !== 'silent') this.#remember(name, { address, outcome, atMs: this.#clock.monotonicMs() });
    return outcome;
  }

  /** What is remembered, without asking. */
  known(name: string, address: string): Known | undefined {
    const known = this.#known.get(name);
    return known?.address === address ? known : undefined;
  }

  #remember(name: string, known: Known): void {
    if (this.#known.size >= MAX_KNOWN && !this.#known.has(name)) this.#known.clear();
    this.#known.set(name, known);
  }
}

/** Another node may have taken the address over. */
export function ofNode(name: string, outcome: DescribeOutcome): DescribeOutcome {
  if (outcome.kind !== 'ours' || outcome.description.name === name) return outcome;
  return { kind: 'silent', why: `${outcome.description.name} answers at its address` };
}
