import { ambientUses } from './ambient.ts';
import type { Problem, SourceFile } from './problem.ts';
import { lineAt } from './problem.ts';

/**
 * Which package stands in which layer. Imports point down. Below the apps they do not point sideways either, except
 * that a job has a schedule, and that what serves a contract uses its codecs; tests may bring neighbours together.
 */
export const LAYERS: Readonly<Record<string, number>> = {
  runtime: 0,
  cron: 1,
  jobs: 1,
  template: 1,
  store: 2,
  scheduler: 2,
  worker: 2,
  raft: 2,
  gossip: 2,
  cluster: 2,
  contracts: 3,
  client: 3,
  config: 3,
  executors: 3,
  processors: 3,
  plugins: 3,
  notifier: 3,
  'raft-grpc': 3,
  'agent-grpc': 3,
  server: 4,
  agent: 4,
  cli: 4,
  ui: 4,
};

const SIDEWAYS_ALLOWED = new Set(['jobs>cron', 'agent-grpc>contracts']);
const PURE_LAYER_MAX = 1;
const ENGINE_LAYER = 2;
const APP_LAYER = 4;
/** Starts whole apps, so only their own tests may use it. */
const TEST_HARNESS = 'harness';

/** Where the real clock lives, and what only tests may use. */
const AMBIENT_FOLDER = /^packages\/runtime\/src\/(system|testing)\//;
const TEST_PLACE = /(\.test\.ts$|\/src\/(?:.*\/)?(?:testing|suite)\/|\/(?:test|e2e|bench)\/)/;
const TEST_SUBPATH = /\/(testing|suite)$/;

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\b[^'";]*?\bfrom\s*['"]([^'"]+)['"]|\bimport\s*\(\s*['"]([^'"]+)['"]|(?:^|\n)\s*import\s*['"]([^'"]+)['"]/g;

/** Every module that a text imports, with the offset of the statement. */
export function importsOf(text: string): { readonly specifier: string; readonly offset: number }[] {
  return [...text.matchAll(IMPORT)].map((match) => ({
    specifier: match[1] ?? match[2] ?? match[3] ?? '',
    offset: match.index + match[0].length - 1,
  }));
}

/** Checks one file of `packages/` or `apps/`; other files are left alone. */
export function checkLayers({ path, text }: SourceFile): Problem[] {
  const place = /^(?:packages|apps)\/([^/]+)\/(?:src|test|e2e|bench)\/.*\.tsx?$/.exec(path);
  const own = place?.[1];
  if (own === undefined) return [];
  const layer = LAYERS[own];
  if (layer === undefined) return [{ check: 'layers', path, line: 0, message: `${own} is missing in the layer table` }];
  const isTest = TEST_PLACE.test(path);
  const problems: Problem[] = [];
  const report = (offset: number, message: string): void => {
    problems.push({ check: 'layers', path, line: lineAt(text, offset), message });
  };

  for (const { specifier, offset } of importsOf(text)) {
    const refusal = refuse(own, layer, specifier, isTest, path);
    if (refusal !== undefined) report(offset, refusal);
  }
  if (layer <= ENGINE_LAYER && !isTest && !AMBIENT_FOLDER.test(path)) {
    for (const { offset, message } of ambientUses(text)) report(offset, message);
  }
  return problems;
}

function refuse(own: string, layer: number, specifier: string, isTest: boolean, path: string): string | undefined {
  if (specifier.startsWith('node:') && layer <= PURE_LAYER_MAX && !isTest && !AMBIENT_FOLDER.test(path)) {
    return `layer ${layer} imports ${specifier}: layers 0 and 1 know no platform`;
  }
  const found = /^@dkron\/([^/]+)(\/.*)?$/.exec(specifier);
  const target = found?.[1];
  if (target === undefined) return leavesPackage(own, specifier, path);
  const subpath = found?.[2] ?? '';
  if (/^\/(src|dist)(\/|$)/.test(subpath))
    return `${specifier} is inside another package: import what its exports name`;
  if (target === TEST_HARNESS && isTest && layer === APP_LAYER) return undefined;
  const targetLayer = LAYERS[target];
  if (targetLayer === undefined) return `${target} is missing in the layer table`;
  if (targetLayer > layer)
    return `${own} (layer ${layer}) imports ${specifier} (layer ${targetLayer}): imports point down`;
  if (isTest) return undefined;
  if (targetLayer === layer && layer < APP_LAYER && own !== target && !SIDEWAYS_ALLOWED.has(`${own}>${target}`)) {
    return `${own} imports ${specifier}: no imports sideways inside layer ${layer}`;
  }
  if (TEST_SUBPATH.test(subpath)) return `${specifier} is for tests`;
  if (specifier === '@dkron/runtime/system' && layer <= ENGINE_LAYER) {
    return `layer ${layer} imports the real clock: take it as an argument`;
  }
  return undefined;
}

/** A relative import must stay inside its package. */
function leavesPackage(own: string, specifier: string, path: string): string | undefined {
  if (!specifier.startsWith('../')) return undefined;
  const depth = path.split('/').length - 1;
  const ups = /^(?:\.\.\/)+/.exec(specifier)?.[0].length ?? 0;
  return ups / 3 > depth - 2 ? `${specifier} leaves the package ${own}: import it by name` : undefined;
}
