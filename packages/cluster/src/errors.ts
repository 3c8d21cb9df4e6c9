import { DkronError } from '@dkron/runtime';

export type ClusterErrorCode = 'join_exhausted' | 'go_server' | 'starting';

/** A condition that this process cannot get over by itself; the message says what to do. */
export class ClusterError extends DkronError<ClusterErrorCode> {
  constructor(code: ClusterErrorCode, message: string, details: Record<string, unknown>) {
    super(code, message, details);
  }
}
