import type { ConfigFile } from './config-file.ts';
import type { RawValue } from './convert.ts';
import type { FileEntry } from './file-formats.ts';
import type { Warning } from './problem.ts';
import { flagNameOf, SETTINGS, variableOf, type SettingKey } from './schema/index.ts';

/** Values of the command line, by the flag's name. */
export type GivenFlags = ReadonlyMap<string, readonly string[]>;
export type Environment = Readonly<Record<string, string | undefined>>;

export interface Sources {
  readonly flags: GivenFlags;
  readonly env: Environment;
  readonly file: ConfigFile | undefined;
}

export interface Given {
  readonly raw: RawValue;
  readonly kind: 'flag' | 'environment' | 'file';
  /** `--rpc-port`, `DKRON_RPC_PORT`, `/etc/dkron/dkron.yml:3` */
  readonly source: string;
}

const TAG_FLAG = 'tag';
const TAGS_VARIABLE = 'DKRON_TAGS';

/** What was given for a setting by the strongest source: flag, environment, file; undefined = nothing. */
export function givenFor(key: SettingKey, sources: Sources, warnings: Warning[]): Given | undefined {
  return fromFlag(key, sources.flags) ?? fromEnvironment(key, sources, warnings) ?? fromFile(key, sources.file);
}

function fromFlag(key: SettingKey, flags: GivenFlags): Given | undefined {
  const name = flagNameOf(key);
  const texts = name === undefined ? undefined : flags.get(name);
  if (name === undefined || texts === undefined) return undefined;
  const { kind } = SETTINGS[key];
  return { raw: kind === 'list' || kind === 'tags' ? texts : (texts.at(-1) ?? ''), kind: 'flag', source: `--${name}` };
}

/** An empty variable counts as unset. Settings without a flag are looked for only when the file has them. */
function fromEnvironment(key: SettingKey, { env, file }: Sources, warnings: Warning[]): Given | undefined {
  const name = flagNameOf(key) ?? (fromFile(key, file) === undefined ? undefined : key);
  if (name === undefined) return undefined;
  const source = variableOf(name);
  const text = env[source];
  if (key !== 'tags') return text === undefined || text === '' ? undefined : { raw: text, kind: 'environment', source };
  const tags = text?.split(/\s+/).filter((word) => word !== '') ?? [];
  return tags.length > 0 ? { raw: tags, kind: 'environment', source } : tagsVariable(env, warnings);
}

/** The original takes a JSON object here, and whatever is none for no tags. */
function tagsVariable(env: Environment, warnings: Warning[]): Given | undefined {
  const text = env[TAGS_VARIABLE];
  if (text === undefined || text === '') return undefined;
  const value = jsonObject(text);
  if (value !== undefined) return { raw: value, kind: 'environment', source: TAGS_VARIABLE };
  const message = 'is no JSON object and gives no tags; use DKRON_TAG="key=value key=value"';
  warnings.push({ key: 'tags', source: TAGS_VARIABLE, message, wrong: true });
  return undefined;
}

function jsonObject(text: string): { readonly [key: string]: RawValue } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as { [key: string]: RawValue }) : undefined;
  } catch {
    return undefined;
  }
}

function fromFile(key: SettingKey, file: ConfigFile | undefined): Given | undefined {
  const entry = file?.entries.findLast((one) => keyOfEntry(one) === key);
  return entry === undefined || file === undefined
    ? undefined
    : { raw: entry.value, kind: 'file', source: placeOf(file, entry) };
}

/** The setting an entry means; keys are not case-sensitive. */
export function keyOfEntry(entry: FileEntry): string {
  const key = entry.key.toLowerCase();
  return key === TAG_FLAG ? 'tags' : key;
}

export function placeOf(file: ConfigFile, entry: FileEntry): string {
  return entry.line > 0 ? `${file.path}:${entry.line}` : file.path;
}
