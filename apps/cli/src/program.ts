import { DkronApiError } from '@dkron/client';
import { Command, CommanderError } from 'commander';
import { agentCommand } from './agent/agent-command.ts';
import { CommandError } from './errors.ts';
import { executionCommand } from './execution-command.ts';
import type { Io } from './io.ts';
import { jobCommand } from './job/job-command.ts';

const VERSION_TEXT = 'Name: Dkron\nVersion: devel\nCodename: Devel\nAgent Protocol: 5 (Understands back to: 2)\n';

/**
 * Runs one command line.
 *
 * @param args - without interpreter and script
 * @returns exit code: 0 done, 1 error, 2 the run ended unsuccessfully
 */
export async function runProgram(args: readonly string[], io: Io): Promise<number> {
  let code = 0;
  const program = new Command('dkron')
    .description('distributed, fault-tolerant job scheduler')
    .addCommand(
      agentCommand(io, (value) => {
        code = value;
      }),
    )
    .addCommand(jobCommand(io))
    .addCommand(executionCommand(io));
  program
    .command('version')
    .description('version of this program')
    .action(() => io.out(VERSION_TEXT));
  prepare(program, io);
  if (args.length === 0) {
    io.out(program.helpInformation());
    return 0;
  }
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    return failed(error, io);
  }
}

/** Commander throws instead of ending the process, in every command. */
function prepare(command: Command, io: Io): void {
  command.exitOverride().configureOutput({ writeOut: io.out, writeErr: io.err });
  for (const child of command.commands) prepare(child, io);
}

function failed(error: unknown, io: Io): number {
  // Already printed; help that was asked for is no failure.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 1;
  if (error instanceof CommandError) {
    io.err(`dkron: ${error.message}\n`);
    return error.exitCode;
  }
  if (error instanceof DkronApiError) {
    const field = error.field === '' ? '' : ` (${error.field}: expected ${error.allowed ?? 'another value'})`;
    io.err(`dkron: ${error.message}${field}\n`);
    return 1;
  }
  io.err(`dkron: ${error instanceof Error ? error.message : String(error)}\n`);
  return 1;
}
