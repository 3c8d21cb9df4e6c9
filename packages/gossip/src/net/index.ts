/**
 * Packets and streams of a pool as they travel: messages of `@dkron/gossip/core` wrapped in compression, checksum,
 * envelope and label, exactly as memberlist does it, and unwrapped within limits.
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
