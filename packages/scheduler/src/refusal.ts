import type { Refusal } from '@dkron/jobs';

export function isRefusal(value: object): value is Refusal {
  return 'refused' in value;
}
