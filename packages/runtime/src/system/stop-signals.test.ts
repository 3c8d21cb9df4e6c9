import { afterEach, expect, it, vi } from 'vitest';
import { ManualTime } from '../testing/index.ts';
import { onStopSignals } from './stop-signals.ts';

let unhook = (): void => {};
afterEach(() => unhook());

it('takes what comes within a second of the first signal for the same one', async () => {
  const time = new ManualTime(0);
  const actions = { stop: vi.fn<(signal: string) => void>(), end: vi.fn<(signal: string) => void>() };
  unhook = onStopSignals(actions, time);
  process.emit('SIGTERM', 'SIGTERM');
  process.emit('SIGTERM', 'SIGTERM');
  await time.advance(1_000);
  process.emit('SIGINT', 'SIGINT');
  expect(actions.stop.mock.calls).toEqual([['SIGTERM']]);
  expect(actions.end).not.toHaveBeenCalled();
  await time.advance(1);
  process.emit('SIGINT', 'SIGINT');
  expect(actions.stop).toHaveBeenCalledTimes(1);
  expect(actions.end.mock.calls).toEqual([['SIGINT']]);
});

it('gives the signals back', () => {
  const before = process.listenerCount('SIGTERM');
  const stop = vi.fn<() => void>();
  onStopSignals({ stop, end: () => {} })();
  expect(process.listenerCount('SIGTERM')).toBe(before);
});
