import type { JoinedEvent, KeyResultEvent, QueryFinishedEvent } from '../core/serf/effects.ts';
import { GossipError } from '../errors.ts';
import type { OpenQuery } from './own-query.ts';

interface Settle<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

/** Commands that wait for their event, by the handle the core gave them. */
class Waiting<T> {
  readonly #byHandle = new Map<number, Settle<T>>();

  /** `command` runs now and returns the handle; its event may come before this returns. */
  begin(command: () => number): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#byHandle.set(command(), { resolve, reject });
    });
  }

  settle(handle: number, value: T): void {
    const settle = this.#byHandle.get(handle);
    this.#byHandle.delete(handle);
    settle?.resolve(value);
  }

  rejectAll(error: Error): void {
    for (const { reject } of this.#byHandle.values()) reject(error);
    this.#byHandle.clear();
  }
}

/** Everything a caller waits for. All of it settles, at the latest when the node stops. */
export class Pending {
  readonly joins = new Waiting<JoinedEvent>();
  readonly keyCommands = new Waiting<KeyResultEvent>();
  readonly queries = new Map<number, OpenQuery>();
  readonly #tags: Settle<boolean>[] = [];
  readonly #leaves: Settle<void>[] = [];

  /** Resolves with whether the pool heard our tags in time. */
  tags(): Promise<boolean> {
    return new Promise((resolve, reject) => void this.#tags.push({ resolve, reject }));
  }

  tagsTold(inTime: boolean): void {
    for (const { resolve } of this.#tags.splice(0)) resolve(inTime);
  }

  leave(): Promise<void> {
    return new Promise((resolve, reject) => void this.#leaves.push({ resolve, reject }));
  }

  left(): void {
    for (const { resolve } of this.#leaves.splice(0)) resolve();
  }

  queryFinished({ query, acks, answers }: QueryFinishedEvent): void {
    const open = this.queries.get(query);
    this.queries.delete(query);
    open?.end({ acks, answers });
  }

  stop(): void {
    const error = new GossipError('GOSSIP_STOPPED', 'the node stopped meanwhile');
    this.joins.rejectAll(error);
    this.keyCommands.rejectAll(error);
    for (const { reject } of [...this.#tags.splice(0), ...this.#leaves.splice(0)]) reject(error);
    for (const query of this.queries.values()) query.end({ acks: 0, answers: 0 });
    this.queries.clear();
  }
}
