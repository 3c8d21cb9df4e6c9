import { confStateWith } from '../core/confchange/conf-state.ts';
import type { ConfState, NodeId } from '../core/types.ts';
import type { EntryId } from '../core/log/raft-log.ts';
import type { IdentityStorage } from '../storage/identity.ts';
import type { LogState } from '../storage/ports.ts';
import { isId } from './arguments.ts';
import { asError, RaftError } from './errors.ts';
import { recoveredClusterId } from './founding.ts';
import type { MemberInfos } from './members.ts';
import type { ResolvedModules } from './modules.ts';
import { UNCONFIRMED } from './recovery-marks.ts';
import { encodePrelude, readPrelude } from './prelude.ts';
import { applyRest } from './recover-rest.ts';

/** One line of `peers.json`. */
export interface RecoveryPeer {
  readonly id: NodeId;
  readonly address: string;
  readonly nonVoter: boolean;
}

const MAX_PEERS = 1000;
const RECOVERED_FROM = 'recoveredFrom';

/**
 * Parses `peers.json`: a list of `{id, address, non_voter}`, or the old form, a list of addresses that are ids as well.
 * @throws RaftError `recovery_refused`
 */
export function parsePeers(text: string): RecoveryPeer[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw refused(`it is no JSON (${asError(error).message})`);
  }
  if (!Array.isArray(value) || value.length > MAX_PEERS) throw refused('it is no list of servers');
  const peers = value.map(parsePeer);
  for (const name of ['id', 'address'] as const) {
    const seen = new Set(peers.map((peer) => peer[name]));
    if (seen.has('')) throw refused(`a server has no ${name}`);
    if (seen.size !== peers.length) throw refused(`two servers have the same ${name}`);
  }
  for (const { id } of peers)
    if (!isId(id)) throw refused('the id of a server is too long or reserved, or no well-formed text');
  if (peers.every((peer) => peer.nonVoter)) throw refused('it names no voter');
  return peers;
}

function parsePeer(value: unknown): RecoveryPeer {
  if (typeof value === 'string') return { id: value, address: value, nonVoter: false };
  if (typeof value !== 'object' || value === null) throw refused('an element is neither a server nor an address');
  const { id, address, non_voter: nonVoter = false } = value as Record<string, unknown>;
  if (typeof id !== 'string' || typeof address !== 'string' || typeof nonVoter !== 'boolean') {
    throw refused('a server must have the texts id and address, and perhaps non_voter as true or false');
  }
  return { id, address, nonVoter };
}

/**
 * Recovers by force: what this server's log holds counts as committed, entries that never were included, and the
 * membership is that of `peers`. All survivors must be given the same list. The caller removes the file when this
 * resolves; a crash before that repeats everything. The state machine is used as scratch and must be restored anew.
 * @returns the log as it is now
 */
export async function recoverFromPeers(
  peers: readonly RecoveryPeer[],
  state: LogState,
  modules: ResolvedModules,
): Promise<LogState> {
  const { log, snapshots, identity, stateMachine, logger } = modules;
  const reader = await snapshots.openLatest();
  if (state.lastIndex === 0 && reader === undefined) {
    throw refused(
      'this server has no state that could be recovered; remove the file, and let the server join the others',
    );
  }
  logger.warn('raft recovery by force: everything in the log counts as committed', {
    peers,
    lastIndex: state.lastIndex,
  });
  const from = reader?.meta.index ?? 0;
  if (reader !== undefined) {
    const { prelude, rest } = await readPrelude(reader.stream);
    const { index, term, confState } = reader.meta;
    const durable = (await stateMachine.appliedIndex?.()) ?? 0;
    if (prelude.stateless !== true) await stateMachine.restore(rest, { index, term, confState }, 'snapshot');
    else if (durable < (prelude.machineIndex ?? index))
      throw refused(`the state machine lost entries after ${durable}`);
  }
  const index = Math.max(from, state.lastIndex);
  const term = index === from ? reader!.meta.term : state.termRuns.at(-1)!.term;
  const confState = membershipOf(peers);
  const applied = Math.max(from, (await stateMachine.appliedIndex?.()) ?? 0);
  // A log is compacted behind a snapshot only, and none is taken in the middle of a restore.
  const begin = applied < state.boundary.index ? applied : Math.max(from, state.boundary.index);
  if (!(await applyRest(modules, { from: begin, applied, confState }, state)))
    throw refused(`the log begins at ${state.firstIndex}, the newest snapshot ends at ${from}`);
  await store(modules, { index, term, confState }, infosOf(peers));
  const hardState = { ...state.hardState, term: Math.max(state.hardState.term, term), commit: index };
  await log.reset({ index, term }, { hardState, confState });
  await refound(identity, [...confState.voters, ...confState.learners], { index, term });
  return log.state();
}

/** Until the file is gone this repeats after a crash, and must come to the same id: a marker remembers the old one. */
async function refound(identity: IdentityStorage, ids: readonly NodeId[], last: EntryId): Promise<void> {
  const known = await identity.load();
  if (known === undefined)
    throw refused('this server has no identity; move its raft folder aside and let it join the others');
  const old = known.markers[RECOVERED_FROM] ?? known.clusterId ?? '';
  const unconfirmed = `${last.index}:${last.term}`;
  await identity.update({ markers: { [RECOVERED_FROM]: old || '-', [UNCONFIRMED]: unconfirmed } });
  await identity.update({ clusterId: recoveredClusterId(old || '-', ids), refound: true });
}

/** The file is removed: the next recovery starts from the cluster of now. */
export async function forgetRecovery(identity: IdentityStorage): Promise<void> {
  const known = await identity.load();
  if (known?.markers[RECOVERED_FROM] !== undefined) await identity.update({ markers: { [RECOVERED_FROM]: '' } });
}

async function store(
  { snapshots, stateMachine }: ResolvedModules,
  meta: { index: number; term: number; confState: ConfState },
  infos: MemberInfos,
): Promise<void> {
  const state = await stateMachine.snapshot();
  const sink = await snapshots.create(meta);
  try {
    // The forced membership is the first of a new cluster.
    await sink.write(encodePrelude({ confIndex: 1, infos }));
    await state.persist({ write: (chunk) => sink.write(chunk) });
    await sink.close();
  } catch (error) {
    await sink.cancel();
    throw error;
  } finally {
    state.release();
  }
}

function membershipOf(peers: readonly RecoveryPeer[]): ConfState {
  const ids = (nonVoter: boolean): NodeId[] => peers.filter((peer) => peer.nonVoter === nonVoter).map(({ id }) => id);
  return confStateWith(ids(false), ids(true));
}

function infosOf(peers: readonly RecoveryPeer[]): MemberInfos {
  return Object.fromEntries(peers.map(({ id, address }) => [id, { address }]));
}

/** Why the file is not obeyed; nothing was changed. */
export function refused(why: string): RaftError {
  return new RaftError('recovery_refused', `peers.json cannot be obeyed: ${why}`, { why });
}
