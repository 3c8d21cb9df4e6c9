import { checkZone } from './checks.ts';
import { AGE_MAX, type Section } from './setting.ts';

/** How jobs are scheduled and what is kept of them. */
export const JOBS = {
  'tick-grace': {
    kind: 'duration',
    default: '10s',
    max: AGE_MAX,
    effect: 'used',
    ours: true,
    help: 'how late a due instant still counts as on time',
  },
  'kill-grace': {
    kind: 'duration',
    default: '5s',
    effect: 'used',
    ours: true,
    help: 'what a command has between the signals TERM and KILL',
  },
  'spawn-helper': {
    kind: 'choice',
    default: 'auto',
    choices: ['auto', 'perl', 'node'],
    effect: 'used',
    ours: true,
    help: 'program of the helper processes that start commands; auto = perl where there is one, which costs a fifth, else node',
  },
  'forbid-hold': {
    kind: 'duration',
    default: '5m',
    effect: 'used',
    ours: true,
    help: 'how long an execution lost with its node keeps a job that forbids overlap from running, unless the node says that it has ended, or leaves; 0 = for ever',
  },
  'agentrun-orphan': {
    kind: 'duration',
    default: '4h',
    effect: 'used',
    ours: true,
    help: 'after so long without a word from a node of the original its execution is lost',
  },
  'default-timezone': {
    kind: 'text',
    default: '',
    form: 'IANA zone',
    check: checkZone,
    effect: 'used',
    ours: true,
    help: 'zone of jobs that name none; empty = the one the cluster has stored, at first the zone of this machine',
  },
  'execution-retention': {
    kind: 'int',
    default: 100,
    min: 0,
    effect: 'used',
    ours: true,
    help: 'executions kept per job; 0 = no limit',
  },
  'execution-retention-age': {
    kind: 'duration',
    default: '0s',
    max: AGE_MAX,
    effect: 'used',
    ours: true,
    help: 'executions older than this are removed when their job runs again; 0 = no limit',
  },
  'execution-retention-bytes': {
    kind: 'size',
    default: '0',
    min: 0,
    effect: 'used',
    ours: true,
    help: 'bytes of output kept per job, the oldest executions go; the newest always stays; 0 = no limit',
  },
  'ledger-retention': {
    kind: 'int',
    default: 1000,
    min: 0,
    effect: 'used',
    ours: true,
    help: 'entries kept per job of what became of its due instants',
  },
} as const satisfies Section;
