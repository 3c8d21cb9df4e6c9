import type { Command, ExecutionUpdate } from '@dkron/jobs';
import { ManualTime } from '@dkron/runtime/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Context } from '../context.ts';
import { UpdateBatcher } from './update-batcher.ts';

describe('UpdateBatcher', () => {
  let time: ManualTime;
  let batches: ExecutionUpdate[][];
  let starting: boolean;
  let leads: boolean;
  let valid: boolean;
  let batcher: UpdateBatcher;

  beforeEach(() => {
    time = new ManualTime();
    batches = [];
    starting = true;
    leads = true;
    valid = true;
    const log = {
      propose: (command: Command) => {
        const updates = command.type === 'executionUpdates' ? command.updates : [];
        batches.push([...updates]);
        return Promise.resolve({ results: updates.map(() => 'applied') });
      },
    };
    const stamps = { next: () => 1n };
    const parts = {
      clock: time,
      timers: time,
      log,
      stamps,
      leads: () => leads,
      mayAct: () => leads && valid,
      starting: () => starting,
    };
    batcher = new UpdateBatcher(parts as unknown as Context);
  });

  const started = (id: string): ExecutionUpdate => ({ kind: 'started', id, attempt: 1, at: 0n });

  it('sends at once what came in one turn when nothing is to be started', async () => {
    starting = false;
    void batcher.add(started('1-a'));
    void batcher.add(started('2-a'));
    await time.advance(0);
    expect(batches.map((batch) => batch.length)).toEqual([2]);
  });

  it('keeps everything back while leadership is in doubt', async () => {
    starting = false;
    valid = false;
    const answer = batcher.add({ kind: 'cancelRequested', id: '1-a', at: 0n, slotHoldMs: null });
    await time.advance(500);
    expect(batches).toEqual([]);
    valid = true;
    await time.advance(10);
    await expect(answer).resolves.toBe('applied');
  });

  it('tells that nothing was proposed once leadership is lost', async () => {
    starting = false;
    valid = false;
    const answer = batcher.add(started('1-a')).catch((error: unknown) => String(error));
    await time.advance(20);
    leads = false;
    await time.advance(10);
    expect(await answer).toContain('leadership lost');
    expect(batches).toEqual([]);
  });

  it('keeps reports back while something is to be started', async () => {
    void batcher.add(started('1-a'));
    await time.advance(40);
    void batcher.add(started('2-a'));
    await time.advance(40);
    expect(batches).toEqual([]);
    starting = false;
    await time.advance(10);
    expect(batches.map((batch) => batch.length)).toEqual([2]);
  });

  it('keeps them back for 100 ms at most', async () => {
    void batcher.add(started('1-a'));
    await time.advance(60);
    void batcher.add(started('2-a'));
    await time.advance(50);
    expect(batches.map((batch) => batch.length)).toEqual([2]);
  });

  it('keeps at most 4,096 back, and sends them in order, 64 a command', async () => {
    void batcher.add(started('0-a'));
    await time.advance(1);
    for (let i = 1; i < 4_096; i++) void batcher.add(started(`${i}-a`));
    await time.advance(0);
    expect(batches.map((batch) => batch.length)).toEqual(Array.from({ length: 64 }, () => 64));
    expect(batches.flat().map(({ id }) => id)).toEqual(Array.from({ length: 4_096 }, (_, i) => `${i}-a`));
  });

  it('leaves the event loop to others after 4 commands', async () => {
    starting = false;
    for (let i = 0; i < 640; i++) void batcher.add(started(`${i}-a`));
    const seen: number[] = [];
    const look = (): void => void seen.push(batches.length);
    time.nextTurn(() => {
      look();
      time.nextTurn(look);
    });
    await time.advance(0);
    expect(seen).toEqual([4, 8]);
    expect(batches).toHaveLength(10);
  });

  it('lets a cancellation take everything before it along', async () => {
    void batcher.add(started('1-a'));
    await time.advance(1);
    void batcher.add({ kind: 'cancelRequested', id: '2-a', at: 0n, slotHoldMs: null });
    await time.advance(0);
    expect(batches.map((batch) => batch.map(({ id }) => id))).toEqual([['1-a', '2-a']]);
  });
});
