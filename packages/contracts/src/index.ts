/**
 * The contracts of Dkron: what is written to the log and the store, and what travels between processes, as protobuf.
 * Source of truth is `proto/` in the repository.
 */
export { ContractError } from './errors.ts';
export type { Codec, StoreCodec } from './store/codec.ts';
export { storeCodec } from './store/codec.ts';
