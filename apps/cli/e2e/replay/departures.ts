import type { Effect } from './recording.ts';

/** Where this program answers otherwise on purpose. */
export interface MeantDifference {
  /** Name of the recorded command or setting. */
  readonly name: string;
  /** The known defect of the original. */
  readonly gap: string;
  readonly reason: string;
  /** What the user has of it. */
  readonly gain: string;
  /** What is expected instead. */
  readonly instead: {
    /** 'runs' = serves HTTP until it is told to end. */
    readonly ends: number | 'runs';
    /** In standard error. */
    readonly says?: RegExp;
    readonly effect?: Partial<Effect>;
  };
}

const brokenFile = (name: string, says: RegExp): MeantDifference => ({
  name,
  gap: 'C7',
  reason: 'the original logs an information and starts with its defaults, as another node than was meant',
  gain: 'a configuration that cannot be used is noticed at the start and not when jobs do not run',
  instead: { ends: 1, says },
});

const tagCase = (name: string): MeantDifference => ({
  name,
  gap: 'C17',
  reason: 'the original turns the names of tags into lower case, but only those of files',
  gain: 'a tag of a file is the tag that jobs name',
  instead: { ends: 'runs', effect: {} },
});

export const COMMAND_DIFFERENCES: readonly MeantDifference[] = [
  brokenFile('agent: missing config file', /config: ".*nope\.yml" .*ENOENT/),
  brokenFile('agent: broken config file', /config: ".*bad\.yml" is not allowed, expected valid YML/),
  brokenFile('agent: config file without extension', /expected a file ending in/),
  brokenFile('agent: config file of an unsupported type', /expected a file ending in/),
  {
    name: 'agent: raft-multiplier 0',
    gap: 'C18',
    reason: 'the original documents 0 as the default and refuses it',
    gain: 'files written after the documentation work',
    instead: { ends: 'runs' },
  },
];

export const SETTING_DIFFERENCES: readonly MeantDifference[] = [
  ...['env', 'hcl', 'properties', 'ini'].map((type) =>
    brokenFile(`--config file of type ${type}`, /config: .* is not allowed/),
  ),
  ...[
    '--config file of type yml',
    '--config file of type yaml',
    '--config file of type json',
    '--config file of type toml',
    'found in $HOME/.dkron',
    'found in ./config',
    'both: $HOME/.dkron comes before ./config',
    'both: which one wins',
    'environment beats file',
    'flag beats file',
  ].map(tagCase),
  {
    name: 'devmode in the file',
    gap: 'C9',
    reason: 'the original finds its leader by the text of an address, which here has another form',
    gain: 'the leader of a cluster of one is known',
    instead: { ends: 'runs', effect: { 'GET /v1/leader': 200 } },
  },
];

/** A recorded command that calls a node; with a gap, another recorded command shows how ours ends. */
export type NodeCall =
  | { readonly name: string; readonly gap?: undefined; readonly instead?: undefined }
  | {
      readonly name: string;
      readonly gap: string;
      readonly reason: string;
      readonly gain: string;
      readonly instead: string;
    };

const GONE = {
  gap: 'C12',
  reason: 'the original leaves a process behind whose store is closed',
  gain: 'a server that left is gone, and whoever watches its process knows',
};

/** In the order in which they are played. */
export const CALLS_A_NODE: readonly NodeCall[] = [
  { name: 'leave, nobody listens' },
  { name: 'raft list-peers, nobody listens' },
  { name: 'raft list-peers' },
  { name: 'raft list-peers, flag before the subcommand' },
  { name: 'raft remove-peer without id' },
  { name: 'raft remove-peer unknown id' },
  { name: 'raft remove-peer with a positional id' },
  { name: 'leave' },
  { name: 'raft list-peers after leave', ...GONE, instead: 'raft list-peers, nobody listens' },
  { name: 'leave again', ...GONE, instead: 'leave, nobody listens' },
];

/**
 * They run a node that only joins others. The text says what will differ on purpose even then, with
 * the known defect of the original.
 */
export const NEEDS_CLUSTER: ReadonlyMap<string, string> = new Map([
  ['agent: extra positional argument', ''],
  ['agent: tag with two =', ''],
  ['agent: bad log level is info', ''],
  ['agent: bootstrap-expect without server', ''],
  ['agent: join an address where nobody is', ''],
  ['agent: retry-max exhausted: the process hangs', 'C6: the process ends with 1 once retry-max is reached'],
  ['agent: node-name empty', ''],
  ['agent: unknown key in config file is ignored', ''],
  ['a file in the working directory itself is not found', ''],
  ['default flag value given explicitly beats file', ''],
]);
