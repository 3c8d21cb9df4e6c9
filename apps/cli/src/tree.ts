import type { Command } from './command/command.ts';
import { AGENT } from './commands/agent.ts';
import { BUILT_IN_EXECUTORS } from './commands/built-in-executors.ts';
import { completeCommand, COMPLETION } from './commands/completion.ts';
import { CONFIG } from './commands/config.ts';
import { docCommand } from './commands/doc.ts';
import { helpCommand } from './commands/help.ts';
import { KEYGEN } from './commands/keygen.ts';
import { LEAVE, RAFT } from './commands/members.ts';
import { VERSION } from './commands/version.ts';
import { EXECUTION } from './execution-command.ts';
import { JOB } from './job/job-command.ts';
import { EXECUTOR, PROCESSOR } from './offers-command.ts';

/** Every command of the program. */
export const PROGRAM: Command = {
  name: 'dkron',
  summary: 'Distributed, fault-tolerant job scheduler',
  description: `Distributed, fault-tolerant job scheduler.

\`dkron agent\` runs a node; the other commands manage jobs over the REST API and look after the cluster.`,
  children: [
    AGENT,
    COMPLETION,
    CONFIG,
    docCommand(() => PROGRAM),
    EXECUTION,
    EXECUTOR,
    helpCommand(() => PROGRAM),
    JOB,
    KEYGEN,
    LEAVE,
    PROCESSOR,
    RAFT,
    VERSION,
    completeCommand(() => PROGRAM),
    ...BUILT_IN_EXECUTORS,
  ],
};
