import type { Flag, FlagType } from '../flags/flag.ts';
import { flagNameOf, SETTING_KEYS, SETTINGS, type SettingKey } from './index.ts';
import type { Setting } from './setting.ts';

/** The flags of `dkron agent`. */
export const AGENT_FLAGS: readonly Flag[] = [
  { name: 'config', type: 'string', help: 'configuration file: .json, .toml, .yaml or .yml' },
  ...SETTING_KEYS.flatMap((key) => {
    const name = flagNameOf(key);
    return name === undefined ? [] : [flagOf(key, name)];
  }),
];

function flagOf(key: SettingKey, name: string): Flag {
  const setting = SETTINGS[key];
  return { name, type: typeOf(setting), default: defaultText(setting), help: helpOf(setting) };
}

function typeOf(setting: Setting): FlagType {
  if (setting.flagType !== undefined) return setting.flagType;
  switch (setting.kind) {
    case 'bool':
      return 'bool';
    case 'int':
      return 'int';
    case 'duration':
      return 'duration';
    case 'list':
    case 'tags':
      return 'strings';
    case 'text':
    case 'choice':
    case 'size':
    case 'address':
      return 'string';
  }
}

/** The default as it would be typed. */
export function defaultText(setting: Setting): string {
  switch (setting.kind) {
    case 'list':
      return setting.default.join(',');
    case 'tags':
      return '';
    default:
      return String(setting.default);
  }
}

function helpOf(setting: Setting): string {
  const choices = setting.kind === 'choice' ? ` (${setting.choices.join(', ')})` : '';
  return `${setting.help}${choices}${setting.effect === 'used' ? '' : ' [no effect yet]'}`;
}
