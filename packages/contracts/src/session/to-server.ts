import type { FinishedReport, HelloItem, ToServer } from '@dkron/jobs';
import { endReason, executionOutput } from '../model/execution.ts';
import { implicit, list, nullable, optionalBytes, required } from '../wire/field.ts';
import { instantField } from '../wire/instant.ts';
import { choice, fixed, flag, raw, signed, text, whole } from '../wire/kind.ts';
import { message, sub, type Message } from '../wire/message.ts';
import { union } from '../wire/union.ts';

type Body<K extends ToServer['type']> = Omit<Extract<ToServer, { type: K }>, 'type'>;

const helloItem: Message<HelloItem> = message('HelloItem', {
  id: implicit(1, text, ''),
  attempt: implicit(2, whole, 0),
  state: required(3, choice<HelloItem['state']>('item state', ['accepted', 'running', 'finished', 'died'])),
  startedAt: instantField(4),
});

const hello: Message<Body<'hello'>> = message('Hello', {
  node: implicit(1, text, ''),
  region: implicit(2, text, ''),
  boot: implicit(3, text, ''),
  journal: implicit(4, text, ''),
  maxTerm: implicit(5, fixed, 0n),
  executors: list(6, text),
  slots: implicit(7, whole, 0),
  items: list(8, sub(helloItem)),
  clusterId: implicit(9, text, ''),
  relay: implicit(10, flag, false),
});

const started: Message<Body<'started'>> = message('Started', {
  seq: implicit(1, whole, 0),
  id: implicit(2, text, ''),
  attempt: implicit(3, whole, 0),
  at: instantField(4),
});

const output: Message<Body<'output'>> = message('Output', {
  seq: implicit(1, whole, 0),
  id: implicit(2, text, ''),
  attempt: implicit(3, whole, 0),
  offset: implicit(4, whole, 0),
  bytes: optionalBytes(5, raw),
  stderr: implicit(6, flag, false),
});

const finishedReport: Message<FinishedReport> = message('FinishedReport', {
  success: implicit(1, flag, false),
  cancelled: implicit(2, flag, false),
  reason: nullable(3, endReason),
  exitCode: nullable(4, signed),
  startedAt: instantField(5),
  finishedAt: instantField(6),
  output: required(7, sub(executionOutput)),
});

const finished: Message<Body<'finished'>> = message('Finished', {
  seq: implicit(1, whole, 0),
  id: implicit(2, text, ''),
  attempt: implicit(3, whole, 0),
  jobName: implicit(4, text, ''),
  report: required(5, sub(finishedReport)),
});

const refused: Message<Body<'refused'>> = message('Refused', {
  seq: implicit(1, whole, 0),
  id: implicit(2, text, ''),
  attempt: implicit(3, whole, 0),
  reason: implicit(4, text, ''),
});

const workerMessage: Message<ToServer> = union('WorkerMessage', 'type', {
  hello: [1, hello],
  started: [2, started],
  output: [3, output],
  finished: [4, finished],
  refused: [5, refused],
  ack: [6, message('Ack', { seq: implicit(1, whole, 0) })],
  ping: [7, message('Ping', { n: implicit(1, whole, 0) })],
  drain: [8, message('Drain', {})],
});

export const toServer: Message<{ readonly messages: readonly ToServer[] }> = message('ToServer', {
  messages: list(1, sub(workerMessage)),
});
