import { lookup } from 'node:dns/promises';
import { plainIp } from './socket-address.ts';

/** Finds the addresses of a host's name. */
export interface Resolver {
  /** IP addresses without repeats, at least one. Rejects when there is none. */
  resolve(host: string): Promise<readonly string[]>;
}

/** The system's resolver, with its hosts file. The original first asks a name server for any record over TCP; we do not. */
export const systemResolver: Resolver = {
  async resolve(host) {
    const found = await lookup(host, { all: true });
    return [...new Set(found.map(({ address }) => plainIp(address)))];
  },
};
