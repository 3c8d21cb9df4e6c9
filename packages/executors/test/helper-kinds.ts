import { spawnSync } from 'node:child_process';
import type { HelperKind } from '../src/spawn-helper/index.ts';

/** The helper programs this machine can run. */
export const helperKinds: readonly HelperKind[] =
  spawnSync('perl', ['-e', '1']).status === 0 ? ['perl', 'node'] : ['node'];
