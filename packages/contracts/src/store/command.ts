import type { Command, PutSetting, SetPause } from '@dkron/jobs';
import { implicit, required } from '../wire/field.ts';
import { choice, fixed, flag, text } from '../wire/kind.ts';
import { message, type Message } from '../wire/message.ts';
import { union } from '../wire/union.ts';
import { deleteExecutions, deleteJob, putJob, toggleJob, type Body } from './job-commands.ts';
import { settleNotices } from './notice-commands.ts';
import { decideTicks, executionUpdates, startRuns } from './run-commands.ts';

const setPause: Message<Body<SetPause>> = message('SetPause', {
  stamp: implicit(1, fixed, 0n),
  scope: required(2, choice<SetPause['scope']>('pause scope', ['submissions', 'schedule'])),
  paused: implicit(3, flag, false),
});

const putSetting: Message<Body<PutSetting>> = message('PutSetting', {
  stamp: implicit(1, fixed, 0n),
  key: implicit(2, text, ''),
  value: implicit(3, text, ''),
});

/** What an entry of the replicated log holds. */
export const command: Message<Command> = union('Command', 'type', {
  putJob: [1, putJob],
  deleteJob: [2, deleteJob],
  toggleJob: [3, toggleJob],
  decideTicks: [4, decideTicks],
  startRuns: [5, startRuns],
  executionUpdates: [6, executionUpdates],
  deleteExecutions: [7, deleteExecutions],
  setPause: [8, setPause],
  putSetting: [9, putSetting],
  settleNotices: [10, settleNotices],
});
