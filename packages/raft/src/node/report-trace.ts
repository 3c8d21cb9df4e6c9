import type { Logger } from '@dkron/runtime';
import { type TraceEvent, traceLevel } from '../core/events.ts';

/** Logs what the core tells of itself. @throws Error where that means that the node must not go on */
export function reportTrace(event: TraceEvent, logger: Logger): void {
  if (event.kind === 'commitBeyondLog')
    throw new Error(
      `the leader knows entry ${event.commit} of this log, which ends at ${event.lastIndex}: acknowledged entries are lost`,
    );
  const level = traceLevel(event);
  if (level === 'debug' || event.kind === 'newRaft') return;
  const { kind, ...fields } = event;
  if (level === 'info') logger.debug(`raft ${kind}`, fields);
  else logger[level](`raft ${kind}`, fields);
}
