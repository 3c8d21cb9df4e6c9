import { existsSync, readFileSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { messageOf } from '@dkron/runtime';
import { ConfigError } from './problem.ts';
import type { RawValue } from './convert.ts';
import { parseDotenv, parseJson, parseToml, parseYaml, type FileEntry } from './file-formats.ts';

export interface ConfigFile {
  readonly path: string;
  readonly entries: readonly FileEntry[];
}

/** Where the search looks, relative to nothing but these. */
export interface SearchPlaces {
  readonly home: string | undefined;
  readonly workingFolder: string;
  /** Default `/etc/dkron`. */
  readonly systemFolder?: string;
}

const FORMATS: Readonly<Record<string, (text: string) => Promise<FileEntry[]>>> = {
  '.json': parseJson,
  '.toml': parseToml,
  '.yaml': parseYaml,
  '.yml': parseYaml,
  '.env': parseDotenv,
  '.dotenv': parseDotenv,
};
/** Far more than all settings with their payloads need. */
const BYTES_MAX = 1_048_576;
const SEARCHED = Object.keys(FORMATS).map((extension) => `dkron${extension}`);

/**
 * The file that was named, else the first of the search: `/etc/dkron`, `$HOME/.dkron`, `./config`.
 *
 * @returns undefined when none was named and none is there
 * @throws ConfigError when it cannot be read or parsed (G-C7)
 */
export async function loadConfigFile(named: string | undefined, places: SearchPlaces): Promise<ConfigFile | undefined> {
  const path = named ?? findFile(places);
  if (path === undefined) return undefined;
  const parse = FORMATS[extname(path).toLowerCase()];
  if (parse === undefined) throw fileError(path, 'a file ending in .json, .toml, .yaml or .yml');
  let text: string;
  try {
    if (statSync(path).size > BYTES_MAX) throw new Error(`it is larger than ${BYTES_MAX} bytes`);
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw fileError(path, `a readable file: ${reasonOf(error)}`);
  }
  try {
    const entries = await parse(text);
    return { path, entries: entries.filter((entry) => !isEmpty(entry.value)) };
  } catch (error) {
    throw fileError(path, `valid ${extname(path).slice(1).toUpperCase()}: ${reasonOf(error)}`);
  }
}

function findFile({ home, workingFolder, systemFolder = '/etc/dkron' }: SearchPlaces): string | undefined {
  const folders = [systemFolder, ...(home ? [join(home, '.dkron')] : []), join(workingFolder, 'config')];
  return folders.flatMap((folder) => SEARCHED.map((name) => join(folder, name))).find((path) => existsSync(path));
}

/** A key without a value counts as absent. */
function isEmpty(value: RawValue | null | undefined): boolean {
  return value === null || value === undefined;
}

function fileError(path: string, allowed: string): ConfigError {
  return new ConfigError([{ key: 'config', value: path, source: path, allowed }]);
}

/** The first line that says something. */
function reasonOf(error: unknown): string {
  const text = messageOf(error);
  return (text.split('\n').find((line) => line.trim() !== '') ?? text).replace(/:$/, '');
}
