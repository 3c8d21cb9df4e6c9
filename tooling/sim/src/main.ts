/**
 * Simulates raft clusters: `run` over seeds, `driver` with whole nodes, `replay` of a file, `mutate` to see what the
 * simulators find.
 */
import { runCommand } from './run-command.ts';

const COMMANDS: Readonly<Record<string, (args: readonly string[]) => Promise<boolean>>> = {
  run: runCommand,
  driver: async (args) => (await import('./driver-command.ts')).driverCommand(args),
  replay: async (args) => (await import('./replay-command.ts')).replayCommand(args),
  mutate: async (args) => (await import('./mutate-command.ts')).mutateCommand(args),
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
