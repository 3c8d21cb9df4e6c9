import { AGENT_FLAGS, nodeOptions, prepareNode, type NodeFacts } from '@dkron/config';
import type { Call, Command } from '../command/command.ts';
import { serverOptions } from '../server-options.ts';

/** `dkron agent`: runs a node until a signal. */
export const AGENT: Command = {
  name: 'agent',
  summary: 'Run a node until a signal',
  description: `Runs a node until SIGINT or SIGTERM.

Each setting comes from its flag, else from its environment variable (DKRON_ and the flag in upper case with
underscores), else from the configuration file, else from its default. The file is the one of --config, else the first
dkron.json, .toml, .yaml or .yml in /etc/dkron, $HOME/.dkron and ./config.

A first server, for this machine only:

  dkron agent --server --bootstrap-expect=1 --bind-addr=127.0.0.1 --advertise-addr=127.0.0.1 --http-addr=127.0.0.1:8080

An agent, which runs jobs for the servers of a cluster and keeps none:

  dkron agent --retry-join=10.0.0.1 --tag=role=worker

SIGINT and SIGTERM end it in order, one more after a second at once. SIGHUP reads the settings again and says what waits for the
next start.`,
  flags: AGENT_FLAGS,
  run: runNode,
};

async function runNode({ flags, io }: Call): Promise<number> {
  const { facts, unhook } = await prepareNode({ ...io, flags, write: io.err });
  try {
    return await (facts.values.server ? runServer(facts) : runAgent(facts));
  } finally {
    unhook();
  }
}

/** Loaded only here, so that the other commands start fast. */
async function runServer(facts: NodeFacts): Promise<number> {
  const server = await import('@dkron/server');
  return server.runServer(serverOptions(server.SERVER_DEFAULTS, facts));
}

async function runAgent(facts: NodeFacts): Promise<number> {
  const agent = await import('@dkron/agent');
  return agent.runAgent(nodeOptions(facts));
}
