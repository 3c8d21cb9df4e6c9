// `npm run -s node -- FILE ARGS`: a program of this repository, on the pinned Node whatever the machine has.
import { withLock } from './lock.mjs';
import { endLike, execute, run } from './process.mjs';
import { callerFolder } from './start.mjs';
import { ensureToolchain, toolchainDir, toolEnvironment } from './toolchain.mjs';

/** Flags of Node may come first. Builds what the programs import; says nothing of its own unless that fails. */
export async function node(args) {
  const quietly = (command, options, settings) => run(command, options, { quiet: true, ...settings });
  const env = await withLock(
    toolchainDir,
    async () => {
      const environment = toolEnvironment(await ensureToolchain(quietly));
      await quietly('pnpm', ['install', '--frozen-lockfile', '--prefer-offline'], { env: environment });
      await quietly('turbo', ['run', 'generate', 'build', '--output-logs=errors-only'], { env: environment });
      return environment;
    },
    (pid) => process.stderr.write(`dkron: waiting for the build of process ${pid}\n`),
  );
  endLike(await execute('node', args, { env, cwd: callerFolder() }));
}
