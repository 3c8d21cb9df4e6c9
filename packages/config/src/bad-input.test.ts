import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { resolveTemplate, TemplateError } from './address/template.ts';
import { loadConfigFile } from './config-file.ts';
import type { RawValue } from './convert.ts';
import { ConfigError } from './problem.ts';
import { resolveConfig, type Resolved } from './resolve.ts';
import { flagNameOf, SETTING_KEYS, SETTINGS, variableOf } from './schema/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'dkron-bad-'));
afterAll(() => rmSync(folder, { recursive: true }));

const anyKey = fc.constantFrom(...SETTING_KEYS);
/** What a file can hold. */
const anyValue = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<RawValue>;
const anyText = fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
const nearMiss = fc.constantFrom<RawValue>(
  '',
  '-1',
  '1e3',
  '99999999999999999999',
  '0x',
  '10',
  '5 s',
  'ÄÖ\u0000',
  'a=b,c',
  '=x',
  -1,
  1.5,
  Number.MAX_VALUE,
  [],
  {},
  [[]],
  { a: { b: 1 } },
);

/** Keys of problems that `key` alone can have caused. */
const CONTRADICTED: ReadonlySet<string> = new Set(['bootstrap', 'devmode', 'agent-run-retry-max-interval', 'rpc-port']);

/** @returns what is wrong with the outcome; values of all settings, or an error that names `key`, are fine */
function faults(key: string, resolve: () => Resolved): readonly string[] {
  try {
    const { values } = resolve();
    return SETTING_KEYS.filter((one) => values[one] === undefined);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems
      .filter((one) => one.allowed === '' || one.source === '' || (one.key !== key && !CONTRADICTED.has(one.key)))
      .map((one) => one.key);
  }
}

describe('bad input ends in values or in an error that names the setting', () => {
  it('from a file: every setting with any value', () => {
    fc.assert(
      fc.property(anyKey, fc.oneof(anyValue, nearMiss), (key, value) => {
        if (value === null) return;
        const file = { path: '/c.yml', entries: [{ key, value, line: 1 }] };
        expect(faults(key, () => resolveConfig({ flags: new Map(), env: {}, file }))).toEqual([]);
      }),
      { numRuns: 1500 },
    );
  });

  it('from the environment: every variable with any text', () => {
    fc.assert(
      fc.property(anyKey, anyText, (key, text) => {
        const env = { [variableOf(flagNameOf(key) ?? key)]: text, DKRON_TAGS: text };
        expect(faults(key, () => resolveConfig({ flags: new Map(), env, file: undefined }))).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it('a secret is in no error', () => {
    const secret = 'very-secret-text';
    for (const key of SETTING_KEYS.filter((one) => SETTINGS[one].secret !== undefined)) {
      const file = { path: '/c.yml', entries: [{ key, value: { deep: secret }, line: 1 }] };
      try {
        resolveConfig({ flags: new Map(), env: {}, file });
        expect.unreachable();
      } catch (error) {
        expect(error).toBeInstanceOf(ConfigError);
        expect(JSON.stringify((error as ConfigError).problems) + String(error)).not.toContain(secret);
      }
    }
  });

  it('files of any text and format', async () => {
    const extension = fc.constantFrom('json', 'toml', 'yaml', 'yml', 'env');
    const text = fc.oneof(
      anyText,
      fc.json(),
      fc.string({ unit: fc.constantFrom(...'a:-[]{}#&*!|>"\'=\n\t '.split('')) }),
    );
    await fc.assert(
      fc.asyncProperty(extension, text, async (ending, content) => {
        const path = join(folder, `any.${ending}`);
        writeFileSync(path, content);
        await loadConfigFile(path, { home: undefined, workingFolder: folder }).catch((error: unknown) => {
          expect(error).toBeInstanceOf(ConfigError);
        });
      }),
      { numRuns: 500 },
    );
  });

  it('templates of any stages', () => {
    const word = fc.constantFrom('include', 'exclude', 'limit', 'offset', 'sort', 'join', 'attr', 'unique', 'nope', '');
    const argument = fc.constantFrom(
      '"name"',
      '"("',
      '"network"',
      '"10.0.0.0/8"',
      '"::/x"',
      '"rfc"',
      '"flags"',
      '-1',
      'x',
      '"',
    );
    const stage = fc.tuple(word, fc.array(argument, { maxLength: 3 })).map(([name, args]) => [name, ...args].join(' '));
    const local = [
      { name: 'eth0', address: '10.0.0.1', family: 'IPv4' as const, cidr: '', loopback: false, onDefaultRoute: true },
    ];
    fc.assert(
      fc.property(fc.array(stage, { maxLength: 3 }), (stages) => {
        try {
          const text = `{{ ${['GetAllInterfaces', ...stages].join(' | ')} }}`;
          expect(typeof resolveTemplate(text, local)).toBe('string');
        } catch (error) {
          expect(error).toBeInstanceOf(TemplateError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
