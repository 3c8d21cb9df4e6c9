import { ENDPOINTS } from './openapi/endpoints.ts';

interface AdditivePath {
  readonly pattern: RegExp;
  readonly methods: string;
}

/** Paths the original does not have: a wrong method there is 405, not 404. */
const ADDITIVE_PATHS: readonly AdditivePath[] = additivePaths();

/** Most paths are not among them: one question instead of one per path. */
const ANY = new RegExp(ADDITIVE_PATHS.map(({ pattern }) => pattern.source).join('|'));

function additivePaths(): AdditivePath[] {
  const paths = new Map<string, string[]>();
  for (const { path, method, additive } of ENDPOINTS) {
    if (additive === true) paths.set(path, [...(paths.get(path) ?? []), method.toUpperCase()]);
  }
  return [...paths].map(([path, methods]) => ({ pattern: patternOf(path), methods: methods.join(', ') }));
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll('.', String.raw`\.`).replaceAll(/\{\w+\}/g, '[^/]+')}$`);
}

/** The methods of an additive path, for `Allow`; undefined for every other path. */
export function additiveMethods(path: string): string | undefined {
  if (!ANY.test(path)) return undefined;
  return ADDITIVE_PATHS.find(({ pattern }) => pattern.test(path))?.methods;
}
