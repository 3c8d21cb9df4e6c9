import type { Command, CommandResult } from '@dkron/jobs';
import { StoreError } from '../errors.ts';
import type { Transaction } from '../transaction.ts';
import { applyDecideTicks } from './decide-ticks.ts';
import { applyDeleteExecutions } from './delete-executions.ts';
import { applyDeleteJob } from './delete-job.ts';
import { applyExecutionUpdates } from './execution-updates.ts';
import { applySettleNotices } from './notices.ts';
import { applyPutJob } from './put-job.ts';
import { applyPutSetting, applySetPause } from './settings.ts';
import { applyStartRuns } from './start-runs.ts';
import { applyToggleJob } from './toggle-job.ts';

/**
 * One command of the log over a transaction. Reads nothing but the command and the state.
 *
 * @throws StoreError `unknown_command`: skipping it would let servers drift apart
 */
export function applyCommand(tx: Transaction, command: Command): CommandResult {
  switch (command.type) {
    case 'putJob':
      return applyPutJob(tx, command);
    case 'deleteJob':
      return applyDeleteJob(tx, command);
    case 'toggleJob':
      return applyToggleJob(tx, command);
    case 'decideTicks':
      return applyDecideTicks(tx, command);
    case 'startRuns':
      return applyStartRuns(tx, command);
    case 'executionUpdates':
      return applyExecutionUpdates(tx, command);
    case 'deleteExecutions':
      return applyDeleteExecutions(tx, command);
    case 'setPause':
      return applySetPause(tx, command);
    case 'putSetting':
      return applyPutSetting(tx, command);
    case 'settleNotices':
      return applySettleNotices(tx, command);
    default: {
      const { type } = command as { readonly type: string };
      throw new StoreError('unknown_command', `this version knows no command "${type}"; upgrade this server`, { type });
    }
  }
}
