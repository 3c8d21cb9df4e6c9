import type { ApplyEvent, Command, CommandResults, Due, Execution, Notice, NoticeChannel } from '@dkron/jobs';
import { idempotencyKeyOf } from '@dkron/jobs';
import { noMetrics, ZERO_TIME } from '@dkron/runtime';
import { ManualTime, MemoryLogger, seededRandom } from '@dkron/runtime/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeliveryError } from './errors.ts';
import { NO_NOTIFICATIONS, Notifier } from './index.ts';
import type { Deliver, NoticeLog, NoticeView } from './index.ts';

const BEGIN_MS = 1_700_000_000_000;

/** The replicated part of notices, as plainly as it can be. */
class State implements NoticeView, NoticeLog {
  readonly kept = new Map<bigint, Notice>();
  readonly open = new Map<bigint, Due>();
  readonly #listeners = new Set<(events: readonly ApplyEvent[]) => void>();
  leads = true;
  /** Commits, and says that it does not know. */
  unsure = 0;
  commands = 0;
  #next = BigInt(BEGIN_MS) * 1_000_000n;

  notices(): { list(): readonly Notice[] } {
    return { list: () => [...this.kept.values()] };
  }

  dues(): Iterable<Due> {
    return this.open.values();
  }

  getOutput(): undefined {
    return undefined;
  }

  executions(): readonly Execution[] {
    return [];
  }

  onApplied(listener: (events: readonly ApplyEvent[]) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  leadershipValid(): boolean {
    return this.leads;
  }

  async propose<C extends Command>(command: C): Promise<CommandResults[C['type']]> {
    if (command.type !== 'settleNotices') throw new Error(`unexpected ${command.type}`);
    await Promise.resolve();
    this.commands += 1;
    for (const outcome of command.outcomes) {
      const notice = this.kept.get(outcome.id);
      if (notice === undefined) continue;
      if (outcome.kind === 'deferred') {
        const { attempts, dueAt, lengthMs } = outcome;
        const deferred = { ...notice, attempts, dueAt, lengthMs };
        this.kept.set(outcome.id, deferred);
        this.#tell({ type: 'notice', notice: deferred, change: 'deferred' });
      } else {
        this.kept.delete(outcome.id);
        this.#tell({ type: 'notice', notice, change: 'removed' });
      }
    }
    if (this.unsure-- > 0) throw new Error('leadership may be lost');
    return { known: command.outcomes.length } as CommandResults[C['type']];
  }

  add(channel: NoticeChannel, changes: Partial<Notice> & { readonly executionId?: string } = {}): Notice {
    const { executionId = `${this.#next}-n1`, ...rest } = changes;
    const execution = { id: executionId, jobName: 'a', state: 'success', stamp: this.#next } as Execution;
    const times = { attempts: 0, dueAt: ZERO_TIME, lengthMs: 0, awaits: 0n, outputBytes: 0 };
    const notice: Notice = { id: this.#next++, channel, event: 'end', execution, recipient: '', ...times, ...rest };
    this.kept.set(notice.id, notice);
    this.#tell({ type: 'notice', notice, change: 'added' });
    return notice;
  }

  processed(id: bigint): void {
    const due = this.open.get(id)!;
    this.open.delete(id);
    this.#tell({ type: 'due', due, change: 'removed' });
  }

  #tell(event: ApplyEvent): void {
    for (const listener of this.#listeners) listener([event]);
  }
}

function setUp(
  deliveries: Partial<Record<NoticeChannel, Deliver>>,
  state = new State(),
  time = new ManualTime(BEGIN_MS),
) {
  let stamp = 0n;
  const modules = {
    view: state,
    log: state,
    stamps: { next: () => ++stamp },
    clock: time,
    timers: time,
    random: seededRandom(1),
  };
  const logger = new MemoryLogger();
  const notifier = new Notifier(
    { settings: NO_NOTIFICATIONS, reportingNode: 's1' },
    { ...modules, logger, metrics: noMetrics, deliveries },
  );
  return { state, time, notifier, logger };
}

const byId = (one: bigint, other: bigint): number => (one < other ? -1 : 1);

const down: Deliver = () => Promise.reject(new DeliveryError('unavailable', 'hook: ECONNREFUSED', {}));
const hang: Deliver = () => new Promise(() => {});

describe('a receiver', () => {
  it('is told of each notice once, several in one command', async () => {
    const told: string[] = [];
    const { state, time, notifier } = setUp({ webhook: async (notice) => void told.push(idempotencyKeyOf(notice)) });
    const before = state.add('webhook');
    notifier.start();
    await time.advance(100);
    const later = Array.from({ length: 6 }, () => state.add('webhook'));
    await time.advance(100);
    expect(told).toEqual([before, ...later].map(idempotencyKeyOf));
    expect(state.kept.size).toBe(0);
    expect(state.commands).toBe(2);
    notifier.stop();
    expect(time.pendingCount).toBe(0);
  });

  it('G-N3: that fails is left alone for a growing while; the others are told meanwhile; then it is told of all', async () => {
    const triesMs: number[] = [];
    const told: bigint[] = [];
    let works = false;
    const { state, time, notifier } = setUp({
      webhook: async (notice, signal) => {
        if (works) return void told.push(notice.id);
        triesMs.push(time.monotonicMs());
        await down(notice, signal);
      },
      mail: async (notice) => void told.push(notice.id),
    });
    notifier.start();
    const mail = state.add('mail');
    const hooks = Array.from({ length: 5 }, () => state.add('webhook'));
    await time.advance(600_000);
    expect(told).toEqual([mail.id]);
    const pauses = triesMs.slice(1).map((at, i) => at - triesMs[i]!);
    expect(pauses.length).toBeGreaterThan(8);
    expect(pauses.every((pause, i) => pause >= Math.min(60_000, 1_000 * 2 ** i) / 2 && pause <= 90_100)).toBe(true);
    works = true;
    await time.advance(100_000);
    expect(told.toSorted(byId)).toEqual([mail, ...hooks].map(({ id }) => id));
    expect(state.kept.size).toBe(0);
  });

  it('G-N3: that hangs is given up after the time limit, and delays nobody else', async () => {
    const told: NoticeChannel[] = [];
    const { state, time, notifier, logger } = setUp({
      webhook: hang,
      cronitor: async ({ channel }) => void told.push(channel),
    });
    notifier.start();
    state.add('webhook');
    state.add('cronitor');
    await time.advance(50);
    expect(told).toEqual(['cronitor']);
    await time.advance(10_100);
    expect(state.kept.values().next().value).toMatchObject({ attempts: 1 });
    expect(logger.records.map(({ fields }) => fields['reason'])).toContain('no answer within 10000 ms');
  });

  it('that refuses one notice takes the others', async () => {
    const told: bigint[] = [];
    const { state, time, notifier } = setUp({
      mail: async ({ id, recipient }) => {
        if (recipient === 'bad') throw new DeliveryError('refused', 'mail: answered 550', {});
        told.push(id);
      },
    });
    notifier.start();
    const [one, bad, other] = ['o', 'bad', 'o'].map((recipient) => state.add('mail', { recipient }));
    await time.advance(100);
    expect(told).toEqual([one!.id, other!.id]);
    expect([...state.kept.keys()]).toEqual([bad!.id]);
    await time.advance(86_500_000);
    expect(state.kept.size).toBe(0);
  });

  it('hears of one execution in order', async () => {
    const told: string[] = [];
    let works = false;
    const { state, time, notifier } = setUp({
      cronitor: async ({ event, execution }) => {
        if (event === 'start' && !works) throw new DeliveryError('refused', 'no', {});
        told.push(`${execution.id} ${event}`);
      },
    });
    notifier.start();
    state.add('cronitor', { executionId: '7-n1', event: 'start' });
    state.add('cronitor', { executionId: '7-n1' });
    state.add('cronitor', { executionId: '8-n1' });
    await time.advance(100);
    expect(told).toEqual(['8-n1 end']);
    works = true;
    await time.advance(5_000);
    expect(told).toEqual(['8-n1 end', '7-n1 start', '7-n1 end']);
  });

  it('is told once the output has been processed, also by a leader that came later', async () => {
    const told: bigint[] = [];
    const deliveries = { webhook: async ({ id }: Notice) => void told.push(id) };
    const { state, time, notifier } = setUp(deliveries);
    notifier.start();
    state.open.set(5n, { id: 5n, kind: 'process' } as Due);
    const notice = state.add('webhook', { awaits: 5n });
    await time.advance(1_000);
    notifier.stop();
    const next = setUp(deliveries, state, time).notifier;
    next.start();
    await time.advance(1_000);
    expect(told).toEqual([]);
    state.processed(5n);
    await time.advance(100);
    expect(told).toEqual([notice.id]);
  });

  it('that is configured nowhere: what waits for it is given up for its age', async () => {
    const { state, time, notifier, logger } = setUp({});
    notifier.start();
    state.add('mail');
    await time.advance(86_000_000);
    expect(state.kept.size).toBe(1);
    await time.advance(500_000);
    expect(state.kept.size).toBe(0);
    expect(logger.records.map(({ event }) => event)).toContain('A notification is given up for its age');
  });
});

describe('a leader', () => {
  it('G-N6: goes on with the tries of the one before it, at the time that was set, with the same key', async () => {
    const first = setUp({ webhook: down });
    first.notifier.start();
    const notice = first.state.add('webhook');
    await first.time.advance(40_000);
    first.notifier.stop();
    const { attempts, dueAt } = first.state.kept.get(notice.id)!;
    expect(attempts).toBeGreaterThan(3);
    const keys: string[] = [];
    const next = setUp({ webhook: async (one) => void keys.push(idempotencyKeyOf(one)) }, first.state, first.time);
    next.notifier.start();
    const leftMs = Number((dueAt - first.time.wallNanos()) / 1_000_000n);
    await first.time.advance(leftMs - 5);
    expect(keys).toEqual([]);
    await first.time.advance(50);
    expect(keys).toEqual([idempotencyKeyOf(notice)]);
  });

  it('tells nothing while it does not lead, nor after it was stopped', async () => {
    const told: bigint[] = [];
    const { state, time, notifier } = setUp({ webhook: async ({ id }) => void told.push(id) });
    state.leads = false;
    notifier.start();
    state.add('webhook');
    await time.advance(5_000);
    expect(told).toEqual([]);
    state.leads = true;
    await time.advance(1_100);
    expect(told).toHaveLength(1);
    notifier.stop();
    state.add('webhook');
    await time.advance(5_000);
    expect(told).toHaveLength(1);
  });

  it('an outcome whose commit is unknown is written again, and its notice not told again', async () => {
    const told: bigint[] = [];
    const { state, time, notifier } = setUp({ webhook: async ({ id }) => void told.push(id) });
    notifier.start();
    state.unsure = 2;
    state.add('webhook');
    await time.advance(10_000);
    expect(told).toHaveLength(1);
    expect(state.commands).toBe(3);
  });

  it('none is lost and none told after it was settled, whatever fails and whoever leads', async () => {
    const step = fc.record({
      channel: fc.constantFrom<NoticeChannel>('webhook', 'mail', 'cronitor'),
      does: fc.constantFrom('add', 'add', 'add', 'fail', 'refuse', 'hang', 'work', 'change', 'wait', 'unsure'),
      ms: fc.integer({ min: 1, max: 30_000 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        const time = new ManualTime(BEGIN_MS);
        const state = new State();
        const mode = new Map<NoticeChannel, string>();
        const told = new Set<bigint>();
        const deliver: Deliver = async (notice, signal) => {
          const how = mode.get(notice.channel);
          expect(state.kept.has(notice.id)).toBe(true);
          if (how === 'fail') await down(notice, signal);
          if (how === 'refuse') throw new DeliveryError('refused', 'no', {});
          if (how === 'hang') await hang(notice, signal);
          told.add(notice.id);
        };
        const deliveries = { webhook: deliver, mail: deliver, cronitor: deliver };
        let { notifier } = setUp(deliveries, state, time);
        notifier.start();
        const added: bigint[] = [];
        for (const { channel, does, ms } of steps) {
          if (does === 'add') added.push(state.add(channel, { executionId: `${ms % 5}-n1` }).id);
          else if (does === 'unsure') state.unsure = 1;
          else if (does === 'change') {
            notifier.stop();
            ({ notifier } = setUp(deliveries, state, time));
            notifier.start();
          } else if (does !== 'wait') mode.set(channel, does);
          await time.advance(ms);
        }
        mode.clear();
        await time.advance(7_200_000);
        expect([...told].toSorted(byId)).toEqual(added);
        expect(state.kept.size).toBe(0);
        notifier.stop();
        expect(time.pendingCount).toBe(0);
      }),
      { numRuns: 60 },
    );
  });
});
