/**
 * The rules by which the servers of Dkron find each other, found one cluster and keep its membership: what gossip and
 * consensus have to say to each other. Rules are pure; drivers run them over ports. It knows neither gRPC nor raft nor
 * gossip, only the shapes it needs of them.
 */
export type { GossipMember, MemberStatus } from './members.ts';
export type { NodeFacts } from './tags/node-tags.ts';
export { encodeNodeTags } from './tags/node-tags.ts';
export type { NodeMember } from './tags/node-member.ts';
export { decodeNodeMember, formationView, serversOf } from './tags/node-member.ts';

export type { DescriberOptions } from './describe/describer.ts';
export { Describer } from './describe/describer.ts';
export type { AskDescription, Description, DescribeOutcome, NodeState } from './describe/description.ts';

export type { FoundingRecord } from './formation/record.ts';
export type {
  ExpectOf,
  FormationChange,
  FormationCoreOptions,
  FormationEffect,
  FormationState,
  FormationStatus,
  PledgeAnswer,
  PledgeRequest,
  SeenServer,
} from './formation/types.ts';
export type { Admission } from './formation/phase.ts';
export { FormationCore } from './formation/core.ts';
export type { FormationStore, IdentityFacts, IdentityLike } from './formation/identity-store.ts';
export { IdentityFormationStore } from './formation/identity-store.ts';
export type { AskPledge, FormationModules, FormationOptions, FormationRaft } from './formation/formation.ts';
export { Formation } from './formation/formation.ts';
export { formationText } from './formation/status-text.ts';

export type {
  Change,
  ConfiguredServer,
  Configuration,
  Contact,
  Decision,
  Note,
  ReconcileInput,
  ServerFacts,
  ServerStatus,
  ServerView,
} from './reconcile/types.ts';
export { reconcile } from './reconcile/reconcile.ts';
export { changeText, noteText } from './reconcile/note-text.ts';
export type { ReconcilerModules, ReconcilerOptions, ReconcilerRaft } from './reconcile/reconciler.ts';
export { Reconciler } from './reconcile/reconciler.ts';
export type { RaftMembership } from './reconcile/make-change.ts';
export { makeChange } from './reconcile/make-change.ts';

export type { Contacted, JoinerModules, JoinerOptions } from './join/joiner.ts';
export { Joiner } from './join/joiner.ts';
export { refuseGoServers } from './join/probation.ts';
export type { ClusterErrorCode } from './errors.ts';
export { ClusterError } from './errors.ts';
