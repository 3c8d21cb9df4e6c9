import { type Tags, META_MAX_BYTES } from '../types.ts';
import { looseText, mapOf } from './kinds.ts';
import { MsgpackReader } from './msgpack-reader.ts';
import { MsgpackWriter } from './msgpack-writer.ts';

const TAGS_MARK = 0xff;
/** A pair takes at least two bytes, and some senders may go beyond the limit that holds for us. */
const MAX_TAGS = 4096;
const ROLE = 'role';
const tagMap = mapOf(looseText, MAX_TAGS);
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Tags as the metadata of a node. Throws RangeError beyond {@link META_MAX_BYTES}: peers would refuse it. */
export function encodeTags(tags: Tags): Uint8Array {
  const out = new MsgpackWriter();
  out.byte(TAGS_MARK);
  tagMap.write(out, new Map(Object.entries(tags)));
  const meta = out.finish();
  if (meta.length <= META_MAX_BYTES) return meta;
  throw new RangeError(`tags: ${meta.length} bytes encoded, allowed are ${META_MAX_BYTES}`);
}

/**
 * Tags in the metadata of a node. Before Serf had tags the metadata was the role alone, and agents that speak
 * protocol 2 still write it so. Text that is not UTF-8 gets replacement characters; keep the bytes to pass them on.
 *
 * Throws WireError when the map is damaged.
 */
export function decodeTags(meta: Uint8Array | null): Tags {
  const tags = Object.create(null) as Record<string, string>;
  if (meta?.[0] !== TAGS_MARK) {
    tags[ROLE] = meta === null ? '' : decoder.decode(meta);
    return tags;
  }
  for (const [key, value] of tagMap.read(new MsgpackReader(meta, 1))) tags[key] = value;
  return tags;
}
