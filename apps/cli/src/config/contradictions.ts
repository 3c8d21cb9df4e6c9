import type { Problem } from './problem.ts';
import type { SettingKey, Values } from './schema/index.ts';
import type { Given } from './sources.ts';

type Sources = ReadonlyMap<SettingKey, Given>;

/** Settings that cannot hold together. */
export function contradictions(values: Values, given: Sources): Problem[] {
  return [...twoWaysToBegin(values, given), ...pauses(values, given), ...samePort(values, given)];
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
      `${most}ms`,
      `at least agent-run-retry-initial-interval, ${first}ms`,
      given,
    ),
  ];
}

/** The same port for the REST API and the calls between nodes, where the hosts cannot differ. */
function samePort(values: Values, given: Sources): Problem[] {
  const port = Number(/:(\d+)$/.exec(values['http-addr'])?.[1] ?? 8080);
  if (!values.server || port !== values['rpc-port']) return [];
  const hosts = [values['http-addr'], values['bind-addr']].map((address) => address.replace(/:\d+$/, ''));
  const overlap = hosts[0] === hosts[1] || hosts.some((host) => host === '' || host === '0.0.0.0' || host === '[::]');
  return overlap ? [problem('rpc-port', port, `another port than that of http-addr, ${port}`, given)] : [];
}
