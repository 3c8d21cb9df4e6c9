import type { StoredJob } from '@dkron/jobs';
import type { NodeContext } from '../node-context.ts';
import { configWarnings } from '../services/config-check.ts';
import { everyNode } from '../services/every-node.ts';
import { etagOf, locationHeader } from './answers.ts';
import { warningHeader } from './warning-header.ts';

/** What is known of the node that stored a job. */
export type CreatedIn = Pick<NodeContext, 'membership' | 'options' | 'executors' | 'processors'>;

/** By their names in lower case. */
export type CreatedHeaders = Readonly<{ location: string; etag: string; warning?: string }>;

/**
 * Headers that the answer to a create or replace has beside its type and length, whichever way it is answered.
 *
 * @param target of the request, as it came
 */
export function createdHeaders(node: CreatedIn, target: string, { definition, state }: StoredJob): CreatedHeaders {
  const everywhere = everyNode(node, definition);
  const warnings = configWarnings(node, definition);
  return {
    location: locationHeader(`${target}/${definition.name}`),
    etag: etagOf(state),
    ...warningHeader(everywhere === undefined ? warnings : [everywhere, ...warnings]),
  };
}
