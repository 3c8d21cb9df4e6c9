import { readdirSync } from 'node:fs';
import { afterAll, describe, it } from 'vitest';
import { cleanUp } from '../support/test-node.ts';
import { withDifferences } from './differences.ts';
import { PENDING } from './pending.ts';
import type { Failure } from './player.ts';
import { Player } from './player.ts';
import { isStep, loadScenario } from './scenario.ts';
import { Servers } from './servers.ts';
import { Turns } from './turns.ts';

const SHOWN_MAX = Number(process.env['REPLAY_SHOWN'] ?? 10);
const ALL = process.env['REPLAY_ALL'] === '1';
/** Of one recording; some wait a minute for what is due. */
const TIMEOUT_MS = 180_000;
/** Servers at the same time. */
const turns = new Turns(2);

const files = readdirSync(new URL('testdata', import.meta.url))
  .filter((name) => name.endsWith('.json'))
  .map((name) => name.slice(0, -'.json'.length));

afterAll(async () => {
  console.warn(
    ['Pending:', ...PENDING.map(({ file, at, reason }) => `${file}${at ? `[${at.join()}]` : ''}: ${reason}`)].join(
      '\n  ',
    ),
  );
  await cleanUp();
});

describe.concurrent('recorded exchanges of Dkron 4.1', () => {
  it.for(files)('%s', { timeout: TIMEOUT_MS * files.length }, async (file, { expect, skip }) => {
    const pending = ALL ? [] : PENDING.filter((one) => one.file === file);
    const whole = pending.find(({ at }) => at === undefined);
    skip(whole !== undefined, `pending: ${whole?.reason}`);
    const open = new Set(pending.flatMap(({ at = [] }) => at));
    const scenario = loadScenario(file);
    await turns.take(async () => {
      const servers = await Servers.launch(scenario.servers);
      try {
        const items = withDifferences(file, scenario.exchanges);
        const played = within(TIMEOUT_MS, new Player(servers).play(items));
        const failures = (await played).filter(({ position }) => !open.has(position));
        const exchanges = items.filter((item) => !isStep(item)).length;
        expect(failures.length, report(file, failures, exchanges)).toBe(0);
      } finally {
        await servers.end();
      }
    });
  });
});

/** Waiting for a turn does not count. */
async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`not done within ${ms} ms`)), ms);
  return Promise.race([work, promise]).finally(() => clearTimeout(timer));
}

function report(file: string, failures: readonly Failure[], exchanges: number): string {
  const shown = failures
    .slice(0, SHOWN_MAX)
    .map(
      ({ position, name, differences }) =>
        `${file}[${position}] ${name}\n    ${differences.slice(0, 4).join('\n    ')}`,
    );
  return [`${failures.length} of ${exchanges} exchanges depart from the recording`, ...shown].join('\n  ');
}
