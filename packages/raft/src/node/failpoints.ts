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

/** Called at each named place; an exception is fatal to the node, as a crash there would be. */
export type Failpoint = (name: FailpointName) => void;

export const noFailpoint: Failpoint = () => {};
