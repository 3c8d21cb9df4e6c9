import { formatIp, parseIp } from './ip.ts';
import type { Address } from './types.ts';

const PORT = /^[0-9]{1,5}$/;
const MAX_PORT = 65_535;

/** `ip:port`, IPv6 in brackets. */
export function formatAddress({ ip, port }: Address): string {
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}

/** From `ip:port` or `[ip]:port`; `undefined` if it is neither. The address is written as {@link formatIp} does. */
export function parseAddress(text: string): Address | undefined {
  const colon = text.lastIndexOf(':');
  const host = text.slice(0, Math.max(colon, 0));
  const port = text.slice(colon + 1);
  const isBracketed = host.startsWith('[') && host.endsWith(']');
  const bytes = parseIp(isBracketed ? host.slice(1, -1) : host);
  if (bytes === undefined || !PORT.test(port) || Number(port) > MAX_PORT) return undefined;
  if (isBracketed !== host.includes(':')) return undefined;
  return { ip: formatIp(bytes)!, port: Number(port) };
}
