/**
 * Packets and streams of a pool as they travel: messages of `@dkron/gossip/core` wrapped in compression, checksum,
 * envelope and label, exactly as memberlist does it, and unwrapped within limits. And what carries them: UDP and TCP on
 * one port, requests and answers over streams, files.
 */
export type { Aead } from './aead.ts';
export { nodeAead, NONCE_BYTES, TAG_BYTES } from './aead.ts';
export type { EnvelopeVersion, Opened, SealOptions } from './envelope.ts';
export { ENVELOPE_OVERHEAD_BYTES, envelopeLength, openEnvelope, sealEnvelope } from './envelope.ts';
export type { WireModules, WireOptions } from './wire-options.ts';
export type { PackOptions } from './packet-codec.ts';
export { PacketCodec } from './packet-codec.ts';
export type { StreamRole } from './stream-frame.ts';
export { STREAM_FRAME_BYTES, streamFrame } from './stream-frame.ts';
export { StreamCodec } from './stream-codec.ts';
export { StreamDecoder } from './stream-decoder.ts';

export type {
  GossipTransport,
  StreamConnection,
  StreamReader,
  TransportFailure,
  TransportHandler,
} from './transport.ts';
export type { SocketTransportModules, SocketTransportOptions } from './socket-transport.ts';
export { SocketTransport } from './socket-transport.ts';
export type { StreamClientModules } from './stream-client.ts';
export { StreamClient } from './stream-client.ts';
export type { StreamHandlers, StreamRefusal, StreamServiceModules, StreamServiceOptions } from './stream-service.ts';
export { StreamService } from './stream-service.ts';
export type { LocalAddress } from './advertise.ts';
export { advertisedIp, isUnspecified, localAddresses } from './advertise.ts';
export type { Resolver } from './resolve.ts';
export { systemResolver } from './resolve.ts';
export type { SnapshotFileModules } from './snapshot-file.ts';
export { SnapshotFile } from './snapshot-file.ts';
export { KeyringFile } from './keyring-file.ts';
