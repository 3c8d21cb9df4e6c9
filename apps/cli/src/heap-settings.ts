/**
 * Of V8, with what they are set to.
 *
 * Under load V8 lets the space for young objects grow to 128 MB and hardly ever gives it back: at 200,000 jobs that was a
 * third of what the server took. Halves of 32 MB cost 10 MB more than those of 16 at 100,000 jobs, but what a burst of runs
 * makes mostly dies before it is copied: with 16 MB, runs took 4 to 8 % more time of the processor.
 *
 * The space for old objects grows to several times of what lives in it before it is collected, and what was taken is not
 * given back where something lives between; buffers outside wait for the same collection. A collection at 1.4 times of
 * what lived after the last one halves what 100,000 jobs take, at 3 % more time of the processor for creating them.
 */
const SETTINGS = [
  { flag: '--max-semi-space-size', value: '32' },
  { flag: '--heap-growing-percent', value: '40' },
] as const;

/** What of `process` decides. */
export interface ProcessFacts {
  readonly argv: readonly string[];
  readonly execArgv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The channel to a parent that forked it does not survive the replacement. */
  readonly channel?: unknown;
}

/**
 * Arguments, the interpreter first, with which a node starts itself anew; undefined when it may go on as it is.
 *
 * The settings are read at the start of a process, and a variable of the environment would reach the jobs' commands.
 * Whoever gives one of them to `node`, or `NODE_OPTIONS` with it, decides.
 */
export function argumentsOfNode({ argv, execArgv, env, channel }: ProcessFacts): string[] | undefined {
  const [interpreter, script, command] = argv;
  if (interpreter === undefined || script === undefined || command !== 'agent' || channel !== undefined)
    return undefined;
  const given = [...execArgv, env['NODE_OPTIONS'] ?? ''].join(' ').replaceAll('_', '-');
  const missing = SETTINGS.filter(({ flag }) => !given.includes(flag));
  if (missing.length === 0) return undefined;
  return [interpreter, ...execArgv, ...missing.map(({ flag, value }) => `${flag}=${value}`), ...argv.slice(1)];
}
