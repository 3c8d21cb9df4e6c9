import { similar } from './flags/suggest.ts';
import type { Warning } from './problem.ts';
import { flagNameOf, isSettingKey, SETTING_KEYS, variableOf } from './schema/index.ts';
import { keyOfEntry, placeOf, type Sources } from './sources.ts';

const MOST_EDITS = 3;

/** One warning per key of the file that is no setting, with the one that was probably meant. */
export function unknownKeys({ file }: Sources): Warning[] {
  if (file === undefined) return [];
  return file.entries
    .filter((entry) => !isSettingKey(keyOfEntry(entry)))
    .map((entry) => {
      const meant = suggestion(keyOfEntry(entry).replaceAll('_', '-'), SETTING_KEYS);
      const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
      const message = `unknown key, it has no effect${hint}`;
      return { key: entry.key, source: placeOf(file, entry), message, wrong: true };
    });
}

/** Variables that look like a misspelt setting. Others that begin with DKRON_ belong to somebody else, such as a container platform. */
export function misspeltVariables({ env }: Sources): Warning[] {
  const known = SETTING_KEYS.map((key) => variableOf(flagNameOf(key) ?? key));
  const others = new Set([...known, 'DKRON_TAGS', 'DKRON_API_URL']);
  return Object.keys(env).flatMap((name) => {
    if (!name.startsWith('DKRON_') || others.has(name)) return [];
    if (name === 'DKRON_CONFIG') {
      return [{ key: name, source: 'environment', message: 'is not read; use --config', wrong: true }];
    }
    const meant = suggestion(name, known, MOST_EDITS - 1);
    if (meant === undefined) return [];
    return [{ key: name, source: 'environment', message: `is not read; did you mean ${meant}?`, wrong: true }];
  });
}

function suggestion(word: string, known: readonly string[], most = MOST_EDITS): string | undefined {
  return known.find((key) => key === word) ?? similar(word, known, most)[0];
}
