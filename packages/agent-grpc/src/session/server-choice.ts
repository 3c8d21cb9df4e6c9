import type { NodeName } from '@dkron/jobs';
import type { Random } from '@dkron/runtime';
import type { SessionServer } from './ports.ts';

/** Where to dial next. */
export interface Target {
  readonly server: SessionServer;
  /** Ask it to pass the stream on to the leader. */
  readonly relay: boolean;
}

/** Relays in a row that came to nothing, after which the leader is asked for anew. */
const RELAY_FAILURES_MAX = 3;

interface Leader extends SessionServer {
  readonly term: bigint;
}

/** Which server to ask next: the one that is said to lead, else one after the other, beginning anywhere. */
export class ServerChoice {
  readonly #servers: () => readonly SessionServer[];
  readonly #relayAfter: number;
  #next: number;
  #leader: Leader | undefined;
  #term = 0n;
  /** Dials of the leader that came to nothing. */
  #unreachable = 0;
  #relayFailures = 0;
  /** The leader has just failed to answer: others may know another one by now. */
  #askOthers = false;

  /** @param relayAfter failed dials of the leader after which another server is asked to relay */
  constructor(servers: () => readonly SessionServer[], relayAfter: number, random: Random) {
    this.#servers = servers;
    this.#relayAfter = relayAfter;
    this.#next = random.nextInt(2 ** 16);
  }

  /** Undefined when there is nobody to ask. */
  target(): Target | undefined {
    const leader = this.#leader;
    if (leader === undefined) return this.#another(undefined, false);
    if (this.#askOthers) {
      this.#askOthers = false;
      return this.#another(leader.name, false);
    }
    if (this.#unreachable < this.#relayAfter) return { server: leader, relay: false };
    return this.#another(leader.name, true);
  }

  /** A server says that another one leads. False when that is older than what is known, or names the server itself. */
  redirected(from: NodeName, to: { leader: NodeName; address: string; term: bigint }): boolean {
    if (to.term < this.#term || to.leader === from) return false;
    // Membership is newer than what another server remembers.
    const address = this.#servers().find(({ name }) => name === to.leader)?.address ?? to.address;
    if (this.#leader?.name !== to.leader || this.#leader.address !== address) this.#unreachable = 0;
    this.#leader = { name: to.leader, address, term: to.term };
    this.#term = to.term;
    return true;
  }

  /** `server` could not be reached. */
  failed(server: NodeName): void {
    if (this.#leader?.name !== server) return;
    this.#unreachable += 1;
    this.#askOthers = this.#unreachable < this.#relayAfter;
  }

  /** A server could not pass the stream on; others may. */
  relayFailed(): void {
    if (++this.#relayFailures >= RELAY_FAILURES_MAX) this.forget();
  }

  /** Nobody is known to lead any more; the next ones are asked. */
  forget(): void {
    this.#relayFailures = 0;
    this.#askOthers = false;
    this.#leader = undefined;
    this.#unreachable = 0;
  }

  /** A session is open: the way to the leader will be tried again after it. */
  welcomed({ server, relay }: Target, term: bigint): void {
    this.#unreachable = 0;
    this.#relayFailures = 0;
    this.#term = term > this.#term ? term : this.#term;
    if (!relay) this.#leader = { ...server, term };
  }

  #another(except: NodeName | undefined, relay: boolean): Target | undefined {
    const servers = this.#servers();
    const others = servers.filter(({ name }) => name !== except);
    const candidates = others.length > 0 ? others : servers;
    this.#next += 1;
    const server = candidates[this.#next % candidates.length];
    return server && { server, relay: relay && server.name !== except };
  }
}
