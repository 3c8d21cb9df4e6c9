/**
 * Simulates clusters of servers and agents: `run` over seeds, `mutate` to see which defects the checkers notice.
 */
import { runCommand } from './command/run-command.ts';

const COMMANDS: Readonly<Record<string, (args: readonly string[]) => Promise<boolean>>> = {
  run: runCommand,
  mutate: async (args) => (await import('./command/mutate-command.ts')).mutateCommand(args),
};

const [first = 'run', ...rest] = process.argv.slice(2);
const [name, args] = first.startsWith('--') ? ['run', [first, ...rest]] : [first, rest];
const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
if (command === undefined) {
  process.stderr.write(`${name}: must be one of ${Object.keys(COMMANDS).join(', ')}\n`);
  process.exitCode = 2;
} else {
  process.exitCode = (await command(args)) ? 0 : 1;
}
