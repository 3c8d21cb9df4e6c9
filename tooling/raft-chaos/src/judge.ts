import type { Cluster } from './cluster.ts';
import type { KvProcess } from './kv-process.ts';
import type { ServerStatus } from './protocol.ts';

const CONVERGE_MS = 90_000;
const ANSWER_MS = 30_000;

/**
 * What must hold once all servers run and nothing is cut: they agree on one leader and on everything applied, and each
 * acknowledged change was applied exactly once on each.
 */
export async function judgeServers(cluster: Cluster, acknowledged: readonly number[]): Promise<string[]> {
  const ended = cluster.servers.filter(({ running }) => !running);
  if (ended.length > 0) return ended.map(({ id, ownExit }) => `${id} ended by itself with ${ownExit ?? 'a signal'}`);
  const statuses = await cluster.converge(CONVERGE_MS);
  if (statuses === undefined) return [await describeApart(cluster)];
  const checksums = new Set(statuses.map(({ checksum }) => checksum));
  const violations = checksums.size === 1 ? [] : [`servers applied different commands: ${JSON.stringify(statuses)}`];
  for (const server of cluster.servers) violations.push(...(await judgeApplied(server, acknowledged)));
  return violations;
}

async function judgeApplied(server: KvProcess, acknowledged: readonly number[]): Promise<string[]> {
  const { ok, error } = await server.request({ op: 'applied' }, ANSWER_MS);
  if (error !== undefined) return [`${server.id} does not tell what it applied: ${error}`];
  const applied = new Set(ok as readonly number[]);
  const missing = acknowledged.filter((value) => !applied.has(value));
  const violations: string[] = [];
  if (missing.length > 0) {
    violations.push(`${server.id} misses ${missing.length} acknowledged changes: ${missing.slice(0, 10).join(', ')}`);
  }
  const twice = (ok as readonly number[]).length - applied.size;
  if (twice > 0) violations.push(`${server.id} applied ${twice} changes more than once`);
  return violations;
}

async function describeApart(cluster: Cluster): Promise<string> {
  const texts = await Promise.all(
    cluster.servers.map(async (server) => {
      const status: ServerStatus | undefined = await server.status();
      return status === undefined
        ? `${server.id} silent`
        : `${server.id} applied ${status.applied} in term ${status.term}, leader ${status.leaderId || 'none'}`;
    }),
  );
  return `the servers do not agree within ${CONVERGE_MS} ms after the last fault: ${texts.join('; ')}`;
}
