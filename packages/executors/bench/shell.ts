/**
 * Shell executions per second beside a vfork loop in C (where there is a compiler), both in turn, medians of several
 * rounds: `npm run -s node -- packages/executors/bench/shell.ts [helper processes] [MiB of heap]`.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@dkron/runtime';
import { systemTimers } from '@dkron/runtime/system';
import { shellExecutor } from '@dkron/executors/shell';
import { SpawnHelper } from '@dkron/executors/spawn-helper';

const ROUNDS = 5;
const RUNS = 600;
const AT_ONCE = [1, 8, 64];

const [processes = 2, heapMib = 0] = process.argv.slice(2).map(Number);

function compileFloor(): string | undefined {
  const path = join(mkdtempSync(join(tmpdir(), 'vfork-')), 'vfork');
  try {
    execFileSync('cc', ['-O2', '-o', path, join(import.meta.dirname, 'vfork.c')]);
    return path;
  } catch {
    return undefined;
  }
}

const median = (values: number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

const spawnHelper = await SpawnHelper.start({ processes }, { timers: systemTimers, logger: silentLogger });
const executor = shellExecutor({}, { spawnHelper, timers: systemTimers });
// After the start of the helper, as in a server.
const ballast = Array.from({ length: heapMib }, () => new Uint8Array(1024 * 1024).fill(1));

async function perSecond(atOnce: number): Promise<number> {
  const config = { shell: 'true', command: 'true' };
  const request = { jobName: 'bench', executionId: '1-bench', attempt: 1, config, killGraceMs: 1_000 };
  const context = { signal: new AbortController().signal, logger: silentLogger, output: (): void => {} };
  let left = RUNS;
  const worker = async (): Promise<void> => {
    while (left-- > 0) {
      const result = await executor.execute(request, context);
      if (!result.success) throw new Error(result.error);
    }
  };
  const from = performance.now();
  await Promise.all(Array.from({ length: atOnce }, worker));
  return (RUNS / (performance.now() - from)) * 1000;
}

const floorProgram = compileFloor();
const floors: number[] = [];
const ours = new Map<number, number[]>(AT_ONCE.map((atOnce) => [atOnce, []]));
for (let round = 0; round < ROUNDS; round++) {
  if (floorProgram !== undefined) floors.push(Number(execFileSync(floorProgram, [String(RUNS)], { encoding: 'utf8' })));
  for (const [atOnce, values] of ours) values.push(await perSecond(atOnce));
}

const floor = median(floors);
console.log(`helper processes ${processes}, ballast ${ballast.length} MiB`);
console.log(`vfork loop in C: ${floor.toFixed(0)}/s`);
for (const [atOnce, values] of ours) {
  const value = median(values);
  console.log(`ours, ${atOnce} at once: ${value.toFixed(0)}/s, ratio ${(value / floor).toFixed(2)}`);
}
await spawnHelper.close();
