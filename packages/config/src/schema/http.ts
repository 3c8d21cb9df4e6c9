import { checkOrigin } from './checks.ts';
import type { Section } from './setting.ts';

/** The REST API and the user interface. */
export const HTTP = {
  'http-addr': {
    kind: 'address',
    default: ':8080',
    effect: 'used',
    help: 'address of the REST API; without a host it listens on every interface. Servers only',
  },
  ui: {
    kind: 'bool',
    default: true,
    effect: 'used',
    help: 'serve the user interface under /ui/',
  },
  'max-body-size': {
    kind: 'size',
    default: '1MiB',
    min: 1,
    effect: 'used',
    ours: true,
    help: 'largest request body',
  },
  'http-max-connections': {
    kind: 'int',
    default: 20_000,
    min: 1,
    effect: 'used',
    ours: true,
    help: 'connections open at the same time; further ones are closed at once',
  },
  'http-max-streams': {
    kind: 'int',
    default: 1_000,
    min: 0,
    effect: 'used',
    ours: true,
    help: 'streams of events and of live output open at the same time',
  },
  'http-max-header-size': {
    kind: 'size',
    default: '16KiB',
    min: 1_024,
    effect: 'used',
    ours: true,
    help: "largest size of a request's headers",
  },
  'http-header-timeout': {
    kind: 'duration',
    default: '10s',
    effect: 'used',
    ours: true,
    help: "time for a request's headers to arrive; 0 = no limit",
  },
  'http-request-timeout': {
    kind: 'duration',
    default: '5m',
    effect: 'used',
    ours: true,
    help: 'time for a whole request to arrive; its answer may take longer. 0 = no limit',
  },
  'http-idle-timeout': {
    kind: 'duration',
    default: '72s',
    effect: 'used',
    ours: true,
    help: 'how long a connection may wait for its next request',
  },
  'cors-origins': {
    kind: 'list',
    default: [],
    form: 'origins',
    check: checkOrigin,
    effect: 'used',
    ours: true,
    help: 'web origins whose pages may write; every origin may read',
  },
} as const satisfies Section;
