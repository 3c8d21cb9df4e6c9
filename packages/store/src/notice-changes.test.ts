import type { ApplyEvent, Notice, NoticeChannel } from '@dkron/jobs';
import { NOTICE_CHANNELS } from '@dkron/jobs';
import { ZERO_TIME } from '@dkron/runtime';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { newExecution } from './new-execution.ts';
import { NoticeChanges } from './notice-changes.ts';
import { Notices } from './notices.ts';

const LIMITS = { count: 3, outputBytes: 10 } as const;

const run = { jobName: 'a', group: 1n, rootGroup: 1n, trigger: 'manual', tick: null, decidedAt: 1n } as const;

function made(channel: NoticeChannel, n: number, outputBytes: number): Omit<Notice, 'id'> {
  const target = { executionId: `${n}-n1`, stamp: BigInt(n), nodeName: 'n1' };
  const execution = newExecution({ ...run, targets: [], open: true }, target, 1);
  const times = { attempts: 0, dueAt: ZERO_TIME, lengthMs: 0 };
  return { channel, event: 'end', execution, recipient: '', awaits: 0n, outputBytes, ...times };
}

it('of too many, or too much output, the oldest of that channel go, in whatever batches; the newest stays', () => {
  const step = fc.record({
    channel: fc.constantFrom(...NOTICE_CHANNELS),
    outputBytes: fc.nat(12),
    settle: fc.option(fc.nat(5)),
    commit: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const notices = new Notices();
      const events: ApplyEvent[] = [];
      const dropped: string[] = [];
      let id = 0n;
      const begin = (): NoticeChanges =>
        new NoticeChanges(notices, {
          nextId: () => ++id,
          write: () => undefined,
          tell: (event) => void events.push(event),
          dropOutput: (execution) => void dropped.push(execution),
        });
      let changes = begin();
      let model: { id: bigint; channel: NoticeChannel; outputBytes: number }[] = [];
      for (const { channel, outputBytes, settle, commit } of steps) {
        changes.add(made(channel, Number(id) + 1, outputBytes), LIMITS);
        model.push({ id, channel, outputBytes });
        for (;;) {
          const own = model.filter((one) => one.channel === channel);
          const bytes = own.reduce((sum, one) => sum + one.outputBytes, 0);
          if (own.length <= 1 || (own.length <= LIMITS.count && bytes <= LIMITS.outputBytes)) break;
          model = model.filter((one) => one !== own[0]);
        }
        const settled = settle === null ? undefined : model[settle];
        if (settled !== undefined) {
          changes.remove(settled.id);
          model = model.filter((one) => one !== settled);
        }
        if (!commit) continue;
        changes.commit();
        changes = begin();
      }
      changes.commit();
      expect(notices.list().map((one) => one.id)).toEqual(model.map((one) => one.id));
      expect(notices.size).toBe(model.length);
      for (const channel of NOTICE_CHANNELS) {
        const bytes = model.filter((one) => one.channel === channel).reduce((sum, one) => sum + one.outputBytes, 0);
        expect(notices.of(channel).outputBytes).toBe(bytes);
      }
      const gone = events.filter((event) => event.type === 'notice' && event.change !== 'added').length;
      expect(gone).toBe(steps.length - model.length);
      expect(new Set(dropped).size).toBe(dropped.length);
    }),
  );
});
