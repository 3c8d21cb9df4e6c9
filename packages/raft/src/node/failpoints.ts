/** Places where a test may stop, delay or break the node. */
export type FailpointName =
  | 'midRecovery'
  | 'beforeAppendWrite'
  | 'afterAppendWrite'
  | 'beforeSendResponses'
  | 'beforeApply'
  | 'afterApply'
  | 'beforeSnapshotClose'
  | 'afterSnapshotClose'
  | 'beforeCompact'
  | 'beforeLogReset'
  | 'afterLogReset'
  | 'afterRestore';

/**
 * Called at each named place. An exception ends the node, as a crash there would; at the three of taking a snapshot
 * (`beforeSnapshotClose`, `afterSnapshotClose`, `beforeCompact`) it ends that attempt alone, as an error of the disk would.
 */
export type Failpoint = (name: FailpointName) => void;

export const noFailpoint: Failpoint = () => {};
