import { localAddresses } from '../config/address/interfaces.ts';
import { resolveTemplate, TemplateError } from '../config/address/template.ts';
import type { Call, Command, Flag } from '../command/command.ts';
import { CommandError } from '../errors.ts';

const NOT_YET = 'this version cannot call other nodes yet; the command is here so that scripts can be checked';
const DEFAULT_ADDRESS = '{{ GetPrivateIP }}:6868';

const RPC_ADDR: Flag = {
  name: 'rpc-addr',
  type: 'string',
  default: DEFAULT_ADDRESS,
  help: 'address of the node to call; templates are resolved on this machine',
};

/** `dkron leave` */
export const LEAVE: Command = {
  name: 'leave',
  summary: 'Make a server leave the cluster',
  description: `Makes a server leave its cluster and end.

It ${NOT_YET.slice('this version '.length)}.`,
  flags: [RPC_ADDR],
  run: callNode,
};

/** `dkron raft …` */
export const RAFT: Command = {
  name: 'raft',
  summary: 'Show and change the servers of the cluster',
  description: `Shows and changes the servers of the cluster.

These commands ${NOT_YET.slice('this version '.length)}.`,
  sharedFlags: [RPC_ADDR],
  children: [
    { name: 'list-peers', summary: 'List the servers of the cluster', run: callNode },
    {
      name: 'remove-peer',
      summary: 'Remove a server from the cluster',
      flags: [{ name: 'peer-id', type: 'string', help: 'node name of the server to remove' }],
      run: callNode,
    },
  ],
};

function callNode({ flags }: Call): number {
  try {
    resolveTemplate(flags.get('rpc-addr')?.at(-1) ?? DEFAULT_ADDRESS, localAddresses());
  } catch (error) {
    if (error instanceof TemplateError) throw new CommandError(error.message);
    throw error;
  }
  throw new CommandError(NOT_YET);
}
