import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { OurPeer } from './our-peer.ts';
import type { Peer, PeerOptions, SeenMember } from './peer.ts';
import { SerfPeer } from './serf-peer.ts';

export interface PoolOptions {
  /** Second number of the addresses, 127.x.0.0/16. */
  readonly net: number;
  readonly profile: 'lan' | 'local';
  /** Base64; none: not encrypted. */
  readonly key?: string;
  /** Of each kind. */
  readonly each: number;
  /** On ports of ::1 instead of addresses of 127.0.0.0/8. */
  readonly ipv6?: boolean;
}

const PORT = 17_946;
const POLL_MS = 50;

/** Members of both kinds on addresses of the loopback interface. */
export class Pool {
  readonly ours: OurPeer[] = [];
  readonly serfs: SerfPeer[] = [];
  readonly options: PoolOptions;
  /** What new members begin with. */
  key: string | undefined;
  readonly #folder = mkdtempSync(join(tmpdir(), 'gossip-interop-'));
  readonly #all: Peer[] = [];
  #addresses = 0;

  constructor(options: PoolOptions) {
    this.options = options;
    this.key = options.key;
  }

  /** Those that take part now. */
  get peers(): readonly Peer[] {
    return [...this.serfs, ...this.ours];
  }

  /** Members that join each other across kinds. */
  async populate(): Promise<void> {
    for (let i = 1; i <= this.options.each; i++) {
      await this.add('serf', `serf-${i}`);
      await this.add('ours', `our-${i}`);
    }
  }

  /** A new process, which joins one of the other kind, if there is any. */
  async add(kind: 'ours' | 'serf', name: string): Promise<Peer> {
    const peer = await this.#start(kind, name);
    const [other] = kind === 'ours' ? [...this.serfs, ...this.ours] : [...this.ours, ...this.serfs];
    if (other !== undefined) await peer.join(other.address);
    this.#take(peer);
    return peer;
  }

  /** One that was removed and runs again, as the last of its kind; it joins nobody. */
  readmit(peer: OurPeer | SerfPeer): void {
    this.#take(peer);
  }

  /** A second process of a name that is taken; it is in nobody's list. */
  async addTwinOfOurs(name: string): Promise<OurPeer> {
    const twin = new OurPeer(this.#optionsFor('ours', name));
    await this.#startTwin(twin);
    return twin;
  }

  async addTwinOfSerf(name: string): Promise<SerfPeer> {
    const twin = new SerfPeer(this.#optionsFor('serf', name), this.#folder);
    await this.#startTwin(twin);
    return twin;
  }

  /** An agent of Serf that speaks its oldest protocol, in which a role is all there is of tags. */
  async addOldSerf(name: string, role: string): Promise<SerfPeer> {
    const old = new SerfPeer({ ...this.#optionsFor('serf', name), tags: { role }, protocol: 2 }, this.#folder);
    this.#all.push(old);
    await old.start();
    await old.join(this.ours[0]!.address);
    this.serfs.push(old);
    return old;
  }

  async #startTwin(twin: Peer): Promise<void> {
    this.#all.push(twin);
    await twin.start();
    // The pool may be faster in ending it than the join in succeeding.
    await twin.join(this.peers[0]!.address).catch(() => {});
  }

  #take(peer: OurPeer | SerfPeer): void {
    if (peer instanceof OurPeer) this.ours.push(peer);
    else this.serfs.push(peer);
  }

  async #start(kind: 'ours' | 'serf', name: string): Promise<OurPeer | SerfPeer> {
    const options = this.#optionsFor(kind, name);
    const peer = kind === 'ours' ? new OurPeer(options) : new SerfPeer(options, this.#folder);
    this.#all.push(peer);
    await peer.start();
    return peer;
  }

  #optionsFor(kind: 'ours' | 'serf', name: string): PeerOptions {
    const { key } = this;
    const { net, profile, ipv6 = false } = this.options;
    const number = ++this.#addresses;
    return {
      name,
      ip: ipv6 ? '::1' : `127.${net}.0.${number}`,
      port: ipv6 ? PORT + number : PORT,
      // Not of the name: who comes back elsewhere knows nobody.
      snapshotPath: join(this.#folder, `${number}.snapshot`),
      profile,
      tags: { kind, role: 'test' },
      // Every other one of each kind does not compress.
      compression: number % 4 < 2,
      ...(key !== undefined && { key }),
    };
  }

  /** Takes a member from those that take part; its process is left alone. */
  remove(peer: Peer): void {
    for (const list of [this.ours, this.serfs] as Peer[][]) {
      const at = list.indexOf(peer);
      if (at >= 0) list.splice(at, 1);
    }
  }

  /** Waits until every member says so of `name`. */
  async everybodySees(
    name: string,
    isAsWanted: (member: SeenMember | undefined) => boolean,
    withinMs: number,
  ): Promise<number> {
    return await this.until(`everybody's view of ${name}`, withinMs, async () => {
      const views = await Promise.all(this.peers.map((peer) => peer.members()));
      const seen = views.map((members) => members.find((member) => member.name === name));
      return seen.every(isAsWanted)
        ? undefined
        : seen.map((member, i) => `${this.peers[i]!.name}: ${member?.status}`).join(', ');
    });
  }

  /** Waits until every member holds the same of all, those being alive that take part. */
  async allAgree(withinMs: number): Promise<number> {
    return await this.until('agreement', withinMs, async () => {
      const views = await Promise.all(this.peers.map((peer) => peer.members()));
      const alive = views.map((members) => members.filter(({ status }) => status === 'alive').toSorted(byName));
      const wanted = this.peers.map(({ name }) => name).toSorted();
      for (const [i, view] of alive.entries()) {
        const names = view.map(({ name }) => name);
        if (!isDeepStrictEqual(names, wanted)) return `${this.peers[i]!.name} sees ${names.join(', ')}`;
        if (!isDeepStrictEqual(view, alive[0])) {
          return `${this.peers[i]!.name} sees ${JSON.stringify(view)}, ${this.peers[0]!.name} ${JSON.stringify(alive[0])}`;
        }
      }
      return undefined;
    });
  }

  /** Waits until `problem` finds none; returns how long that took, ms. */
  async until(what: string, withinMs: number, problem: () => Promise<string | undefined>): Promise<number> {
    const startMs = performance.now();
    for (;;) {
      const found = await problem();
      const tookMs = performance.now() - startMs;
      if (found === undefined) return tookMs;
      if (tookMs > withinMs) throw new Error(`${what}: not within ${withinMs} ms; ${found}`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  async end(): Promise<void> {
    await Promise.all(this.#all.map((peer) => peer.end()));
    rmSync(this.#folder, { recursive: true, force: true });
  }

  logs(): string {
    return this.serfs.map(({ name, log }) => `--- ${name}\n${log}`).join('\n');
  }
}

function byName(a: SeenMember, b: SeenMember): number {
  return a.name < b.name ? -1 : 1;
}
