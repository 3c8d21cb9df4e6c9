import { readFileSync } from 'node:fs';
import { BlockList, isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';

/** One address of this machine. */
export interface LocalAddress {
  /** Of its interface. */
  readonly name: string;
  readonly address: string;
  readonly family: 'IPv4' | 'IPv6';
  readonly cidr: string;
  readonly loopback: boolean;
  /** Its interface has the route to everywhere. */
  readonly onDefaultRoute: boolean;
}

const PRIVATE = new BlockList();
PRIVATE.addSubnet('10.0.0.0', 8);
PRIVATE.addSubnet('172.16.0.0', 12);
PRIVATE.addSubnet('192.168.0.0', 16);
PRIVATE.addSubnet('100.64.0.0', 10);
PRIVATE.addSubnet('198.18.0.0', 15);
PRIVATE.addSubnet('fc00::', 7, 'ipv6');

const LINK_LOCAL = new BlockList();
LINK_LOCAL.addSubnet('169.254.0.0', 16);
LINK_LOCAL.addSubnet('fe80::', 10, 'ipv6');

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8);
LOOPBACK.addAddress('::1', 'ipv6');

const family = (address: string): 'ipv4' | 'ipv6' => (isIPv4(address) ? 'ipv4' : 'ipv6');

export function isPrivate(address: string): boolean {
  return PRIVATE.check(address, family(address));
}

export function isLoopback(address: string): boolean {
  return LOOPBACK.check(address, family(address));
}

export function isLinkLocal(address: string): boolean {
  return LINK_LOCAL.check(address, family(address));
}

/** The addresses of this machine, in the system's order. */
export function localAddresses(): LocalAddress[] {
  const route = defaultInterface();
  return Object.entries(networkInterfaces()).flatMap(([name, addresses]) =>
    (addresses ?? []).map((one) => ({
      name,
      address: one.address,
      family: one.family,
      cidr: one.cidr ?? `${one.address}/${one.family === 'IPv4' ? 32 : 128}`,
      loopback: one.internal,
      onDefaultRoute: name === route,
    })),
  );
}

/** Linux only; elsewhere the first interface that is none of the machine itself counts. */
function defaultInterface(): string | undefined {
  try {
    const lines = readFileSync('/proc/net/route', 'utf8').split('\n').slice(1);
    return lines.map((line) => line.split('\t')).find((cells) => cells[1] === '00000000')?.[0];
  } catch {
    const found = Object.entries(networkInterfaces()).find(([, all]) => all?.some((one) => !one.internal));
    return found?.[0];
  }
}
