import type { JobName } from '@dkron/jobs';
import type { Transaction } from '../transaction.ts';

/** A child that a submitted list named already is listed once more, as the original does. */
export function linkChild(tx: Transaction, parentName: JobName, child: JobName): void {
  changeChildren(tx, parentName, (children) => [...children, child]);
}

export function unlinkChild(tx: Transaction, parentName: JobName, child: JobName): void {
  changeChildren(tx, parentName, (children) =>
    children.includes(child) ? children.filter((name) => name !== child) : children,
  );
}

/** Stored jobs that name this one as parent. A submitted list may name others; those are never run. */
export function childrenOf(tx: Transaction, name: JobName): JobName[] {
  const listed = tx.job(name)?.state.dependentJobs ?? [];
  return [...new Set(listed)].filter((child) => tx.job(child)?.definition.parentJob === name);
}

function changeChildren(
  tx: Transaction,
  name: JobName,
  change: (children: readonly JobName[]) => readonly JobName[],
): void {
  const parent = name === '' ? undefined : tx.job(name);
  if (parent === undefined) {
    return;
  }
  const dependentJobs = change(parent.state.dependentJobs);
  if (dependentJobs !== parent.state.dependentJobs) {
    tx.setJob(name, { ...parent, state: { ...parent.state, dependentJobs } });
    tx.events.push({ type: 'job', name, change: 'counters' });
  }
}
