import type { Logger } from '@dkron/runtime';
import { fromUtf8 } from './bytes.ts';
import { StoreError } from './errors.ts';
import { executionKey, FAMILY, familyRange, HEAD_KEY, isDefinitionKey, jobNameOfKey, nameOfKey } from './keys.ts';
import { pendingOf } from './new-execution.ts';
import type { KeyValue } from './ports.ts';
import { headCodec, tokenCodec } from './records.ts';
import type { TokenRecord } from './records.ts';
import { State } from './state.ts';
import type { Codecs } from './state.ts';

/** Builds the memory part from what is stored. A job that cannot be read is left out of memory and reported. */
export async function loadState(modules: {
  readonly kv: KeyValue;
  readonly codecs: Codecs;
  readonly logger: Logger;
}): Promise<State> {
  const { kv, codecs } = modules;
  const state = new State(codecs);
  const head = await kv.get(HEAD_KEY);
  if (head !== undefined) {
    Object.assign(state, headCodec.decode(head));
  }
  await loadJobs(state, modules);
  await loadRuns(state, modules);
  for await (const [, value] of kv.iterate(familyRange(FAMILY.due))) {
    const due = codecs.due.decode(value);
    state.setDue(due.id, due);
  }
  for await (const [, value] of kv.iterate(familyRange(FAMILY.notice))) {
    const notice = codecs.notice.decode(value);
    state.notices.set(notice.id, notice);
  }
  for await (const [key] of kv.iterate(familyRange(FAMILY.pause))) {
    state.setPause(nameOfKey(key), true);
  }
  for await (const [key, value] of kv.iterate(familyRange(FAMILY.setting))) {
    state.settings.set(nameOfKey(key), fromUtf8(value));
  }
  await loadTokens(state, kv);
  state.statsDays = await loadStatsDays(kv);
  return state;
}

/** The state of a job follows its definition. */
async function loadJobs(state: State, { kv, codecs, logger }: Parameters<typeof loadState>[0]): Promise<void> {
  let definition: { readonly name: string; readonly bytes: Uint8Array } | undefined;
  for await (const [key, value] of kv.iterate(familyRange(FAMILY.job))) {
    const name = jobNameOfKey(key);
    if (isDefinitionKey(key)) {
      definition = { name, bytes: value };
      continue;
    }
    try {
      if (definition?.name !== name) {
        throw new StoreError('corrupt', `job "${name}" has a state and no definition`, { name });
      }
      const { state: jobState, meta } = codecs.stateRecord.decode(value);
      const job = { definition: codecs.definition.decode(definition.bytes), state: jobState };
      state.jobs.set(name, { definition: definition.bytes, state: value }, { job, meta });
    } catch (error) {
      logger.error('a stored job cannot be read and is left out', { job: name, error });
    }
  }
}

/** Every open execution belongs to an open run, so the history is not looked through. */
async function loadRuns(state: State, { kv, codecs }: Parameters<typeof loadState>[0]): Promise<void> {
  for await (const [, value] of kv.iterate(familyRange(FAMILY.openRun))) {
    const record = codecs.runRecord.decode(value);
    state.setRun(record.run.jobName, record.run.group, record);
    for (const execution of pendingOf(record.run)) {
      state.setExecution(execution.id, { execution, detached: false, outputBytes: 0 });
    }
    for (const { executionId } of record.run.targets) {
      const bytes = readExecution(kv, executionId);
      if (bytes !== undefined) {
        state.setExecution(executionId, codecs.executionRecord.decode(bytes));
      }
    }
  }
}

function readExecution(kv: KeyValue, id: string): Uint8Array | undefined {
  const key = executionKey(id);
  if (key === undefined) {
    throw new StoreError('corrupt', `an open run names execution "${id}", which is no execution id`, { id });
  }
  return kv.getSync(key);
}

async function loadStatsDays(kv: KeyValue): Promise<Set<string>> {
  const days = new Set<string>();
  for await (const [key] of kv.iterate(familyRange(FAMILY.stats))) {
    days.add(nameOfKey(key));
  }
  return days;
}

async function loadTokens(state: State, kv: KeyValue): Promise<void> {
  const tokens: [string, TokenRecord][] = [];
  for await (const [key, value] of kv.iterate(familyRange(FAMILY.token))) {
    tokens.push([nameOfKey(key), tokenCodec.decode(value)]);
  }
  tokens.sort(([, a], [, b]) => (a.stamp < b.stamp ? -1 : a.stamp > b.stamp ? 1 : 0));
  for (const [key, record] of tokens) {
    state.setToken(key, record);
  }
}
