/**
 * What the C library's malloc reads from the environment when a process starts; other platforms ignore it.
 *
 * Each thread that allocates gets a heap of its own, which keeps what was freed in it: LevelDB's buffers are made by one
 * thread of a pool and freed by another, so that all of them grew. Two serve this process as well. Blocks of 1 MiB and more,
 * those that jobs are kept in, come from the system and go back to it; by default the first of them that is freed ends that.
 */
const SETTINGS: Readonly<Record<string, string>> = {
  MALLOC_ARENA_MAX: '2',
  MALLOC_MMAP_THRESHOLD_: '1048576',
  MALLOC_TRIM_THRESHOLD_: '4194304',
};
/** Names of what was added, for the process that starts with it. */
const ADDED = '_DKRON_MALLOC_SETTINGS';

type Environment = Record<string, string | undefined>;

/** The environment in which a node starts itself anew; what is given stays. */
export function withMallocSettings(env: Readonly<Environment>): Environment {
  const added = Object.keys(SETTINGS).filter((name) => env[name] === undefined);
  const values = Object.fromEntries(added.map((name) => [name, SETTINGS[name]]));
  return { ...env, ...values, [ADDED]: added.join(' ') };
}

/** They were read: the commands of jobs must not inherit them. */
export function forgetMallocSettings(env: Environment): void {
  const added = env[ADDED];
  if (added === undefined) return;
  for (const name of added.split(' ')) if (Object.hasOwn(SETTINGS, name)) delete env[name];
  delete env[ADDED];
}
