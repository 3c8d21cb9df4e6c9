import { DkronError } from '@dkron/runtime';

/** This node does not lead right now, or is about to stop leading. Ask the leader. */
export class NotLeadingError extends DkronError<'not_leading', { readonly action: string }> {
  constructor(action: string) {
    super('not_leading', `cannot ${action}: this server does not lead`, { action });
  }
}
