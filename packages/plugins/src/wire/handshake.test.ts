import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkHandshake,
  formatHandshake,
  HANDSHAKE_LINE_MAX_BYTES,
  HandshakeReader,
  parseHandshake,
} from './handshake.ts';

const LINE = '1|1|unix|/tmp/plugin1|grpc|';
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('parseHandshake', () => {
  it.each([
    ['four fields are net/rpc', '1|1|unix|/tmp/p', { protocol: 'netrpc' }],
    ['five fields', '1|1|unix|/tmp/p|grpc', { protocol: 'grpc' }],
    ['six fields', '1|1|unix|/tmp/p|netrpc|', { protocol: 'netrpc' }],
    ['seven fields', '1|1|unix|/tmp/p|grpc||true', { multiplex: true }],
    ['seven fields, false as Go prints it', '1|1|unix|/tmp/p|grpc||F', { multiplex: false }],
    ['white space around', '  1|1|unix|/tmp/p|grpc|\r\n', { address: '/tmp/p' }],
    ['an address on Windows', '1|1|tcp|127.0.0.1:10000|grpc|', { network: 'tcp', address: '127.0.0.1:10000' }],
    ['IPv6', '1|1|tcp|[::1]:10000|grpc|', { network: 'tcp' }],
    ['another version of the application', '1|9|unix|/tmp/p|grpc|', { appVersion: 9 }],
  ])('%s', (_name, line, expected) => {
    expect(parseHandshake(line)).toMatchObject(expected);
  });

  it.each([
    ['nothing', '', /4 to 7 fields/],
    ['three fields', '1|1|unix', /4 to 7 fields/],
    ['eight fields', `${LINE}|true|x`, /4 to 7 fields/],
    ['core 2', '2|1|unix|/tmp/p|grpc|', /core protocol version is 2, must be 1/],
    ['core that is no number', 'x|1|unix|/tmp/p|grpc|', /core protocol version must be a number/],
    ['version that is no number', '1|-1|unix|/tmp/p|grpc|', /application protocol version must be a number/],
    ['an unknown network', '1|1|udp|127.0.0.1:1|grpc|', /unix or tcp/],
    ['a relative path', '1|1|unix|tmp/p|grpc|', /absolute/],
    ['an address elsewhere', '1|1|tcp|10.0.0.1:80|grpc|', /loopback/],
    ['a name', '1|1|tcp|localhost:80|grpc|', /loopback/],
    ['port 0', '1|1|tcp|127.0.0.1:0|grpc|', /loopback/],
    ['port 65536', '1|1|tcp|127.0.0.1:65536|grpc|', /loopback/],
    ['an unknown protocol', '1|1|unix|/tmp/p|http|', /netrpc or grpc/],
    ['a zero byte', '1|1|unix|/tmp/p\0|grpc|', /control/],
    ['two lines', `${LINE}\n${LINE}`, /control/],
    ['a boolean that is none', `${LINE}|yes`, /true or false/],
    ['a certificate that is none', `${LINE}${'!'.repeat(51)}`, /base64/],
    ['binary rubbish', '\u0001\u0002\uFFFD', /control/],
  ])('refuses %s', (_name, line, message) => {
    expect(() => parseHandshake(line)).toThrow(expect.objectContaining({ code: 'PLUGIN_HANDSHAKE' }));
    expect(() => parseHandshake(line)).toThrow(message);
  });

  it('counts a certificate from 51 characters', () => {
    expect(parseHandshake(`${LINE}${'!'.repeat(50)}`).serverCert).toBeUndefined();
    expect(parseHandshake(`${LINE}${'A'.repeat(51)}`).serverCert).toHaveLength(38);
  });
});

it('what is formatted is parsed again', () => {
  const handshakes = fc.record(
    {
      coreVersion: fc.constant(1),
      appVersion: fc.nat(),
      network: fc.constant('unix' as const),
      address: fc.stringMatching(/^\/[a-z0-9/.-]{0,40}$/),
      protocol: fc.constantFrom('netrpc' as const, 'grpc' as const),
      serverCert: fc.uint8Array({ minLength: 39, maxLength: 200 }),
      multiplex: fc.boolean(),
    },
    { requiredKeys: ['coreVersion', 'appVersion', 'network', 'address', 'protocol'] },
  );
  fc.assert(
    fc.property(handshakes, (handshake) => {
      expect(parseHandshake(formatHandshake(handshake))).toEqual(handshake);
    }),
  );
});

it('does not format what no host would take', () => {
  const handshake = { ...parseHandshake(LINE), address: '/tmp/a|b' };
  expect(() => formatHandshake({ ...handshake, address: '/tmp/a\nb' })).toThrow(/control/);
  expect(() => formatHandshake(handshake)).toThrow(/netrpc or grpc/);
});

it('checkHandshake names what was said and what is taken', () => {
  const handshake = parseHandshake(LINE);
  checkHandshake(handshake, { appVersions: [1, 2], protocols: ['grpc'] });
  expect(() => checkHandshake(handshake, { appVersions: [2, 3], protocols: ['grpc'] })).toThrow(
    'plugin speaks application protocol 1, offered: 2, 3',
  );
  expect(() => checkHandshake(handshake, { appVersions: [1], protocols: ['netrpc'] })).toThrow(
    'plugin speaks grpc, allowed here: netrpc',
  );
});

describe('HandshakeReader', () => {
  it('reads at any cut, and leaves what follows', () => {
    const bytes = bytesOf(`${LINE}\nlate output`);
    const end = LINE.length + 1;
    for (let at = 0; at < end; at++) {
      const reader = new HandshakeReader();
      expect(reader.push(bytes.subarray(0, at))).toBeUndefined();
      const found = reader.push(bytes.subarray(at));
      expect(found?.handshake).toEqual(parseHandshake(LINE));
      expect(new TextDecoder().decode(found?.rest)).toBe('late output');
    }
  });

  it('refuses a line that does not end', () => {
    const reader = new HandshakeReader();
    expect(reader.push(new Uint8Array(HANDSHAKE_LINE_MAX_BYTES).fill(0x31))).toBeUndefined();
    expect(() => reader.push(bytesOf('1'))).toThrow(expect.objectContaining({ code: 'PLUGIN_LIMIT' }));
    expect(() => new HandshakeReader().push(bytesOf(`${'1'.repeat(5000)}\n`))).toThrow(/longer than 4096/);
  });
});
