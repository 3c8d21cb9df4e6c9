import { hostname, networkInterfaces } from 'node:os';
import { Command, Option } from 'commander';
import type { Io } from '../io.ts';
import { resolveOptions, type Given } from './resolve-options.ts';
import { SETTINGS, variableOf, type Setting, type SettingName } from './settings.ts';

function optionOf(setting: Setting): Option {
  const help = `${setting.help} [${variableOf(setting.name)}]${setting.default === '' ? '' : ` (default: ${setting.default})`}`;
  const value = setting.kind === 'bool' ? '[bool]' : '<value>';
  const option = new Option(`--${setting.name} ${value}`, help);
  if (setting.kind !== 'tags') return option;
  return option.argParser((text: string, before: readonly string[] | undefined) => [...(before ?? []), text]);
}

/** `dkron agent`: runs a node until a signal. */
export function agentCommand(io: Io, exit: (code: number) => void): Command {
  const command = new Command('agent').description('run a node until a signal');
  const settings = Object.entries(SETTINGS) as [SettingName, Setting][];
  for (const [, setting] of settings) command.addOption(optionOf(setting));
  command.option('--disable-usage-stats [bool]', 'accepted: nothing is ever reported');
  return command.action(async () => {
    const given: Partial<Record<SettingName, string | boolean | readonly string[]>> = {};
    for (const [name, setting] of settings) {
      const key = new Option(`--${setting.name} <value>`).attributeName();
      const value = command.getOptionValue(key) as string | boolean | readonly string[] | undefined;
      if (value !== undefined) given[name] = value;
    }
    const around = { env: io.env, hostname: hostname(), interfaces: networkInterfaces() };
    const options = resolveOptions(given as Given, around);
    // Loaded only here, so that the other commands start fast.
    const { runServer } = await import('@dkron/server');
    exit(await runServer(options));
  });
}
