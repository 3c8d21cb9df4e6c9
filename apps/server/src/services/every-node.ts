import type { JobDefinition } from '@dkron/jobs';
import type { NodeContext } from '../node-context.ts';

/**
 * Without tags a job runs on every node of the region, as the original has it; few mean that.
 *
 * @returns undefined while it is at most one node, or when the job has tags
 */
export function everyNode(
  { membership, options }: Pick<NodeContext, 'membership' | 'options'>,
  { tags }: Pick<JobDefinition, 'tags'>,
): string | undefined {
  for (const _ in tags) return undefined;
  const nodes = membership
    .members()
    .filter(({ status, tags: of }) => status === 'alive' && of?.['region'] === options.region).length;
  if (nodes <= 1) return undefined;
  return `tags: without tags the job runs on each of the ${nodes} nodes of the region; a tag such as "role:1" chooses one`;
}
