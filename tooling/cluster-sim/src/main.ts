/**
 * Simulates clusters of servers and agents: `run` over seeds.
 */
import { runCommand } from './command/run-command.ts';

const COMMANDS: Readonly<Record<string, (args: readonly string[]) => Promise<boolean>>> = {
  run: runCommand,
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
