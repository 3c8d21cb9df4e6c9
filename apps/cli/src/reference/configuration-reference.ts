import {
  AGE_MAX,
  DURATION_MAX,
  defaultText,
  flagNameOf,
  SECTIONS,
  SETTING_KEYS,
  variableOf,
  type Setting,
  type SettingKey,
} from '@dkron/config';
import { cell } from './cli-reference.ts';
import { NOTICE } from './notice.ts';

/** `docs/reference/configuration.md` */
export function configurationReference(): string {
  const sections = SECTIONS.map(({ title, settings }) => {
    const rows = Object.entries(settings).map(([key, setting]) => row(key as SettingKey, setting));
    return [`## ${title}\n`, '| Setting | Form | Default | Meaning |', '|---|---|---|---|', ...rows].join('\n');
  });
  return `# Configuration\n\n${NOTICE}\n\n${INTRODUCTION}\n\n${sections.join('\n\n')}\n\n${withoutEffect()}\n`;
}

const INTRODUCTION = `The settings of a node, as \`dkron agent\` reads them. \`dkron config check\` takes the same flags, says what it
found and where, and starts nothing.

## Where a setting comes from

1. its flag, \`--node-name=a\`;
2. its environment variable: \`DKRON_\` and the name of the flag in upper case with underscores, \`DKRON_NODE_NAME=a\`. An
   empty one counts as unset;
3. the configuration file, \`node-name: a\`;
4. its default.

The file is the one that \`--config\` names, else the first of \`dkron.json\`, \`dkron.toml\`, \`dkron.yaml\` and \`dkron.yml\` in
\`/etc/dkron\`, \`$HOME/.dkron\` and \`./config\`, in this order; no other is read then. The ending says the format. Keys are
not case-sensitive, with dashes and not underscores. A \`dkron.env\` is read too, but its lines \`KEY=value\` cannot hold keys
with dashes, so it sets little.

\`\`\`yaml
server: true
bootstrap-expect: 1
data-dir: /var/lib/dkron
tags:
  role: batch
\`\`\`

| Form | Written as |
|---|---|
| boolean | \`true\`, \`false\`, \`1\`, \`0\`, \`t\`, \`f\`. A flag alone is true; false is \`--ui=false\` |
| duration | \`500ms\`, \`10s\`, \`1m30s\`, \`24h\`; at most \`${DURATION_MAX}\`, ages \`${AGE_MAX}\` |
| size | \`1048576\`, \`512KiB\`, \`1MiB\` |
| address | \`host:port\`, \`:port\`, \`[v6]:port\`; templates such as \`{{ GetPrivateIP }}:8946\` or \`{{ GetInterfaceIP "eth0" }}:8946\` are resolved on the machine |
| list | in a file an array, or one text with commas; a flag is repeated, or has commas; a variable has commas |
| tags | in a file a map; a flag is repeated, \`--tag a=b --tag c=d\`; \`DKRON_TAG="a=b c=d"\` is split at white space, \`DKRON_TAGS\` holds a JSON object |

An unknown key, and a setting without effect, is one warning line that names key, file and line, and an error in
\`dkron config check\`. A value that cannot be used, a contradiction, a file that cannot be read, or a named one that is
missing: the node does not start, and ends with 1.`;

function row(key: SettingKey, setting: Setting): string {
  const flag = flagNameOf(key);
  const names =
    flag === undefined ? '; file only' : flag === key ? '' : `; flag \`--${flag}\`, \`${variableOf(flag)}\``;
  const shown = defaultText(setting);
  const fallback = shown === '' ? '' : `\`${shown}\``;
  const notes = [
    setting.effect === 'used' ? '' : `No effect: ${setting.effect.none}.`,
    setting.ours === true ? 'Not in the original.' : '',
  ].filter((note) => note !== '');
  const help = `${setting.help.charAt(0).toUpperCase()}${setting.help.slice(1)}.`;
  return `| \`${key}\`${names} | ${cell(formOf(setting))} | ${fallback} | ${cell([help, ...notes].join(' '))} |`;
}

function formOf(setting: Setting): string {
  switch (setting.kind) {
    case 'bool':
      return 'boolean';
    case 'int':
      return `whole number${rangeOf(setting.min, setting.max)}`;
    case 'choice':
      return setting.choices.map((choice) => `\`${choice}\``).join(', ');
    case 'text':
      return setting.form ?? 'text';
    case 'list':
      return `list of ${setting.form ?? 'texts'}`;
    case 'duration':
      return `duration${rangeOf(setting.min, undefined)}`;
    case 'size':
    case 'address':
    case 'tags':
      return setting.kind;
  }
}

function rangeOf(min: number | string | undefined, max: number | undefined): string {
  if (min === undefined) return '';
  return max === undefined ? ` ≥ ${min}` : `, ${min} to ${max}`;
}

function withoutEffect(): string {
  const all = SECTIONS.flatMap(({ settings }) => Object.entries(settings)).filter(
    ([, { effect }]) => effect !== 'used',
  );
  const names = all.map(([key]) => `\`${key}\``).join(', ');
  return `## Settings without effect\n\n${all.length} of the ${SETTING_KEYS.length} settings are read and checked, and change nothing in this version: ${names}.`;
}
