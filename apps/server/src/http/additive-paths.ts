/** Paths the original does not have: a wrong method there is 405, not 404. */
const ADDITIVE_PATHS: readonly (readonly [pattern: RegExp, methods: string])[] = [
  [/^\/v1\/jobs\/[^/]+\/ticks$/, 'GET'],
  [/^\/v1\/executions$/, 'GET'],
  [/^\/v1\/executions\/[^/]+$/, 'GET'],
  [/^\/v1\/executions\/[^/]+\/output$/, 'GET'],
  [/^\/v1\/executions\/[^/]+\/cancel$/, 'POST'],
  [/^\/v1\/scheduler$/, 'GET'],
  [/^\/v1\/scheduler\/(pause|resume)$/, 'POST'],
];

/** The methods of an additive path, for `Allow`; undefined for every other path. */
export function additiveMethods(path: string): string | undefined {
  return ADDITIVE_PATHS.find(([pattern]) => pattern.test(path))?.[1];
}
