import { describe, expect, it } from 'vitest';
import { AGENT_FLAGS, flagNameOf, SETTING_KEYS, SETTINGS, variableOf } from '@dkron/config';
import { recording, type RecordedFlag } from './recording.ts';

const TYPES: Readonly<Record<string, string>> = { boolean: 'bool', 'list of strings': 'strings' };

const keyOf = ({ config_key: key = '' }: RecordedFlag): string => key.replace(' (a map)', '');

describe('recorded flags of agent', () => {
  const recorded = recording.agent_flags.filter(({ flag }) => flag !== '--help');

  it.each(recorded)('$flag', (one) => {
    const name = one.flag.slice(2);
    const flag = AGENT_FLAGS.find((known) => known.name === name);
    expect(flag?.type).toBe(TYPES[one.type] ?? one.type);
    // The help of ours does not depend on the machine: the host name stands in its text.
    const fallback = one.default === '<HOSTNAME>' ? '' : Array.isArray(one.default) ? '' : String(one.default);
    expect(flag?.default ?? '').toBe(fallback);
    if (one.env === undefined) return;
    expect(variableOf(name)).toBe(one.env);
    const key = SETTING_KEYS.find((known) => flagNameOf(known) === name);
    expect(key).toBe(keyOf(one));
  });

  it('there is no other setting that is not marked as ours or as one of files', () => {
    const original = new Set(recorded.map(keyOf));
    const files = ['reconcileinterval', 'bootstrap', 'devmode'];
    const unmarked = SETTING_KEYS.filter((key) => SETTINGS[key].ours !== true && !original.has(key));
    expect(unmarked.toSorted()).toEqual(files.toSorted());
    expect(recording.agent_flags).toHaveLength(48);
  });
});
