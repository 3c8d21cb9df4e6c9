import { describe, expect, it } from 'vitest';
import { advertisedIp, localAddresses } from './advertise.ts';

const at = (...ips: string[]): { ip: string; isInternal: boolean }[] =>
  ips.map((ip) => ({ ip, isInternal: ip === '127.0.0.1' || ip === '::1' }));

describe('advertisedIp', () => {
  it.each([
    ['what one listens on', '192.0.2.7', at('10.0.0.1'), '192.0.2.7'],
    ['loopback too', '127.0.0.1', at('10.0.0.1'), '127.0.0.1'],
    [
      'the first private one',
      '0.0.0.0',
      at('127.0.0.1', '203.0.113.1', '172.32.0.1', '172.16.0.9', '10.0.0.1'),
      '172.16.0.9',
    ],
    ['of a carrier', '0.0.0.0', at('127.0.0.1', '100.64.0.3'), '100.64.0.3'],
    ['a private IPv6 one', '::', at('10.0.0.1', 'fe80::1', '2001:db8::1', 'fd00::1'), 'fd00::1'],
    ['a private IPv4 one before a public IPv6 one', '::', at('2001:db8::1', '192.168.1.1'), '192.168.1.1'],
    ['a public IPv6 one', '::', at('::1', 'fe80::1', '2001:db8::1'), '2001:db8::1'],
    ['none: a public one is not offered to strangers', '0.0.0.0', at('127.0.0.1', '203.0.113.1', 'fd00::1'), undefined],
  ])('takes %s', (_name, bound, addresses, expected) => {
    expect(advertisedIp(bound, addresses)).toBe(expected);
  });

  it('reads the interfaces of this machine', () => {
    expect(localAddresses()).toContainEqual({ ip: '127.0.0.1', isInternal: true });
  });
});
