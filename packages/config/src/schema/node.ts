import type { Section } from './setting.ts';

/** Who the node is and where it keeps its data. */
export const NODE = {
  server: {
    kind: 'bool',
    default: false,
    effect: 'used',
    help: 'run a server: store jobs, take part in scheduling and answer the REST API',
  },
  'node-name': {
    kind: 'text',
    default: '',
    form: 'text',
    effect: 'used',
    help: 'name of this node, unique in the cluster; empty = the host name',
  },
  'data-dir': {
    kind: 'text',
    default: 'dkron.data',
    form: 'path',
    effect: 'used',
    help: 'folder of everything the node keeps; created when missing',
  },
  tags: {
    kind: 'tags',
    default: {},
    flag: 'tag',
    effect: 'used',
    help: 'tag of this node as key=value; give the flag once per tag. Flags replace the tags of the environment, and those the tags of the file',
  },
  datacenter: { kind: 'text', default: 'dc1', effect: 'used', help: 'value of the tag dc' },
  region: { kind: 'text', default: 'global', effect: 'used', help: 'jobs run only on nodes of their own region' },
  'bind-addr': {
    kind: 'address',
    default: '{{ GetPrivateIP }}:8946',
    effect: 'used',
    help: 'address for the traffic between nodes, port 8946 unless given; templates are resolved on this machine',
  },
  'advertise-addr': {
    kind: 'address',
    default: '',
    effect: 'used',
    help: 'address under which other nodes reach this one; empty = bind-addr, which then may not be a loopback address',
  },
  'rpc-port': {
    kind: 'int',
    default: 6868,
    min: 0,
    max: 65_535,
    effect: 'used',
    help: 'port of the calls between nodes',
  },
  'stop-timeout': {
    kind: 'duration',
    default: '30s',
    effect: 'used',
    ours: true,
    help: 'how long an ordered end waits for running executions; another signal, a second later or more, ends at once',
  },
} as const satisfies Section;
