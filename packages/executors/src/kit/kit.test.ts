import { MemoryLogger } from '@dkron/runtime/testing';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { checkConfig, field, MissingPackageError, peerPackage, secretsOf, warnOfUnknownKeys } from './index.ts';

describe('configuration', () => {
  const schema = z.strictObject({
    url: field.filled('address'),
    password: field.secret('its password').optional(),
    tls: field.flag('encrypted').optional(),
    headers: field.json('JSON object', z.record(z.string(), z.string())).optional(),
    data: field.base64('bytes').optional(),
    wait: field.duration('how long').optional(),
  });

  it('takes what fits', () => {
    const config = { url: 'x', tls: 'TRUE', headers: '{"a":"b"}', data: 'aGk=', wait: '1m30s', password: 'p' };
    expect(checkConfig(schema, config)).toEqual([]);
    expect(checkConfig(schema, { url: 'x', tls: '', headers: '', data: '', wait: '' })).toEqual([]);
  });

  it('names each key that does not, and what is allowed', () => {
    const config = { tls: 'yes', headers: '[1]', data: 'a', wait: 'soon', toString: 'x' };
    expect(checkConfig(schema, config)).toEqual([
      { key: 'url', code: 'missing', allowed: 'address' },
      { key: 'tls', code: 'invalid', value: 'yes', allowed: 'encrypted' },
      { key: 'headers', code: 'invalid', value: '[1]', allowed: 'JSON object' },
      { key: 'data', code: 'invalid', value: 'a', allowed: 'bytes' },
      { key: 'wait', code: 'invalid', value: 'soon', allowed: 'how long' },
      { key: 'toString', code: 'unknown', allowed: 'url, password, tls, headers, data, wait' },
    ]);
  });

  it('knows its secrets, and logs names only', () => {
    expect(secretsOf(schema, { url: 'u', password: 'p' })).toEqual(['p']);
    const logger = new MemoryLogger();
    warnOfUnknownKeys(schema, { url: 'u', pasword: 'p' }, logger);
    warnOfUnknownKeys(schema, { url: 'u' }, logger);
    expect(logger.records.map(({ fields }) => fields)).toEqual([{ keys: ['pasword'] }]);
  });

  it('is JSON Schema too', () => {
    const { properties, ...rest } = z.toJSONSchema(schema);
    expect(rest).toMatchObject({ type: 'object', required: ['url'], additionalProperties: false });
    expect(properties?.['password']).toEqual({ type: 'string', description: 'its password', writeOnly: true });
  });
});

describe('peerPackage', () => {
  it('names a package that is absent, and asks again', async () => {
    const load = peerPackage('nats', 'no-such-package', () => import('no-such-package' as string) as Promise<object>);
    await expect(load()).rejects.toThrow(
      'nats: the package no-such-package is not installed, add it to this node: npm install no-such-package',
    );
    await expect(load()).rejects.toBeInstanceOf(MissingPackageError);
  });

  it('loads once, and hands on what else goes wrong', async () => {
    let loads = 0;
    const load = peerPackage('x', 'y', () => Promise.resolve({ loads: ++loads }));
    expect([await load(), await load()]).toEqual([{ loads: 1 }, { loads: 1 }]);
    const broken = peerPackage('x', 'y', () => Promise.reject(new SyntaxError('rubbish')));
    await expect(broken()).rejects.toThrow('rubbish');
  });
});
