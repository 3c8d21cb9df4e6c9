import type { Labels, Metrics } from '@dkron/runtime';
import { noMetrics } from '@dkron/runtime';
import { ManualTime, MemoryLogger } from '@dkron/runtime/testing';
import { describe, expect, it } from 'vitest';
import { Refusals } from './refusals.ts';

function make() {
  const counted: [string, Labels | undefined][] = [];
  const metrics: Metrics = {
    ...noMetrics,
    counter: (name) => ({ add: (_value, labels) => void counted.push([name, labels]) }),
  };
  const clock = new ManualTime();
  const logger = new MemoryLogger();
  return { counted, clock, logger, refusals: new Refusals({ clock, logger, metrics }) };
}

describe('Refusals', () => {
  it('counts all, and logs each kind of each peer once a minute', async () => {
    const { counted, clock, logger, refusals } = make();
    for (let i = 0; i < 5; i++) refusals.handshake('a', 'us', 'amnesia', 'type this');
    expect(counted).toEqual(
      Array.from({ length: 5 }, () => ['raft_grpc_handshakes_refused_total', { code: 'amnesia', by: 'us' }]),
    );
    expect(logger.records).toHaveLength(1);
    expect(logger.records[0]).toMatchObject({ fields: { peer: 'a', code: 'amnesia', message: 'type this' } });
    refusals.handshake('a', 'us', 'second_boot', '');
    refusals.handshake('b', 'us', 'amnesia', '');
    refusals.bytes('a', 'malformed', '');
    expect(logger.records).toHaveLength(4);
    await clock.advance(59_999);
    refusals.handshake('a', 'us', 'amnesia', '');
    expect(logger.records).toHaveLength(4);
    await clock.advance(1);
    refusals.handshake('a', 'us', 'amnesia', '');
    expect(logger.records).toHaveLength(5);
  });

  it('logs at most 100 lines a minute, whatever names there are', async () => {
    const { counted, clock, logger, refusals } = make();
    for (let i = 0; i < 2000; i++) refusals.bytes(`p${i}`, 'malformed', '');
    expect(counted).toHaveLength(2000);
    expect(logger.records).toHaveLength(100);
    await clock.advance(60_000);
    for (let i = 0; i < 2000; i++) refusals.bytes(`q${i}`, 'malformed', '');
    expect(logger.records).toHaveLength(200);
  });
});
