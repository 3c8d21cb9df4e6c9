import type { Command } from '../command/command.ts';

const TEXT = 'Name: Dkron\nVersion: devel\nCodename: Devel\nAgent Protocol: 5 (Understands back to: 2)\n';

/** `dkron version` */
export const VERSION: Command = {
  name: 'version',
  summary: 'Print the version of this program',
  run: ({ io }) => {
    io.out(TEXT);
    return 0;
  },
};
