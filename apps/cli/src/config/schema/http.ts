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
