import type { Address } from '../types.ts';
import type { SerfContext } from './context.ts';
import type { JoinedEvent } from './effects.ts';
import { SerfError } from './errors.ts';

const MAX_JOINS = 64;
const MAX_ADDRESSES = 1024;

interface Join {
  readonly handle: number;
  readonly ignoreOld: boolean;
  readonly addresses: Map<number, Address>;
  contacted: number;
  readonly failures: { readonly address: Address; readonly reason: string }[];
}

/** Exchanges of tables with a number each, and which of them together are a join. */
export class Joining {
  readonly #context: SerfContext;
  readonly #onJoined: () => void;
  readonly #byExchange = new Map<number, Join>();
  readonly #joins = new Set<Join>();
  /** Members of a snapshot still to try, the next one last. */
  #rejoin: { name: string; address: Address }[] = [];
  #rejoinExchange = 0;
  #nextExchange = 1;

  /** `onJoined`: somebody took us in. */
  constructor(context: SerfContext, onJoined: () => void) {
    this.#context = context;
    this.#onJoined = onJoined;
  }

  /** An exchange with `to`. Returns its number. */
  exchange(to: Address, node: string | undefined, join: boolean): number {
    const exchange = this.#nextExchange++;
    this.#context.emit({ type: 'pushPull', to, node, join, exchange });
    return exchange;
  }

  /** Exchanges with all `addresses`. Returns a handle; `joined` follows. Throws SerfError. */
  join(addresses: readonly Address[], ignoreOld: boolean): number {
    if (this.#joins.size >= MAX_JOINS) throw new SerfError('GOSSIP_BUSY', `join: ${MAX_JOINS} are running`);
    if (addresses.length > MAX_ADDRESSES) {
      throw new SerfError('GOSSIP_TOO_LARGE', `join: ${addresses.length} addresses, allowed are ${MAX_ADDRESSES}`);
    }
    const handle = this.#nextExchange++;
    const join: Join = { handle, ignoreOld, addresses: new Map(), contacted: 0, failures: [] };
    this.#joins.add(join);
    for (const address of addresses) {
      if (this.#context.isUs(address)) {
        join.failures.push({ address, reason: 'our own address' });
        continue;
      }
      const exchange = this.exchange(address, undefined, true);
      join.addresses.set(exchange, address);
      this.#byExchange.set(exchange, join);
    }
    this.#conclude(join);
    return handle;
  }

  /** Tries `members` in random order until one takes us. */
  rejoin(members: ReadonlyMap<string, Address>): void {
    const { name: ours, random } = this.#context;
    const others = [...members].filter(([name, address]) => name !== ours && !this.#context.isUs(address));
    for (let i = others.length - 1; i > 0; i--) {
      const at = random.nextInt(i + 1);
      [others[i], others[at]] = [others[at]!, others[i]!];
    }
    this.#rejoin = others.map(([name, address]) => ({ name, address }));
    if (others.length > 0) this.#tryNext();
  }

  /** Whether user events from before are not wanted from this exchange. */
  ignoresOld(exchange: number): boolean {
    return this.#byExchange.get(exchange)?.ignoreOld ?? false;
  }

  /** An exchange ended; `failure` says why without success. */
  ended(exchange: number, failure?: string): void {
    if (exchange === this.#rejoinExchange) {
      if (failure === undefined) this.#endRejoin('rejoined');
      else this.#tryNext();
      return;
    }
    const join = this.#byExchange.get(exchange);
    if (join === undefined) return;
    this.#byExchange.delete(exchange);
    const address = join.addresses.get(exchange)!;
    join.addresses.delete(exchange);
    if (failure === undefined) join.contacted++;
    else join.failures.push({ address, reason: failure });
    this.#conclude(join);
  }

  #conclude(join: Join): void {
    if (join.addresses.size > 0) return;
    this.#joins.delete(join);
    const { handle, contacted, failures } = join;
    if (contacted > 0) this.#onJoined();
    this.#context.emit({ type: 'joined', join: handle, contacted, failures } satisfies JoinedEvent);
  }

  #tryNext(): void {
    const next = this.#rejoin.pop();
    if (next === undefined || this.#context.state !== 'alive') this.#endRejoin('rejoinFailed');
    else this.#rejoinExchange = this.exchange(next.address, next.name, true);
  }

  #endRejoin(type: 'rejoined' | 'rejoinFailed'): void {
    this.#rejoinExchange = 0;
    this.#rejoin = [];
    this.#context.emit({ type });
  }
}
