import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Member } from '@dkron/gossip';
import { hostPort, type Peer, type PeerOptions, type SeenMember } from './peer.ts';
import type { CommandName, Commands, Reply } from './protocol.ts';

type Result<K extends CommandName> = ReturnType<Commands[K]>;

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** A node of ours in a process of its own. */
export class OurPeer implements Peer {
  readonly name: string;
  readonly kind = 'ours';
  readonly #options: PeerOptions;
  readonly #waiting = new Map<number, Waiting>();
  #process: ChildProcess | undefined;
  #nextId = 1;

  constructor(options: PeerOptions) {
    this.name = options.name;
    this.#options = options;
  }

  get address(): string {
    return hostPort(this.#options);
  }

  get snapshotPath(): string {
    return this.#options.snapshotPath;
  }

  async start(): Promise<void> {
    const child = fork(fileURLToPath(new URL('./member.ts', import.meta.url)), { serialization: 'advanced' });
    this.#process = child;
    child.on('message', ({ id, result, error }: Reply) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(result);
      else waiting?.reject(new Error(`${this.name}: ${error}`));
    });
    child.on('exit', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`${this.name} ended`));
      this.#waiting.clear();
    });
    const { name, ip, port, profile, tags, key, compression, snapshotPath } = this.#options;
    await this.ask('start', {
      name,
      bindIp: ip,
      bindPort: port,
      profile,
      tags,
      compression,
      snapshotPath,
      ...(key !== undefined && { keys: [key] }),
    });
  }

  async join(address: string): Promise<void> {
    await this.ask('join', [address]);
  }

  async members(): Promise<readonly SeenMember[]> {
    const members = await this.ask('members', undefined);
    return members.map(({ name, address: { ip, port }, status, tags }: Member) => {
      return { name, status, address: hostPort({ ip, port }), tags: { ...tags } };
    });
  }

  async setTags(tags: Readonly<Record<string, string>>): Promise<void> {
    await this.ask('setTags', tags);
  }

  async userEvent(name: string, payload: string): Promise<void> {
    await this.ask('userEvent', [name, payload]);
  }

  heard(): Promise<readonly string[]> {
    return this.ask('heard', undefined);
  }

  async failures(): Promise<readonly string[]> {
    const { changes, faults } = await this.ask('trouble', undefined);
    return [...changes.filter((change) => change.startsWith('failed ')), ...faults];
  }

  async removeFailed(name: string): Promise<void> {
    await this.ask('removeFailed', name);
  }

  async leave(): Promise<void> {
    await this.ask('leave', undefined);
    await this.ask('stop', undefined);
    await this.end();
  }

  signal(signal: NodeJS.Signals): void {
    this.#process?.kill(signal);
  }

  cpuMs(): Promise<number> {
    return this.ask('cpuMs', undefined);
  }

  async end(): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  ask<K extends CommandName>(command: K, argument: unknown): Promise<Result<K>> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: (result) => resolve(result as Result<K>), reject });
      this.#process?.send({ id, command, argument });
    });
  }
}
