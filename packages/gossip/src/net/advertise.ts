import { networkInterfaces } from 'node:os';
import { parseIp } from '../core/ip.ts';
import { familyOf, plainIp } from './socket-address.ts';

/** An address of this machine. */
export interface LocalAddress {
  readonly ip: string;
  /** Of the loopback interface. */
  readonly isInternal: boolean;
}

/** Addresses of all interfaces that are up, in the system's order. */
export function localAddresses(): LocalAddress[] {
  return Object.values(networkInterfaces()).flatMap((addresses) =>
    (addresses ?? []).map(({ address, internal }) => ({ ip: plainIp(address), isInternal: internal })),
  );
}

/** Whether `ip` says "all addresses" to a listener, and nothing to others. */
export function isUnspecified(ip: string): boolean {
  return parseIp(ip)?.every((byte) => byte === 0) ?? false;
}

/**
 * What to tell others when listening on `boundIp`: that, unless it is all addresses. Then the first private IPv4
 * address, as the original does; listening on `::` rather a private or global IPv6 address. `undefined`: there is none.
 */
export function advertisedIp(boundIp: string, addresses: readonly LocalAddress[]): string | undefined {
  if (!isUnspecified(boundIp)) return plainIp(boundIp);
  const outside = addresses.filter(({ isInternal }) => !isInternal).map(({ ip }) => ip);
  const v4 = outside.find(isPrivate4);
  if (familyOf(boundIp) === 4) return v4;
  return outside.find((ip) => isUniqueLocal(ip)) ?? v4 ?? outside.find((ip) => familyOf(ip) === 6 && !isLinkLocal(ip));
}

/** RFC 1918, and RFC 6598 for carriers. */
function isPrivate4(ip: string): boolean {
  const bytes = parseIp(ip);
  if (bytes === undefined || bytes.length !== 4) return false;
  const [a, b] = [bytes[0]!, bytes[1]!];
  return a === 10 || (a === 172 && b >= 16 && b < 32) || (a === 192 && b === 168) || (a === 100 && b >= 64 && b < 128);
}

/** RFC 4193. */
function isUniqueLocal(ip: string): boolean {
  return familyOf(ip) === 6 && (parseIp(ip)?.[0] ?? 0) >> 1 === 0x7e;
}

function isLinkLocal(ip: string): boolean {
  const bytes = parseIp(ip);
  return bytes !== undefined && bytes[0] === 0xfe && (bytes[1]! & 0xc0) === 0x80;
}
