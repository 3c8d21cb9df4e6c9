import type { Call, Command, Located } from '../command/command.ts';
import { findCommand } from '../command/find.ts';
import { helpOf, usageOf } from '../command/help.ts';

/** `dkron help [command]` */
export function helpCommand(root: () => Command): Command {
  return {
    name: 'help',
    summary: 'Help about any command',
    description: 'Help about any command.',
    run: ({ args, io }: Call) => {
      const found = findCommand(root(), args);
      const at: Located = { command: found.command, parents: found.parents };
      if (args.length > 0 && found.parents.length === 0) {
        // The original lists what it was given in this form, and does not call it a failure.
        io.err(`Unknown help topic [${args.map((word) => `\`${word}\``).join(' ')}]\n${usageOf(at, false)}`);
        return 0;
      }
      io.out(helpOf(at));
      return 0;
    },
  };
}
