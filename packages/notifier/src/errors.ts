import { DkronError } from '@dkron/runtime';

/**
 * `refused`: the receiver does not take this notice. `unavailable`: it takes none now. Messages name the receiver's host
 * and what it said, and no secret.
 */
export class DeliveryError extends DkronError<'refused' | 'unavailable'> {}
