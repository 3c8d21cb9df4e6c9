import type { Query } from './query.ts';

/** More pairs than any client sends; the rest is dropped. */
const PAIRS_MAX = 1_000;

/**
 * Parses a query text as the original does: pairs with a semicolon or a malformed escape are dropped, not refused. A key
 * given several times holds all its values in their order.
 */
export function parseQuery(text: string): Query {
  const query = Object.create(null) as Record<string, string | string[]>;
  for (const pair of text.split('&', PAIRS_MAX)) {
    if (pair === '' || pair.includes(';')) continue;
    const equals = pair.indexOf('=');
    const key = unescape(equals < 0 ? pair : pair.slice(0, equals));
    const value = equals < 0 ? '' : unescape(pair.slice(equals + 1));
    if (key === undefined || value === undefined) continue;
    const known = query[key];
    if (known === undefined) query[key] = value;
    else if (typeof known === 'string') query[key] = [known, value];
    else known.push(value);
  }
  return query;
}

/** undefined = malformed escape. Escapes that are no UTF-8 become U+FFFD. */
function unescape(text: string): string | undefined {
  const spaced = text.replaceAll('+', ' ');
  if (!spaced.includes('%')) return spaced;
  if (/%(?![\da-f]{2})/i.test(spaced)) return undefined;
  const bytes = Buffer.from(spaced, 'utf8').toString('latin1');
  const decoded = bytes.replaceAll(/%([\da-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(decoded, 'latin1').toString('utf8');
}
