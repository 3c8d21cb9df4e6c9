/**
 * The wiring of a server without its sockets: what a simulation of clusters is made of. Files, gRPC, HTTP and gossip are
 * added by `startNode`.
 */
export type { CorePorts, ServerCore } from './node/core.ts';
export { openCore } from './node/core.ts';
export type { Scheduling, SchedulingPorts } from './node/scheduling.ts';
export { createScheduling } from './node/scheduling.ts';
export { followLeadership } from './node/lead.ts';
export { stopInOrder } from './node/stop.ts';
export { joinCluster } from './node/take-part.ts';
export type { Place } from './node/place.ts';
export { placeOf } from './node/place.ts';
export type { Environment } from './node/environment.ts';
export { Unwind } from './node/unwind.ts';
export { clusterAnswers } from './cluster/server-formation.ts';
export type { ClusterAnswers } from './grpc/cluster.controller.ts';
export type { ClusterView } from './cluster/cluster-view.ts';
export { clusterView } from './cluster/cluster-view.ts';
export { removeServer } from './cluster/remove-server.ts';
export { deleteJob, putJob, toggleJob } from './services/job-writes.ts';
export type { ServerOptions } from './options.ts';
export { SERVER_DEFAULTS } from './options.ts';
