import { ManualTime } from '@dkron/runtime/testing';
import { expect, it } from 'vitest';
import { attempt, type TestRun } from '../../test/attempt.ts';
import { AttemptError, limitedAttempt, type AttemptLimits, type LimitedAttempt } from './limited-attempt.ts';

const time = new ManualTime();
const run = (
  work: (attempt: LimitedAttempt) => Promise<void>,
  limits: Partial<AttemptLimits> = {},
  options: Parameters<typeof attempt>[2] = {},
): Promise<TestRun> => {
  const execute: Parameters<typeof attempt>[0]['execute'] = (request, context) =>
    limitedAttempt(request, context, { timers: time, ...limits }, work);
  return attempt({ name: 'x', execute }, {}, options);
};

it('what the work throws is one line without secrets', async () => {
  const { result } = await run(
    () => Promise.reject(new Error('cannot reach amqp://bob:pw@h with hunter2\nand hunter2-b\n')),
    { secrets: ['hunter2', 'hunter2-b', 'a', ''] },
  );
  const error = 'cannot reach amqp://…@h with … and …';
  expect(result).toEqual({ success: false, error, reason: 'executor' });
});

it('tells a failure of what was run from one of the executor', async () => {
  const { result } = await run(() => Promise.reject(new AttemptError('said no', 'exit')));
  expect(result).toEqual({ success: false, error: 'said no', reason: 'exit' });
});

it('ends at once at either limit, whether or not the work listens, and prints nothing after', async () => {
  let print = (_text: string): void => {};
  const deaf = (attempt: LimitedAttempt): Promise<void> => {
    print = (text) => attempt.print(text);
    attempt.print('begun');
    return new Promise(() => {});
  };
  const own = run(deaf, { ownTimeoutMs: 1_000, ownTimeoutText: 'out of time' }, { timeoutMs: 2_000 });
  await time.advance(1_000);
  expect((await own).result).toEqual({ success: false, error: 'out of time', reason: 'timeout' });
  const whole = run(deaf, { ownTimeoutMs: 3_000 }, { timeoutMs: 2_000 });
  await time.advance(2_000);
  const { result, stdout } = await whole;
  print('late');
  const error = 'execution time exceeded the timeout of 2s';
  expect([result, stdout]).toEqual([{ success: false, error, reason: 'timeout' }, 'begun']);
});
