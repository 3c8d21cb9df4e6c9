import { checkHeader, checkUrl } from './checks.ts';
import type { Section } from './setting.ts';

const NONE = { none: 'this version sends no notifications yet' } as const;

/** Who is told about runs. */
export const NOTIFICATIONS = {
  'mail-host': { kind: 'text', default: '', form: 'host', effect: NONE, help: 'mail server; empty = no mail' },
  'mail-port': {
    kind: 'int',
    default: 0,
    min: 0,
    max: 65_535,
    flagType: 'uint16',
    effect: NONE,
    help: 'port of the mail server',
  },
  'mail-username': { kind: 'text', default: '', effect: NONE, help: 'user at the mail server' },
  'mail-password': { kind: 'text', default: '', secret: true, effect: NONE, help: 'password at the mail server' },
  'mail-from': { kind: 'text', default: '', form: 'mail address', effect: NONE, help: 'sender of the mails' },
  'mail-payload': { kind: 'text', default: '', form: 'template', effect: NONE, help: 'text of the mails' },
  'mail-subject-prefix': { kind: 'text', default: '[Dkron]', effect: NONE, help: 'how the subjects begin' },
  'pre-webhook-endpoint': {
    kind: 'text',
    default: '',
    form: 'URL',
    check: checkUrl,
    effect: NONE,
    help: 'address called when a run begins',
  },
  'pre-webhook-payload': { kind: 'text', default: '', form: 'template', effect: NONE, help: 'body of that call' },
  'pre-webhook-headers': {
    kind: 'list',
    default: [],
    form: '`Name: value`',
    check: checkHeader,
    secret: true,
    effect: NONE,
    help: 'headers of that call',
  },
  'webhook-endpoint': {
    kind: 'text',
    default: '',
    form: 'URL',
    check: checkUrl,
    effect: NONE,
    help: 'address called when a run has ended',
  },
  'webhook-payload': { kind: 'text', default: '', form: 'template', effect: NONE, help: 'body of that call' },
  'webhook-headers': {
    kind: 'list',
    default: [],
    form: '`Name: value`',
    check: checkHeader,
    secret: true,
    effect: NONE,
    help: 'headers of that call',
  },
  'webhook-url': {
    kind: 'text',
    default: '',
    effect: { none: 'it has none in Dkron either; use webhook-endpoint' },
    help: 'outdated name of webhook-endpoint',
  },
  'cronitor-endpoint': {
    kind: 'text',
    default: '',
    form: 'URL',
    check: checkUrl,
    secret: true,
    effect: NONE,
    help: 'address of a Cronitor monitor that is told of each run',
  },
} as const satisfies Section;
