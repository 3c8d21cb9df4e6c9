import type { Describer } from '../describe/describer.ts';
import { ClusterError } from '../errors.ts';
import type { NodeMember } from '../tags/node-member.ts';

/**
 * To be asked after the first join round, before this server calls itself one: an alive server of the original in the
 * region would make us a voter of its cluster, which then loses its majority.
 * @param servers - of the region, as `serversOf` gives them
 * @throws ClusterError `go_server`
 */
export async function refuseGoServers(
  servers: readonly NodeMember[],
  self: string,
  describer: Describer,
): Promise<void> {
  const others = servers.filter(({ name, status }) => status === 'alive' && name !== self);
  const outcomes = await Promise.all(
    others.map(async ({ name, rpcAddress }) => ({ name, outcome: await describer.describe(name, rpcAddress) })),
  );
  const found = outcomes.filter(({ outcome }) => outcome.kind === 'go').map(({ name }) => name);
  if (found.length === 0) return;
  const { region } = others[0]!;
  const text = `servers of the original Dkron are alive in region ${region}: ${found.join(', ')}; their cluster cannot be joined. Stop them, or give this server another region; jobs move by export and restore`;
  throw new ClusterError('go_server', text, { servers: found, region });
}
