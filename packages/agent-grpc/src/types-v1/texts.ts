/** Texts of the original that its nodes compare or show. */
export const NOT_LEADER = 'grpc: Error, server is not leader, this operation should be run on the leader';
export const RAFT_NOT_LEADER = 'node is not the leader';
export const PARENT_NOT_FOUND = 'specified parent job not found';
export const NOT_FOUND = 'not found';
export const HAS_CHILDREN = 'store: could not delete job with dependent jobs, delete children first';
export const NO_EXECUTOR = 'grpc_agent: No executor defined, nothing to do';

export function wrongResponse(method: 'DeleteJob' | 'DeleteExecutions', text: string): string {
  return `grpc: Error wrong response from apply in ${method}: ${text}`;
}

export function brokenStream(code: string, description: string): string {
  const cause = `rpc error: code = ${code} desc = ${description}`;
  return `grpc: Error on execution streaming, agent connection was abruptly terminated: ${cause}`;
}
