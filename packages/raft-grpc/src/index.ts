/**
 * Transport of `@dkron/raft` over gRPC. One stream to each peer carries batched frames, in which heartbeats and votes
 * overtake appends; snapshots travel on connections of their own. Every stream begins with a handshake both ways.
 */
export { GrpcRaftTransport } from './transport.ts';
export type { ListenOptions } from './transport.ts';
export type { GrpcRaftTransportModules, GrpcRaftTransportOptions } from './options.ts';
export { TransportError } from './errors.ts';
export type { TransportErrorCode } from './errors.ts';
export { decodeFrame, encodeFrame, FrameKind } from './codec/frame.ts';
export type { Frame } from './codec/frame.ts';
export type { Ends } from './codec/message.ts';
