import { formatIp, parseIp } from '../core/ip.ts';
import type { Address } from '../core/types.ts';

/** An address as sockets tell it: without zone, IPv4 that came through an IPv6 socket as IPv4. */
export function plainIp(ip: string): string {
  if (!ip.includes(':')) return ip; // Nothing to take off, and this is once per datagram.
  const zone = ip.indexOf('%');
  const bytes = parseIp(zone < 0 ? ip : ip.slice(0, zone));
  return bytes === undefined ? ip : formatIp(bytes)!;
}

/** How an IPv6 socket must be told an IPv4 address. */
export function forFamily({ ip }: Address, family: 4 | 6): string {
  return family === 6 && !ip.includes(':') ? `::ffff:${ip}` : ip;
}

/** 6 for addresses with colons. */
export function familyOf(ip: string): 4 | 6 {
  return ip.includes(':') ? 6 : 4;
}
