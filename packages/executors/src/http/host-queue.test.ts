import { describe, expect, it } from 'vitest';
import { HostQueue } from './host-queue.ts';

interface Visit {
  readonly leave: () => void;
  begun: boolean;
}

function visit(queue: HostQueue, host: string): Visit {
  const visitor = { begun: false };
  const leave = queue.enter(host, () => (visitor.begun = true));
  return Object.assign(visitor, { leave });
}

describe('HostQueue', () => {
  it('lets so many in, and the others in the order of their coming', () => {
    const queue = new HostQueue(2);
    const [first, second, third, fourth] = [1, 2, 3, 4].map(() => visit(queue, 'a')) as [Visit, Visit, Visit, Visit];
    expect([first.begun, second.begun, third.begun, fourth.begun]).toEqual([true, true, false, false]);
    second.leave();
    expect([third.begun, fourth.begun]).toEqual([true, false]);
    first.leave();
    expect(fourth.begun).toBe(true);
  });

  it('keeps hosts apart, and none that nobody is with', () => {
    const queue = new HostQueue(1);
    const visits = ['a', 'b', 'a', 'b'].map((host) => visit(queue, host));
    expect(visits.map(({ begun }) => begun)).toEqual([true, true, false, false]);
    expect(queue.size).toBe(2);
    for (const { leave } of visits) leave();
    expect(visits.every(({ begun }) => begun)).toBe(true);
    expect(queue.size).toBe(0);
  });

  it('forgets who leaves while waiting, and counts nobody twice', () => {
    const queue = new HostQueue(1);
    const [first, second, third, fourth] = [1, 2, 3, 4].map(() => visit(queue, 'a')) as [Visit, Visit, Visit, Visit];
    second.leave();
    first.leave();
    first.leave();
    second.leave();
    expect([second.begun, third.begun, fourth.begun]).toEqual([false, true, false]);
    third.leave();
    fourth.leave();
    expect(queue.size).toBe(0);
  });

  it('goes on when one leaves as soon as it may begin', () => {
    const queue = new HostQueue(1);
    const first = visit(queue, 'a');
    let begun = 0;
    for (let i = 0; i < 3; i++) {
      queue.enter('a', (leave) => {
        begun++;
        leave();
      });
    }
    first.leave();
    expect(begun).toBe(3);
    expect(queue.size).toBe(0);
  });
});
