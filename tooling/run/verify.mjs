// `npm run verify`: all that CI runs, each check by itself, with a count at the end.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { breakingBase } from './proto-base.mjs';
import { execute } from './process.mjs';
import { workspacePackages } from './stamp.mjs';
import { FLAGS, prepare } from './test.mjs';

const CHECKS = [
  ['format', 'oxfmt', ['--check', '.']],
  ['lint', 'oxlint', ['--type-aware', '--deny-warnings']],
  ['types', 'turbo', ['run', 'check:types', '--output-logs=errors-only']],
  ['tidy', 'node', ['tooling/tidy/src/main.ts']],
  ['unused code (knip)', 'knip', []],
  ['package exports (publint, attw)', 'turbo', ['run', 'check:package', '--output-logs=errors-only']],
  ['proto lint', 'pnpm', ['--filter', '@dkron/contracts', 'exec', 'buf', 'lint', '../../proto']],
  ['changeset status', 'changeset', ['status']],
];

/**
 * `--tests-from=FILE` counts the tests of a vitest JSON report instead of running them (CI has just run them).
 * The last line is `N passed, M failed`: tests and checks together.
 */
export async function verify(args) {
  const report = args.find((arg) => arg.startsWith('--tests-from='))?.slice('--tests-from='.length);
  const env = await prepare();
  const tests = report === undefined ? await runTests(env) : countTests(report);
  // Two at a time: what only computes beside what mostly waits for processes of its own.
  const computing = [...CHECKS, ...protoBreaking(), ...scripts('test:compute')];
  const lanes = [computing, scripts('test:slow')].map((checks) => inTurn(checks, env));
  const results = (await Promise.all(lanes)).flat();

  for (const [name, verdict] of results) process.stdout.write(`${String(verdict)}  ${String(name)}\n`);
  for (const failure of tests.failures) process.stdout.write(`FAIL  ${failure}\n`);
  const passed = tests.passed + results.filter(([, verdict]) => verdict === 'pass').length;
  const failed = tests.failed + results.filter(([, verdict]) => verdict === 'FAIL').length;
  process.stdout.write(`tests: ${tests.passed} passed, ${tests.failed} failed, ${tests.skipped} skipped\n`);
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  process.exitCode = failed === 0 ? 0 : 1;
}

/** What a check answers that cannot be made on this machine, e.g. for want of a container engine. */
const NOT_RUN = 77;

/** One that was not run is named, and counts neither as passed nor as failed. */
export function verdictOf(code) {
  return code === 0 ? 'pass' : code === NOT_RUN ? 'NOT RUN' : 'FAIL';
}

async function inTurn(checks, env) {
  const results = [];
  for (const [name, command, args] of checks) results.push([name, await check(name, command, args, env)]);
  return results;
}

/** What it prints comes in one piece at its end, as another check runs beside it. */
async function check(name, command, args, env) {
  const started = performance.now();
  const { code, signal, output } = await execute(command, args, { env, quiet: true });
  const seconds = Math.round((performance.now() - started) / 1000);
  process.stdout.write(`\n== ${name}, ${seconds} s: ${command} ${args.join(' ')}\n${output}`);
  if (signal === 'SIGINT' || signal === 'SIGTERM') throw new Error(`interrupted by ${signal}`);
  return verdictOf(code);
}

function protoBreaking() {
  const base = breakingBase();
  if (base === undefined) {
    process.stdout.write('note: no earlier proto/ to compare with, proto breaking is skipped\n');
    return [];
  }
  const against = `../../.git#ref=${base},subdir=proto`;
  return [
    [
      'proto breaking',
      'pnpm',
      ['--filter', '@dkron/contracts', 'exec', 'buf', 'breaking', '../../proto', '--against', against],
    ],
  ];
}

/**
 * Too long for `npm test`: a package's `test:slow` script has crash tests and the like, which wait more than they
 * compute; its `test:compute` script has simulations and random inputs, which do nothing else.
 */
function scripts(script) {
  return (
    [...workspacePackages()]
      .filter(([, { manifest }]) => manifest.scripts?.[script])
      // Not by --filter, which answers every failure with 1.
      .map(([name, { folder }]) => [`${script} of ${name}`, 'pnpm', ['--dir', folder, 'run', script]])
  );
}

async function runTests(env) {
  const folder = mkdtempSync(join(tmpdir(), 'dkron-verify-'));
  const file = join(folder, 'tests.json');
  try {
    await execute('vitest', ['run', ...FLAGS, '--reporter=default', '--reporter=json', `--outputFile.json=${file}`], {
      env,
    });
    return countTests(file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A file that failed to load has no tests of its own; it counts as one failure, as does a missing report. */
export function countTests(file) {
  let report;
  try {
    report = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    process.stderr.write(`dkron: no test report in ${file}\n`);
    return { passed: 0, failed: 1, skipped: 0, failures: ['no test report'] };
  }
  const brokenFiles = report.testResults.filter(
    (result) => result.status === 'failed' && !result.assertionResults.some((test) => test.status === 'failed'),
  ).length;
  const failed = report.numFailedTests + brokenFiles;
  return {
    passed: report.numPassedTests,
    // An unhandled error fails the run without failing a test.
    failed: failed === 0 && !report.success ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
    failures: report.testResults.flatMap(failuresOf),
  };
}

const MESSAGE_LINES = 12;

/** What failed in one file, with the first lines of why: at the end of a long log this is all that a reader needs. */
function failuresOf({ name, status, message, assertionResults }) {
  const failed = assertionResults.filter((test) => test.status === 'failed');
  if (failed.length === 0) return status === 'failed' ? [`${name}\n${firstLines(message)}`] : [];
  return failed.map((test) => `${name} > ${test.fullName}\n${firstLines(test.failureMessages?.join('\n'))}`);
}

function firstLines(text = '') {
  const lines = text.split('\n').slice(0, MESSAGE_LINES);
  return lines.map((line) => `      ${line.slice(0, 400)}`).join('\n');
}
