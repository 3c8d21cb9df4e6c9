import { readdirSync } from 'node:fs';
import { afterAll, describe, it } from 'vitest';
import { cleanUp } from '../support/test-node.ts';
import { withDifferences } from './differences.ts';
import type { Failure } from './player.ts';
import { Player } from './player.ts';
import { isStep, loadScenario } from './scenario.ts';
import { NodesUnderTest } from './nodes-under-test.ts';
import { Turns } from './turns.ts';

const SHOWN_MAX = Number(process.env['REPLAY_SHOWN'] ?? 10);
/** Of one recording; some wait a minute for what is due. */
const TIMEOUT_MS = 300_000;
/** Of the addresses of clusters; one for each recording. */
const FIRST_NETWORK = 80;
/** Recordings at the same time. */
const turns = new Turns(2);

const files = readdirSync(new URL('testdata', import.meta.url))
  .filter((name) => name.endsWith('.json'))
  .map((name) => name.slice(0, -'.json'.length));

afterAll(cleanUp);

describe.concurrent('recorded exchanges of Dkron 4.1', () => {
  it.for(files)('%s', { timeout: TIMEOUT_MS * files.length }, async (file, { expect }) => {
    const scenario = loadScenario(file);
    await turns.take(async () => {
      const nodes = await NodesUnderTest.launch(
        scenario,
        `${FIRST_NETWORK + files.indexOf(file)}.${process.pid % 250}`,
      );
      try {
        const items = withDifferences(file, scenario.exchanges);
        const played = within(TIMEOUT_MS, new Player(nodes).play(items));
        const failures = await played;
        const exchanges = items.filter((item) => !isStep(item)).length;
        expect(failures.length, report(file, failures, exchanges)).toBe(0);
      } finally {
        await nodes.end();
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
