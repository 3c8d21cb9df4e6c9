import type { Dispatch, ToWorker, Verdict } from '@dkron/jobs';
import { jobDefinition } from '../model/definition.ts';
import { implicit, list, nullable, required } from '../wire/field.ts';
import { nullableInstant } from '../wire/instant.ts';
import { choice, fixed, flag, text, whole } from '../wire/kind.ts';
import { message, sub, type Message } from '../wire/message.ts';
import { union } from '../wire/union.ts';

type Body<K extends ToWorker['type']> = Omit<Extract<ToWorker, { type: K }>, 'type'>;
type ItemVerdict = Body<'welcome'>['verdicts'][number];

const itemVerdict: Message<ItemVerdict> = message('ItemVerdict', {
  id: implicit(1, text, ''),
  attempt: implicit(2, whole, 0),
  verdict: required(3, choice<Verdict>('verdict', ['keep', 'resend', 'kill', 'forget'])),
});

const welcome: Message<Body<'welcome'>> = message('Welcome', {
  clusterId: implicit(1, text, ''),
  term: implicit(2, fixed, 0n),
  session: implicit(3, text, ''),
  leaseMs: implicit(4, whole, 0),
  verdicts: list(5, sub(itemVerdict)),
});

const work: Message<Dispatch> = message('Work', {
  id: implicit(1, text, ''),
  attempt: implicit(2, whole, 0),
  group: implicit(3, fixed, 0n),
  tick: nullableInstant(4),
  job: required(5, sub(jobDefinition)),
  timeoutMs: nullable(6, whole),
  killGraceMs: implicit(7, whole, 0),
});

const dispatch: Message<Body<'dispatch'>> = message('Dispatch', {
  seq: implicit(1, whole, 0),
  term: implicit(2, fixed, 0n),
  dispatch: required(3, sub(work)),
});

const cancel: Message<Body<'cancel'>> = message('Cancel', {
  seq: implicit(1, whole, 0),
  term: implicit(2, fixed, 0n),
  id: implicit(3, text, ''),
  attempt: implicit(4, whole, 0),
  reason: implicit(5, text, ''),
});

const redirect: Message<Body<'redirect'>> = message('Redirect', {
  leader: implicit(1, text, ''),
  address: implicit(2, text, ''),
  term: implicit(3, fixed, 0n),
});

const serverMessage: Message<ToWorker> = union('ServerMessage', 'type', {
  welcome: [1, welcome],
  dispatch: [2, dispatch],
  cancel: [3, cancel],
  ack: [4, message('Ack', { seq: implicit(1, whole, 0) })],
  credit: [5, message('Credit', { bytes: implicit(1, whole, 0) })],
  watch: [6, message('Watch', { id: implicit(1, text, ''), on: implicit(2, flag, false) })],
  pong: [7, message('Pong', { n: implicit(1, whole, 0) })],
  refuse: [8, message('Refuse', { code: implicit(1, text, ''), text: implicit(2, text, '') })],
  redirect: [9, redirect],
  noLeader: [10, message('NoLeader', { retryMs: implicit(1, whole, 0) })],
});

export const toWorker: Message<{ readonly messages: readonly ToWorker[] }> = message('ToWorker', {
  messages: list(1, sub(serverMessage)),
});
