import type { Group, JobName, Run } from '@dkron/jobs';
import type { Transaction } from '../transaction.ts';

/** Counted between leader's stamps. */
const TOKEN_LIFE_NANOS = 600_000_000_000n;

const keyOf = (jobName: JobName, token: string): string => `${jobName}\0${token}`;

/** The run that this token started within the last ten minutes. */
export function knownRun(tx: Transaction, jobName: JobName, token: string): Run | undefined {
  const record = token === '' ? undefined : tx.token(keyOf(jobName, token));
  if (record === undefined || tx.lastStamp - record.stamp > TOKEN_LIFE_NANOS) {
    return undefined;
  }
  const known = tx.run(jobName, record.group);
  return known === undefined || known.orphan ? undefined : known.run;
}

export function rememberRun(tx: Transaction, jobName: JobName, token: string, group: Group): void {
  for (const [key, { stamp }] of tx.tokens()) {
    if (tx.lastStamp - stamp <= TOKEN_LIFE_NANOS) {
      break;
    }
    tx.setToken(key, undefined);
  }
  if (token !== '') {
    tx.setToken(keyOf(jobName, token), { jobName, group, stamp: tx.lastStamp });
  }
}
