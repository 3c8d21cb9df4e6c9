/**
 * Runs every script of `testdata`. With `RAFT_SCRIPTS=rewrite` in the environment the expectations are written anew: read
 * the difference, and commit it only if you can explain each line.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseScript } from './parse.ts';
import { runScript } from './run-script.ts';

const FOLDER = new URL('../../../testdata/', import.meta.url);
const files = readdirSync(FOLDER).filter((name) => name.endsWith('.txt'));

describe('scripts', () => {
  it('there are some', () => {
    expect(files.length).toBeGreaterThanOrEqual(12);
  });

  it.each(files)('%s', (name) => {
    const url = new URL(name, FOLDER);
    const text = readFileSync(url, 'utf8');
    const got = runScript(text);
    if (process.env['RAFT_SCRIPTS'] === 'rewrite') writeFileSync(url, got);
    else expect(got).toBe(text);
  });

  it.each(files)('%s says the same when it runs again', (name) => {
    const text = readFileSync(new URL(name, FOLDER), 'utf8');
    expect(runScript(text)).toBe(runScript(text));
  });

  it('a script without expectations does not pass', () => {
    const text = 'add-nodes 1 voters=(1) index=2\n----\nnonsense\n';
    expect(runScript(text)).not.toBe(text);
    expect(parseScript(text)[0]!.expected).toBe('nonsense\n');
  });

  it('a command without a separator is refused with its line', () => {
    expect(() => parseScript('# x\n\ncampaign 1\n')).toThrow('line 3');
  });
});
