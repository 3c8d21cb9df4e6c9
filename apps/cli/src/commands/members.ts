import { consoleLogger } from '@dkron/runtime/system';
import type { Call, Command } from '../command/command.ts';
import { table } from '../table.ts';
import { callNode, RPC_ADDR } from './node-calls.ts';
import { SNAPSHOT } from './snapshot.ts';

/** `dkron leave` */
export const LEAVE: Command = {
  name: 'leave',
  summary: 'Make a server leave the cluster',
  description: `Makes a server leave its cluster and end.

It hands over what it leads, waits for what runs on it, and is removed from the servers of the cluster; then its process
ends. With its data folder it may come back later. The last server of a cluster only stops.`,
  flags: [RPC_ADDR],
  run: async (call) => {
    await callNode(call, (await dkronService()).leave, {});
    consoleLogger({ write: call.io.err }).info('Left the cluster successfully');
    return 0;
  },
};

/** `dkron raft …` */
export const RAFT: Command = {
  name: 'raft',
  summary: 'Show and change the servers of the cluster',
  description: 'Shows and changes the servers of the cluster.',
  sharedFlags: [RPC_ADDR],
  children: [
    {
      name: 'list-peers',
      summary: 'List the servers of the cluster',
      description: 'Lists the servers of the cluster as the node that is called knows them.',
      run: listPeers,
    },
    {
      name: 'remove-peer',
      summary: 'Remove a server from the cluster',
      description: `Removes a server from the cluster: one that is gone for good, or that lost its data.

The leader has to be called. A server that is alive is added anew by itself; make it leave instead.`,
      flags: [{ name: 'peer-id', type: 'string', help: 'node name of the server to remove' }],
      run: removePeer,
    },
    SNAPSHOT,
  ],
};

async function listPeers(call: Call): Promise<number> {
  const { servers } = await callNode(call, (await dkronService()).raftGetConfiguration, {});
  const rows = servers.map(({ node, id, address, leader, voter }) => {
    return [node, id, address, leader ? 'leader' : 'follower', String(voter)];
  });
  call.io.out(table(['Node', 'ID', 'Address', 'State', 'Voter'], rows));
  return 0;
}

async function removePeer(call: Call): Promise<number> {
  const id = call.flags.get('peer-id')?.at(-1) ?? '';
  await callNode(call, (await dkronService()).raftRemovePeerById, { id });
  consoleLogger({ write: call.io.err }).info('Peer removed');
  return 0;
}

/** Loaded only here, so that the other commands start fast. */
async function dkronService(): Promise<typeof import('@dkron/contracts/types-v1').DkronService> {
  return (await import('@dkron/contracts/types-v1')).DkronService;
}
