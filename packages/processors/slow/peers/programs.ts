/// <reference types="node" />
/* Programs of others, fetched once by the ordinary clients of registries and kept between runs. Each step is bounded. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const STEP_MS = Number(process.env['PROCESSORS_STEP_MS'] ?? 60_000);
const OPENSEARCH = '2.11.1';
const LOG4J = '2.20.0';

function folderOf(name: string): string {
  const folder = join(tmpdir(), `dkron-processor-peers-${process.getuid?.() ?? 0}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return join(folder, name);
}

/** Fills a folder of its own, once: one that failed half-way is not taken for whole. */
function kept(name: string, fill: (folder: string) => boolean): string | undefined {
  const folder = folderOf(name);
  if (existsSync(folder)) return folder;
  const partial = `${folder}-${process.pid}`;
  mkdirSync(partial);
  const filled = fill(partial);
  if (filled) renameSync(partial, folder);
  else rmSync(partial, { recursive: true, force: true });
  return filled ? folder : undefined;
}

function ran(program: string, args: readonly string[], cwd: string): boolean {
  return spawnSync(program, args, { cwd, stdio: 'ignore', timeout: STEP_MS }).status === 0;
}

/**
 * Packages of Debian, unpacked and not installed, as some exclude each other.
 *
 * @returns their root, and the environment in which their programs find their libraries
 */
export function debianRoot(
  name: string,
  packages: readonly string[],
): { root: string; env: NodeJS.ProcessEnv } | undefined {
  const root = kept(name, (folder) => {
    const get = (): boolean => ran('apt-get', ['download', '-qq', ...packages], folder);
    if (!get() && !(ran('apt-get', ['update', '-qq'], folder) && get())) return false;
    return readdirSync(folder).every((file) => !file.endsWith('.deb') || ran('dpkg', ['-x', file, '.'], folder));
  });
  if (root === undefined) return undefined;
  const libraries = ['lib/x86_64-linux-gnu', 'usr/lib/x86_64-linux-gnu', 'usr/lib/syslog-ng'];
  return { root, env: { LD_LIBRARY_PATH: libraries.map((folder) => join(root, folder)).join(':') } };
}

/** Packages of Python in an environment of their own. @returns the folder of its programs */
export function pythonPrograms(name: string, packages: readonly string[]): string | undefined {
  // Its programs know its place: it cannot be moved.
  const folder = folderOf(name);
  const done = join(folder, 'complete');
  if (!existsSync(done)) {
    rmSync(folder, { recursive: true, force: true });
    if (!ran('python3', ['-m', 'venv', folder], tmpdir())) return undefined;
    if (!ran(join(folder, 'bin/pip'), ['install', '-q', ...packages], tmpdir())) return undefined;
    writeFileSync(done, '');
  }
  return join(folder, 'bin');
}

/** OpenSearch, which speaks the API of Elasticsearch. @returns the class path of `SearchNode` */
export function openSearch(): string | undefined {
  const folder = kept(`opensearch-${OPENSEARCH}`, (partial) => {
    const dependency = ([group, artifact, version]: readonly string[]): string =>
      `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`;
    const dependencies = [
      ['org.opensearch', 'opensearch', OPENSEARCH],
      ['org.opensearch.plugin', 'transport-netty4-client', OPENSEARCH],
      ['org.apache.logging.log4j', 'log4j-core', LOG4J],
    ];
    writeFileSync(
      join(partial, 'pom.xml'),
      `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>x</groupId><artifactId>x</artifactId><version>1</version>
<dependencies>${dependencies.map(dependency).join('')}</dependencies></project>`,
    );
    const source = join(import.meta.dirname, 'SearchNode.java');
    return (
      ran('mvn', ['-q', '-B', 'dependency:copy-dependencies', '-DoutputDirectory=libs'], partial) &&
      ran('javac', ['-cp', 'libs/*', '-d', '.', source], partial)
    );
  });
  return folder && `${join(folder, 'libs/*')}:${folder}`;
}
