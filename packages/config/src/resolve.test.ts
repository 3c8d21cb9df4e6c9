import { describe, expect, it } from 'vitest';
import { ConfigError } from './problem.ts';
import { resolveConfig, type Resolved } from './resolve.ts';
import { SETTING_KEYS, SETTINGS, variableOf, flagNameOf } from './schema/index.ts';
import { parse } from 'yaml';
import type { RawValue } from './convert.ts';
import type { FileEntry } from './file-formats.ts';

interface Trial {
  readonly flags?: Readonly<Record<string, readonly string[]>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly file?: string;
}

function resolve({ flags = {}, env = {}, file }: Trial): Resolved {
  const entries = file === undefined ? undefined : { path: '/c.yml', entries: entriesOf(file) };
  return resolveConfig({ flags: new Map(Object.entries(flags)), env, file: entries });
}

/** One setting per line. */
function entriesOf(text: string): FileEntry[] {
  return text.split('\n').flatMap((content, index) =>
    Object.entries((parse(content) ?? {}) as Record<string, RawValue>).map(([key, value]) => ({
      key,
      value,
      line: index + 1,
    })),
  );
}

function refused(trial: Trial): ConfigError {
  try {
    resolve(trial);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('was not refused');
}

describe('precedence', () => {
  it('flag, environment, file, default, for every setting that has a flag', () => {
    for (const key of SETTING_KEYS) {
      const flag = flagNameOf(key);
      const setting = SETTINGS[key];
      if (flag === undefined || setting.kind !== 'text' || setting.check !== undefined) continue;
      const env = { [variableOf(flag)]: 'env' };
      const file = `${key}: file`;
      expect(resolve({ flags: { [flag]: ['flag'] }, env, file }).values[key]).toBe('flag');
      expect(resolve({ env, file }).values[key]).toBe('env');
      expect(resolve({ file }).values[key]).toBe('file');
      expect(resolve({}).values[key]).toBe(setting.default);
    }
  });

  it('an empty variable counts as unset; a flag wins even with its default', () => {
    expect(resolve({ env: { DKRON_REGION: '' }, file: 'region: eu' }).values.region).toBe('eu');
    expect(resolve({ flags: { server: ['false'] }, file: 'server: true' }).values.server).toBe(false);
  });

  it('settings of the file alone have a variable once the file has them', () => {
    const env = { DKRON_DEVMODE: 'true' };
    expect(resolve({ env }).values.devmode).toBe(false);
    expect(resolve({ env, file: 'devmode: false' }).values.devmode).toBe(true);
  });
});

describe('values', () => {
  it('texts for numbers and booleans, numbers for texts', () => {
    const { values } = resolve({ file: 'SERVER: "true"\nBootstrap-Expect: "1"\nnode-name: 123\nrpc-port: 0x10\n' });
    expect(values).toMatchObject({ server: true, 'bootstrap-expect': 1, 'node-name': '123', 'rpc-port': 16 });
  });

  it('durations are milliseconds, sizes bytes', () => {
    const { values } = resolve({ file: 'tick-grace: 1m30s\nmax-body-size: 2MiB\n' });
    expect([values['tick-grace'], values['max-body-size']]).toEqual([90_000, 2_097_152]);
  });

  it('lists: repeated flags, commas, arrays', () => {
    const expected = ['a:1', 'b:2'];
    expect(resolve({ flags: { join: expected } }).values.join).toEqual(expected);
    expect(resolve({ env: { DKRON_JOIN: 'a:1,b:2' } }).values.join).toEqual(expected);
    expect(resolve({ file: 'join: "a:1,b:2"' }).values.join).toEqual(expected);
    expect(resolve({ file: 'join: [a:1, b:2]' }).values.join).toEqual(expected);
  });

  it('tags: a flag replaces the environment and that the file; DKRON_TAG is split at white space', () => {
    const file = 'tags: {x: y}';
    expect(resolve({ flags: { tag: ['a=b=c', 'D=e'] }, env: { DKRON_TAG: 'q=1' }, file }).values.tags).toEqual({
      a: 'b=c',
      D: 'e',
    });
    expect(resolve({ env: { DKRON_TAG: 'a=b,c=d  E=f' }, file }).values.tags).toEqual({ a: 'b,c=d', E: 'f' });
    expect(resolve({ env: { DKRON_TAGS: '{"X":"y"}' }, file }).values.tags).toEqual({ X: 'y' });
  });

  it('G-C17: names of tags in a file keep their case', () => {
    expect(resolve({ file: 'tags: {My_Role: Web, n: 1}' }).values.tags).toEqual({ My_Role: 'Web', n: '1' });
  });

  it('G-C18: raft-multiplier 0 is allowed, as the help says', () => {
    expect(resolve({ flags: { 'raft-multiplier': ['0'] } }).values['raft-multiplier']).toBe(0);
  });

  it('every default is possible', () => {
    expect(Object.keys(resolve({}).values)).toEqual(SETTING_KEYS);
  });
});

describe('warnings', () => {
  it('unknown keys with file, line and suggestion', () => {
    const { warnings } = resolve({ file: 'server: true\nbootstrap_expect: 1\nnode-nmae: x\nquite-else: 1\n' });
    expect(warnings.map(({ key, source, message }) => `${source} ${key} ${message}`)).toEqual([
      '/c.yml:2 bootstrap_expect unknown key, it has no effect; did you mean bootstrap-expect?',
      '/c.yml:3 node-nmae unknown key, it has no effect; did you mean node-name?',
      '/c.yml:4 quite-else unknown key, it has no effect',
    ]);
  });

  it('settings without effect, unless given as they are anyway', () => {
    const { warnings } = resolve({
      flags: { 'webhook-url': ['http://x'], profile: ['lan'], 'disable-usage-stats': ['true'] },
    });
    expect(warnings).toEqual([
      {
        key: 'webhook-url',
        source: '--webhook-url',
        message: 'has no effect: it has none in Dkron either; use webhook-endpoint',
        wrong: true,
      },
    ]);
  });

  it('tags that the node sets itself', () => {
    const { warnings } = resolve({ file: 'tags: {dc: east, team: a}' });
    expect(warnings.map(({ source, message }) => `${source} ${message}`)).toEqual([
      '/c.yml:1 the tag dc is set by the node itself, the value "east" has no effect',
    ]);
  });

  it('an unknown log level counts as info; DKRON_TAGS that is no JSON gives no tags', () => {
    const { values, warnings } = resolve({ flags: { 'log-level': ['loud'] }, env: { DKRON_TAGS: 'a=b' } });
    expect([values['log-level'], values.tags]).toEqual(['info', {}]);
    expect(warnings.map(({ key, wrong }) => [key, wrong])).toEqual([
      ['tags', true],
      ['log-level', true],
    ]);
  });
});

describe('refusals', () => {
  it('name key, value, source and what is allowed, all of them at once', () => {
    const { problems } = refused({ env: { DKRON_SERVER: 'yes' }, file: 'bootstrap-expect: many\njoin: {a: b}\n' });
    expect(problems).toMatchObject([
      { key: 'server', value: 'yes', source: 'DKRON_SERVER', allowed: 'true or false' },
      { key: 'bootstrap-expect', value: 'many', source: '/c.yml:1', allowed: 'a whole number' },
      { key: 'join', value: '{"a":"b"}', source: '/c.yml:2', allowed: 'a list of texts' },
    ]);
  });

  it.each([
    ['rpc-port: 70000', 'from 0 to 65535'],
    ['lease: 5', 'a duration'],
    ['lease: 0s', 'from 1s to 576h'],
    ['stop-timeout: -5s', 'from 0s to 576h'],
    ['stop-timeout: 577h', 'from 0s to 576h'],
    ['serf-reconnect-timeout: 876001h', 'to 876000h'],
    ['{agent-run-retry-initial-interval: 2m, agent-run-retry-max-interval: 90s}', 'interval, 2m0s'],
    ['max-body-size: 0', 'a size'],
    ['profile: fast', 'lan, wan, local'],
    ['default-timezone: Nowhere', 'IANA zone'],
    ['tags: [a]', 'key=value'],
    ['tags: {a: {b: c}}', 'a map of texts'],
    ['webhook-headers: [none]', 'Name: value'],
    ['webhook-endpoint: here', 'an http or https URL'],
    ['cors-origins: [example.org]', 'an origin'],
    ['statsd-addr: host', 'host:port'],
    ['server: 2021-01-01', 'true or false'],
  ])('%s', (file, allowed) => {
    expect(refused({ file }).problems[0]?.allowed).toContain(allowed);
  });

  it.each([
    [{ flags: { 'bootstrap-expect': ['-1'] } }, '--bootstrap-expect'],
    [{ env: { DKRON_BOOTSTRAP_EXPECT: '-1' } }, 'DKRON_BOOTSTRAP_EXPECT'],
    [{ file: 'bootstrap-expect: -1\n' }, '/c.yml:1'],
  ])('a number of servers below zero starts, as there, as none and with a warning: %j', (sources, source) => {
    const { values, warnings } = resolve(sources);
    expect(values['bootstrap-expect']).toBe(0);
    const message = '"-1" is not allowed, expected a whole number ≥ 0; 0 is used: no cluster is made';
    expect(warnings).toEqual([{ key: 'bootstrap-expect', source, message, wrong: true }]);
  });

  it.each([
    [
      { 'http-addr': '":80"', 'bootstrap-expect': '1' },
      ['bootstrap-expect', 'http-addr'],
      /^has no effect without server/,
    ],
    [{ server: 'true', 'http-addr': '":80"', 'bootstrap-expect': '1' }, [], /./],
    [{ 'mail-from': 'a@b.c' }, ['mail-from'], /^has no effect/],
    [{ 'retry-max': '3' }, ['retry-max'], /^has no effect/],
    [{ server: 'true', 'bootstrap-expect': '3' }, ['bootstrap-expect'], /^3 servers are expected/],
  ] as const)('a setting that lacks another one: %o', (settings, keys, message) => {
    const file = Object.entries(settings)
      .map(([name, value]) => `${name}: ${value}\n`)
      .join('');
    const { warnings } = resolve({ file });
    expect(warnings.map(({ key }) => key)).toEqual(keys);
    for (const warning of warnings) expect(warning.message).toMatch(message);
  });

  it('a secret is not shown', () => {
    const error = refused({ flags: { encrypt: ['c2VjcmV0'] } });
    expect(JSON.stringify(error.problems)).not.toContain('c2VjcmV0');
    expect(error.problems[0]?.allowed).toContain('16, 24 or 32 bytes');
  });

  it.each([
    [{ bootstrap: 'true', 'bootstrap-expect': '3' }, 'bootstrap'],
    [
      { 'agent-run-retry-initial-interval': '9s', 'agent-run-retry-max-interval': '1s' },
      'agent-run-retry-max-interval',
    ],
    [{ server: 'true', 'rpc-port': '8080' }, 'rpc-port'],
    [{ 'rpc-port': '8946' }, 'rpc-port'],
    [{ 'bind-addr': '"10.0.0.1:6868"' }, 'bind-addr'],
    [{ server: 'true', 'http-addr': '":8946"' }, 'http-addr'],
    [{ server: 'true', 'bind-addr': '"10.0.0.1:8080"' }, 'bind-addr'],
  ])('a contradiction: %o', (settings, key) => {
    const file = Object.entries(settings)
      .map(([name, value]) => `${name}: ${value}\n`)
      .join('');
    expect(refused({ file }).problems.map((one) => one.key)).toEqual([key]);
  });
});
