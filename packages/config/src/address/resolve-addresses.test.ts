import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../resolve.ts';
import type { LocalAddress } from './interfaces.ts';
import { resolveAddresses, type Addresses } from './resolve-addresses.ts';
import { resolveTemplate } from './template.ts';

const address = (name: string, text: string, more: Partial<LocalAddress> = {}): LocalAddress => ({
  name,
  address: text,
  family: text.includes(':') ? 'IPv6' : 'IPv4',
  cidr: '',
  loopback: name === 'lo',
  onDefaultRoute: name === 'eth0',
  ...more,
});
const LOCAL = [
  address('lo', '127.0.0.1'),
  address('eth0', 'fe80::1'),
  address('eth0', '10.1.2.3'),
  address('eth0', 'fd00::2'),
  address('eth1', '8.8.4.4'),
  address('docker0', '172.17.0.1'),
];

async function resolve(flags: Record<string, string>, local: readonly LocalAddress[] = LOCAL): Promise<Addresses> {
  const given = new Map(Object.entries(flags).map(([key, value]) => [key, [value]]));
  const resolved = resolveConfig({ flags: given, env: {}, file: undefined });
  const lookup = async (host: string): Promise<string> => {
    if (host === 'node.example') return '10.9.9.9';
    throw new Error('ENOTFOUND');
  };
  return resolveAddresses(resolved, { local, lookup });
}

describe('resolveTemplate', () => {
  it.each([
    ['{{ GetPrivateIP }}:1', '10.1.2.3:1'],
    ['{{GetPublicIP}}', '8.8.4.4'],
    ['{{ GetInterfaceIP "docker0" }}', '172.17.0.1'],
    ['{{ GetPrivateIPs }}', '10.1.2.3 fd00::2'],
    [
      '{{ GetAllInterfaces | include "name" "^eth" | exclude "type" "IPv6" | limit 1 | join "address" " " }}',
      '10.1.2.3',
    ],
    ['{{ GetAllInterfaces | include "network" "172.16.0.0/12" | attr "address" }}', '172.17.0.1'],
    ['{{ GetPrivateInterfaces | include `type` `IPv4` | attr "name" }}', 'eth0'],
    [
      '{{ GetAllInterfaces | exclude "flags" "loopback" | sort "-address" | offset 1 | limit 1 | attr "address" }}',
      'fd00::2',
    ],
  ])('%s', (text, expected) => {
    expect(resolveTemplate(text, LOCAL)).toBe(expected);
  });

  it('names what it does not know', () => {
    expect(() => resolveTemplate('{{ Nope }}', LOCAL)).toThrow(/function "Nope" not defined/);
    expect(() => resolveTemplate('{{ GetAllInterfaces | include "colour" "red" }}', LOCAL)).toThrow(/colour/);
  });
});

describe('resolveAddresses', () => {
  it('tells others the address it is bound to', async () => {
    expect(await resolve({})).toEqual({
      bindAddr: '10.1.2.3:8946',
      advertiseAddr: '10.1.2.3:8946',
      httpAddr: ':8080',
      warnings: [],
    });
    expect((await resolve({ 'bind-addr': '0.0.0.0' })).advertiseAddr).toBe('10.1.2.3:8946');
    expect((await resolve({ 'bind-addr': 'node.example:1' })).advertiseAddr).toBe('10.9.9.9:1');
    expect((await resolve({ 'bind-addr': '[fd00::2]:7', 'advertise-addr': 'fd00::9' })).advertiseAddr).toBe(
      '[fd00::9]:8946',
    );
  });

  it('G-C8: with the port it is bound to', async () => {
    expect((await resolve({ 'bind-addr': '10.1.2.3:7000' })).advertiseAddr).toBe('10.1.2.3:7000');
  });

  it('refuses to tell a loopback address, unless that is asked for', async () => {
    const bind = { 'bind-addr': '127.0.0.1:8946' };
    await expect(resolve(bind)).rejects.toThrow(/please set advertise manually/);
    expect((await resolve({ ...bind, 'advertise-addr': '127.0.0.1' })).advertiseAddr).toBe('127.0.0.1:8946');
  });

  it('warns of a told address that has another port than the bound one, for want of any', async () => {
    const keys = async (advertise: string, bind: string): Promise<string[]> =>
      (await resolve({ 'advertise-addr': advertise, 'bind-addr': bind })).warnings.map(({ key }) => key);
    expect(await keys('10.0.0.9', '10.1.2.3:7000')).toEqual(['advertise-addr']);
    expect(await keys('10.0.0.9:8946', '10.1.2.3:7000')).toEqual([]);
    expect(await keys('10.0.0.9', '10.1.2.3')).toEqual([]);
    expect(await keys('10.0.0.9', '10.1.2.3:0')).toEqual([]);
  });

  it('a machine without a private address runs for itself, with a warning', async () => {
    const { advertiseAddr, warnings } = await resolve({}, [address('lo', '127.0.0.1'), address('eth1', '8.8.4.4')]);
    expect([advertiseAddr, warnings.length]).toEqual(['127.0.0.1:8946', 1]);
  });

  it.each([
    [{ 'bind-addr': 'nohost.invalid:8946' }, /lookup nohost\.invalid on .*: no such host/],
    [{ 'bind-addr': '{{ Nope }}' }, /^bind address resolution failed/],
    [{ 'http-addr': '{{ GetPrivateIPs }}' }, /multiple addresses found/],
    [{ 'http-addr': 'foo' }, /http-addr: "foo" is not allowed, expected host:port/],
    [{ 'http-addr': '127.0.0.1:80x' }, /http-addr: "127\.0\.0\.1:80x" is not allowed/],
    [{ 'http-addr': 'fd00::1' }, /http-addr: "fd00::1" is not allowed/],
    [{ 'http-addr': ':65536' }, /http-addr: ":65536" is not allowed/],
    [{ 'bind-addr': '10.1.2.3:99999' }, /bind-addr: "10\.1\.2\.3:99999" is not allowed/],
    [{ 'http-addr': 'a:b:c' }, /http-addr: "a:b:c" is not allowed/],
  ])('refuses %o', async (flags, message) => {
    await expect(resolve(flags)).rejects.toThrow(message);
  });
});
