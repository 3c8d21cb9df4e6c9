import type { Problem } from './problem.ts';

/** A workspace package: its folder from the root, and its parsed `package.json`. */
export interface Workspace {
  /** `packages/cron` */
  readonly folder: string;
  readonly manifest: Readonly<Record<string, unknown>>;
}

const LICENSE = 'Apache-2.0';
const ENGINE = '>=24';
const REPOSITORY_URL = 'git+https://github.com/dkron-ts/dkron-ts.git';
const DEPENDENCY_FIELDS = ['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies'] as const;
const LIBRARY_SCRIPTS = ['build', 'check:types', 'check:package'];
const APP_SCRIPTS = ['build', 'check:types'];
const CONDITIONS = '@dkron/source,types,default';

/** The same fields with the same meaning in every package: what differs should differ for a reason. */
export function checkManifest({ folder, manifest }: Workspace): Problem[] {
  const path = `${folder}/package.json`;
  const problems: Problem[] = [];
  const expect = (holds: boolean, message: string): void => {
    if (!holds) problems.push({ check: 'manifests', path, line: 0, message });
  };
  const [group, name] = folder.split('/');
  const isLibrary = group === 'packages';

  expect(manifest['name'] === `@dkron/${name}`, `name must be @dkron/${name}`);
  expect(/^\d+\.\d+\.\d+/.test(String(manifest['version'])), 'version is missing');
  expect(typeof manifest['description'] === 'string' && manifest['description'] !== '', 'description is missing');
  expect(manifest['license'] === LICENSE, `license must be ${LICENSE}`);
  expect(manifest['type'] === 'module', 'type must be module');
  expect(record(manifest['engines'])['node'] === ENGINE, `engines.node must be ${ENGINE}`);
  for (const [dependency, version] of dependenciesOf(manifest)) {
    const own = dependency.startsWith('@dkron/');
    expect(!own || version === 'workspace:^', `${dependency} must be workspace:^, is ${String(version)}`);
  }
  if (group === 'tooling') return problems;
  const scripts = record(manifest['scripts']);
  for (const script of isLibrary ? LIBRARY_SCRIPTS : APP_SCRIPTS)
    expect(script in scripts, `script ${script} is missing`);
  if (!isLibrary) {
    expect(manifest['private'] === true, 'an app must be private');
    return problems;
  }

  expect(manifest['private'] === undefined, 'a package is published, it cannot be private');
  expect(manifest['sideEffects'] === false, 'sideEffects must be false');
  const repository = record(manifest['repository']);
  expect(repository['url'] === REPOSITORY_URL, `repository.url must be ${REPOSITORY_URL}`);
  expect(repository['directory'] === folder, `repository.directory must be ${folder}`);
  const files = Array.isArray(manifest['files']) ? manifest['files'] : [];
  for (const entry of ['dist', '!dist/.tsbuildinfo']) expect(files.includes(entry), `files must list ${entry}`);
  const exports = Object.entries(record(manifest['exports']));
  expect(exports.length > 0, 'exports are missing');
  for (const [subpath, target] of exports)
    for (const message of exportProblems(subpath, target)) expect(false, message);
  return problems;
}

/** The three conditions, in the order in which they are tried, and all of one source file. */
function exportProblems(subpath: string, target: unknown): string[] {
  const conditions = record(target);
  if (Object.keys(conditions).join() !== CONDITIONS)
    return [`exports["${subpath}"] must have the conditions ${CONDITIONS}`];
  const stem = /^\.\/src\/(.+)\.ts$/.exec(String(conditions['@dkron/source']))?.[1];
  if (stem === undefined) return [`exports["${subpath}"]: @dkron/source must be a file below ./src`];
  const same = conditions['types'] === `./dist/${stem}.d.ts` && conditions['default'] === `./dist/${stem}.js`;
  return same ? [] : [`exports["${subpath}"] must point to ./dist/${stem}.d.ts and ./dist/${stem}.js`];
}

function dependenciesOf(manifest: Workspace['manifest']): [string, unknown][] {
  return DEPENDENCY_FIELDS.flatMap((field) => Object.entries(record(manifest[field])));
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
