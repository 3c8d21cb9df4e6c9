// `npm run sim:raft`: installs what is needed and simulates raft clusters from the sources; nothing is built.
import { join } from 'node:path';
import { withLock } from './lock.mjs';
import { endLike, execute, run } from './process.mjs';
import { ensureToolchain, root, toolchainDir, toolEnvironment } from './toolchain.mjs';

/** Arguments go to the simulator: `--seeds 2000 --nodes 3,5`, `replay FILE`, `mutate`. */
export async function sim(args) {
  const env = await withLock(
    toolchainDir,
    async () => {
      const node = await ensureToolchain((command, options, settings) =>
        run(command, options, { quiet: true, ...settings }),
      );
      const environment = toolEnvironment(node);
      await run('pnpm', ['install', '--frozen-lockfile', '--prefer-offline'], { env: environment, quiet: true });
      return environment;
    },
    (pid) => process.stderr.write(`dkron: waiting for process ${pid}\n`),
  );
  const main = join(root, 'tooling', 'sim', 'src', 'main.ts');
  endLike(await execute('node', ['--conditions=@dkron/source', main, ...args], { env }));
}
