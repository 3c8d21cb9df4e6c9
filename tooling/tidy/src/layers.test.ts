import { describe, expect, it } from 'vitest';
import { checkLayers, importsOf } from './layers.ts';

const messages = (path: string, text: string): string[] => checkLayers({ path, text }).map(({ message }) => message);

describe('checkLayers', () => {
  it('lets imports point down', () => {
    expect(
      messages('packages/store/src/a.ts', "import { x } from '@dkron/jobs';\nimport { y } from '@dkron/runtime';"),
    ).toEqual([]);
    expect(messages('apps/server/src/a.ts', "import { x } from '@dkron/store/level';")).toEqual([]);
  });

  it('refuses imports that point up', () => {
    expect(messages('packages/jobs/src/a.ts', "import type { S } from '@dkron/store';")).toEqual([
      'jobs (layer 1) imports @dkron/store (layer 2): imports point down',
    ]);
    expect(messages('packages/jobs/src/a.test.ts', "import { S } from '@dkron/store';")).toHaveLength(1);
  });

  it('refuses imports sideways inside layer 1, except a job its schedule', () => {
    expect(messages('packages/jobs/src/a.ts', "import { x } from '@dkron/cron';")).toEqual([]);
    expect(messages('packages/cron/src/a.ts', "import { x } from '@dkron/jobs';")).toHaveLength(1);
  });

  it('refuses imports sideways between engines and between adapters, but not in their tests', () => {
    const text = "import { Engine } from '@dkron/scheduler';";
    expect(messages('packages/store/src/a.ts', text)).toEqual([
      'store imports @dkron/scheduler: no imports sideways inside layer 2',
    ]);
    expect(messages('packages/store/src/a.test.ts', text)).toEqual([]);
    expect(messages('packages/executors/src/a.ts', "import type { P } from '@dkron/processors';")).toHaveLength(1);
    expect(messages('packages/store/src/a.ts', "import { x } from '@dkron/store/memory';")).toEqual([]);
    expect(messages('apps/cli/src/a.ts', "import { start } from '@dkron/server';")).toEqual([]);
  });

  it('finds what is taken from the surroundings in layers 0 to 2', () => {
    const text = 'globalThis.setTimeout(run, 5);';
    for (const name of ['runtime', 'cron', 'jobs', 'store', 'worker']) {
      expect(messages(`packages/${name}/src/a.ts`, text)).toHaveLength(1);
    }
    expect(messages('packages/runtime/src/system/timers.ts', text)).toEqual([]);
    expect(messages('packages/executors/src/a.ts', text)).toEqual([]);
  });

  it('refuses node: in layers 0 and 1 but not in the real clock or in tests', () => {
    const text = "import { randomInt } from 'node:crypto';";
    expect(messages('packages/cron/src/a.ts', text)).toHaveLength(1);
    expect(messages('packages/runtime/src/a.ts', text)).toHaveLength(1);
    expect(messages('packages/runtime/src/system/random.ts', text)).toEqual([]);
    expect(messages('packages/cron/src/a.test.ts', text)).toEqual([]);
    expect(messages('packages/executors/src/a.ts', text)).toEqual([]);
  });

  it('keeps testing sub-paths and the real clock out of what runs', () => {
    expect(messages('packages/store/src/a.ts', "import { ManualTime } from '@dkron/runtime/testing';")).toHaveLength(1);
    expect(messages('packages/store/src/a.test.ts', "import { ManualTime } from '@dkron/runtime/testing';")).toEqual(
      [],
    );
    expect(
      messages('packages/scheduler/src/a.ts', "import { systemClock } from '@dkron/runtime/system';"),
    ).toHaveLength(1);
    expect(messages('apps/server/src/a.ts', "import { systemClock } from '@dkron/runtime/system';")).toEqual([]);
  });

  it('refuses the inside of other packages, by name and by path', () => {
    expect(messages('apps/cli/src/a.ts', "import { x } from '@dkron/store/src/keys.ts';")).toHaveLength(1);
    expect(messages('apps/cli/src/a.ts', "import { x } from '../../server/src/main.ts';")).toHaveLength(1);
    expect(messages('apps/cli/src/deep/a.ts', "import { x } from '../../package.json';")).toEqual([]);
  });

  it('finds dates without an argument in layers 0 to 2, not in comments', () => {
    expect(messages('packages/store/src/a.ts', 'const a = new Date();')).toHaveLength(1);
    expect(messages('packages/store/src/a.ts', 'const a = Date();')).toHaveLength(1);
    expect(messages('packages/store/src/a.ts', 'const a = new Date(5); // never new Date()')).toEqual([]);
    expect(messages('packages/executors/src/a.ts', 'const a = new Date();')).toEqual([]);
  });

  it('lets only the tests of apps start whole servers', () => {
    const text = "import { ServerProcess } from '@dkron/harness';";
    expect(messages('apps/server/e2e/a.test.ts', text)).toEqual([]);
    expect(messages('apps/server/src/a.ts', text)).not.toEqual([]);
    expect(messages('packages/store/src/a.test.ts', text)).not.toEqual([]);
  });

  it('asks for every package to be in the table', () => {
    expect(messages('packages/novel/src/a.ts', '')).toEqual(['novel is missing in the layer table']);
    expect(messages('packages/store/src/a.ts', "import { x } from '@dkron/novel';")).toEqual([
      'novel is missing in the layer table',
    ]);
  });
});

describe('importsOf', () => {
  it('reads every form of import', () => {
    const text = [
      "import 'a';",
      "import b from 'b';",
      'import {\n  c,\n} from "c";',
      "export { d } from 'd';",
      "const e = await import('e');",
      "const notOne = 'from';",
    ].join('\n');
    expect(importsOf(text).map(({ specifier }) => specifier)).toEqual(['a', 'b', 'c', 'd', 'e']);
  });
});
