import { BlockList } from 'node:net';
import { messageOf } from '@dkron/runtime';
import { isLinkLocal, isPrivate, type LocalAddress } from './interfaces.ts';

type Addresses = readonly LocalAddress[];
type Piped = Addresses | string;

/** A template that cannot be resolved; the message is the original's where it has one. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}

const TEMPLATE = /\{\{(.*?)\}\}/gs;

/**
 * Puts addresses of this machine in place of templates such as `{{ GetPrivateIP }}` or
 * `{{ GetAllInterfaces | include "name" "^eth" | exclude "type" "IPv6" | limit 1 | join "address" " " }}`.
 *
 * @throws TemplateError
 */
export function resolveTemplate(text: string, local: Addresses): string {
  return text.replaceAll(TEMPLATE, (template, expression: string) => {
    try {
      return evaluate(expression, text, local);
    } catch (error) {
      if (error instanceof TemplateError) throw error;
      // A pattern or network that is none.
      throw new TemplateError(`${template}: ${messageOf(error)}`);
    }
  });
}

function evaluate(expression: string, whole: string, local: Addresses): string {
  let piped: Piped = '';
  for (const [index, stage] of stagesOf(expression).entries()) {
    const [name = '', ...args] = stage;
    const source = index === 0 ? SOURCES.get(name) : undefined;
    const step = index === 0 ? undefined : STEPS.get(name);
    if (source === undefined && step === undefined) throw notDefined(whole, name);
    if (source === undefined && typeof piped === 'string') {
      throw new TemplateError(`${JSON.stringify(name)} needs addresses, and comes after a stage that gives a text`);
    }
    piped = source === undefined ? (step?.(piped as Addresses, args) ?? '') : source(local, args);
  }
  return typeof piped === 'string' ? piped : piped.map((one) => one.address).join(' ');
}

function notDefined(whole: string, name: string): TemplateError {
  const quoted = JSON.stringify(whole).replaceAll('\\"', '"');
  return new TemplateError(
    `unable to parse address template ${quoted}: unable to parse template ${quoted}: template: sockaddr.Parse:1: function ${JSON.stringify(name)} not defined`,
  );
}

/** Words of each stage; quotes and backticks hold words together. */
function stagesOf(expression: string): string[][] {
  const stages: string[][] = [[]];
  for (const [word] of expression.matchAll(/"[^"]*"|`[^`]*`|\||[^\s|"`]+/g)) {
    if (word === '|') stages.push([]);
    else stages.at(-1)?.push(word.replace(/^(["`])(.*)\1$/s, '$2'));
  }
  return stages;
}

const usable = (one: LocalAddress): boolean => !one.loopback && !isLinkLocal(one.address);
const privateOf = (local: Addresses): Addresses =>
  byType(local.filter((one) => usable(one) && isPrivate(one.address) && one.onDefaultRoute));
const publicOf = (local: Addresses): Addresses => byType(local.filter((one) => usable(one) && !isPrivate(one.address)));
const named = (local: Addresses, name = ''): Addresses => byType(local.filter((one) => one.name === name));
const byType = (all: Addresses): Addresses =>
  all.toSorted((a, b) => (a.family < b.family ? -1 : a.family > b.family ? 1 : 0));
const joined = (all: Addresses): string => all.map((one) => one.address).join(' ');

type Step = (input: Addresses, args: readonly string[]) => Piped;

const SOURCES: ReadonlyMap<string, Step> = new Map<string, Step>([
  ['GetAllInterfaces', (local) => local],
  ['GetDefaultInterfaces', (local) => local.filter((one) => one.onDefaultRoute)],
  ['GetPrivateInterfaces', privateOf],
  ['GetPublicInterfaces', publicOf],
  ['GetPrivateIP', (local) => privateOf(local)[0]?.address ?? ''],
  ['GetPrivateIPs', (local) => joined(privateOf(local))],
  ['GetPublicIP', (local) => publicOf(local)[0]?.address ?? ''],
  ['GetPublicIPs', (local) => joined(publicOf(local))],
  ['GetInterfaceIP', (local, [name]) => named(local, name)[0]?.address ?? ''],
  ['GetInterfaceIPs', (local, [name]) => joined(named(local, name))],
]);

const STEPS: ReadonlyMap<string, Step> = new Map<string, Step>([
  ['include', (input, [by = '', value = '']) => input.filter((one) => matches(one, by, value))],
  ['exclude', (input, [by = '', value = '']) => input.filter((one) => !matches(one, by, value))],
  ['sort', (input, [by = '']) => sorted(input, by)],
  ['limit', (input, [count = '0']) => input.slice(0, Number(count))],
  ['offset', (input, [count = '0']) => input.slice(Number(count))],
  [
    'unique',
    (input, [by = '']) =>
      input.filter((one, at) => input.findIndex((x) => attribute(x, by) === attribute(one, by)) === at),
  ],
  ['attr', (input, [by = '']) => (input[0] === undefined ? '' : attribute(input[0], by))],
  ['join', (input, [by = '', between = ' ']) => input.map((one) => attribute(one, by)).join(between)],
]);

function attribute(one: LocalAddress, by: string): string {
  if (by === 'address') return one.address;
  if (by === 'name') return one.name;
  if (by === 'type') return one.family;
  throw new TemplateError(`${JSON.stringify(by)} is no attribute of an address, expected address, name or type`);
}

function matches(one: LocalAddress, by: string, value: string): boolean {
  switch (by) {
    case 'name':
      return new RegExp(value).test(one.name);
    case 'address':
      return new RegExp(value).test(one.address);
    case 'type':
      return value.toLowerCase() === 'ip' || one.family.toLowerCase() === value.toLowerCase();
    case 'network':
      return inNetwork(one, value);
    case 'rfc':
      return value === '1918' ? isPrivate(one.address) && one.family === 'IPv4' : unknownFilter(`rfc ${value}`);
    case 'flag':
    case 'flags':
      return value.split('|').every((flag) => hasFlag(one, flag));
    default:
      return unknownFilter(by);
  }
}

function hasFlag(one: LocalAddress, flag: string): boolean {
  if (flag === 'up') return true;
  if (flag === 'loopback') return one.loopback;
  if (flag === 'forwardable') return usable(one);
  return unknownFilter(`flag ${flag}`);
}

function unknownFilter(text: string): never {
  throw new TemplateError(
    `${text} is no filter of addresses, expected name, address, type, network, rfc 1918 or flags up, loopback, forwardable`,
  );
}

function inNetwork(one: LocalAddress, network: string): boolean {
  const [address = '', bits = ''] = network.split('/');
  const list = new BlockList();
  list.addSubnet(address, Number(bits), address.includes(':') ? 'ipv6' : 'ipv4');
  return list.check(one.address, one.family === 'IPv4' ? 'ipv4' : 'ipv6');
}

/** Keys separated by commas, `-` before one turns it round. */
function sorted(input: Addresses, keys: string): Addresses {
  return keys
    .split(',')
    .toReversed()
    .reduce<Addresses>((all, key) => {
      const down = key.startsWith('-');
      const by = key.replace(/^[+-]/, '');
      const rank = (one: LocalAddress): string =>
        by === 'default'
          ? String(Number(!one.onDefaultRoute))
          : by === 'private'
            ? String(Number(!isPrivate(one.address)))
            : attribute(one, by);
      const order = (a: LocalAddress, b: LocalAddress): number => (rank(a) < rank(b) ? -1 : rank(a) > rank(b) ? 1 : 0);
      return all.toSorted((a, b) => (down ? order(b, a) : order(a, b)));
    }, input);
}
