import { lookup } from 'node:dns/promises';
import { getServers } from 'node:dns';
import { isIP } from 'node:net';
import { ConfigError, type Problem, type Warning } from '../problem.ts';
import type { Resolved } from '../resolve.ts';
import { isLoopback, type LocalAddress } from './interfaces.ts';
import { resolveTemplate, TemplateError } from './template.ts';

export interface Addresses {
  readonly bindAddr: string;
  readonly advertiseAddr: string;
  readonly httpAddr: string;
  readonly warnings: readonly Warning[];
}

export interface AddressModules {
  readonly local: readonly LocalAddress[];
  /** @returns an address of the host; rejects when there is none */
  readonly lookup?: (host: string) => Promise<string>;
}

type AddressKey = 'bind-addr' | 'advertise-addr' | 'http-addr';

const PORT = 8946;
const PORT_MAX = 65_535;
const LOOPBACK = '127.0.0.1';
const ADDRESS = 'an address such as 10.0.0.1:8946, or a template such as {{ GetPrivateIP }}:8946';
const API_ADDRESS = 'host:port or :port, such as 127.0.0.1:8080, the port from 0 to 65535';
const HINTS: Readonly<Record<AddressKey, string>> = {
  'bind-addr': 'bind',
  'advertise-addr': 'advertise',
  'http-addr': 'http',
};

const systemLookup = async (host: string): Promise<string> => (await lookup(host)).address;

/**
 * Resolves templates and names, and finds the address other nodes are told.
 *
 * @throws ConfigError when one cannot be resolved, or only a loopback address would be told
 */
export async function resolveAddresses(resolved: Resolved, modules: AddressModules): Promise<Addresses> {
  const find = modules.lookup ?? systemLookup;
  const warnings: Warning[] = [];
  const bindAddr = hostPort(withPrivate(resolved, modules.local, warnings), PORT);
  const httpAddr = resolveHttpAddress(resolved, modules.local);
  const host = hostOf(bindAddr);
  const found = await resolveHost(resolved, host, find);
  const own = single('advertise-addr', resolved, modules.local);
  if (own !== '') {
    const advertiseAddr = hostPort(own, PORT);
    warnings.push(...otherPort(resolved, { bindAddr, advertiseAddr }));
    return { bindAddr, httpAddr, advertiseAddr, warnings };
  }
  const told = host === '' || isAny(found) ? (privateOf(modules.local) ?? LOOPBACK) : found;
  const fallback = warnings.length > 0;
  if (isLoopback(told) && !fallback && !resolved.values.devmode) throw loopback(resolved, bindAddr);
  return { bindAddr, httpAddr, advertiseAddr: `${bracketed(told)}:${portOf(bindAddr)}`, warnings };
}

/**
 * Where the REST API listens, whatever the other addresses are.
 *
 * @throws ConfigError when it cannot be resolved
 */
export function resolveHttpAddress(resolved: Resolved, local: readonly LocalAddress[]): string {
  return single('http-addr', resolved, local);
}

/** As in the original an address without port has the usual one; where another is bound, that is hardly meant. */
function otherPort(
  { values, given }: Resolved,
  { bindAddr, advertiseAddr }: Pick<Addresses, 'bindAddr' | 'advertiseAddr'>,
): Warning[] {
  const [bound, told] = [portOf(bindAddr), portOf(advertiseAddr)];
  if (bound === '0' || bound === told || /:\d+$/.test(values['advertise-addr'])) return [];
  const message = `has no port, so that others are told ${told}, but bind-addr has ${bound}; write the port that is meant`;
  return [{ key: 'advertise-addr', source: given.get('advertise-addr')?.source ?? 'default', message, wrong: true }];
}

/** A machine without a private address is still able to run a server for itself. */
function withPrivate(resolved: Resolved, local: readonly LocalAddress[], warnings: Warning[]): string {
  if (resolved.given.has('bind-addr') || privateOf(local) !== undefined) return single('bind-addr', resolved, local);
  const message = `this machine has no private address; ${LOOPBACK} is used, which no other node can reach`;
  warnings.push({ key: 'bind-addr', source: 'default', message, wrong: false });
  return `${LOOPBACK}:${PORT}`;
}

function privateOf(local: readonly LocalAddress[]): string | undefined {
  return resolveTemplate('{{ GetPrivateIP }}', local) || undefined;
}

function single(key: AddressKey, resolved: Resolved, local: readonly LocalAddress[]): string {
  const text = resolved.values[key];
  const fail = (original: string): ConfigError => refused(key, resolved, { original });
  try {
    const address = resolveTemplate(text, local).trim();
    if (/\s/.test(address)) {
      throw fail(`multiple addresses found (${JSON.stringify(address)}), please configure one`);
    }
    if (isAddress(key, address)) return address;
  } catch (error) {
    if (error instanceof TemplateError) throw fail(`${HINTS[key]} address resolution failed: ${error.message}`);
    throw error;
  }
  throw refused(key, resolved, {});
}

/** The original's REST API refuses an address without port; the other addresses have a port by default. */
function isAddress(key: AddressKey, text: string): boolean {
  if (text === '' || (isIP(text) === 6 && key !== 'http-addr')) return true;
  const match = /^(?:\[[^\]]*\]|[^:[\]]*)(?::(\d{1,5}))?$/.exec(text);
  if (match === null) return false;
  return match[1] === undefined ? key !== 'http-addr' : Number(match[1]) <= PORT_MAX;
}

async function resolveHost(resolved: Resolved, host: string, find: (host: string) => Promise<string>): Promise<string> {
  if (host === '' || isIP(host) !== 0) return host;
  try {
    return await find(host);
  } catch {
    const original = `agent: Can not setup serf, invalid bind address: lookup ${host} on ${getServers()[0] ?? 'hosts'}: no such host`;
    throw refused('bind-addr', resolved, { original });
  }
}

function loopback(resolved: Resolved, bind: string): ConfigError {
  const shown = `(, ${bind}, ${PORT}, ${resolved.values.devmode})`;
  const reason = 'defaulting advertise to localhost is unsafe, please set advertise manually';
  return refused('advertise-addr', resolved, {
    original: `failed to parse advertise address ${shown}: ${reason}`,
    allowed: 'an address other nodes can reach, as bind-addr is a loopback address',
  });
}

function refused(key: AddressKey, { values, given, warnings }: Resolved, more: Partial<Problem>): ConfigError {
  const source = given.get(key)?.source ?? 'default';
  const allowed = key === 'http-addr' ? API_ADDRESS : ADDRESS;
  return new ConfigError([{ key, value: values[key], source, allowed, ...more }], warnings);
}

function isAny(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

function bracketed(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host;
}

function hostOf(address: string): string {
  return address.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
}

function portOf(address: string): string {
  return /:(\d+)$/.exec(address)?.[1] ?? String(PORT);
}

function hostPort(address: string, port: number): string {
  if (isIP(address) === 6) return `[${address}]:${port}`;
  return /:\d+$/.test(address) ? address : `${address}:${port}`;
}
