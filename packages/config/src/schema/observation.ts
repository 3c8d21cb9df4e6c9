import { checkHostPort } from './checks.ts';
import type { Section } from './setting.ts';

const NO_METRICS = { none: 'this version sends no metrics yet; enable-prometheus lets them be fetched' } as const;

/** Logs, metrics and traces. */
export const OBSERVATION = {
  'log-level': {
    kind: 'choice',
    default: 'info',
    choices: ['trace', 'debug', 'info', 'warn', 'warning', 'error', 'fatal', 'panic'],
    effect: 'used',
    help: 'least level that is written; an unknown one counts as info',
  },
  'log-format': {
    kind: 'choice',
    default: 'text',
    choices: ['text', 'json'],
    effect: 'used',
    ours: true,
    help: 'lines of key=value, or one JSON object per line',
  },
  'enable-prometheus': { kind: 'bool', default: false, effect: 'used', help: 'serve metrics under /metrics' },
  'statsd-addr': {
    kind: 'text',
    default: '',
    form: 'host:port',
    check: checkHostPort,
    effect: NO_METRICS,
    help: 'statsd server that gets the metrics',
  },
  'dog-statsd-addr': {
    kind: 'text',
    default: '',
    form: 'host:port',
    check: checkHostPort,
    effect: NO_METRICS,
    help: 'DogStatsD server that gets the metrics',
  },
  'dog-statsd-tags': {
    kind: 'list',
    default: [],
    form: '`key:value`',
    effect: NO_METRICS,
    help: 'tags of the metrics for DogStatsD',
  },
  'otel-endpoint': {
    kind: 'text',
    default: '',
    form: 'host:port',
    effect: { none: 'this version exports no traces yet' },
    help: 'OpenTelemetry collector that gets the traces',
  },
  'disable-usage-stats': {
    kind: 'bool',
    default: false,
    effect: 'used',
    help: 'do not report usage; nothing is reported either way',
  },
} as const satisfies Section;
