import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ServerCredentials } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attempt, type TestRun } from '../../test/attempt.ts';
import { ReflectiveServer } from '../../test/reflective-server.ts';
import { executorSuite } from '../suite/index.ts';
import { grpcExecutor } from './index.ts';
import { splitJson } from './json-sequence.ts';

const CERT = join(import.meta.dirname, '../../testdata/localhost-cert.pem');
const KEY = join(import.meta.dirname, '../../testdata/localhost-key.pem');
const executor = grpcExecutor();
const server = new ReflectiveServer('v1');
const older = new ReflectiveServer('v1alpha');
const encrypted = new ReflectiveServer('v1');

beforeAll(async () => {
  await Promise.all([server.start(), older.start()]);
  const pair = { cert_chain: readFileSync(CERT), private_key: readFileSync(KEY) };
  await encrypted.start(ServerCredentials.createSsl(null, [pair]));
});
afterAll(async () => {
  await executor.close?.();
  for (const each of [server, older, encrypted]) each.stop();
});

const url = (method: string, of = server): string => `127.0.0.1:${of.port}/demo.Demo/${method}`;
const call = (method: string, more: Record<string, string> = {}, of = server): Promise<TestRun> =>
  attempt(executor, { url: url(method, of), body: '{"text":"hi"}', ...more });
const shown = (text: string): string => `${JSON.stringify({ inner: { text } }, null, 2)}\n`;

executorSuite(
  { describe, it },
  {
    name: 'grpc',
    executor: () => executor,
    succeeding: { config: () => ({ url: url('Echo'), body: '{"text":"hi"}' }), output: shown('hi') },
    failing: () => ({ url: url('Fail') }),
    broken: () => ({ url: '127.0.0.1:1/demo.Demo/Echo' }),
    endless: () => ({ url: url('Silent') }),
    begun: () => server.silent(),
    badConfigs: [
      { title: 'no url', config: () => ({}), error: /^url is empty$/ },
      { title: 'no path', config: () => ({ url: 'h:1' }), error: /^we require at least a url and a path/ },
      { title: 'no method', config: () => ({ url: 'h:1/x y' }), error: /^grpc: url: / },
      { title: 'timeout', config: () => ({ url: url('Echo'), timeout: 'x' }), error: /^Invalid timeout$/ },
      { title: 'expectCode', config: () => ({ url: url('Echo'), expectCode: 'OK' }), error: /^grpc: expectCode: / },
      { title: 'headers', config: () => ({ url: url('Echo'), headers: '{' }), error: /^Parsing headers failed$/ },
      {
        title: 'a header',
        config: () => ({ url: url('Echo'), headers: '["a b: c"]' }),
        error: /^grpc: headers: "a b"/,
      },
      { title: 'body', config: () => ({ url: url('Echo'), body: '{' }), error: /^grpc: body: / },
      { title: 'a field', config: () => ({ url: url('Echo'), body: '{"x":1}' }), error: /^grpc: body: .*"x"/ },
      { title: 'two bodies', config: () => ({ url: url('Echo'), body: '{}{}' }), error: /^grpc: body: .*one request/ },
      {
        title: 'an unknown service',
        config: () => ({ url: url('Echo').replace('demo.Demo', 'demo.Other') }),
        error: /^Failed querying reflection server: demo.Other: Symbol not found: demo.Other$/,
      },
      { title: 'an unknown method', config: () => ({ url: url('Nothing') }), error: /has no method named "Nothing"/ },
      {
        title: 'unreachable',
        config: () => ({ url: '127.0.0.1:1/demo.Demo/Echo' }),
        error: /^Failed querying reflection server: rpc error: code = Unavailable desc = .*ECONNREFUSED/,
      },
    ],
    secrets: [
      { title: 'header', config: (secret) => ({ url: url('Echo'), headers: JSON.stringify([`x-key: ${secret}`]) }) },
    ],
  },
);

describe('grpc', () => {
  it('G-E5: the reply is the output', async () => {
    expect((await call('Echo')).stdout).toBe(shown('hi'));
    expect((await call('Echo', { body: '' })).stdout).toBe('{\n  "inner": {}\n}\n');
    const { result, stdout } = await attempt(executor, { url: url('Echo').replace('Demo/', 'Demo.') });
    expect([result.error, stdout]).toEqual(['', '{\n  "inner": {}\n}\n']);
  });

  it('sends and prints streams', async () => {
    const { stdout, result } = await call('Each', { body: '{"text":"a"} {"text":"b}"}\n{"text":"c"}' });
    expect([result.error, stdout]).toEqual(['', shown('a') + shown('b}') + shown('c')]);
    const flood = await call('Flood', { body: JSON.stringify({ text: JSON.stringify([4_000_000, 'the end']) }) });
    expect([flood.result.error, flood.stdout.length > 4_000_000, flood.stdout.endsWith(shown('the end'))]).toEqual([
      '',
      true,
      true,
    ]);
  });

  it('compares the status with the one expected', async () => {
    const failed = await call('Fail');
    expect(failed.result).toEqual({
      success: false,
      error: 'server returned NotFound code, expected OK',
      reason: 'exit',
    });
    expect(failed.stderr).toBe('NotFound: nothing here\n');
    expect((await call('Fail', { expectCode: '5' })).result.success).toBe(true);
    expect((await call('Echo', { expectCode: '5' })).result.error).toBe('server returned OK code, expected NotFound');
  });

  it('sends headers, also such with bytes', async () => {
    await call('Echo', { headers: '["x-url: http://h:1","y-bin: aGk="]' });
    expect(server.headers).toMatchObject({ 'x-url': 'http://h:1', 'y-bin': Buffer.from('hi') });
  });

  it('asks the older reflection where there is no other, and asks once', async () => {
    const runs = await Promise.all([call('Echo', {}, older), call('Echo', {}, older)]);
    expect(runs.map(({ stdout }) => stdout)).toEqual([shown('hi'), shown('hi')]);
    const asked = older.reflections;
    await call('Echo', {}, older);
    expect(older.reflections).toBe(asked);
  });

  it('encrypts', async () => {
    const tls = { tlsEnable: 'true', url: url('Echo', encrypted).replace('127.0.0.1', 'localhost') };
    expect((await call('Echo', { ...tls, tlsRootCAsFile: CERT }, encrypted)).result.error).toBe('');
    expect((await call('Echo', { ...tls, tlsNoVerifyPeer: 'true' }, encrypted)).result.error).toBe('');
    expect((await call('Echo', tls, encrypted)).result.error).toMatch(/^Failed querying .*self.signed/);
  });
});

describe('splitJson', () => {
  it.each([
    ['', []],
    [' {} ', ['{}']],
    ['{"a":"}\\""}[1]"x" 5 true', ['{"a":"}\\""}', '[1]', '"x"', '5', 'true']],
  ])('%j', (text, values) => expect(splitJson(text)).toEqual(values));

  it.each(['{', '}', '{}x', '"', '[1}'])('refuses %s', (text) => expect(() => splitJson(text)).toThrow(SyntaxError));
});
