import {
  type ConfState,
  decodeConfChange,
  describeConfChange,
  describeConfig,
  type Entry,
  EntryType,
  type HardState,
  leavesJoint,
  type Message,
  type Ready,
  type SnapshotMeta,
  APPEND_THREAD,
  APPLY_THREAD,
  describeProgress,
  type TraceEvent,
} from '../../core/index.ts';

const decoder = new TextDecoder();

/** `3:1 "x"`: index, term and what the entry carries. */
export function renderEntry(entry: Entry): string {
  const head = `${entry.index}:${entry.term}`;
  if (entry.type === EntryType.normal) return `${head} ${JSON.stringify(decoder.decode(entry.data))}`;
  const change = decodeConfChange(entry);
  const what = leavesJoint(change) ? 'leave-joint' : describeConfChange(change.steps);
  const how = change.transition === 'auto' ? '' : ` ${change.transition}`;
  return `${head} conf-v${change.version}{${what}${how}}`;
}

export function renderHardState(state: HardState): string {
  return `term=${state.term} vote=${state.vote === '' ? '-' : state.vote} commit=${state.commit}`;
}

export function renderConfState(state: ConfState): string {
  let text = `voters=(${state.voters.join(' ')})`;
  if (state.votersOutgoing.length > 0) text += `&&(${state.votersOutgoing.join(' ')})`;
  if (state.learners.length > 0) text += ` learners=(${state.learners.join(' ')})`;
  if (state.learnersNext.length > 0) text += ` learners_next=(${state.learnersNext.join(' ')})`;
  return state.autoLeave ? `${text} autoleave` : text;
}

export function renderSnapshot(snapshot: SnapshotMeta): string {
  return `${snapshot.index}:${snapshot.term} ${renderConfState(snapshot.confState)}`;
}

function renderId(id: string): string {
  if (id === APPEND_THREAD) return 'append-thread';
  return id === APPLY_THREAD ? 'apply-thread' : id;
}

/** One line: `1->2 App term=1 prev=3:1 commit=3 [4:1 "x"]`. Fields that are empty are left out. */
export function renderMessage(message: Message): string {
  const parts = [`${renderId(message.from)}->${renderId(message.to)} ${message.type}`];
  if (message.reject) parts.push('reject');
  if (message.term > 0) parts.push(`term=${message.term}`);
  if (message.type === 'App') parts.push(`prev=${message.index}:${message.logTerm}`);
  else if (message.index > 0) parts.push(`index=${message.index}`);
  if (message.type !== 'App' && message.logTerm > 0) parts.push(`logterm=${message.logTerm}`);
  if (message.rejectHint > 0) parts.push(`hint=${message.rejectHint}`);
  if (message.commit > 0) parts.push(`commit=${message.commit}`);
  if (message.vote !== '') parts.push(`vote=${message.vote}`);
  if (message.context.length > 0) parts.push(`context=${message.context.length}B`);
  if (message.entries.length > 0) parts.push(`[${message.entries.map(renderEntry).join(', ')}]`);
  if (message.snapshot !== undefined) parts.push(`snapshot{${renderSnapshot(message.snapshot)}}`);
  return parts.join(' ');
}

/** A ready as lines, in the order in which its parts are to be handled. */
export function renderReady(ready: Ready): string[] {
  const lines: string[] = [];
  if (ready.softState !== undefined) {
    lines.push(`soft ${ready.softState.role} lead=${ready.softState.lead === '' ? '-' : ready.softState.lead}`);
  }
  if (ready.hardState !== undefined) {
    lines.push(`hard ${renderHardState(ready.hardState)}${ready.mustSync ? '' : ' nosync'}`);
  }
  for (const entry of ready.entries) lines.push(`entry ${renderEntry(entry)}`);
  if (ready.snapshot !== undefined) lines.push(`snapshot ${renderSnapshot(ready.snapshot)}`);
  for (const entry of ready.committed) lines.push(`committed ${renderEntry(entry)}`);
  for (const { index } of ready.readStates) lines.push(`read ${index}`);
  for (const message of ready.messages) lines.push(renderMessage(message));
  for (const lane of [ready.storageAppend, ready.storageApply]) {
    if (lane === undefined) continue;
    lines.push(renderMessage(lane), ...lane.responses.map((response) => `  then ${renderMessage(response)}`));
  }
  return lines;
}

/** One line: the kind of the event, then its fields in their order. */
export function renderEvent(event: TraceEvent): string {
  const parts: string[] = [event.kind];
  for (const [key, value] of Object.entries<unknown>({ ...event }))
    if (key !== 'kind') parts.push(`${key}=${renderField(key, value)}`);
  return parts.join(' ');
}

function renderField(key: string, value: unknown): string {
  // Also ids, of which those of the lanes are no text.
  if (typeof value === 'string') return renderId(value);
  if (typeof value !== 'object' || value === null) return String(value);
  if (key === 'config') return `{${describeConfig(value as Parameters<typeof describeConfig>[0])}}`;
  if (key === 'progress') return `{${describeProgress(value as Parameters<typeof describeProgress>[0])}}`;
  if (key === 'steps') return `(${describeConfChange(value as Parameters<typeof describeConfChange>[0])})`;
  if (key === 'confState') return `{${renderConfState(value as ConfState)}}`;
  if (Array.isArray(value)) return `(${value.join(' ')})`;
  const inner = Object.entries(value).map(([name, one]) => `${name}=${String(one)}`);
  return `{${inner.join(' ')}}`;
}
