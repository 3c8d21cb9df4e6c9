import { messageOf, type Timers } from '@dkron/runtime';
import { formatAddress } from '../core/host-port.ts';
import { parseIp } from '../core/ip.ts';
import type { Address } from '../core/types.ts';
import type { Resolver } from '../net/resolve.ts';
import { parseJoinAddress } from './join-address.ts';

/** An address that was not joined, as it was given. */
export interface JoinFailure {
  readonly address: string;
  readonly reason: string;
}

export interface JoinTargets {
  /** Without repeats. */
  readonly addresses: readonly Address[];
  readonly failures: readonly JoinFailure[];
}

export interface TargetOptions {
  readonly defaultPort: number;
  /** Addresses of names that we have no socket for are passed over. */
  readonly isReachable: (ip: string) => boolean;
  readonly timeoutMs: number;
}

/** Of one name. */
const MAX_ADDRESSES = 64;

/** Finds the addresses of all `texts`; every address of a name is one. Never rejects. */
export async function findTargets(
  texts: readonly string[],
  options: TargetOptions,
  modules: { readonly resolver: Resolver; readonly timers: Timers },
): Promise<JoinTargets> {
  const addresses = new Map<string, Address>();
  const failures: JoinFailure[] = [];
  const found = await Promise.allSettled(texts.map((text) => findOne(text, options, modules)));
  for (const [i, result] of found.entries()) {
    if (result.status === 'rejected') failures.push({ address: texts[i]!, reason: messageOf(result.reason) });
    else for (const address of result.value) addresses.set(formatAddress(address), address);
  }
  return { addresses: [...addresses.values()], failures };
}

async function findOne(
  text: string,
  { defaultPort, isReachable, timeoutMs }: TargetOptions,
  { resolver, timers }: { readonly resolver: Resolver; readonly timers: Timers },
): Promise<Address[]> {
  const { host, port } = parseJoinAddress(text, defaultPort);
  if (parseIp(host) !== undefined) return [{ ip: host, port }];
  const giveUp = new AbortController();
  try {
    const ips = await Promise.race([
      resolver.resolve(host),
      timers.sleep(timeoutMs, giveUp.signal).then(() => {
        throw new Error(`${host} was not resolved within ${timeoutMs} ms`);
      }),
    ]);
    const reachable = ips.filter(isReachable).slice(0, MAX_ADDRESSES);
    if (reachable.length === 0) throw new Error(`${host} has no address that we can reach, only ${ips.join(', ')}`);
    return reachable.map((ip) => ({ ip, port }));
  } finally {
    giveUp.abort();
  }
}
