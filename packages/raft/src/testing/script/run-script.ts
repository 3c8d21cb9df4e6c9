import { runCommand } from './commands.ts';
import { ScriptEnvironment } from './environment.ts';
import { parseScript } from './parse.ts';

/**
 * Runs a script and returns its text with what was really said in the place of what was expected: equal to the input if
 * all is as expected.
 */
export function runScript(text: string): string {
  const env = new ScriptEnvironment();
  let out = '';
  for (const block of parseScript(text)) {
    runCommand(env, block.command);
    out += `${block.prefix}${block.head}${env.takeOutput()}`;
  }
  return out;
}
