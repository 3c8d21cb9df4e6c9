import type { Warning } from './problem.ts';
import { SETTINGS, type SettingKey, type Values } from './schema/index.ts';
import type { Given } from './sources.ts';

type Sources = ReadonlyMap<SettingKey, Given>;

/** What only servers act on: without `server` it was probably forgotten. */
const SERVERS_ONLY: readonly SettingKey[] = [
  'agentrun-orphan',
  'bootstrap',
  'bootstrap-expect',
  'cors-origins',
  'cronitor-endpoint',
  'default-timezone',
  'enable-prometheus',
  'execution-retention',
  'execution-retention-age',
  'execution-retention-bytes',
  'forbid-hold',
  'http-addr',
  'http-header-timeout',
  'http-idle-timeout',
  'http-max-connections',
  'http-max-header-size',
  'http-max-streams',
  'http-request-timeout',
  'leave-on-terminate',
  'ledger-retention',
  'mail-host',
  'max-body-size',
  'max-clock-skew',
  'notification-max-age',
  'pre-webhook-endpoint',
  'raft-multiplier',
  'reconcileinterval',
  'server-replace-after',
  'tick-grace',
  'ui',
  'webhook-endpoint',
];

/** Settings that mean nothing while another one is not given. */
const NEEDED: readonly (readonly [key: SettingKey, needs: SettingKey])[] = [
  ['retry-max', 'retry-join'],
  ['retry-interval', 'retry-join'],
  ['mail-port', 'mail-host'],
  ['mail-username', 'mail-host'],
  ['mail-password', 'mail-host'],
  ['mail-from', 'mail-host'],
  ['mail-payload', 'mail-host'],
  ['mail-subject-prefix', 'mail-host'],
  ['pre-webhook-payload', 'pre-webhook-endpoint'],
  ['pre-webhook-headers', 'pre-webhook-endpoint'],
  ['webhook-payload', 'webhook-endpoint'],
  ['webhook-headers', 'webhook-endpoint'],
  ['mail-host', 'mail-port'],
  ['pre-webhook-endpoint', 'pre-webhook-payload'],
  ['webhook-endpoint', 'webhook-payload'],
  ['dog-statsd-tags', 'dog-statsd-addr'],
];

/** Settings without effect for lack of another one: accepted by a node, and an error in `config check`. */
export function withoutNeeds(values: Values, given: Sources): Warning[] {
  const warn = (key: SettingKey, message: string): Warning => ({
    key,
    source: given.get(key)?.source ?? 'default',
    message: `has no effect ${message}`,
    wrong: true,
  });
  const forServers = values.server
    ? []
    : SERVERS_ONLY.filter((key) => given.has(key)).map((key) => warn(key, 'without server: it is for servers'));
  const lacking = NEEDED.filter(([key, needs]) => given.has(key) && !given.has(needs));
  const joins = given.has('join') && values['retry-join'].length > 0 ? [warn('join', 'beside retry-join')] : [];
  return [...forServers, ...lacking.map(([key, needs]) => warn(key, `without ${needs}`)), ...joins];
}

/** What a node of these settings waits for, or does instead. */
export function waits(values: Values, given: Sources): Warning[] {
  const expect = values['bootstrap-expect'];
  if (!values.server || expect <= 1) return [];
  const source = given.get('bootstrap-expect')?.source ?? 'default';
  const warn = (message: string): Warning[] => [{ key: 'bootstrap-expect', source, message, wrong: false }];
  const { effect } = SETTINGS['retry-join'];
  if (effect !== 'used') return warn(`${expect} servers are expected, but ${effect.none}: this one begins alone`);
  if (values.join.length + values['retry-join'].length > 0) return [];
  return warn(`${expect} servers are expected and none is named in retry-join: it waits until others join this one`);
}
