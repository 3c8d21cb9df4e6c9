import { setTimeout as pause } from 'node:timers/promises';
import type { RaftNode } from '@dkron/raft';
import { FILLER } from './kv-machine.ts';

const RETRY_MS = 20;

/** Keeps a number of commands under way whenever the node leads, until the process ends. */
export class Saturator {
  committed = 0;
  readonly #node: RaftNode;

  constructor(node: RaftNode) {
    this.#node = node;
  }

  start(inFlight: number, bytes: number): void {
    const command = new Uint8Array(bytes).fill(1);
    command[0] = FILLER;
    for (let i = 0; i < inFlight; i++) void this.#propose(command);
  }

  async #propose(command: Uint8Array): Promise<never> {
    for (;;) {
      try {
        await this.#node.apply(command);
        this.committed += 1;
      } catch {
        await pause(RETRY_MS);
      }
    }
  }
}
