import { convert, type RawValue } from './convert.ts';
import { contradictions } from './contradictions.ts';
import { waits, withoutNeeds } from './needs.ts';
import { originalMessage } from './original-message.ts';
import { ConfigError, type Problem, type Warning } from './problem.ts';
import { SETTING_KEYS, SETTINGS, type SettingKey, type Value, type Values } from './schema/index.ts';
import type { Setting } from './schema/setting.ts';
import { shownRaw } from './shown.ts';
import { givenFor, type Given, type Sources } from './sources.ts';
import { wrongTemplates } from './templates.ts';
import { unknownKeys } from './unknown-keys.ts';

export interface Resolved {
  /** The file that was read. */
  readonly file: string | undefined;
  readonly values: Values;
  /** Where each value came from; absent = the default. */
  readonly given: ReadonlyMap<SettingKey, Given>;
  readonly warnings: readonly Warning[];
}

const RESERVED_TAGS = ['role', 'dc', 'region', 'version', 'server', 'expect', 'bootstrap', 'port', 'rpc_addr'] as const;

/**
 * The settings of a node: flag, else environment, else file, else default.
 *
 * @throws ConfigError with every value that cannot be used
 */
export function resolveConfig(sources: Sources): Resolved {
  const warnings = unknownKeys(sources);
  const problems: Problem[] = [];
  const given = new Map<SettingKey, Given>();
  const values = new Map<SettingKey, Value>();
  for (const key of SETTING_KEYS) {
    const setting = SETTINGS[key];
    const found = givenFor(key, sources, warnings);
    if (found !== undefined) given.set(key, found);
    const value =
      found === undefined ? undefined : atLeastNone(key, found, read(key, found, { warnings, problems }), warnings);
    values.set(key, value ?? defaultOf(setting));
    if (found !== undefined && value !== undefined) warnings.push(...withoutEffect(key, value, found));
  }
  // Every key of the schema was set above.
  const resolved = Object.fromEntries(values) as unknown as Values;
  warnings.push(...reservedTags(resolved, given), ...once(warnings, withoutNeeds(resolved, given)));
  warnings.push(...waits(resolved, given), ...wrongTemplates(resolved, given));
  problems.push(...contradictions(resolved, given));
  if (problems.length > 0) throw new ConfigError(problems, warnings);
  return { file: sources.file?.path, values: resolved, given, warnings };
}

function read(
  key: SettingKey,
  found: Given,
  out: { readonly warnings: Warning[]; readonly problems: Problem[] },
): Value | undefined {
  const converted = convert(SETTINGS[key], found.raw);
  if ('value' in converted) return converted.value;
  if (key === 'log-level') {
    const message = `${JSON.stringify(found.raw)} is none of ${converted.allowed}; info is used`;
    out.warnings.push({ key, source: found.source, message, wrong: true });
    return 'info';
  }
  const problem = { key, value: shownRaw(key, found.raw), source: found.source, allowed: converted.allowed };
  out.problems.push({ ...problem, ...originalMessage(key, found, converted.original) });
  return undefined;
}

/** The original starts with a number of servers below zero and never forms a cluster; 0 says the same, and is told. */
function atLeastNone(
  key: SettingKey,
  { source }: Given,
  value: Value | undefined,
  warnings: Warning[],
): Value | undefined {
  if (key !== 'bootstrap-expect' || typeof value !== 'number' || value >= 0) return value;
  const message = `"${value}" is not allowed, expected a whole number ≥ 0; 0 is used: no cluster is made`;
  warnings.push({ key, source, message, wrong: true });
  return 0;
}

/** Durations and sizes have their default as text. */
function defaultOf(setting: Setting): Value {
  const converted = convert(setting, setting.default as RawValue);
  if ('value' in converted) return converted.value;
  throw new Error(`the default of a setting must be possible: ${converted.allowed}`);
}

/** A setting that changes nothing is worth a line only where the default is not what was asked for. */
function withoutEffect(key: SettingKey, value: Value, { source }: Given): Warning[] {
  const { effect } = SETTINGS[key];
  if (effect === 'used' || JSON.stringify(value) === JSON.stringify(defaultOf(SETTINGS[key]))) return [];
  return [{ key, source, message: `has no effect: ${effect.none}`, wrong: true }];
}

/** A key without effect for one reason needs no second one. */
function once(known: readonly Warning[], further: readonly Warning[]): Warning[] {
  const keys = new Set(known.map(({ key }) => key));
  return further.filter(({ key }) => !keys.has(key));
}

/** The node sets these itself, whatever it is given. */
function reservedTags({ tags }: Values, given: ReadonlyMap<SettingKey, Given>): Warning[] {
  const source = given.get('tags')?.source ?? 'default';
  return RESERVED_TAGS.filter((name) => Object.hasOwn(tags, name)).map((name) => {
    const message = `the tag ${name} is set by the node itself, the value ${JSON.stringify(tags[name])} has no effect`;
    return { key: 'tags', source, message, wrong: false };
  });
}
