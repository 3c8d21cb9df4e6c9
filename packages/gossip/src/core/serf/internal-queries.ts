import type { QueryMessage } from '../wire/serf-messages.ts';
import type { KeyCommandInfo, SerfContext } from './context.ts';
import { answerKeyQuery, KEY_QUERIES } from './key-queries.ts';
import { answerConflict, CONFLICT_QUERY } from './name-conflict.ts';

/** Names that begin so are not for users. */
const INTERNAL = '_serf_';
/** A query that is answered by its receipt alone: asked with `ack`, it shows who is reached. */
export const PING_QUERY = '_serf_ping';

const KEY_COMMANDS = new Map(
  Object.entries(KEY_QUERIES).map(([command, name]) => [name, command as KeyCommandInfo['command']]),
);

/** What to answer to a query that is not for users; `undefined` if it is for them. */
export function answerInternal(
  context: SerfContext,
  query: QueryMessage,
): { readonly answer: Uint8Array | undefined } | undefined {
  const { name } = query;
  if (!name.startsWith(INTERNAL)) return undefined;
  const command = KEY_COMMANDS.get(name);
  if (command !== undefined) return { answer: answerKeyQuery(context, command, query) };
  if (name === CONFLICT_QUERY) return { answer: answerConflict(context, query) };
  if (name !== PING_QUERY) context.notice('refused', query.sourceNode, `unknown query ${name}`);
  return { answer: undefined };
}
