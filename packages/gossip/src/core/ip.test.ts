import fc from 'fast-check';
import { isIP, SocketAddress } from 'node:net';
import { describe, expect, it } from 'vitest';
import { formatIp, parseIp, unmapIp } from './ip.ts';

describe('parseIp and formatIp', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['2001:db8::1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:0DB8:0:0:1::1', '2001:db8::1:0:0:1'],
    ['1:0:3:4:5:6:7:8', '1:0:3:4:5:6:7:8'],
    ['::ffff:10.1.2.3', '10.1.2.3'],
    ['::ffff:a01:203', '10.1.2.3'],
    ['64:ff9b::192.0.2.1', '64:ff9b::c000:201'],
  ])('%s is %s', (text, canonical) => {
    expect(formatIp(parseIp(text)!)).toBe(canonical);
  });

  it.each(['', '1.2.3', '1.2.3.4.', '256.1.1.1', '01.2.3.4', '1:2:3:4:5:6:7', '1::2::3', ':::', '1:2:3:4:5:6:7:8:9'])(
    '%s is none',
    (text) => {
      expect(parseIp(text)).toBeUndefined();
    },
  );

  it.each(['::fffff', 'fe80::1%eth0', '1.2.3.4::', '1:2:3:4:5:6:7::8', 'g::', 'localhost', '::1.2.3.4:1'])(
    '%s is none either',
    (text) => {
      expect(parseIp(text)).toBeUndefined();
    },
  );

  it('any 16 bytes survive, and Node writes them alike', () => {
    const groups = fc.uint8Array({ minLength: 16, maxLength: 16 });
    const withGaps = fc.tuple(groups, fc.nat(15), fc.nat(15)).map(([bytes, lo, hi]) => bytes.fill(0, lo, hi));
    fc.assert(
      fc.property(withGaps, (bytes) => {
        const text = formatIp(bytes)!;
        expect(parseIp(text)).toEqual(unmapIp(bytes));
        expect(isIP(text)).toBeGreaterThan(0);
        if (bytes[0] !== 0) expect(new SocketAddress({ address: text, family: 'ipv6' }).address).toBe(text);
      }),
    );
  });

  it('any 4 bytes survive; other lengths are none', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20 }), (bytes) => {
        const text = formatIp(bytes);
        if (bytes.length === 4) expect(parseIp(text!)).toEqual(bytes);
        else if (bytes.length !== 16) expect(text).toBeUndefined();
      }),
    );
    expect(formatIp(null)).toBeUndefined();
  });
});
