import type { CommandResults, PutSetting, SetPause } from '@dkron/jobs';
import type { Transaction } from '../transaction.ts';

export function applySetPause(tx: Transaction, { scope, paused }: SetPause): CommandResults['setPause'] {
  if (tx.paused(scope) !== paused) {
    tx.setPause(scope, paused);
    tx.events.push({ type: 'pause', scope, paused });
  }
  return { paused };
}

export function applyPutSetting(tx: Transaction, { key, value }: PutSetting): CommandResults['putSetting'] {
  tx.setSetting(key, value);
  return { value };
}
