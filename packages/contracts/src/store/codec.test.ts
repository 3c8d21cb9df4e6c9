import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StoredJob } from '@dkron/jobs';
import { commands, definition, due, execution, jobState, ledgerEntry, notice, run } from '../../test/arbitraries.ts';
import { Command } from '../gen/dkron/store/v1/command.ts';
import { JobDefinition } from '../gen/dkron/model/v1/model.ts';
import { Due, Execution, JobState, LedgerEntry, Notice, Run } from '../gen/dkron/store/v1/records.ts';
import { ContractError } from '../errors.ts';
import { storeCodec, type Codec } from './codec.ts';

interface Generated {
  decode(bytes: Uint8Array): unknown;
  encode(message: never): { finish(): Uint8Array };
}

function holds<T>(codec: Codec<T>, generated: Generated, values: fc.Arbitrary<T>): void {
  fc.assert(
    fc.property(values, (value) => {
      const bytes = codec.encode(value);
      // Not `toStrictEqual`, which stumbles over a key named `constructor`.
      expect(isDeepStrictEqual(codec.decode(bytes), value)).toBe(true);
      const again = generated.encode(generated.decode(bytes) as never).finish();
      expect(Buffer.from(again).toString('hex')).toBe(Buffer.from(bytes).toString('hex'));
    }),
    { numRuns: 150 },
  );
}

describe('every command keeps all it says, in the bytes of the generated code', () => {
  for (const [type, values] of Object.entries(commands)) {
    it(`${type}`, () => expect(() => holds(storeCodec.command, Command, values)).not.toThrow());
  }
});

describe('every record keeps all it says, in the bytes of the generated code', () => {
  it('job definition', () => expect(() => holds(storeCodec.definition, JobDefinition, definition)).not.toThrow());
  it('job state', () => expect(() => holds(storeCodec.state, JobState, jobState)).not.toThrow());
  it('execution', () => expect(() => holds(storeCodec.execution, Execution, execution)).not.toThrow());
  it('run', () => expect(() => holds(storeCodec.run, Run, run)).not.toThrow());
  it('due', () => expect(() => holds(storeCodec.due, Due, due)).not.toThrow());
  it('notice', () => expect(() => holds(storeCodec.notice, Notice, notice)).not.toThrow());
  it('ledger entry', () => expect(() => holds(storeCodec.ledgerEntry, LedgerEntry, ledgerEntry)).not.toThrow());
});

const typical: StoredJob = {
  definition: {
    name: 'nightly-report-000123',
    displayName: 'Nightly report',
    timezone: 'Europe/Berlin',
    schedule: '0 30 2 * * *',
    owner: 'Reporting team',
    ownerEmail: 'reporting@example.com',
    disabled: false,
    tags: { role: 'worker:2' },
    metadata: null,
    retries: 2,
    parentJob: '',
    processors: { log: { forward: 'true' } },
    concurrency: 'forbid',
    executor: 'shell',
    executorConfig: { command: '/usr/local/bin/report --day yesterday', shell: 'true' },
    ephemeral: false,
    startsAt: null,
    expiresAt: null,
    dstGap: 'skip',
    dstOverlap: 'both',
    catchup: 'skip',
    catchupWindow: '1m',
    timeout: '',
  },
  state: {
    version: 3,
    revision: 45,
    successCount: 20,
    errorCount: 1,
    lastSuccess: 1_700_000_000_123_456_789n,
    lastError: 1_690_000_000_123_456_789n,
    status: 'success',
    next: 1_700_001_000_000_000_000n,
    nextTick: 1_700_001_000_000_000_000n,
    decidedUpTo: 1_700_000_000_000_000_000n,
    anchor: 1_690_000_000_000_000_000n,
    dependentJobs: [],
    problem: '',
  },
};

describe('bytes of the store', () => {
  it('are compact: a usual job takes at most 350', () => {
    const { definition, state } = typical;
    const length = storeCodec.definition.encode(definition).length + storeCodec.state.encode(state).length;
    expect(length).toBeLessThanOrEqual(350);
  });

  it('do not depend on the order of map keys', () => {
    const tagged = (tags: Record<string, string>): Uint8Array =>
      storeCodec.definition.encode({ ...typical.definition, tags });
    expect(tagged({ b: '1', a: '2' })).toStrictEqual(tagged({ a: '2', b: '1' }));
  });

  it('say who is told in two bytes, and in none when nobody is', () => {
    const update = { kind: 'started', id: 'a', attempt: 1, at: 1n } as const;
    const plain = { type: 'executionUpdates', stamp: 1n, updates: [update] } as const;
    const { length } = storeCodec.command.encode(plain);
    expect(storeCodec.command.encode({ ...plain, notify: [] })).toHaveLength(length);
    expect(storeCodec.command.encode({ ...plain, notify: ['cronitor', 'mail', 'webhook'] })).toHaveLength(length + 2);
  });

  it('are not kept by what was decoded from them', () => {
    const bytes = Buffer.from(
      storeCodec.command.encode({
        type: 'executionUpdates',
        stamp: 1n,
        updates: [{ kind: 'processed', id: 'a', dueId: 1n, output: new Uint8Array([1, 2, 3]) }],
      }),
    );
    const decoded = storeCodec.command.decode(bytes);
    bytes.fill(0);
    expect(decoded).toMatchObject({ updates: [{ id: 'a', output: new Uint8Array([1, 2, 3]) }] });
  });
});

describe('a replica stops at what it does not know', () => {
  const refused =
    (hex: string): (() => unknown) =>
    () =>
      storeCodec.command.decode(Buffer.from(hex, 'hex'));

  it('a command of a later version', () => {
    expect(refused('a20600')).toThrow(ContractError);
    expect(refused('a20600')).toThrow(
      'cannot decode Command of 3 bytes: Command has variant 100, which this version does not know',
    );
  });

  it('a field of a later version', () => {
    expect(refused('4a03a00601')).toThrow('PutSetting has field 100');
  });

  it('an enum value of a later version', () => {
    expect(refused('42021009')).toThrow('pause scope number 9 is not one of 1 to 2');
  });

  it('a value that must be there', () => {
    expect(refused('4200')).toThrow('SetPause.scope is missing');
    expect(refused('')).toThrow('Command is empty');
  });

  it.each([
    ['2207' + '1205' + '5203a00601', 'Target has field 100'],
    ['2205' + '1203a00601', 'TickDecision has field 100'],
    ['2202' + '1200', 'TickDecision.decision is missing'],
    ['3207' + '1205' + '1203a00601', 'FinishedUpdate has field 100'],
    ['3204' + '1202' + '1200', 'FinishedUpdate.state is missing'],
    ['3206' + '1204' + '12021801', 'FinishedUpdate.output is missing'],
    ['3209' + '1207' + '1205' + '4203a00601', 'ExecutionOutput has field 100'],
  ])('%s, in what is read by hand: %s', (hex, message) => {
    expect(refused(hex)).toThrow(message);
  });

  it('bytes that are cut or longer than their frame', () => {
    const bytes = storeCodec.command.encode({ type: 'putSetting', stamp: 1n, key: 'greeting', value: 'hello' });
    for (let length = 0; length < bytes.length; length++) {
      expect(() => storeCodec.command.decode(bytes.subarray(0, length)), `${length} bytes`).toThrow(ContractError);
    }
  });

  it('text that is not UTF-8', () => {
    expect(refused('4a03120180')).toThrow('is not UTF-8');
  });

  it('any bytes at all: an answer or a ContractError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        expect(outcome(bytes)).toBeOneOf(['answer', 'ContractError']);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a value that does not fit is refused when written, and the writer goes on', () => {
  const entry =
    (count: number): (() => Uint8Array) =>
    () =>
      storeCodec.ledgerEntry.encode({
        jobName: 'a',
        tick: 0n,
        lastTick: 0n,
        count,
        decision: 'run',
        reason: '',
        trigger: 'manual',
        decidedAt: 0n,
        group: null,
        executions: [],
      });

  it.each([-1, 0.5, Number.NaN, 2 ** 53])('count %s', (count) => {
    expect(entry(count)).toThrow('whole number');
    expect(storeCodec.ledgerEntry.decode(entry(1)())).toMatchObject({ jobName: 'a', count: 1 });
  });

  it('a stamp above 64 bits, an unknown kind', () => {
    expect(() => storeCodec.command.encode({ type: 'deleteExecutions', stamp: 1n << 63n, name: 'a' })).toThrow(
      '64 bits',
    );
    expect(() => storeCodec.command.encode({ type: 'other' } as never)).toThrow('Command.type "other"');
  });
});

function outcome(bytes: Uint8Array): string {
  try {
    storeCodec.command.decode(bytes);
    return 'answer';
  } catch (error) {
    return error instanceof Error ? error.name : 'something else';
  }
}
