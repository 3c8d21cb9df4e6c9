import type { Refusal } from '@dkron/jobs';

/** Tells the refusal of a command from its result. */
export function isRefusal(value: object): value is Refusal {
  return 'refused' in value;
}
