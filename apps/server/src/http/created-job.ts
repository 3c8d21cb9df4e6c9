import type { StoredJob } from '@dkron/jobs';
import type { NodeContext } from '../node-context.ts';
import { everyNode } from '../services/every-node.ts';
import { etagOf, locationHeader } from './answers.ts';

/**
 * Headers that the answer to a create or replace has beside its type and length, whichever way it is answered.
 *
 * @param target of the request, as it came
 */
export function createdHeaders(
  node: Pick<NodeContext, 'membership' | 'options'>,
  target: string,
  { definition, state }: StoredJob,
): Readonly<Record<string, string>> {
  return {
    location: locationHeader(`${target}/${definition.name}`),
    etag: etagOf(state),
    ...warningOf(everyNode(node, definition)),
  };
}

/** As RFC 7234 has it: 199 is any warning, and the text is quoted. */
function warningOf(text: string | undefined): Readonly<Record<string, string>> {
  return text === undefined ? {} : { warning: `199 dkron ${JSON.stringify(text)}` };
}
