import type { Due, JobDefinition } from '@dkron/jobs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProcessingQueue } from './processing-queue.ts';

type Processors = JobDefinition['processors'];

const due = (id: number): Due => ({
  id: BigInt(id),
  kind: 'process',
  jobName: 'job',
  group: 1n,
  rootGroup: 1n,
  executionId: '',
  nodeName: '',
  attempt: 1,
  dueAt: 0n,
  lengthMs: 0,
});
const webhook = (url: string): Processors => ({ webhook: { url } });

function takeAll(queue: ProcessingQueue): { ids: number[]; ends: (() => void)[] } {
  const taken = { ids: [] as number[], ends: [] as (() => void)[] };
  for (let next = queue.take(); next; next = queue.take()) {
    taken.ids.push(Number(next.due.id));
    taken.ends.push(next.done);
  }
  return taken;
}

describe('outputs that wait for processors', () => {
  it('of one receiver: four at a time, in order; others are not held up', () => {
    const queue = new ProcessingQueue();
    for (let id = 1; id <= 50; id++) queue.add(due(id), webhook('http://silent'));
    queue.add(due(51), webhook('http://quick'));
    queue.add(due(52), { files: {} });
    const first = takeAll(queue);
    expect(first.ids.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 51, 52]);
    first.ends[first.ids.indexOf(2)]!();
    expect(takeAll(queue).ids).toEqual([5]);
  });

  it('of one processor with many silent receivers: half of the room', () => {
    const queue = new ProcessingQueue();
    for (let id = 1; id <= 50; id++) queue.add(due(id), webhook(`http://silent-${id}`));
    expect(takeAll(queue).ids).toHaveLength(16);
    queue.add(due(51), { files: {} });
    expect(takeAll(queue).ids).toEqual([51]);
  });

  it('never more than there is room for, each once, all in the end', () => {
    const adding = fc.record({ name: fc.constantFrom('a', 'b', 'c'), url: fc.constantFrom('x', 'y', 'z') });
    const step = fc.oneof(adding, fc.constant('take' as const), fc.constant('end' as const), fc.nat(99));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const queue = new ProcessingQueue();
        const waiting = new Set<number>();
        const active: (() => void)[] = [];
        const take = (): boolean => {
          const taken = queue.take();
          if (!taken) return false;
          expect(waiting.delete(Number(taken.due.id))).toBe(true);
          expect(active.push(taken.done)).toBeLessThanOrEqual(32);
          return true;
        };
        for (const [id, each] of steps.entries()) {
          if (each === 'take') take();
          else if (each === 'end') active.shift()?.();
          else if (typeof each === 'number') {
            waiting.delete(each);
            queue.remove(BigInt(each));
          } else {
            waiting.add(id);
            queue.add(due(id), { [each.name]: { url: each.url } });
          }
        }
        while (take() || active.length > 0) active.shift()?.();
        expect([...waiting]).toEqual([]);
      }),
    );
  });
});
