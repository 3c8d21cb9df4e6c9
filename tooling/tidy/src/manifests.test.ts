import { describe, expect, it } from 'vitest';
import { checkManifest } from './manifests.ts';

const good = {
  name: '@dkron/x',
  version: '0.1.0',
  description: 'An example',
  license: 'Apache-2.0',
  type: 'module',
  sideEffects: false,
  engines: { node: '>=24' },
  repository: { type: 'git', url: 'git+https://github.com/dkron-ts/dkron-ts.git', directory: 'packages/x' },
  files: ['dist', '!dist/.tsbuildinfo'],
  exports: { '.': { '@dkron/source': './src/index.ts', types: './dist/index.d.ts', default: './dist/index.js' } },
  scripts: { build: 'tsc -b', 'check:types': 'tsc', 'check:package': 'publint' },
  dependencies: { '@dkron/runtime': 'workspace:^', zod: 'catalog:' },
};
const messages = (change: object, folder = 'packages/x'): string[] =>
  checkManifest({ folder, manifest: { ...good, ...change } }).map(({ message }) => message);

describe('checkManifest', () => {
  it('accepts the common form', () => {
    expect(messages({})).toEqual([]);
    expect(messages({ private: true, exports: undefined, files: undefined }, 'apps/x')).toEqual([]);
    expect(messages({ private: true, scripts: undefined }, 'tooling/x')).toEqual([]);
  });

  it.each([
    [{ name: '@dkron/y' }, 'name must be @dkron/x'],
    [{ version: undefined }, 'version is missing'],
    [{ description: '' }, 'description is missing'],
    [{ license: 'MIT' }, 'license must be Apache-2.0'],
    [{ type: 'commonjs' }, 'type must be module'],
    [{ engines: {} }, 'engines.node must be >=24'],
    [{ sideEffects: undefined }, 'sideEffects must be false'],
    [{ private: true }, 'a package is published, it cannot be private'],
    [{ files: ['dist'] }, 'files must list !dist/.tsbuildinfo'],
    [{ exports: {} }, 'exports are missing'],
    [{ scripts: { build: 'x', 'check:types': 'x' } }, 'script check:package is missing'],
    [{ dependencies: { '@dkron/runtime': '^0.1.0' } }, '@dkron/runtime must be workspace:^, is ^0.1.0'],
    [{ devDependencies: { '@dkron/cron': 'workspace:*' } }, '@dkron/cron must be workspace:^, is workspace:*'],
    [{ repository: { ...good.repository, directory: 'packages/y' } }, 'repository.directory must be packages/x'],
  ])('refuses %j', (change, message) => {
    expect(messages(change)).toEqual([message]);
  });

  it('holds the three conditions of an export together', () => {
    const types = { types: './dist/a.d.ts', default: './dist/a.js' };
    const order = 'exports["./a"] must have the conditions @dkron/source,types,default';
    expect(messages({ exports: { './a': types } })).toEqual([order]);
    expect(messages({ exports: { './a': { ...types, '@dkron/source': './src/a.ts' } } })).toEqual([order]);
    expect(messages({ exports: { './a': { '@dkron/source': './src/b.ts', ...types } } })).toEqual([
      'exports["./a"] must point to ./dist/b.d.ts and ./dist/b.js',
    ]);
  });

  it('wants an app to be private', () => {
    expect(messages({}, 'apps/x')).toEqual(['an app must be private']);
  });
});
