import { ManualTime, MemoryLogger } from '@dkron/runtime/testing';
import { describe, expect, it } from 'vitest';
import { PeerFaults } from './peer-faults.ts';

function make(): { faults: PeerFaults; clock: ManualTime; logger: MemoryLogger; counts: Map<string, number> } {
  const clock = new ManualTime();
  const logger = new MemoryLogger();
  const counts = new Map<string, number>();
  const counter = {
    add: (value: number, labels: Readonly<Record<string, string>> = {}) => {
      counts.set(labels['code']!, (counts.get(labels['code']!) ?? 0) + value);
    },
  };
  return { faults: new PeerFaults({ intervalMs: 1000 }, { clock, logger, counter }), clock, logger, counts };
}

describe('PeerFaults', () => {
  it('counts each and logs one per peer, kind and interval, with how many were passed over', async () => {
    const { faults, clock, logger, counts } = make();
    for (let i = 0; i < 10; i++) faults.report('label', '10.0.0.1', 'not ours');
    faults.report('label', '10.0.0.2', 'not ours');
    faults.report('key', '10.0.0.1', 'not ours');
    await clock.advance(1000);
    faults.report('label', '10.0.0.1', 'not ours');
    expect(logger.records.map(({ fields: { code, peer, suppressed } }) => [code, peer, suppressed])).toEqual([
      ['label', '10.0.0.1', undefined],
      ['label', '10.0.0.2', undefined],
      ['key', '10.0.0.1', undefined],
      ['label', '10.0.0.1', 9],
    ]);
    expect(Object.fromEntries(counts)).toEqual({ label: 12, key: 1 });
  });

  it('writes nothing that would end a line or move a cursor', () => {
    const { faults, logger } = make();
    faults.report('label', '10.0.0.1', 'a\nb\u001b[2Jc');
    expect(logger.records[0]?.fields['detail']).toBe('a b [2Jc');
  });

  it('neither grows nor floods the log with ever new addresses', async () => {
    const { faults, clock, logger, counts } = make();
    for (let i = 0; i < 5000; i++) faults.report('label', `10.0.${i >> 8}.${i & 255}`, 'x'.repeat(10_000));
    expect(logger.records.length).toBeLessThan(520);
    expect(counts.get('label')).toBe(5000);
    expect(logger.records.at(-1)?.fields['peer']).toBe('many');
    expect(String(logger.records[0]?.fields['detail']).length).toBe(256);
    await clock.advance(1000);
    faults.report('label', '10.9.9.9', 'x');
    expect(logger.records.at(-1)?.fields['peer']).toBe('10.9.9.9');
  });
});
