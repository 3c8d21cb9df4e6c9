/** How a setting's text is read. */
export type SettingKind = 'text' | 'bool' | 'int' | 'duration' | 'size' | 'tags' | 'log-level' | 'log-format' | 'zone';

export interface Setting {
  /** Flag without dashes; the variable is `DKRON_` and this in upper case with `_`. */
  readonly name: string;
  readonly kind: SettingKind;
  /** As it would be written on the command line. */
  readonly default: string;
  readonly help: string;
}

/** The settings of `dkron agent` that one server needs, with the original's names and defaults, then ours. */
export const SETTINGS = {
  server: { name: 'server', kind: 'bool', default: 'false', help: 'store, schedule and serve the API' },
  nodeName: {
    name: 'node-name',
    kind: 'text',
    default: '',
    help: 'name of this node, unique (default: the host name)',
  },
  bindAddr: { name: 'bind-addr', kind: 'text', default: '{{ GetPrivateIP }}:8946', help: 'address of the node' },
  advertiseAddr: { name: 'advertise-addr', kind: 'text', default: '', help: 'address told to others' },
  httpAddr: { name: 'http-addr', kind: 'text', default: ':8080', help: 'address of the REST API' },
  rpcPort: { name: 'rpc-port', kind: 'int', default: '6868', help: 'port between nodes' },
  bootstrapExpect: { name: 'bootstrap-expect', kind: 'int', default: '0', help: 'servers that make a new cluster' },
  dataDir: { name: 'data-dir', kind: 'text', default: 'dkron.data', help: 'folder of all that lasts' },
  logLevel: { name: 'log-level', kind: 'log-level', default: 'info', help: 'debug, info, warn or error' },
  tags: { name: 'tag', kind: 'tags', default: '', help: 'tag of this node, key=value; repeatable' },
  datacenter: { name: 'datacenter', kind: 'text', default: 'dc1', help: 'value of the tag dc' },
  region: { name: 'region', kind: 'text', default: 'global', help: 'nodes of other regions get no runs' },
  tickGrace: { name: 'tick-grace', kind: 'duration', default: '10s', help: 'how late a tick is still on time' },
  killGrace: { name: 'kill-grace', kind: 'duration', default: '5s', help: 'from TERM to KILL' },
  stopTimeout: {
    name: 'stop-timeout',
    kind: 'duration',
    default: '30s',
    help: 'wait for running executions at the end',
  },
  maxBodySize: { name: 'max-body-size', kind: 'size', default: '1MiB', help: 'largest request body' },
  defaultTimezone: { name: 'default-timezone', kind: 'zone', default: '', help: 'zone of jobs without one' },
  executionRetention: {
    name: 'execution-retention',
    kind: 'int',
    default: '100',
    help: 'executions kept per job, 0 = all',
  },
  ledgerRetention: { name: 'ledger-retention', kind: 'int', default: '1000', help: 'ledger entries kept per job' },
  logFormat: { name: 'log-format', kind: 'log-format', default: 'text', help: 'text or json' },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof SETTINGS;

/** The environment variable of a flag. */
export function variableOf(name: string): string {
  return `DKRON_${name.toUpperCase().replaceAll('-', '_')}`;
}
