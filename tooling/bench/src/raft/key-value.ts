import type { CommittedEntry, StateMachine, StateSnapshot } from '@dkron/raft';
import { keyOf } from './put-request.ts';

/** Keys and the newest request for each, kept as the bytes of the log; `apply` returns the revision. */
export class KeyValue implements StateMachine {
  readonly #requests = new Map<string, Uint8Array>();
  revision = 0;

  apply(batch: readonly CommittedEntry[]): readonly unknown[] {
    const revisions: number[] = [];
    for (const { data } of batch) {
      this.#requests.set(keyOf(data), data);
      revisions.push(++this.revision);
    }
    return revisions;
  }

  snapshot(): StateSnapshot {
    const state = new TextEncoder().encode(JSON.stringify([this.revision, [...this.#requests.keys()]]));
    return { persist: (writer) => writer.write(state), release: () => {} };
  }

  async restore(): Promise<void> {
    throw new Error('no follower of the bench may need a snapshot');
  }
}
