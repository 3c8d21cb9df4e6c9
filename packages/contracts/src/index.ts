/**
 * The contracts of Dkron as protobuf: the records of log and store (`dkron.store.v1`), the session between a worker and
 * the leader (`dkron.agent.v1`), and what nodes say of themselves (`dkron.cluster.v1`), read and written as domain
 * objects. The original's contract, with the generated gRPC services, is `@dkron/contracts/types-v1`. Source of truth is
 * `proto/` in the repository.
 */
export { ContractError } from './errors.ts';
export type { Codec, StoreCodec } from './store/codec.ts';
export { storeCodec } from './store/codec.ts';
export { toServerFromWire, toServerToWire, toWorkerFromWire, toWorkerToWire } from './session/codec.ts';
export { agentSession } from './session/service.ts';
export { clusterService } from './cluster/service.ts';
export type { NodeOffers, Offer, OfferSource } from './cluster/offer-service.ts';
export { offerService } from './cluster/offer-service.ts';
export type { ForwardedAnswer, ForwardedHeader, ForwardedRequest } from './server/service.ts';
export { forwardService } from './server/service.ts';
export type { OutputPiece, WatchedOutput } from './server/output-service.ts';
export { outputService } from './server/output-service.ts';
