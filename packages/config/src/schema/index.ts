/** Every setting of a node, by section and by key. */
import { CLUSTER } from './cluster.ts';
import { HTTP } from './http.ts';
import { JOBS } from './jobs.ts';
import { NODE } from './node.ts';
import { NOTIFICATIONS } from './notifications.ts';
import { OBSERVATION } from './observation.ts';
import { PLUGINS } from './plugins.ts';
import type { Section, Setting, ValueOf } from './setting.ts';

/** Sections in the order of the reference. */
export const SECTIONS: readonly { readonly title: string; readonly settings: Section }[] = [
  { title: 'Node', settings: NODE },
  { title: 'Cluster', settings: CLUSTER },
  { title: 'Jobs', settings: JOBS },
  { title: 'Plugins', settings: PLUGINS },
  { title: 'REST API', settings: HTTP },
  { title: 'Notifications', settings: NOTIFICATIONS },
  { title: 'Observation', settings: OBSERVATION },
];

const ALL = { ...NODE, ...CLUSTER, ...JOBS, ...PLUGINS, ...HTTP, ...NOTIFICATIONS, ...OBSERVATION } as const;

export type SettingKey = keyof typeof ALL;
export type Values = { readonly [Key in SettingKey]: ValueOf<(typeof ALL)[Key]> };
export type Value = Values[SettingKey];

/** Every setting by its key, which is also its name in files. */
export const SETTINGS: Readonly<Record<SettingKey, Setting>> = ALL;
export const SETTING_KEYS = Object.keys(ALL) as readonly SettingKey[];

export function isSettingKey(key: string): key is SettingKey {
  return Object.hasOwn(SETTINGS, key);
}

/** The flag of a setting without dashes; undefined = it has none. */
export function flagNameOf(key: SettingKey): string | undefined {
  const { flag } = SETTINGS[key];
  return flag === false ? undefined : (flag ?? key);
}

/** The environment variable of a flag or file key. */
export function variableOf(name: string): string {
  return `DKRON_${name.toUpperCase().replaceAll('-', '_')}`;
}
