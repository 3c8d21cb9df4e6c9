import { readFileSync } from 'node:fs';

/** Runs the plans in files and prints what came of them. Resolves with whether none failed. */
export async function replayCommand(files: readonly string[]): Promise<boolean> {
  if (files.length === 0) throw new TypeError('replay: needs the files of plans');
  const { planFromText, simulate } = await import('@dkron/raft/testing');
  let failed = 0;
  for (const file of files) {
    const { failure, hash, steps, seed } = simulate(planFromText(readFileSync(file, 'utf8')));
    if (failure !== undefined) failed++;
    process.stdout.write(`${file}: seed ${seed}, ${steps} steps, hash ${hash}, ${failure?.message ?? 'ok'}\n`);
  }
  return failed === 0;
}
