import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemTimers } from '@dkron/runtime/system';
import type { LoadOrder, LoadResult } from './proposers.ts';

const MEMBER = fileURLToPath(new URL('member.ts', import.meta.url));
const IDS = ['a', 'b', 'c'] as const;

export interface Counters {
  readonly applied: number;
  readonly term: number;
  /** Syncs of the log, and of all files. */
  readonly walSyncs: number;
  readonly syncs: number;
}

interface Answer {
  readonly number?: number;
  readonly result?: unknown;
  readonly error?: string;
}

/** A process of ours and what it is asked. */
class Member {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  #number = 0;

  constructor(child: ChildProcess) {
    this.#child = child;
    child.on('message', ({ number = -1, result, error }: Answer) => {
      const waiting = this.#waiting.get(number);
      this.#waiting.delete(number);
      if (error === undefined) waiting?.resolve(result as never);
      else waiting?.reject(new Error(error));
    });
    child.on('exit', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('a server of the bench ended'));
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  ask<T>(order: string, argument?: unknown): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#number += 1;
      this.#waiting.set(this.#number, { resolve, reject });
      this.#child.send({ number: this.#number, order, argument });
    });
  }

  async end(): Promise<void> {
    const exited = once(this.#child, 'exit');
    this.#child.disconnect();
    await exited;
  }
}

/** Three servers of ours over gRPC on the loopback interface, each with a log on the disk. */
export class OurCluster {
  readonly #members: readonly Member[];

  private constructor(members: readonly Member[]) {
    this.#members = members;
  }

  static async start(folder: string): Promise<OurCluster> {
    const members: Member[] = [];
    for (const id of IDS) {
      const child = fork(MEMBER, [id, join(folder, id)], { execArgv: [...process.execArgv, ...profiling(id)] });
      await once(child, 'message');
      members.push(new Member(child));
    }
    const cluster = new OurCluster(members);
    const born = await Promise.all(members.map((member) => member.ask<{ address: string; birth: string }>('born')));
    await cluster.#all('meet', Object.fromEntries(IDS.map((id, i) => [id, born[i]!.address])));
    const founders = IDS.map((id, i) => ({ id, birth: born[i]!.birth }));
    await cluster.#all('found', { region: 'global', attempt: 0, members: founders });
    await cluster.leader();
    return cluster;
  }

  get pids(): number[] {
    return this.#members.map(({ pid }) => pid);
  }

  async leader(): Promise<Member> {
    for (let tries = 0; tries < 600; tries++) {
      for (const member of this.#members) if (await member.ask<boolean>('leads')) return member;
      await systemTimers.sleep(50);
    }
    throw new Error('no leader within 30 s');
  }

  async leaderPid(): Promise<number> {
    return (await this.leader()).pid;
  }

  async load(order: LoadOrder): Promise<LoadResult> {
    return (await this.leader()).ask('load', order);
  }

  async counters(): Promise<Counters> {
    return (await this.leader()).ask('counters');
  }

  /** Opens the gRPC key-value facade of the leader and returns its port. */
  async facade(): Promise<number> {
    return (await this.leader()).ask('facade');
  }

  /** Each sync of a file on every server begins this much later. */
  async delaySyncs(ms: number): Promise<void> {
    await this.#all('delay', ms);
  }

  async stop(): Promise<void> {
    await this.#all('stop').catch(() => {});
    await Promise.all(this.#members.map((member) => member.end()));
  }

  async #all(order: string, argument?: unknown): Promise<void> {
    await Promise.all(this.#members.map((member) => member.ask(order, argument)));
  }
}

/** RAFT_BENCH_PROFILE=folder: each server leaves a CPU profile there. */
function profiling(id: string): string[] {
  const to = process.env['RAFT_BENCH_PROFILE'];
  return to === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${to}`, `--cpu-prof-name=${id}.cpuprofile`];
}
