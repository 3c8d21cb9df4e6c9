/**
 * A request target as the router has to see it: escaped slashes count as slashes, `/v1/` is `/v1`. Other escapes are
 * left to the router, which decodes one path segment at a time.
 */
export function routedTarget(target: string): string {
  const cut = target.indexOf('?');
  const path = cut < 0 ? target : target.slice(0, cut);
  const decoded = path.includes('%') ? path.replaceAll(/%2f/gi, '/') : path;
  return (decoded === '/v1/' ? '/v1' : decoded) + (cut < 0 ? '' : target.slice(cut));
}

/** The path of a request target, without its query. */
export function pathOf(target: string): string {
  const cut = target.indexOf('?');
  return cut < 0 ? target : target.slice(0, cut);
}
