import type { Command } from '../command/command.ts';

/** In the original these serve an executor to its own parent process. Here the executors are part of the node. */
export const BUILT_IN_EXECUTORS: readonly Command[] = ['shell', 'http'].map((name) => ({
  name,
  summary: `The ${name} executor`,
  hidden: true,
  run: ({ io }) => {
    io.err(`The ${name} executor is part of the node and is no program of its own.\n`);
    io.err('Nothing has to be started by hand.\n');
    io.err(`Use it in a job: "executor": "${name}".\n`);
    return 1;
  },
}));
