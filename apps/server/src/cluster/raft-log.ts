import type { Command, CommandResults } from '@dkron/jobs';
import type { RaftNode } from '@dkron/raft';
import { RaftError } from '@dkron/raft';
import type { ReplicatedLog } from '@dkron/scheduler';
import type { Codec } from '@dkron/store';
import type { StoreMachine } from './store-machine.ts';

export interface RaftLogModules {
  readonly node: RaftNode;
  readonly machine: StoreMachine;
  readonly codec: Codec<Command>;
}

/** The port of the engine over consensus. Proposals of one turn share one append and one sync. */
export class RaftLog implements ReplicatedLog {
  readonly #modules: RaftLogModules;
  /** Why nothing is proposed now; `''` = it is. */
  #closed = '';

  #guard: (type: Command['type']) => void = () => undefined;

  constructor(modules: RaftLogModules) {
    this.#modules = modules;
  }

  leadershipValid(): boolean {
    return this.#modules.node.leadershipValid();
  }

  term(): bigint {
    return BigInt(this.#modules.node.term);
  }

  /** Throws for commands that may not be written now. */
  guardWith(guard: (type: Command['type']) => void): void {
    this.#guard = guard;
  }

  /** Nothing of this server gets into the log while `work` is under way. */
  async closedDuring<T>(why: string, work: () => Promise<T>): Promise<T> {
    this.#closed = why;
    try {
      return await work();
    } finally {
      this.#closed = '';
    }
  }

  /** Rejects with `RaftError`; after `leadership_lost`, `stopped` and `failed` the outcome is unknown. */
  async propose<C extends Command>(command: C): Promise<CommandResults[C['type']]> {
    const { node, machine, codec } = this.#modules;
    if (this.#closed !== '') throw new RaftError('leadership_transfer', `${this.#closed}; nothing was proposed`, {});
    this.#guard(command.type);
    const data = codec.encode(command);
    machine.remember(data, command);
    try {
      return (await node.apply(data)).value as CommandResults[C['type']];
    } finally {
      machine.forget(data);
    }
  }
}
