import type { NodeName, StringMap } from './job.ts';

/** As the original's membership library names them. `left`: on its own; `failed`: without a word. */
export type MemberStatus = 'none' | 'alive' | 'leaving' | 'left' | 'failed';

/** A node as membership knows it. */
export interface Member {
  readonly name: NodeName;
  /** IP text. */
  readonly addr: string;
  readonly port: number;
  readonly tags: StringMap;
  readonly status: MemberStatus;
}
