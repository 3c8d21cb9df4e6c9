import { describe, expect, it } from 'vitest';
import { resolveOptions, type Surroundings } from './resolve-options.ts';

const eth0 = [
  { address: '8.8.4.4', family: 'IPv4' as const, netmask: '', mac: '', internal: false, cidr: null },
  { address: '10.1.2.3', family: 'IPv4' as const, netmask: '', mac: '', internal: false, cidr: null },
];
const around: Surroundings = { env: {}, hostname: 'host', interfaces: { eth0 } };

describe('resolveOptions', () => {
  it('has the defaults of the original, and ours', () => {
    expect(resolveOptions({ server: true }, around)).toEqual({
      server: true,
      nodeName: 'host',
      dataDir: 'dkron.data',
      bindAddr: '10.1.2.3:8946',
      advertiseAddr: '',
      httpAddr: ':8080',
      rpcPort: 6868,
      bootstrapExpect: 0,
      logLevel: 'info',
      logFormat: 'text',
      tags: {},
      region: 'global',
      datacenter: 'dc1',
      tickGrace: 10_000,
      killGrace: 5000,
      stopTimeout: 30_000,
      maxBodySize: 1_048_576,
      defaultTimezone: '',
      executionRetention: 100,
      ledgerRetention: 1000,
    });
  });

  it('takes flags before the environment', () => {
    const env = { DKRON_SERVER: 'true', DKRON_NODE_NAME: 'e', DKRON_TAG: 'a=b,c=d  x=y=z', DKRON_LOG_LEVEL: 'warning' };
    const options = resolveOptions({ nodeName: 'f' }, { ...around, env });
    expect(options).toMatchObject({ nodeName: 'f', tags: { a: 'b,c=d', x: 'y=z' }, logLevel: 'warn' });
    expect(resolveOptions({ tags: ['K=v'] }, { ...around, env }).tags).toEqual({ K: 'v' });
  });

  it.each([
    ['tags', ['=x'], /--tag: "=x".*key=value/],
    ['maxBodySize', '1XB', /--max-body-size/],
    ['tickGrace', '-1s', /--tick-grace/],
    ['logLevel', 'loud', /--log-level: "loud".*debug/],
    ['logFormat', 'xml', /--log-format/],
    ['defaultTimezone', 'Nowhere', /--default-timezone: "Nowhere"/],
    ['bindAddr', '{{ GetPublicIP }}:1', /--bind-addr/],
    ['server', 'perhaps', /--server: "perhaps"/],
  ] as const)('refuses %s %j', (name, value, message) => {
    expect(() => resolveOptions({ server: true, [name]: value }, around)).toThrow(message);
  });
});
