import type { ServerOptions } from '@dkron/server';
import { CommandError } from '../errors.ts';
import { resolveAddress, type Interfaces } from './address.ts';
import {
  readBool,
  readDurationMs,
  readInt,
  readLogFormat,
  readLogLevel,
  readSize,
  readTags,
  readZone,
} from './read-value.ts';
import { SETTINGS, variableOf, type SettingName } from './settings.ts';

/** Values of the command line, by setting; absent = not given. */
export type Given = Readonly<Partial<Record<SettingName, string | boolean | readonly string[]>>>;

export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly hostname: string;
  readonly interfaces: Interfaces;
}

interface Chosen {
  /** Flag or variable, for errors. */
  readonly source: string;
  readonly texts: readonly string[];
}

/**
 * Settings from flags, then environment, then defaults.
 *
 * @throws CommandError naming flag or variable, value and what is allowed
 */
export function resolveOptions(given: Given, around: Surroundings): ServerOptions {
  const chosen = (name: SettingName): Chosen => choose(name, given, around.env);
  const read = <T>(name: SettingName, reader: (source: string, text: string) => T): T => {
    const { source, texts } = chosen(name);
    return reader(source, texts[0] ?? '');
  };
  const text = (name: SettingName): string => read(name, (_, value) => value);
  const address = (name: SettingName): string =>
    read(name, (source, value) => resolveAddress(source, value, around.interfaces));
  const tags = chosen('tags');
  if (!read('server', readBool)) {
    throw new CommandError(
      'a node without --server needs a cluster to join, which this version does not have yet; use --server',
    );
  }
  return {
    server: true,
    nodeName: text('nodeName') || around.hostname,
    dataDir: text('dataDir'),
    bindAddr: address('bindAddr'),
    advertiseAddr: address('advertiseAddr'),
    httpAddr: address('httpAddr'),
    rpcPort: read('rpcPort', (source, value) => readInt(source, value, 65_535)),
    bootstrapExpect: read('bootstrapExpect', readInt),
    logLevel: read('logLevel', readLogLevel),
    logFormat: read('logFormat', readLogFormat),
    tags: readTags(tags.source, tags.texts),
    region: text('region'),
    datacenter: text('datacenter'),
    tickGrace: read('tickGrace', readDurationMs),
    killGrace: read('killGrace', readDurationMs),
    stopTimeout: read('stopTimeout', readDurationMs),
    maxBodySize: read('maxBodySize', readSize),
    defaultTimezone: read('defaultTimezone', readZone),
    executionRetention: read('executionRetention', readInt),
    ledgerRetention: read('ledgerRetention', readInt),
  };
}

function choose(name: SettingName, given: Given, env: Surroundings['env']): Chosen {
  const setting = SETTINGS[name];
  const flag = given[name];
  if (flag !== undefined) {
    return { source: `--${setting.name}`, texts: typeof flag === 'object' ? flag : [String(flag)] };
  }
  const variable = variableOf(setting.name);
  const value = env[variable];
  if (value !== undefined && value !== '') {
    // Tags are separated by white space, as the original reads the variable.
    return { source: variable, texts: setting.kind === 'tags' ? value.split(/\s+/).filter(Boolean) : [value] };
  }
  return { source: `--${setting.name}`, texts: setting.kind === 'tags' ? [] : [setting.default] };
}
