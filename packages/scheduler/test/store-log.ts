import type { Command, CommandResults } from '@dkron/jobs';
import type { Store } from '@dkron/store';
import type { ReplicatedLog } from '../src/ports.ts';

/** The shortest log there is: each command is applied to the store at once. A test may break it. */
export class StoreLog implements ReplicatedLog {
  readonly commands: Command[] = [];
  valid = true;
  currentTerm = 1n;
  /** What happens to the next proposals: lost before the commit, or committed while the proposer hears a failure. */
  readonly faults: ('none' | 'lost' | 'unheard')[] = [];
  readonly #store: Store;
  readonly #stamps = new Set<bigint>();

  constructor(store: Store) {
    this.#store = store;
  }

  leadershipValid(): boolean {
    return this.valid;
  }

  term(): bigint {
    return this.currentTerm;
  }

  async propose<C extends Command>(command: C): Promise<CommandResults[C['type']]> {
    const fault = this.faults.shift();
    if (fault === 'lost') throw new Error('outcome unknown');
    if (this.#stamps.has(command.stamp)) throw new Error(`stamp ${command.stamp} was used before`);
    this.#stamps.add(command.stamp);
    this.commands.push(command);
    const entry = { index: BigInt(this.commands.length), data: new Uint8Array(), command };
    const [result] = await this.#store.apply([entry]);
    if (fault === 'unheard') throw new Error('outcome unknown');
    return result as CommandResults[C['type']];
  }
}
