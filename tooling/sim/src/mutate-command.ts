import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { CORE_MUTATIONS, DRIVER_MUTATIONS, mutate, type Mutation } from '@dkron/raft/testing';
import { runDriverSeeds } from './run-driver-seeds.ts';
import { runSeeds, type SeedsOutcome } from './run-seeds.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const PACKAGE = fileURLToPath(new URL('../../../packages/raft/', import.meta.url));

/** A defect that makes the simulator itself hang counts as found: nobody would miss it. */
const TIMEOUT_MS = 60_000;

/** The same for whole nodes, for each seed. */
const DRIVER_TIMEOUT_MS = 5000;
const CORE_SEEDS = 1500;
const DRIVER_SEEDS = 300;

/** Marks that a defect must not take away: those that the sound core reaches on several of the same seeds. */
type Marks = ReadonlySet<string>;

/** A mark reached on fewer seeds may be missed by chance. */
const COMMON_SEEDS = 8;

/**
 * Puts each defect into a copy of the core and simulates until it is noticed. Prints which checker noticed, and which
 * defects nobody did. Resolves with whether at least `--least` were found.
 */
export async function mutateCommand(args: readonly string[]): Promise<boolean> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seeds: { type: 'string' },
      driver: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      least: { type: 'string', default: '0' },
    },
  });
  const seeds = Number(values.seeds ?? (values.driver ? DRIVER_SEEDS : CORE_SEEDS));
  const mutations = values.driver ? DRIVER_MUTATIONS : CORE_MUTATIONS;
  const wanted = mutations.filter(({ id }) => values.only === '' || values.only.split(',').includes(id));
  // Whoever edits the package meanwhile does not disturb.
  const original = mkdtempSync(join(tmpdir(), 'raft-original-'));
  cpSync(join(PACKAGE, 'src'), join(original, 'src'), { recursive: true });
  try {
    const mutateThem = values.driver ? mutateDriver : mutateAll;
    return await mutateThem(original, wanted, seeds, Number(values.least));
  } finally {
    rmSync(original, { recursive: true, force: true });
  }
}

async function mutateAll(
  original: string,
  wanted: readonly Mutation[],
  seeds: number,
  least: number,
): Promise<boolean> {
  const baseline = await simulateCopy(original, undefined, seeds, false);
  const sound = baseline.reports.find(({ failed }) => failed !== undefined);
  if (sound !== undefined) throw new Error(`the core fails without a defect: ${sound.failed!.failure.message}`);
  const failing = judgedByTests(original, undefined);
  if (failing !== undefined) throw new Error(`the core fails without a defect: ${failing}`);
  const marks = marksOf(baseline, COMMON_SEEDS);
  const counts: Record<Kind, number> = { checker: 0, 'unit test': 0, 'mark only': 0, survived: 0 };
  for (const mutation of wanted) {
    const { kind, detail } = verdictOf(
      judge(await simulateCopy(original, mutation, seeds, true), seeds, marks),
      () => judgedByTests(original, mutation),
      mutation,
    );
    counts[kind]++;
    process.stdout.write(`${kind.padEnd(9)} ${mutation.id}: ${detail}\n`);
  }
  const killed = counts.checker + counts['unit test'];
  const parts = Object.entries(counts).map(([kind, count]) => `${kind} ${count}`);
  process.stdout.write(`killed ${killed} of ${wanted.length} (${parts.join(', ')})\n`);
  return killed >= least;
}

/** Defects of driver and storage: whole nodes are simulated until a checker notices. */
async function mutateDriver(
  original: string,
  wanted: readonly Mutation[],
  seeds: number,
  least: number,
): Promise<boolean> {
  let killed = 0;
  for (const mutation of wanted) {
    const folder = copyWith(original, mutation);
    try {
      const module = pathToFileURL(join(folder, 'src', 'testing', 'index.ts')).href;
      const task = { module, firstSeed: 1, seeds, workers: 2, twice: false, stopAtFailure: true };
      const results = await runDriverSeeds(task, seeds * DRIVER_TIMEOUT_MS);
      const failed = results.find(({ failure }) => failure !== undefined);
      if (failed !== undefined) killed++;
      const text =
        failed === undefined
          ? `survived ${mutation.id}: ${mutation.what} (${results.length} seeds)`
          : `checker  ${mutation.id}: ${failed.failure!.message.split('\n')[0]!.slice(0, 160)} (seed ${failed.seed}, ${results.length} runs)`;
      process.stdout.write(`${text}\n`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  process.stdout.write(`killed ${killed} of ${wanted.length}\n`);
  return killed >= least;
}

/** Who noticed a defect. A mark that is not reached is no kill: the defect may have deleted what sets it. */
type Kind = 'checker' | 'unit test' | 'mark only' | 'survived';

interface Verdict {
  readonly kind: Kind;
  readonly detail: string;
}

function verdictOf(simulated: Verdict | undefined, tested: () => string | undefined, { what }: Mutation): Verdict {
  if (simulated?.kind === 'checker') return simulated;
  const test = tested();
  if (test !== undefined) return { kind: 'unit test', detail: test };
  return simulated ?? { kind: 'survived', detail: what };
}

/** What the simulator noticed of the defect; `undefined` if nothing. */
function judge(outcome: SeedsOutcome, seeds: number, marks: Marks): Verdict | undefined {
  const { reports } = outcome;
  const failed = reports.find((report) => report.failed !== undefined);
  if (failed !== undefined) {
    const { checker } = failed.failed!.failure;
    return { kind: 'checker', detail: `${checker} (seed ${failed.result.seed}, ${reports.length} runs)` };
  }
  if (reports.length < seeds) return { kind: 'checker', detail: 'does not end' };
  const reached = marksOf(outcome, 1);
  const missing = [...marks].filter((mark) => !reached.has(mark));
  return missing.length > 0 ? { kind: 'mark only', detail: `not reached: ${missing.join(', ')}` } : undefined;
}

function marksOf({ reports }: SeedsOutcome, least: number): Marks {
  const counts = new Map<string, number>();
  for (const mark of reports.flatMap(({ result }) => result.marks)) counts.set(mark, (counts.get(mark) ?? 0) + 1);
  return new Set([...counts].filter(([, count]) => count >= least).map(([mark]) => mark));
}

/** The part of a report of vitest that matters here. */
interface TestReport {
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

/** Which unit test of the core fails on the defect; `undefined` if none does. The random ones are left out: too slow. */
function judgedByTests(original: string, mutation: Mutation | undefined): string | undefined {
  const folder = copyWith(original, mutation);
  try {
    const report = join(folder, 'report.json');
    const args = [
      'run',
      '--root',
      folder,
      'src/core',
      '--exclude',
      '**/*.prop.test.ts',
      '--no-isolate',
      '--reporter=json',
    ];
    spawnSync(join(ROOT, 'node_modules', '.bin', 'vitest'), [...args, `--outputFile=${report}`], {
      stdio: 'ignore',
      timeout: 2 * TIMEOUT_MS,
    });
    const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as TestReport;
    const failed = testResults.flatMap((file) => file.assertionResults).find(({ status }) => status === 'failed');
    return failed === undefined ? undefined : `"${failed.fullName}"`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A copy of the package, with a defect if one is given. */
function copyWith(original: string, mutation: Mutation | undefined): string {
  const folder = mkdtempSync(join(tmpdir(), 'raft-mutant-'));
  cpSync(join(original, 'src'), join(folder, 'src'), { recursive: true });
  cpSync(join(PACKAGE, 'testdata'), join(folder, 'testdata'), { recursive: true });
  for (const file of ['package.json', 'vitest.config.ts']) cpSync(join(PACKAGE, file), join(folder, file));
  mkdirSync(join(folder, 'node_modules'));
  for (const name of ['@dkron', 'fast-check']) {
    symlinkSync(join(PACKAGE, 'node_modules', name), join(folder, 'node_modules', name));
  }
  symlinkSync(join(ROOT, 'node_modules', 'vitest'), join(folder, 'node_modules', 'vitest'));
  if (mutation !== undefined) {
    const file = join(folder, 'src', 'core', mutation.file);
    writeFileSync(file, mutate(readFileSync(file, 'utf8'), mutation));
  }
  return folder;
}

/** Runs the simulator of a copy of the package, with a defect if one is given. */
async function simulateCopy(
  original: string,
  mutation: Mutation | undefined,
  seeds: number,
  stopAtFailure: boolean,
): Promise<SeedsOutcome> {
  const folder = copyWith(original, mutation);
  try {
    const module = pathToFileURL(join(folder, 'src', 'testing', 'index.ts')).href;
    return await runSeeds(
      {
        module,
        limits: { steps: 2500, allFaults: true },
        nodes: [],
        firstSeed: 1,
        seeds,
        workers: 2,
        twice: false,
        stopAtFailure,
        shrink: false,
        withMarks: true,
      },
      TIMEOUT_MS,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
