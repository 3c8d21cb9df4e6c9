/**
 * A request target as the router has to see it: escaped slashes count as slashes, escaped bytes that are no UTF-8 are
 * U+FFFD, `/v1/` is `/v1`. Other escapes are left to the router, which decodes one path segment at a time.
 */
export function routedTarget(target: string): string {
  const cut = target.indexOf('?');
  const path = cut < 0 ? target : target.slice(0, cut);
  const decoded = path.includes('%') ? path.replaceAll(/%2f/gi, '/').replaceAll(BYTES, onlyText) : path;
  return (decoded === '/v1/' ? '/v1' : decoded) + (cut < 0 ? '' : target.slice(cut));
}

const BYTES = /(?:%[89a-f][\da-f])+/gi;

function onlyText(escaped: string): string {
  const text = Buffer.from(escaped.replaceAll('%', ''), 'hex').toString('utf8');
  return text.includes('\ufffd') ? encodeURIComponent(text) : escaped;
}

/** The path of a request target, without its query. */
export function pathOf(target: string): string {
  const cut = target.indexOf('?');
  return cut < 0 ? target : target.slice(0, cut);
}
