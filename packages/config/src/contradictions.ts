import type { Problem } from './problem.ts';
import type { SettingKey, Values } from './schema/index.ts';
import { durationText } from './shown.ts';
import type { Given } from './sources.ts';

type Sources = ReadonlyMap<SettingKey, Given>;

/** Settings that cannot hold together. */
export function contradictions(values: Values, given: Sources): Problem[] {
  return [...twoWaysToBegin(values, given), ...pauses(values, given), ...samePorts(values, given)];
}

function problem(key: SettingKey, value: unknown, allowed: string, given: Sources): Problem {
  return { key, value: String(value), source: given.get(key)?.source ?? 'default', allowed };
}

function twoWaysToBegin(values: Values, given: Sources): Problem[] {
  const expect = values['bootstrap-expect'];
  if (expect <= 1) return [];
  const alone = (['bootstrap', 'devmode'] as const).filter((key) => values[key]);
  return alone.map((key) => problem(key, true, `false, as bootstrap-expect is ${expect}`, given));
}

function pauses(values: Values, given: Sources): Problem[] {
  const first = values['agent-run-retry-initial-interval'];
  const most = values['agent-run-retry-max-interval'];
  if (first <= most || !given.has('agent-run-retry-max-interval')) return [];
  return [
    problem(
      'agent-run-retry-max-interval',
      durationText(most),
      `at least agent-run-retry-initial-interval, ${durationText(first)}`,
      given,
    ),
  ];
}

interface Listener {
  readonly key: SettingKey;
  readonly host: string;
  readonly port: number;
}

/** One port for two listeners, where their hosts cannot differ. */
function samePorts(values: Values, given: Sources): Problem[] {
  const bind = listenerOf('bind-addr', values['bind-addr'], 8946);
  const calls: Listener = { key: 'rpc-port', host: bind.host, port: values['rpc-port'] };
  const api = listenerOf('http-addr', values['http-addr'], 8080);
  const pairs = [[bind, calls], ...(values.server ? [[bind, api] as const, [api, calls] as const] : [])] as const;
  return pairs.flatMap(([one, other]) => {
    if (one.port !== other.port || one.port === 0 || !overlap(one.host, other.host)) return [];
    // The one that was typed is the one to change.
    const [blamed, first] = given.has(other.key) || !given.has(one.key) ? [other, one] : [one, other];
    const allowed = `another port than that of ${first.key}, ${first.port}`;
    return [problem(blamed.key, blamed.key === 'rpc-port' ? blamed.port : values[blamed.key], allowed, given)];
  });
}

function listenerOf(key: 'bind-addr' | 'http-addr', address: string, otherwise: number): Listener {
  const match = /^(.*?)(?::(\d+))?$/.exec(address);
  return { key, host: match?.[1] ?? '', port: Number(match?.[2] ?? otherwise) };
}

function overlap(one: string, other: string): boolean {
  return one === other || [one, other].some((host) => host === '' || host === '0.0.0.0' || host === '[::]');
}
