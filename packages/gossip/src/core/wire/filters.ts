import { WireError } from '../errors.ts';
import { list, text } from './kinds.ts';
import { MsgpackReader } from './msgpack-reader.ts';
import { MsgpackWriter } from './msgpack-writer.ts';
import { field, Struct } from './struct.ts';

/** Whom a query is for. */
export type QueryFilter =
  /** Nodes of these names. */
  | { readonly kind: 'nodes'; readonly nodes: readonly string[] }
  /** Nodes whose tag matches the regular expression somewhere (Go's RE2 syntax). */
  | { readonly kind: 'tag'; readonly tag: string; readonly expression: string };

interface TagFilter {
  readonly expression: string;
  readonly tag: string;
}

const NODES = 0;
const TAG = 1;
const MAX_NODES = 65_536;
const nodeList = list(text, MAX_NODES);
const tagFilter = new Struct<TagFilter>({}, { expression: field('Expr', text), tag: field('Tag', text) });

/** Bytes of one entry of a query's filters. */
export function encodeFilter(filter: QueryFilter): Uint8Array {
  const out = new MsgpackWriter();
  if (filter.kind === 'nodes') {
    out.byte(NODES);
    nodeList.write(out, filter.nodes);
  } else {
    out.byte(TAG);
    tagFilter.write(out, filter);
  }
  return out.finish();
}

/** Throws {@link WireError}; whoever cannot read a filter must not answer the query. */
export function decodeFilter(bytes: Uint8Array | null): QueryFilter {
  const type = bytes?.[0];
  if (bytes === null || type === undefined) throw new WireError('GOSSIP_WIRE_TRUNCATED', 'filter is empty');
  const from = new MsgpackReader(bytes, 1);
  if (type === NODES) return { kind: 'nodes', nodes: nodeList.read(from) ?? [] };
  if (type === TAG) return { kind: 'tag', ...tagFilter.read(from) };
  throw new WireError('GOSSIP_WIRE_MESSAGE', `filter of type ${type}, known are 0 (nodes) and 1 (tag)`);
}
