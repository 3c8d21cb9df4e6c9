import { readJson, type JsonNode } from '@dkron/jobs';

/** JSON as the API sends it. Integers beyond 2^53 are bigint; `group` always is. */
export type ApiValue = null | boolean | number | bigint | string | ApiValue[] | { [key: string]: ApiValue };

/** Keys whose numbers are nanoseconds: bigint whatever their size. */
const BIG_KEYS: ReadonlySet<string> = new Set(['group']);

function toValue(node: JsonNode, big: boolean): ApiValue {
  switch (node.kind) {
    case 'null':
      return null;
    case 'array':
      return node.items.map((item) => toValue(item, false));
    case 'object':
      return Object.fromEntries(node.members.map(([key, item]) => [key, toValue(item, BIG_KEYS.has(key))]));
    case 'number':
      return toNumber(node.text, big);
    default:
      return node.value;
  }
}

function toNumber(text: string, big: boolean): number | bigint {
  if (!/^-?\d+$/.test(text)) return Number(text);
  const value = Number(text);
  return big || !Number.isSafeInteger(value) ? BigInt(text) : value;
}

/**
 * Reads an answer with exact integers.
 *
 * @throws JsonSyntaxError
 */
export function decodeAnswer(text: string): ApiValue {
  return toValue(readJson(text, { strict: true }), false);
}
