import type { NetworkInterfaceInfo } from 'node:os';
import { settingError } from '../errors.ts';

export type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

const PRIVATE = /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)/;
const TEMPLATE = /\{\{\s*(.*?)\s*\}\}/g;
const INTERFACE = /^GetInterfaceIP "([^"]+)"$/;

function first(addresses: readonly NetworkInterfaceInfo[]): string | undefined {
  return addresses.find((address) => address.family === 'IPv4')?.address;
}

/**
 * Puts addresses of this machine in place of `{{ GetPrivateIP }}` and `{{ GetInterfaceIP "eth0" }}`. A machine without
 * a private address uses 127.0.0.1.
 */
export function resolveAddress(source: string, text: string, interfaces: Interfaces): string {
  return text.replaceAll(TEMPLATE, (whole, expression: string) => {
    const all = Object.values(interfaces).flatMap((addresses) => addresses ?? []);
    if (expression === 'GetPrivateIP') return first(all.filter((one) => PRIVATE.test(one.address))) ?? '127.0.0.1';
    const name = INTERFACE.exec(expression)?.[1];
    const address = name === undefined ? undefined : first(interfaces[name] ?? []);
    if (address !== undefined) return address;
    throw settingError(source, whole, '{{ GetPrivateIP }} or {{ GetInterfaceIP "NAME" }} of an interface with IPv4');
  });
}
