import { describe, expect, it } from 'vitest';
import type { AppliedListener } from '@dkron/store';
import { FeatureGate } from './feature-gate.ts';
import type { SurveyedServer } from './server-survey.ts';

function gateOf(featureMax: number, members: readonly string[] = ['a', 'b', 'c'], stored?: string) {
  let setting = stored;
  const applied: AppliedListener[] = [];
  const levels: number[] = [];
  const warnings: string[] = [];
  const none = (): void => undefined;
  const logger = { debug: none, info: none, error: none, warn: (text: string) => void warnings.push(text) };
  const conf = { voters: members, votersOutgoing: [], learners: [], learnersNext: [], autoLeave: false };
  const infos = members.map((id) => ({ id, suffrage: 'voter', address: '', birth: '' }) as const);
  const gate = new FeatureGate(
    { featureMax, commandLevels: { setPause: 1 } },
    {
      store: {
        getSetting: () => setting,
        onApplied: (listener) => {
          applied.push(listener);
          return none;
        },
        onRestored: () => none,
      },
      raft: {
        setFeatureLevel: (level) => void levels.push(level),
        getConfiguration: () => ({ index: 1, conf, members: infos }),
      },
      logger: logger as never,
    },
  );
  const put = (text: string): void => {
    setting = text;
    for (const listener of applied) listener([], []);
  };
  return { gate, put, levels, warnings };
}

const knows = (featureMax: number): SurveyedServer => ({ software: 'dkron-ts 1', featureMax, aheadMs: 0 });

describe('the level of features that all servers share', () => {
  it('rises when every member knows it, and never falls', () => {
    const { gate, put, levels, warnings } = gateOf(2);
    expect(gate.next('a', (id) => (id === 'b' ? knows(2) : undefined))).toBeUndefined();
    expect(gate.next('a', (id) => knows(id === 'b' ? 2 : 0))).toBeUndefined();
    expect(warnings).toEqual([
      expect.stringContaining('feature level stays at 0: c (no answer) know no more'),
      expect.stringContaining('feature level stays at 0: c (dkron-ts 1: 0) know no more; upgrade them'),
    ]);
    expect(gate.next('a', (id) => knows(id === 'b' ? 2 : 1))).toBe(1);
    put('1');
    expect([gate.level, levels]).toEqual([1, [1]]);
    // What no server writes.
    for (const text of ['1.5', 'Infinity', 'two']) put(text);
    put('1');
    expect([gate.level, levels]).toEqual([1, [1]]);
    expect(gate.next('a', () => knows(3))).toBe(2);
    put('2');
    expect(gate.next('a', () => knows(3))).toBeUndefined();
    // A backup of earlier days was restored.
    put('0');
    expect(gate.level).toBe(2);
    expect(gate.next('a', () => knows(2))).toBe(2);
  });

  it('below it nothing newer is written, and no older server starts', () => {
    const { gate, put } = gateOf(1);
    expect(() => gate.check('putJob')).not.toThrow();
    expect(() => gate.check('setPause')).toThrow('setPause needs feature level 1, the cluster is at 0');
    put('1');
    expect(() => gate.check('setPause')).not.toThrow();
    expect(() => gateOf(1, ['a'], '2')).toThrow('writes at feature level 2, this server knows up to 1');
  });

  it('a server that is alone raises it at once', () => {
    expect(gateOf(3, ['a']).gate.next('a', () => undefined)).toBe(3);
  });
});
