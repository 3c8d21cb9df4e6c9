/** What answers `dkron.cluster.v1`. */
export const CLUSTER_ANSWERS = Symbol('ClusterAnswers');
/** What handles requests of the REST API from other servers. */
export const FORWARDED_REQUESTS = Symbol('ForwardedRequests');
