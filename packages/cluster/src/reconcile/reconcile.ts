import { quorumGaps } from './quorum.ts';
import type { Change, ConfiguredServer, Decision, Note, ReconcileInput, ServerFacts, ServerView } from './types.ts';

/**
 * What the leader changes in raft's configuration so that it follows what gossip says, never the other way. Pure; at
 * most one change, and none that would leave fewer than a majority of working voters. Departures come first, then
 * swaps, promotions and arrivals, each by name.
 */
export function reconcile(input: ReconcileInput): Decision {
  const notes: Note[] = [];
  if (input.configuration.joint) return { change: undefined, notes };
  const own = leaving(input);
  if (own !== undefined) return { change: own.change, notes };
  notes.push(...strangersIn(input));
  const wanted = [...departures(input), ...swaps(input), ...promotions(input, notes), ...arrivals(input, notes)];
  for (const change of wanted) {
    const missing = quorumGaps(input, change);
    if (missing.length === 0) return { change, notes };
    notes.push({ kind: 'quorum', change, missing });
  }
  return { change: undefined, notes };
}

/** The leader leaves: it hands over and changes nothing more, unless nobody is there to take over. */
function leaving(input: ReconcileInput): { readonly change: Change | undefined } | undefined {
  const status = input.servers.get(input.self)?.status;
  if (status !== 'leaving' && status !== 'left') return undefined;
  const others = configured(input).filter(({ id, voter }) => voter && id !== input.self);
  return { change: others.length > 0 ? { kind: 'transfer' } : undefined };
}

function departures(input: ReconcileInput): Change[] {
  const changes: Change[] = [];
  for (const { id } of configured(input)) {
    const status = viewOf(input, id).status;
    if (id === input.self) continue;
    if (status === 'leaving' || status === 'left') changes.push({ kind: 'remove', id, why: 'left' });
    if (status === 'reaped') changes.push({ kind: 'remove', id, why: 'reaped' });
  }
  return changes;
}

/** A voter that has failed for long gives its place to a learner, so that replacing machines never grows the quorum. */
function swaps(input: ReconcileInput): Change[] {
  const { nowMs, replaceAfterMs } = input;
  const outs = configured(input)
    .filter(({ id, voter }) => voter && id !== input.self)
    .map(({ id }) => viewOf(input, id))
    .filter(({ status, sinceMs }) => isSilent(status) && nowMs - sinceMs >= replaceAfterMs)
    .toSorted((a, b) => a.sinceMs - b.sinceMs || (a.name < b.name ? -1 : 1));
  const ins = configured(input).filter((server) => isReady(input, server));
  return outs.flatMap(({ name }) => ins.map(({ id }): Change => ({ kind: 'swap', in: id, out: name })));
}

function promotions(input: ReconcileInput, notes: Note[]): Change[] {
  const voters = configured(input).filter(({ voter }) => voter);
  const failed = voters.filter((server) => !isPresent(input, server)).map(({ id }) => id);
  // Gossip takes seconds to see a failure, and replication a moment: a machine that replaces one at once is there before.
  const silent = voters.filter((server) => !isHeard(input, server)).map(({ id }) => id);
  const changes: Change[] = [];
  for (const server of configured(input)) {
    if (server.voter || !isPresent(input, server)) continue;
    if (failed.length > 0) notes.push({ kind: 'held-learner', name: server.id, failed });
    else if (silent.length > 0) notes.push({ kind: 'silent-voter', name: server.id, silent });
    else if (isReady(input, server)) changes.push({ kind: 'promote', id: server.id });
    else notes.push({ kind: 'behind', name: server.id });
  }
  return changes;
}

function arrivals(input: ReconcileInput, notes: Note[]): Change[] {
  const known = new Set(configured(input).map(({ id }) => id));
  const changes: Change[] = [];
  const alive = [...input.servers.values()].filter(({ name, status }) => status === 'alive' && !known.has(name));
  for (const { name, address, facts } of alive.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const note = refusal(name, facts, input.clusterId);
    if (note !== undefined) notes.push(note);
    else if (facts.kind === 'ours' && facts.state !== 'agent') {
      changes.push({ kind: 'add-learner', id: name, birth: facts.birth, address });
    }
  }
  return changes;
}

/** Why a server that is alive is not added; an agent is nothing to speak of. */
function refusal(name: string, facts: ServerFacts, clusterId: string): Note | undefined {
  if (facts.kind === 'unknown') return { kind: 'undescribed', name };
  if (facts.kind === 'go') return { kind: 'go-server', name };
  // One that is a member, or promised, of this very cluster comes back: it was removed, and kept its folder.
  if (facts.state === 'fresh' || facts.state === 'agent' || facts.clusterId === clusterId) return undefined;
  return facts.state === 'member'
    ? { kind: 'foreign-cluster', name, clusterId: facts.clusterId }
    : { kind: 'pledged-elsewhere', name };
}

/** Configured servers that are alive and not who they should be. */
function strangersIn(input: ReconcileInput): Note[] {
  return configured(input).flatMap((server): Note[] => {
    const { status, facts } = viewOf(input, server.id);
    if (server.id === input.self || status !== 'alive' || facts.kind === 'unknown') return [];
    if (facts.kind === 'go') return [{ kind: 'go-server', name: server.id }];
    if (isReborn(server, facts)) {
      return [{ kind: 'amnesia', name: server.id, birth: facts.birth, configured: server.birth }];
    }
    const foreign = facts.state === 'member' && facts.clusterId !== input.clusterId;
    return foreign ? [{ kind: 'foreign-cluster', name: server.id, clusterId: facts.clusterId }] : [];
  });
}

/** Alive, and as far as is known the one that was configured. */
function isPresent(input: ReconcileInput, server: ConfiguredServer): boolean {
  if (server.id === input.self) return true;
  const { status, facts } = viewOf(input, server.id);
  if (status !== 'alive' || facts.kind === 'go') return false;
  if (facts.kind === 'unknown') return true;
  return !isReborn(server, facts) && (facts.state !== 'member' || facts.clusterId === input.clusterId);
}

/** It acknowledged something to this leader lately, and since the last learner was added. */
function isHeard({ self, contacts }: ReconcileInput, { id }: ConfiguredServer): boolean {
  const contact = contacts.get(id);
  return id === self || (contact?.recent === true && contact.hasConfiguration);
}

/** A learner that may vote: present, described, near the end of the log and heard of. */
function isReady(input: ReconcileInput, server: ConfiguredServer): boolean {
  const contact = input.contacts.get(server.id);
  const described = viewOf(input, server.id).facts.kind === 'ours';
  return !server.voter && described && isPresent(input, server) && contact?.caughtUp === true && contact.recent;
}

function isReborn(server: ConfiguredServer, facts: ServerFacts & { readonly kind: 'ours' }): boolean {
  return server.birth !== '' && facts.birth !== server.birth;
}

function isSilent(status: ServerView['status']): boolean {
  return status === 'failed' || status === 'unseen';
}

function configured({ configuration }: ReconcileInput): ConfiguredServer[] {
  return configuration.servers.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

function viewOf({ servers, nowMs }: ReconcileInput, name: string): ServerView {
  const unseen = { name, status: 'unseen', sinceMs: nowMs, address: '', facts: { kind: 'unknown' } } as const;
  return servers.get(name) ?? unseen;
}
