import { AttemptError } from '../kit/limited-attempt.ts';
import { splitWords } from '../shell/split-words.ts';
import type { ExecuteRequest } from '../types.ts';

export interface Script {
  readonly text: string;
  /** Program and its arguments, before the script. */
  readonly interpreter: readonly string[];
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** @throws AttemptError that names the key */
export function readScript(config: ExecuteRequest['config'], shellPath: string): Script {
  const text = config['script'] ?? '';
  if (text.trim() === '') throw new AttemptError('script: script is empty');
  if (text.includes('\0')) throw new AttemptError('script: script: holds a byte 0');
  return {
    text,
    interpreter: interpreterOf(text, config['interpreter'] ?? '', shellPath),
    args: readArgs(config['args']),
    env: readEnv(config['env']),
  };
}

function interpreterOf(text: string, given: string, shellPath: string): readonly string[] {
  if (given.trim() !== '') {
    const { words, endedBy } = splitWords(given);
    if (endedBy !== undefined || !words[0]) throw new AttemptError('script: interpreter: not a program with arguments');
    return words;
  }
  const named = /^#![ \t]*([^\r\n]+)/
    .exec(text)?.[1]
    ?.trim()
    .split(/[ \t]+/);
  // As `env -S`: an interpreter of several words is what is meant.
  return named?.[0] ? named.filter((word) => word !== '-S') : [shellPath];
}

function readArgs(text: string | undefined): string[] {
  const parsed = parse(text, '[]');
  if (!Array.isArray(parsed) || !parsed.every((each) => typeof each === 'string')) {
    throw new AttemptError('script: args: not a JSON list of texts');
  }
  return parsed;
}

function readEnv(text: string | undefined): Record<string, string> {
  const parsed = parse(text, '{}');
  const isTexts = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
  if (!isTexts || !Object.entries(parsed).every(([key, value]) => /^[^=\0]+$/.test(key) && typeof value === 'string')) {
    throw new AttemptError('script: env: not a JSON object of texts');
  }
  return parsed as Record<string, string>;
}

function parse(text: string | undefined, empty: string): unknown {
  try {
    return JSON.parse(text || empty);
  } catch {
    return undefined;
  }
}
