import type { Execution as Documented } from './gen/api.ts';

/** An attempt on one node. The document marks as optional what the original leaves out when empty; it never is here. */
export type Execution = Documented & Required<Pick<Documented, 'id' | 'job_name' | 'node_name' | 'group' | 'attempt'>>;
