// `npm test`: install, generate and build everything, then all unit and end-to-end tests.
import { availableParallelism } from 'node:os';
import { withLock } from './lock.mjs';
import { endLike, execute, run } from './process.mjs';
import { ensureToolchain, toolchainDir, toolEnvironment } from './toolchain.mjs';

/** Installs and builds the whole workspace. @returns environment for the tools */
export async function prepare() {
  return withLock(
    toolchainDir,
    async () => {
      const node = await ensureToolchain((command, args, options) => run(command, args, { quiet: true, ...options }));
      const env = toolEnvironment(node);
      await run('pnpm', ['install', '--frozen-lockfile', '--prefer-offline'], { env, quiet: true });
      await run('turbo', ['run', 'generate', 'build', '--output-logs=errors-only'], { env });
      return env;
    },
    (pid) => process.stderr.write(`dkron: waiting for the build of process ${pid}\n`),
  );
}

/**
 * Flags reach every project, settings at the root do not. Property tests on a busy machine take long: the limit is for what
 * hangs. End-to-end tests wait more than they compute: two files at a time even on two processors.
 */
export const FLAGS = ['--testTimeout=120000', `--maxWorkers=${Math.max(2, availableParallelism() - 1)}`];

/** Arguments go to vitest: names of files, `--project cron`, `-t 'leap year'`. */
export async function test(args) {
  const env = await prepare();
  const reporter = args.some((arg) => arg.startsWith('--reporter')) ? [] : ['--reporter=default'];
  endLike(await execute('vitest', ['run', ...FLAGS, ...reporter, ...args], { env }));
}
